"""Where people read in the books what Sluice booked."""

from __future__ import annotations

from typing import Final

from flask import g

from dashboard.domain.booked import DocumentKind
from dashboard.domain.reconciliation import Difference
from dashboard.store.company import Connection
from dashboard.web.services import services

_XERO_API: Final = "https://api.xero.com"
_XERO_INVOICE: Final = "https://go.xero.com/AccountsReceivable/View.aspx?InvoiceID="


def invoice_url(document_id: str) -> str:
    """Return the address of an invoice's page in the books; empty without books."""
    connection = _connection()
    if connection is None:
        return ""
    if connection.base_url == _XERO_API:
        return _XERO_INVOICE + document_id
    return f"{connection.base_url}/invoices/{document_id}"


def document_url(difference: Difference) -> str:
    """Return the address of the invoice a difference is about; empty without one."""
    is_invoice = difference.document_kind is DocumentKind.INVOICE
    if not is_invoice or not difference.document_id:
        return ""
    return invoice_url(difference.document_id)


def _connection() -> Connection | None:
    """Return the connection to the books, read once for all links of a page."""
    if "books_connection" not in g:
        g.books_connection = services().company.readable_connection()
    connection: Connection | None = g.books_connection
    return connection
