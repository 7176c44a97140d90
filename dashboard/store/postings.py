"""Postings as rows, for the modules of the store that work on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from dashboard.domain.postings import Posting, PostingKind, PostingState
from dashboard.store.codec import load_draft
from dashboard.store.schema import OrderRow, PostingRow
from dashboard.store.standings import problem_from_plain

# What can still be changed: it has not left the house, or came back refused.
OPEN = {PostingState.PENDING.value, PostingState.REFUSED.value}
# What cannot: it may be in the books, or is.
IN_THE_BOOKS = {PostingState.IN_FLIGHT.value, PostingState.CONFIRMED.value}


# The turn of what a person asked for, and of all else.
FIRST, IN_LINE = 0, 1

# A posting as it was selected: a batch of these costs a third of a batch of PostingRow.
SelectedPosting = Row[*tuple[Any, ...]]


def _document_of(required_id: InstrumentedAttribute[int | None]) -> ColumnElement[str]:
    required = aliased(PostingRow)
    document = select(required.document_id).where(required.id == required_id)
    return func.coalesce(document.scalar_subquery(), "")


_SELECTED = (
    PostingRow.id,
    PostingRow.order_id,
    PostingRow.kind,
    PostingRow.natural_key,
    PostingRow.draft,
    PostingRow.state,
    PostingRow.requires_id,
    PostingRow.turn,
    PostingRow.document_id,
    PostingRow.problem,
    PostingRow.updated_at,
    _document_of(PostingRow.requires_id).label("required_document_id"),
    _document_of(PostingRow.also_requires_id).label("also_required_document_id"),
)


def selected_of(which: Select[PostingRow]) -> Select[*tuple[Any, ...]]:
    """Select the postings of *which* with the documents they build on."""
    return which.with_only_columns(*_SELECTED)


def selected(session: Session, which: Select[PostingRow]) -> Sequence[SelectedPosting]:
    """Return the postings of *which* with the documents they build on."""
    return session.execute(selected_of(which)).all()


def postings_of(rows: Iterable[SelectedPosting]) -> tuple[Posting, ...]:
    """Turn what was selected into postings."""
    return tuple(
        posting_of(row, row.required_document_id, row.also_required_document_id)
        for row in rows
    )


def posting_of(
    row: PostingRow | SelectedPosting,
    required_document_id: str = "",
    also_required_document_id: str = "",
) -> Posting:
    """Turn a row into a posting."""
    kind = PostingKind(row.kind)
    return Posting(
        id=row.id,
        order_id=row.order_id,
        kind=kind,
        natural_key=row.natural_key,
        draft=load_draft(kind, row.draft),
        state=PostingState(row.state),
        requires_id=row.requires_id,
        document_id=row.document_id,
        required_document_id=required_document_id,
        also_required_document_id=also_required_document_id,
        problem=problem_from_plain(row.problem),
        updated_at=row.updated_at,
    )


def put_first(session: Session, row: OrderRow) -> None:
    """Let what an order still needs go before all that waits in line.

    The caller holds the order's lock.
    """
    session.flush()
    session.execute(
        update(PostingRow)
        .where(
            or_(PostingRow.order_id == row.id, PostingRow.id == row.contact_posting_id),
            PostingRow.state == PostingState.PENDING.value,
        )
        .values(turn=FIRST)
    )


# Every plan asks for these, so they are built once.
_OWN = (
    select(PostingRow)
    .where(
        PostingRow.order_id == bindparam("order_id"),
        PostingRow.kind != PostingKind.CONTACT.value,
    )
    .order_by(PostingRow.id)
)
_LOCKED_OWN = _OWN.with_for_update(key_share=True)


def own_postings(
    session: Session, order_id: int, *, lock: bool = True
) -> dict[str, PostingRow]:
    """Return the postings of an order by natural key, not its contact's."""
    rows = session.scalars(_LOCKED_OWN if lock else _OWN, {"order_id": order_id})
    return {row.natural_key: row for row in rows}
