"""Writes down what the books said of single postings, within one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from sqlalchemy import BigInteger, Row, Text, bindparam, insert, select, update
from sqlalchemy.orm import Session

from dashboard.domain.books import AllocationDraft, VoidDraft
from dashboard.domain.exchanges import (
    Accepted,
    Claim,
    Clash,
    Finding,
    Found,
    NotOurs,
    NotThere,
    TryInstead,
)
from dashboard.domain.postings import LABELS, Posting, PostingState
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.sentences import dump_sentence, say
from dashboard.store.among import among_given
from dashboard.store.codec import dump_draft
from dashboard.store.database import UtcDateTime
from dashboard.store.schema import OrderEventRow, PostingRow
from dashboard.store.standings import BY_ITSELF, problem_to_plain
from dashboard.store.unpacked import PlainRow, unpacked

# The kind of an order's event; behind it stands the kind of the posting.
CONFIRMED = "confirmed:"
# A clash that asking the books does not explain ends here instead of going round.
_MAX_CLASHES = 5

_Row = Row[*tuple[Any, ...]]

_MEMBERS = (
    select(
        PostingRow.id,
        PostingRow.order_id,
        PostingRow.natural_key,
        PostingRow.state,
        PostingRow.document_id,
        PostingRow.clashes,
    )
    .where(among_given(PostingRow.id))
    .order_by(PostingRow.id)
    .with_for_update(key_share=True)
)
_booked_rows = unpacked(id=BigInteger(), document_id=Text())
_BOOK = (
    update(PostingRow)
    .where(PostingRow.id == _booked_rows.c.id)
    .values(
        state=PostingState.CONFIRMED.value,
        document_id=_booked_rows.c.document_id,
        problem=None,
        updated_at=bindparam("at", type_=UtcDateTime()),
    )
)
_told_rows = unpacked(order_id=BigInteger(), kind=Text(), text=Text())
# What is the same in all lines.
_told_alike = {
    "at": bindparam("at_", type_=UtcDateTime()),
    "actor": bindparam("actor_", BY_ITSELF, type_=Text()),
    "request_id": bindparam("request_id_", type_=BigInteger()),
    "run_id": bindparam("run_id_", type_=BigInteger()),
}
_TELL = insert(OrderEventRow).from_select(
    [*_told_rows.c.keys(), *_told_alike], select(*_told_rows.c, *_told_alike.values())
)


class VerdictWriter:
    """Merges verdicts into postings; the caller holds the orders' locks.

    What it changes is written, and what it tells added to the orders' stories, when the
    block ends: all of a batch at once, for one by one took most of the time.
    """

    def __init__(
        self, session: Session, claim: Claim, *, run_id: int, at: datetime
    ) -> None:
        self._session = session
        self._claim = claim
        self._run_id = run_id
        self._at = at
        self._booked: list[PlainRow] = []
        self._changes: dict[int, dict[str, object]] = {}
        self._story: list[PlainRow] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is not None:
            return
        connection = self._session.connection()
        if self._booked:
            connection.execute(_BOOK, {"rows": self._booked, "at": self._at})
        if self._changes:
            self._session.execute(update(PostingRow), list(self._changes.values()))
        if self._story:
            alike = {
                "at_": self._at,
                "request_id_": self._claim.request_id,
                "run_id_": self._run_id,
            }
            connection.execute(_TELL, {"rows": self._story, **alike})

    def confirm(self, member: Posting, accepted: Accepted | Found) -> None:
        """Mark a posting as booked; never the other way, whoever says so."""
        posting = self._before[member.id]
        if posting.state == PostingState.CONFIRMED.value:
            if posting.document_id != accepted.document_id:
                self._warn(posting, _doubled(posting, accepted))
            return
        self._booked.append({"id": posting.id, "document_id": accepted.document_id})
        text = _booked(member, found=isinstance(accepted, Found))
        self.tell(posting.order_id, f"{CONFIRMED}{member.kind.value}", text)
        wanted = getattr(member.draft, "total", None)
        if None not in {wanted, accepted.total} and wanted != accepted.total:
            self._warn(posting, _other_total(member, accepted))

    def refuse(self, member: Posting, problem: Problem) -> None:
        """Mark a posting as refused, unless it is decided already."""
        posting = self._before[member.id]
        if posting.state == PostingState.IN_FLIGHT.value:
            refused = PostingState.REFUSED.value
            self._change(posting, state=refused, problem=problem_to_plain(problem))
            self.tell(posting.order_id, "refused", problem.message)

    def is_worth_asking(self, member: Posting, clash: Clash) -> bool:
        """Count a clash; refuse the posting once asking has not explained several."""
        posting = self._before[member.id]
        clashes = posting.clashes + 1
        self._change(posting, clashes=clashes)
        if clashes < _MAX_CLASHES:
            return True
        self.refuse(member, _unexplained(member, clash))
        return False

    def settle(self, member: Posting, finding: Finding) -> None:
        """Write down what asking the books found of a posting."""
        match finding:
            case Found():
                self.confirm(member, finding)
            case NotOurs(problem=problem):
                self.refuse(member, problem)
            case TryInstead():
                self._amend(member, finding)
            case NotThere():
                pass

    def tell(self, order_id: int, kind: str, text: str) -> None:
        """Add a line to the order's story."""
        self._story.append(
            {"order_id": order_id, "kind": kind, "text": dump_sentence(text)}
        )

    def _amend(self, member: Posting, instead: TryInstead) -> None:
        posting = self._before[member.id]
        if posting.state == PostingState.IN_FLIGHT.value:
            draft = dump_draft(instead.draft)
            pending = PostingState.PENDING.value
            self._change(posting, state=pending, draft=draft, clashes=0)
            self.tell(posting.order_id, "amended", instead.reason)

    @cached_property
    def _before(self) -> Mapping[int, _Row]:
        """All members by id as they were, locked when the first is asked for."""
        self._session.flush()
        ids = {"ids": [member.id for member in self._claim.members]}
        rows = self._session.connection().execute(_MEMBERS, ids)
        return {row.id: row for row in rows}

    def _change(self, posting: _Row, **values: object) -> None:
        change = self._changes.setdefault(posting.id, {"id": posting.id})
        change.update(values, updated_at=self._at)

    def _warn(self, posting: _Row, problem: Problem) -> None:
        """Mark what is booked as doubtful: nothing more is built on it."""
        self._change(posting, problem=problem_to_plain(problem))
        self.tell(posting.order_id, "doubtful", problem.message)


def _unexplained(member: Posting, clash: Clash) -> Problem:
    """Return the problem of a clash that asking the books did not explain."""
    return Problem(
        cause=Cause.REFUSED,
        message=say(
            "The books refuse %(natural_key)s (%(message)s), but have nothing "
            "of that name. Look for it in the books, then try again.",
            natural_key=member.natural_key,
            message=clash.message,
        ),
    )


def _doubled(posting: _Row, accepted: Accepted | Found) -> Problem:
    return Problem(
        cause=Cause.NOT_OURS,
        message=say(
            "%(natural_key)s is in the books twice: %(document_id)s and "
            "%(accepted_document_id)s. Void one of them in the books.",
            natural_key=posting.natural_key,
            document_id=posting.document_id,
            accepted_document_id=accepted.document_id,
        ),
    )


def _booked(member: Posting, *, found: bool) -> str:
    match member.draft:
        case VoidDraft(invoice_number=number):
            return say("Invoice %(number)s voided.", number=number)
        case AllocationDraft() as draft:
            return say(
                "%(amount)s of credit note %(credit_note_number)s allocated to "
                "invoice %(invoice_number)s.",
                amount=draft.amount,
                credit_note_number=draft.credit_note_number,
                invoice_number=draft.invoice_number,
            )
        case _:
            what = {"label": LABELS[member.kind], "key": member.natural_key}
            if found:
                return say("%(label)s %(key)s found in the books.", **what)
            return say("%(label)s %(key)s booked.", **what)


def _other_total(member: Posting, accepted: Accepted | Found) -> Problem:
    label = LABELS[member.kind]
    return Problem(
        cause=Cause.TOTAL_DIFFERS,
        message=say(
            "%(label)s %(natural_key)s stands in the books with a total of "
            "%(total)s, and should be %(wanted)s. Correct it in the books; "
            "nothing more is booked on it until then.",
            label=label,
            natural_key=member.natural_key,
            total=accepted.total or "",
            wanted=getattr(member.draft, "total", ""),
        ),
    )
