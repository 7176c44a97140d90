"""Lists sorted by id, read in parts: what follows a row, or what precedes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    func,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from dashboard.store.database import as_written

# Beyond this, counting costs more than anybody learns from the number.
COUNTED_UP_TO = 10_000
# A list that is read whole is read in parts: no transaction stays open for long.
WHOLE_LIST_PART = 500


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some rows as the list is sorted, and whether there are more on either side."""

    rows: Sequence[Row[*tuple[Any, ...]]]
    has_previous: bool
    has_next: bool


def read_part(  # noqa: PLR0913 - a query, and the place in it
    session: Session,
    query: Select[*tuple[Any, ...]],
    key: InstrumentedAttribute[int],
    *,
    size: int,
    after: int | None = None,
    before: int | None = None,
    oldest_first: bool = False,
    merged: Sequence[Select[int]] = (),
) -> Part:
    """Return at most *size* rows that follow *after*, or precede *before*.

    *key* is the id that the list is sorted by; with *before*, *after* is ignored.
    *merged* selects the ids of lists that make the list up, each along an index: no
    database reads along several by itself, it would sort them all. *query* has no
    conditions then.
    """
    backwards = before is not None
    start = before if backwards else after
    upwards = oldest_first != backwards
    beyond = [] if start is None else [key > start if upwards else key < start]
    order = key.asc() if upwards else key.desc()
    if merged:
        first = as_written(size + 1)
        heads = [ids.where(*beyond).order_by(order).limit(first) for ids in merged]
        beyond = [key.in_(union_all(*(select(head.subquery()) for head in heads)))]
    query = query.where(*beyond).order_by(order)
    found = list(session.execute(query.limit(size + 1)))
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    return Part(
        rows=found,
        has_previous=more if backwards else after is not None,
        has_next=backwards or more,
    )


def counted(
    key: InstrumentedAttribute[int], conditions: Sequence[ColumnElement[bool]]
) -> ScalarSelect[int]:
    """Return a query that counts rows, but not beyond `COUNTED_UP_TO`."""
    some = select(key).where(*conditions).limit(COUNTED_UP_TO).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def any_is(column: InstrumentedAttribute[str], *values: str) -> ScalarSelect[int]:
    """Return a query that tells, as 0 or 1, whether any row has one of these values."""
    some = select(column).where(column.in_(values)).limit(1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
