"""Selections as a list shows them: those that were started, and all backfills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import ColumnElement, select

from dashboard.domain.selections import Selection, SelectionAct, SelectionState
from dashboard.store.database import Database
from dashboard.store.parts import WHOLE_LIST_PART, counted, read_part
from dashboard.store.schema import SelectionRow
from dashboard.store.selections import selection_of

# What nobody has confirmed is no act, but a plan is worth looking at.
_LISTED: Final = SelectionRow.started_at.is_not(None) | (
    SelectionRow.act == SelectionAct.BACKFILL.value
)


@dataclass(frozen=True, kw_only=True)
class SelectionFilter:
    """Which selections a list holds; what is empty does not limit it."""

    states: tuple[SelectionState, ...] = ()
    act: SelectionAct | None = None
    asked_by: str = ""
    oldest_first: bool = False


@dataclass(frozen=True, kw_only=True)
class SelectionPage:
    """Some selections of a list, and whether there are more on either side."""

    selections: tuple[Selection, ...]
    has_previous: bool
    has_next: bool


class SelectionListing:
    """Reads lists of selections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        wanted: SelectionFilter,
        *,
        size: int,
        after: int | None = None,
        before: int | None = None,
    ) -> SelectionPage:
        """Return the *size* selections that follow *after*, or precede *before*."""
        query = select(SelectionRow).where(*_conditions(wanted))
        with self._database.read() as session:
            part = read_part(
                session,
                query,
                SelectionRow.id,
                size=size,
                after=after,
                before=before,
                oldest_first=wanted.oldest_first,
            )
            selections = tuple(selection_of(session, row) for (row,) in part.rows)
        return SelectionPage(
            selections=selections,
            has_previous=part.has_previous,
            has_next=part.has_next,
        )

    def counts(self, wanted: SelectionFilter) -> Mapping[SelectionState, int]:
        """Count by state what *wanted* holds, whatever states it asks for.

        None is counted beyond `COUNTED_UP_TO`.
        """
        queries = [
            counted(SelectionRow.id, _conditions(replace(wanted, states=(state,))))
            for state in SelectionState
        ]
        with self._database.read() as session:
            counts = session.execute(select(*queries)).one()
        return dict(zip(SelectionState, counts, strict=True))

    def all(self, wanted: SelectionFilter) -> Iterator[Selection]:
        """Yield every selection of a list, reading a part of it at a time."""
        after = None
        while True:
            page = self.page(wanted, size=WHOLE_LIST_PART, after=after)
            yield from page.selections
            if not page.has_next:
                return
            after = page.selections[-1].id

    def people(self) -> tuple[str, ...]:
        """Return the names of those who asked for any of them."""
        names = select(SelectionRow.asked_by).where(_LISTED).distinct()
        with self._database.read() as session:
            return tuple(session.scalars(names.order_by(SelectionRow.asked_by)))


def _conditions(wanted: SelectionFilter) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [_LISTED]
    if wanted.states:
        states = [state.value for state in wanted.states]
        conditions.append(SelectionRow.state.in_(states))
    if wanted.act is not None:
        conditions.append(SelectionRow.act == wanted.act.value)
    if wanted.asked_by:
        conditions.append(SelectionRow.asked_by == wanted.asked_by)
    return conditions
