"""Words the program itself has put where people may put theirs: readers know them.

They stand in the database as plain texts, because programs compare them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dashboard.domain.sentences import Sentence, say


def _by_text(*words: Sentence) -> Mapping[str, Sentence]:
    return {str(word): word for word in words}


# How a version of an order came to us.
_SOURCES: Final = {
    "push": say("sent by the shop"),
    "pull": say("read from the shop"),
    "upload": say("from a file"),
}
# The schedules a new company starts with.
_SCHEDULES: Final = _by_text(
    say("Book orders"), say("Pull shops"), say("Reconcile"), say("Prune")
)


def source_words(source: str) -> str:
    """Return how a version came as a sentence, if it is one of our words."""
    return _SOURCES.get(source, source)


def schedule_words(name: str, shop: str | None = None) -> str:
    """Return a schedule's name as a sentence, if we gave it; *shop* is whose it is."""
    if shop is not None:
        return say("Pull %(shop)s", shop=shop)
    return _SCHEDULES.get(name, name)
