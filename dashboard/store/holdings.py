"""What processes hold while they work, and freeing it when one has vanished."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, update

from dashboard.domain.status import RequestState
from dashboard.store.database import Database
from dashboard.store.runs import mark_interrupted
from dashboard.store.schema import CallSlotRow, RequestRow, RunRow

_OPEN = RequestRow.state != RequestState.DONE.value


def holders(database: Database) -> set[str]:
    """Return the processes that hold a request, or a place among the calls."""
    with database.read() as session:
        claims = select(RequestRow.claimed_by).where(
            _OPEN,
            RequestRow.claimed_by != "",
            RequestRow.claimed_until > database.now(session),
        )
        slots = select(CallSlotRow.holder).where(CallSlotRow.holder != "")
        return {*session.scalars(claims), *session.scalars(slots)}


def free(database: Database, vanished: Iterable[str]) -> None:
    """End the leases of processes that have vanished; commits.

    What one was sending becomes unknown by this, and is asked for after it settled,
    just as when its lease had run out.
    """
    names = list(vanished)
    with database.write() as session:
        now = database.now(session)
        # In one sequence: a person may let several be tried again at this moment.
        claimed = session.scalars(
            select(RequestRow.id)
            .where(_OPEN, RequestRow.claimed_by.in_(names))
            .order_by(RequestRow.id)
            .with_for_update(key_share=True)
        ).all()
        session.execute(
            update(RequestRow)
            .where(RequestRow.id.in_(claimed))
            .values(claimed_until=now)
        )
        session.execute(
            update(CallSlotRow)
            .where(CallSlotRow.holder.in_(names))
            .values(holder="", until=now)
        )
        mark_interrupted(session, RunRow.process.in_(names))
