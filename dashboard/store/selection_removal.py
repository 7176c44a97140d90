"""Forgets selections, some of their orders at a time: one may hold all there are."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.orm import Session

from dashboard.domain.selections import SelectionState
from dashboard.store.schema import SelectionOrderRow, SelectionRow

# So many orders are forgotten in one transaction: it holds others up for a few ms.
_PART: Final = 500


def ended_before(at: datetime) -> ColumnElement[bool]:
    """Tell which selections ended before then."""
    return SelectionRow.finished_at < at


def unconfirmed_since(at: datetime) -> ColumnElement[bool]:
    """Tell which selections were asked for before then, and never confirmed.

    One that is being forgotten has ended when it began.
    """
    return and_(
        SelectionRow.created_at < at,
        or_(
            SelectionRow.state == SelectionState.READY.value,
            SelectionRow.finished_at == SelectionRow.created_at,
        ),
    )


def forget_some(session: Session, which: ColumnElement[bool]) -> int | None:
    """Forget some orders of one selection, and itself with the last of them.

    Within the caller's transaction.

    Returns:
        How many selections are gone with it, None if there is none to forget.
    """
    row = session.scalar(
        select(SelectionRow)
        .where(which)
        .order_by(SelectionRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return None
    if row.finished_at is None:
        # With some of its orders gone nobody may confirm it any more.
        row.state = SelectionState.STOPPED.value
        row.finished_at = row.created_at
        session.flush()
    mine = SelectionOrderRow.selection_id == row.id
    place = SelectionOrderRow.position
    first = select(place).where(mine).order_by(place).limit(_PART)
    gone = session.scalars(
        delete(SelectionOrderRow).where(mine, place.in_(first)).returning(place)
    ).all()
    if len(gone) == _PART:
        return 0
    session.delete(row)
    return 1
