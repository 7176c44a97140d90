"""Invoices on their way to the customer: by e-mail, or as a page."""

from __future__ import annotations

from dataclasses import replace

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.errors import NoSuchDocument, Refused
from mock_accounting.ledger.model import Invoice, InvoiceStatus

MAX_EMAILS_A_DAY = 1000
_SENDABLE = frozenset(
    {InvoiceStatus.SUBMITTED, InvoiceStatus.AUTHORISED, InvoiceStatus.PAID}
)
_SENT = "Invoice sent"


def send_by_email(books: Books, invoice: Invoice) -> Invoice:
    """Note that an invoice went to its contact; nothing is really sent.

    Raises:
        Refused: If it is a draft or ended, the contact has no address, or the
            day's e-mails are used up.
    """
    address = books.contact(invoice.contact_id).email_address
    problems = []
    if invoice.status not in _SENDABLE:
        problems.append("Only Submitted, Authorised or Paid invoices can be emailed")
    if not address:
        problems.append("The contact of this invoice has no email address")
    if books.emails_on(books.clock.now().date()) >= MAX_EMAILS_A_DAY:
        problems.append("The daily email limit of this organisation is reached")
    if problems:
        raise Refused(*problems)
    sent = replace(invoice, sent_to_contact=True, updated_at=books.clock.now())
    books.put(sent)
    books.count_email(books.clock.now().date())
    books.note(invoice.invoice_id, _SENT, f"This invoice has been sent to {address}.")
    return sent


def require_online(invoice: Invoice) -> Invoice:
    """*invoice*, if a customer may look at it.

    Raises:
        NoSuchDocument: If it is a draft or was ended.
    """
    if invoice.status not in _SENDABLE:
        raise NoSuchDocument
    return invoice
