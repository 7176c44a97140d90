"""What the engine needs of an accounting package."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from dashboard.domain.booked import (
    BankPage,
    ChangedSince,
    Dated,
    DocumentKind,
    DocumentPage,
    Selection,
)
from dashboard.domain.books import BooksFacts
from dashboard.domain.exchanges import (
    Claim,
    Exchange,
    Finding,
    FrozenRequest,
    NotProcessed,
    Outcome,
)
from dashboard.domain.postings import Posting, PostingKind

# Keeps an exchange; secrets and people are masked before it is called.
Log = Callable[[Exchange], None]


class BooksSilent(Exception):
    """A question to the books got no usable answer; nothing was changed by it."""

    def __init__(self, failure: NotProcessed) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class Pacer(Protocol):
    """Waits until a call is allowed and counts it while it is under way."""

    def __call__(self, *, urgent: bool = False) -> AbstractContextManager[None]:
        """Hold a place for one call.

        What is *urgent* may use what is kept for a person's actions.

        Raises:
            BooksSilent: If no place comes free in time.
        """
        ...


class Books(Protocol):
    """An accounting package. All methods may be called from several threads."""

    def freeze(self, kind: PostingKind, postings: Sequence[Posting]) -> FrozenRequest:
        """Return the exact request that books *postings*; touches no network."""
        ...

    def sign_in(self, log: Log) -> None:
        """Make sure that calls are authorised.

        Raises:
            BooksSilent: If they are not.
        """
        ...

    def send(self, claim: Claim) -> tuple[Outcome, Exchange]:
        """Send the claimed bytes once, without any retry; never raises.

        The caller has signed in and holds a slot of the pacer.
        """
        ...

    def prove(self, log: Log) -> None:
        """Find out with one call whether the books can be called again.

        Raises:
            BooksSilent: If they cannot.
        """
        ...

    def look_up(
        self, kind: PostingKind, members: Sequence[Posting], log: Log
    ) -> Mapping[int, Finding]:
        """Ask the books by natural key; return what they have, by posting id.

        Raises:
            BooksSilent: If they did not answer.
        """
        ...

    def facts(self, log: Log) -> tuple[BooksFacts, str]:
        """Return what the books say of themselves, and the organisation's id.

        Raises:
            BooksSilent: If they did not answer.
        """
        ...

    def read_documents(
        self, kind: DocumentKind, selection: Selection, page: int, log: Log
    ) -> DocumentPage:
        """Return a page (from 1) of documents, whoever wrote them, with their lines.

        Raises:
            BooksSilent: If they did not answer.
        """
        ...

    def read_bank_entries(
        self, selection: Dated | ChangedSince, page: int, log: Log
    ) -> BankPage:
        """Return a page (from 1) of payments with the bank accounts they are on.

        Raises:
            BooksSilent: If they did not answer.
        """
        ...
