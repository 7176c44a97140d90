"""The words that orders are found by, and those that somebody looks for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

# A word looked for that is shorter is a whole one: too many begin with two letters.
BEGINNING: Final = 3
_MAX_LOOKED_FOR: Final = 6
# PostgreSQL keeps nothing in an index that takes more than 2,704 bytes: an order with
# a longer word could never be stored.
_LONGEST: Final = 60
_WORD: Final = re.compile(r"[^\W_]+")


def words(text: str) -> frozenset[str]:
    """Return the words of a text, in small letters without accents.

    What is neither letter nor digit parts words: "W-1042" is found as 1042. Single
    letters tell nobody apart and are left out. Of a very long word its beginning
    counts.
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    found = _WORD.findall(bare)
    return frozenset(
        word[:_LONGEST] for word in found if len(word) > 1 or word.isdecimal()
    )


def words_of(texts: Iterable[str]) -> frozenset[str]:
    """Return the words of several texts."""
    return frozenset().union(*map(words, texts))


def looked_for(text: str) -> tuple[str, ...]:
    """Return the words that somebody looks for, the longest first, at most six."""
    found = sorted(words(text), key=lambda word: (-len(word), word))
    return tuple(found[:_MAX_LOOKED_FOR])
