"""Texts of the books as any database takes them."""

from __future__ import annotations


def storable(text: str) -> str:
    """Return *text* with a mark for each NUL and lone surrogate.

    PostgreSQL takes no NUL and no database a surrogate: what the books answered could
    not be written down, and would be asked for again without end.
    """
    return text.replace("\0", "?").encode("utf-8", "replace").decode()
