"""Lists searched and cut into pages."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

PAGE_SIZE = 25

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[T]):
    """One page of a list."""

    rows: Sequence[T]
    page: int
    page_count: int
    found: int
    search: str = ""
    is_empty: bool = False
    """Whether there is nothing, searched for or not."""

    def showing(self, show: Callable[[T], R]) -> Page[R]:
        """The same page with something else in every row."""
        return Page(
            rows=[show(row) for row in self.rows],
            page=self.page,
            page_count=self.page_count,
            found=self.found,
            search=self.search,
            is_empty=self.is_empty,
        )


def page_of(rows: Sequence[T], page: int, *, search: str = "", total: int) -> Page[T]:
    """The page asked for, or the nearest; *total* counts the rows unsearched."""
    page_count = max(1, math.ceil(len(rows) / PAGE_SIZE))
    page = min(max(1, page), page_count)
    start = (page - 1) * PAGE_SIZE
    return Page(
        rows=rows[start : start + PAGE_SIZE],
        page=page,
        page_count=page_count,
        found=len(rows),
        search=search,
        is_empty=total == 0,
    )


def mentions(texts: Iterable[str | None], search: str) -> bool:
    """Whether one of *texts* holds what is searched for, in any case of letters."""
    term = search.strip().casefold()
    return any(term in text.casefold() for text in texts if text is not None)
