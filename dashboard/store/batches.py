"""Makes batches: which postings are due, and the request that carries them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    bindparam,
    case,
    exists,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from dashboard.domain.exchanges import Claim, FrozenRequest
from dashboard.domain.keys import idempotency_key
from dashboard.domain.postings import (
    Posting,
    PostingKind,
    PostingState,
    batch_size,
)
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.sentences import say
from dashboard.domain.status import Decision, RequestState
from dashboard.store.among import among_given
from dashboard.store.database import UtcDateTime
from dashboard.store.postings import (
    FIRST,
    SelectedPosting,
    postings_of,
    selected_of,
)
from dashboard.store.schema import (
    OrderRow,
    PostingRow,
    RequestMemberRow,
    RequestRow,
)
from dashboard.store.standings import (
    add_event,
    problem_to_plain,
)
from dashboard.store.unpacked import unpacked

_log = logging.getLogger(__name__)

Freeze = Callable[[PostingKind, Sequence[Posting]], FrozenRequest]

_places = unpacked(position=BigInteger(), posting_id=BigInteger())
_PUT_IN = insert(RequestMemberRow).from_select(
    ["request_id", *_places.c.keys()],
    select(bindparam("request", type_=BigInteger()), *_places.c),
)
_SET_OFF = (
    update(PostingRow)
    .where(among_given(PostingRow.id))
    .values(
        state=PostingState.IN_FLIGHT.value,
        updated_at=bindparam("at", type_=UtcDateTime()),
    )
)
_IS_USED = select(exists().where(RequestRow.idempotency_key == bindparam("key")))


@cache  # asked for again and again, and slow to build
def eligible(kind: PostingKind) -> Select[PostingRow]:
    """Select up to a batch of pending postings whose turn it is."""
    wanted_by = OrderRow.id == PostingRow.order_id
    if kind is PostingKind.CONTACT:
        wanted_by = OrderRow.contact_posting_id == PostingRow.id
    return (
        select(PostingRow)
        .where(
            PostingRow.state == PostingState.PENDING.value,
            PostingRow.kind == kind.value,
            exists().where(wanted_by, OrderRow.decision == Decision.BOOK.value),
            _is_there(PostingRow.requires_id),
            _is_there(PostingRow.also_requires_id),
        )
        .order_by(PostingRow.turn, PostingRow.id)
        .limit(batch_size(kind))
    )


@cache
def eligible_ids(kind: PostingKind) -> Select[int]:
    """Select the ids of the same."""
    return eligible(kind).with_only_columns(PostingRow.id)


@cache
def still_eligible(kind: PostingKind) -> Select[*tuple[Any, ...]]:
    """Select, as `selected` does, and lock those of the given `ids` that still are.

    What another worker has locked is left out.
    """
    return selected_of(
        eligible(kind)
        .where(among_given(PostingRow.id))
        .with_for_update(key_share=True, skip_locked=True, of=PostingRow)
    )


def _is_there(required_id: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """Tell whether what a posting requires is booked, and nobody doubts it."""
    required = aliased(PostingRow)
    return or_(
        required_id.is_(None),
        exists().where(
            required.id == required_id,
            required.state == PostingState.CONFIRMED.value,
            required.problem.is_(None),
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Due:
    """What can be frozen: the kinds to look through, the next one first.

    *urgent* tells whether a person asked for some of the next.
    """

    kinds: tuple[PostingKind, ...]
    urgent: bool


def what_is_due(session: Session) -> Due | None:
    """Return what waits for its turn and has it; None if nothing does."""
    urgent, any_turn = session.connection().execute(_first_kinds()).one()
    kinds = tuple(PostingKind)
    if urgent is not None:
        return Due(kinds=(kinds[urgent], *kinds), urgent=True)
    return None if any_turn is None else Due(kinds=kinds[any_turn:], urgent=False)


@cache
def _first_kinds() -> Select[int | None, int | None]:
    """Select the place of the first kind with something urgent, and with anything.

    A CASE asks no further than its answer: to look through all payments whose invoices
    are still to come takes longer than everything else.
    """
    return select(_first_kind(PostingRow.turn == FIRST), _first_kind(true()))


def _first_kind(condition: ColumnElement[bool]) -> ColumnElement[int | None]:
    """Return the place of the first kind with something due; NULL if none has any."""
    places = enumerate(PostingKind)
    return case(
        *((eligible(kind).where(condition).exists(), place) for place, kind in places)
    )


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """A request that was just made, with the postings it carries as they were."""

    row: RequestRow
    members: tuple[Posting, ...]


def freeze_or_set_aside(
    session: Session,
    kind: PostingKind,
    rows: Sequence[SelectedPosting],
    freeze: Freeze,
    now: datetime,
) -> Frozen | None:
    """Freeze *rows*; one that cannot be written down must not hold up the others.

    The caller holds the locks of their orders and derives their status afterwards.

    Returns:
        The request; None if not one could be written down.
    """
    try:
        return freeze_batch(session, kind, rows, freeze, now)
    except SQLAlchemyError:
        raise
    except Exception:
        _log.exception("a batch cannot be frozen")
        fit = [row for row in rows if _is_writable(row, freeze)]
        if len(fit) == len(rows):
            raise
        for row in rows:
            if row not in fit:
                _set_aside(session, row, now)
        return freeze_batch(session, kind, fit, freeze, now) if fit else None


def _is_writable(row: SelectedPosting, freeze: Freeze) -> bool:
    try:
        freeze(PostingKind(row.kind), postings_of([row]))
    except Exception:  # noqa: BLE001 - logged for the batch
        return False
    return True


def _set_aside(session: Session, row: SelectedPosting, now: datetime) -> None:
    problem = Problem(
        cause=Cause.NOT_WRITABLE,
        message=say(
            "Sluice cannot write %(natural_key)s for the books. This is a "
            "fault in Sluice: please report it with the log.",
            natural_key=row.natural_key,
        ),
    )
    session.execute(
        update(PostingRow)
        .where(PostingRow.id == row.id)
        .values(
            state=PostingState.REFUSED.value,
            problem=problem_to_plain(problem),
            updated_at=now,
        )
    )
    add_event(session, row.order_id, "refused", problem.message, at=now)


def freeze_batch(
    session: Session,
    kind: PostingKind,
    rows: Sequence[SelectedPosting],
    freeze: Freeze,
    now: datetime,
    *,
    generation: int = 0,
) -> Frozen:
    """Put *rows* into a request: members, bytes and key, before anything is sent."""
    members = postings_of(rows)
    frozen = freeze(kind, members)
    # The same content may go out again after a refusal; a key is used only once.
    key = _unused_key(session, frozen, generation)
    row = RequestRow(
        kind=kind.value,
        method=frozen.method,
        path=frozen.path,
        body=frozen.body,
        idempotency_key=key[0],
        generation=key[1],
        state=RequestState.PREPARED.value,
        turn=min(posting.turn for posting in rows),
        attempts=0,
        dirty=False,
        not_before=now,
        claimed_until=now,
        claim_token=0,
        created_at=now,
    )
    session.add(row)
    session.flush()
    ids = [posting.id for posting in rows]
    places = [{"position": n, "posting_id": id_} for n, id_ in enumerate(ids)]
    connection = session.connection()
    connection.execute(_PUT_IN, {"rows": places, "request": row.id})
    connection.execute(_SET_OFF, {"ids": ids, "at": now})
    return Frozen(row=row, members=members)


def freeze_missing(
    session: Session,
    rows: Sequence[SelectedPosting],
    claim: Claim,
    freeze: Freeze,
    now: datetime,
    before: RequestRow,
) -> None:
    """Put what the batch *before* lacks into a request of its own, with a new key."""
    if not rows:
        return
    generation = claim.generation + 1
    frozen = freeze_batch(session, claim.kind, rows, freeze, now, generation=generation)
    row = frozen.row
    row.dirty = True
    row.verified_at = now
    row.attempts = before.attempts
    row.failing_since = before.failing_since


def halves(rows: Sequence[SelectedPosting]) -> tuple[Sequence[SelectedPosting], ...]:
    """Return *rows* in two parts of about the same size."""
    middle = (len(rows) + 1) // 2
    return rows[:middle], rows[middle:]


def _unused_key(
    session: Session, frozen: FrozenRequest, generation: int
) -> tuple[str, int]:
    while True:
        key = idempotency_key(
            kind=frozen.kind.value,
            generation=generation,
            target=frozen.target,
            body=frozen.body,
        )
        if not session.connection().scalar(_IS_USED, {"key": key}):
            return key, generation
        generation += 1
