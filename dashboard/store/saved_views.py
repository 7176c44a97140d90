"""Saved views: lists of orders that users keep under names of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from dashboard.store.database import Database
from dashboard.store.schema import SavedViewRow

# More do not fit above a list.
MOST: Final = 20


class TooManyViews(Exception):
    """The user has as many as anybody may have; nothing was kept."""


@dataclass(frozen=True, kw_only=True)
class SavedView:
    """A list under a name; *query* is what stands in its address."""

    id: int
    name: str
    query: str


class SavedViewStore:
    """Reads and writes the saved views of users, each user's for themselves."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, user_id: int) -> tuple[SavedView, ...]:
        """Return the views of a user, by name."""
        mine = select(SavedViewRow).where(SavedViewRow.user_id == user_id)
        with self._database.read() as session:
            rows = session.scalars(mine.order_by(SavedViewRow.name))
            return tuple(
                SavedView(id=row.id, name=row.name, query=row.query) for row in rows
            )

    def save(self, user_id: int, name: str, query: str) -> None:
        """Keep a view in place of one that has the name already; commits.

        Raises:
            TooManyViews: If the user has `MOST` others.
        """

        def work(session: Session) -> None:
            mine = SavedViewRow.user_id == user_id
            row = session.scalar(
                select(SavedViewRow).where(mine, SavedViewRow.name == name)
            )
            if row is not None:
                row.query = query
                return
            held = select(func.count(SavedViewRow.id)).where(mine)
            if (session.scalar(held) or 0) >= MOST:
                raise TooManyViews
            session.add(SavedViewRow(user_id=user_id, name=name, query=query))

        self._database.repeated(work)

    def remove(self, user_id: int, view_id: int) -> None:
        """Forget a view of the user; nothing if it is another's, or gone; commits."""
        with self._database.write() as session:
            session.execute(
                delete(SavedViewRow).where(
                    SavedViewRow.id == view_id, SavedViewRow.user_id == user_id
                )
            )
