"""Copies of a mock's state, as they are kept under a name and in files.

Documents never change, so a copy is a list of them and costs next to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mock_accounting.faults.rules import FaultSpec
from mock_accounting.ledger.books import Document
from mock_accounting.ledger.model import Invoice
from mock_accounting.ledger.storage import Client, StoredAnswer
from mock_accounting.traffic.limits import Quota


@dataclass(frozen=True, kw_only=True, slots=True)
class BooksCopy:
    """The books of one organisation and who may open them."""

    tenant_id: str
    documents: tuple[Document, ...]
    clients: tuple[Client, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """The state of a mock, or of one organisation in it."""

    taken_at: datetime
    """On the mock's clock."""
    tenant_id: str | None
    """The only organisation it is about; None for all, clock and limits."""
    books: tuple[BooksCopy, ...]
    answers: tuple[StoredAnswer, ...]
    faults: tuple[FaultSpec, ...]
    quota: Quota
    frozen_at: datetime | None

    @property
    def invoice_count(self) -> int:
        """How many invoices it holds."""
        return sum(
            isinstance(document, Invoice)
            for copy in self.books
            for document in copy.documents
        )
