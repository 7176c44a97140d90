"""What people type to look for something."""

from __future__ import annotations

from typing import Final

_LONGEST: Final = 120


def searched_text(given: str) -> str:
    """Return what can be searched for: PostgreSQL holds no NUL character."""
    return given.replace("\0", "").strip()[:_LONGEST]
