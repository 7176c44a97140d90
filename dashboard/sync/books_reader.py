"""Reads the books page by page, at their pace, and waits while they are silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TypeVar

from dashboard.accounting.protocol import Books, BooksSilent, Log
from dashboard.domain.booked import (
    BankEntry,
    BookedDocument,
    ChangedSince,
    Dated,
    DocumentKind,
    Identified,
    Numbered,
    Selection,
)
from dashboard.domain.clock import Clock
from dashboard.domain.exchanges import NotProcessed
from dashboard.domain.timing import full_jitter_s
from dashboard.store.gate import Gate

_T = TypeVar("_T")

# Books that say nothing for so long will be asked by the next pass.
_PATIENCE_S = 1800.0
_LONGEST_WAIT_S = 60.0
# Addresses have a length that servers accept.
_ASKED_AT_ONCE = 25


@dataclass(frozen=True, kw_only=True)
class BooksReader:
    """Asks the books; *rest* waits some seconds and is False once the program stops."""

    books: Books
    log: Log
    gate: Gate
    clock: Clock
    rest: Callable[[float], bool]

    def documents(
        self, kind: DocumentKind, selection: Selection
    ) -> Iterator[tuple[BookedDocument, ...]]:
        """Yield what was asked for, page by page.

        Raises:
            BooksSilent: If the books do not answer for long.
        """
        for number in count(1):
            page = self._patiently(
                partial(self.books.read_documents, kind, selection, number, self.log)
            )
            yield page.documents
            if not page.has_next:
                return

    def numbered(
        self, kind: DocumentKind, numbers: Sequence[str]
    ) -> Iterator[tuple[BookedDocument, ...]]:
        """Yield the documents that bear these numbers."""
        for start in range(0, len(numbers), _ASKED_AT_ONCE):
            some = tuple(numbers[start : start + _ASKED_AT_ONCE])
            yield from self.documents(kind, Numbered(numbers=some))

    def identified(
        self, kind: DocumentKind, ids: Sequence[str]
    ) -> Iterator[tuple[BookedDocument, ...]]:
        """Yield the documents with these ids."""
        for start in range(0, len(ids), _ASKED_AT_ONCE):
            some = tuple(ids[start : start + _ASKED_AT_ONCE])
            yield from self.documents(kind, Identified(ids=some))

    def bank_entries(
        self, selection: Dated | ChangedSince
    ) -> Iterator[tuple[BankEntry, ...]]:
        """Yield on which bank accounts payments stand.

        Raises:
            BooksSilent: If the books do not answer for long.
        """
        for number in count(1):
            page = self._patiently(
                partial(self.books.read_bank_entries, selection, number, self.log)
            )
            yield page.entries
            if not page.has_next:
                return

    def _patiently(self, ask: Callable[[], _T]) -> _T:
        until_s = self.clock.monotonic_s() + _PATIENCE_S
        for attempt in count(1):
            try:
                answer = ask()
            except BooksSilent as silent:
                self.gate.note(silent.failure)
                wait_s = _wait_s(silent.failure, attempt)
                if self.clock.monotonic_s() + wait_s > until_s or not self.rest(wait_s):
                    raise
            else:
                self.gate.note_success()
                return answer
        raise AssertionError("counting never ends")


def _wait_s(failure: NotProcessed, attempt: int) -> float:
    if failure.wait_s is not None:
        return failure.wait_s
    return full_jitter_s(attempt, cap_s=_LONGEST_WAIT_S)
