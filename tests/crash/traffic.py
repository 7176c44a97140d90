"""The calls that the books have seen, counted while their log still has them."""

from __future__ import annotations

from typing import Any

from tests.e2e.books import Books

# A call that takes long is in the log after others that came later.
_LATE_BY = 100


class Traffic:
    """Counts calls; to be looked at now and then, for the log forgets the oldest."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._seen: set[int] = set()
        self.writes = 0
        self.with_a_fault = 0
        self.repeated = 0

    @property
    def calls(self) -> int:
        """How many there were."""
        return len(self._seen)

    def look(self) -> None:
        """Count the calls that came since the last look."""
        since = max(self._seen, default=0) - _LATE_BY
        for call in self._books.calls(since=max(0, since)):
            if call["id"] not in self._seen:
                self._add(call)

    def _add(self, call: dict[str, Any]) -> None:
        self._seen.add(call["id"])
        self.writes += call["method"] == "PUT"
        self.with_a_fault += bool(call["faults"])
        self.repeated += call["replayed"]
