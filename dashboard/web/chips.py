"""Chips: what limits a list, each with the way to lift it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A part of the filter, and the list without it."""

    text: str
    without: str
