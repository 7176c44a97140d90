"""Tabs of a list: parts of it people look for, each with how many it holds."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.store.parts import COUNTED_UP_TO
from dashboard.web.language import number


@dataclass(frozen=True, kw_only=True)
class CountedTab:
    """A part of a list with its count under the current filter.

    *bad* marks one that should be empty and is not.
    """

    label: str
    count: str
    href: str
    here: bool
    bad: bool = False


def written_count(*counts: int) -> str:
    """Write a sum; a plus says that some were counted only up to a limit."""
    limited = COUNTED_UP_TO in counts
    return f"{number(sum(counts))}+" if limited else number(sum(counts))
