"""The organisations of an installation: sets of books that have nothing in common."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

# What the addresses of further organisations begin with; no page's address does.
PREFIX: Final = "/at"
_LONGEST_SLUG: Final = 40


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """One set of books, with its own database.

    The slug matches `rules.SLUG_PATTERN`; the first organisation has none, and its name
    is what its books say.
    """

    slug: str = ""
    name: str = ""

    @property
    def path(self) -> str:
        """What stands before every address of its pages; "" at the first one."""
        return f"{PREFIX}/{self.slug}" if self.slug else ""


FIRST: Final = Organisation()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How an organisation stands, as this process last saw it.

    *needs_person* is how many of its orders wait for somebody, *emails* are the
    addresses of those who may sign in. *problem* says why it cannot be used, and what
    to do; empty while it can.
    """

    organisation: Organisation
    name: str = ""
    needs_person: int = 0
    emails: frozenset[str] = frozenset()
    problem: str = ""


def slug_of(name: str) -> str:
    """Return a slug that resembles a name; "" if nothing of it can stand in one."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain.lower())
    return words.strip("-")[:_LONGEST_SLUG].strip("-")
