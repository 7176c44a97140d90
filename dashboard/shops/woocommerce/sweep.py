"""Goes through what has changed in a shop, by the time of the change; none is lost.

Page numbers lose orders: one that is edited while the pages are read moves to the end,
and all behind it move up. So every question begins at the newest change seen so far.
The shop keeps whole seconds and leaves out the second it is asked from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

PER_PAGE = 100
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One version of an order, as the shop lists it."""

    external_id: str
    modified_at: datetime
    text: str


# Asks for one page (from 1) of what was modified after a time, the oldest change first.
Ask = Callable[[datetime, int], Sequence[Seen]]


def sweep(ask: Ask, after: datetime) -> Iterator[tuple[Seen, ...]]:
    """Yield what was modified later than *after*, a page at a time.

    Within one second there is nothing but page numbers to go by: such a second is read
    again and again until it brings nothing new.
    """
    page = 1
    known: set[tuple[str, datetime]] = set()
    news_of_second = False
    while True:
        second = after + _SECOND
        rows = ask(after, page)
        fresh = tuple(r for r in rows if (r.external_id, r.modified_at) not in known)
        if fresh:
            yield fresh
        known.update((row.external_id, row.modified_at) for row in fresh)
        news_of_second |= any(row.modified_at <= second for row in fresh)
        newest = max((row.modified_at for row in rows), default=after)
        is_last = len(rows) < PER_PAGE
        if newest <= second and not is_last:
            page += 1
        elif page > 1 and news_of_second:
            page, news_of_second = 1, False
        elif is_last:
            return
        else:
            after, page, news_of_second = newest - _SECOND, 1, False
            known = {version for version in known if version[1] > after}
