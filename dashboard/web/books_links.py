"""Where people read in the books what Sluice booked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import g

from dashboard.domain.postings import PostingKind
from dashboard.domain.reconciliation import Difference
from dashboard.store.company import Connection
from dashboard.web.services import services

_XERO_API: Final = "https://api.xero.com"
_XERO: Final = "https://go.xero.com"
# What has a page of its own, in Xero and in the stand-in for it.
_IN_XERO: Final[Mapping[str, str]] = {
    PostingKind.CONTACT: "Contacts/View/",
    PostingKind.INVOICE: "AccountsReceivable/View.aspx?InvoiceID=",
    PostingKind.CREDIT_NOTE: "AccountsReceivable/ViewCreditNote.aspx?creditNoteID=",
}
_IN_THE_STAND_IN: Final[Mapping[str, str]] = {
    PostingKind.CONTACT: "contacts/",
    PostingKind.INVOICE: "invoices/",
    PostingKind.CREDIT_NOTE: "credit-notes/",
}


def page_in_books(kind: str, document_id: str) -> str:
    """Return the address of a document's page in the books; empty if it has none."""
    connection = _connection()
    if connection is None or not document_id or kind not in _IN_XERO:
        return ""
    if connection.base_url == _XERO_API:
        return f"{_XERO}/{_IN_XERO[kind]}{document_id}"
    return f"{connection.base_url}/{_IN_THE_STAND_IN[kind]}{document_id}"


def document_url(difference: Difference) -> str:
    """Return the address of what a difference is about; empty without one."""
    return page_in_books(difference.document_kind.value, difference.document_id)


def _connection() -> Connection | None:
    """Return the connection to the books, read once for all links of a page."""
    if "books_connection" not in g:
        g.books_connection = services().company.readable_connection()
    connection: Connection | None = g.books_connection
    return connection
