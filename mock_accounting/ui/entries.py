"""What the lists of contacts, payments and credit notes show."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.model import (
    Contact,
    CreditNote,
    Invoice,
    LedgerAccount,
    Payment,
)
from mock_accounting.ledger.money import ZERO, round_half_up
from mock_accounting.ui.paging import Page, mentions, page_of


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactRow:
    """A contact and what it owes, in the base currency."""

    contact: Contact
    invoice_count: int
    due: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentRow:
    """A payment, what it settles and where it is booked."""

    payment: Payment
    document: Invoice | CreditNote
    contact: Contact
    bank_account: LedgerAccount


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditNoteRow:
    """A credit note and whom it is for."""

    note: CreditNote
    contact: Contact


def contact_listing(books: Books, search: str, page: int) -> Page[ContactRow]:
    """Contacts by name."""
    with books.lock:
        contacts = list(books.contacts.values())
        found = [
            it
            for it in contacts
            if mentions((it.name, it.email_address, it.contact_number), search)
        ]
        found.sort(key=lambda it: it.name.casefold())
        shown = page_of(found, page, search=search, total=len(contacts))
        return shown.showing(partial(_contact_row, books))


def payment_listing(books: Books, search: str, page: int) -> Page[PaymentRow]:
    """Payments, the last changed first."""
    with books.lock:
        rows = [_payment_row(books, it) for it in reversed(books.payments.values())]
    found = [
        row
        for row in rows
        if mentions(
            (row.payment.reference, row.document.number, row.contact.name), search
        )
    ]
    return page_of(found, page, search=search, total=len(rows))


def credit_note_listing(books: Books, search: str, page: int) -> Page[CreditNoteRow]:
    """Credit notes, the last changed first."""
    with books.lock:
        rows = [
            CreditNoteRow(note=it, contact=books.contact(it.contact_id))
            for it in reversed(books.credit_notes.values())
        ]
    found = [
        row
        for row in rows
        if mentions((row.note.number, row.note.reference, row.contact.name), search)
    ]
    return page_of(found, page, search=search, total=len(rows))


def _contact_row(books: Books, contact: Contact) -> ContactRow:
    live = [it for it in books.invoices_of(contact.contact_id) if it.is_live]
    due = sum((it.amount_due / it.currency_rate for it in live), ZERO)
    return ContactRow(contact=contact, invoice_count=len(live), due=round_half_up(due))


def _payment_row(books: Books, payment: Payment) -> PaymentRow:
    document = books.paid_document(payment)
    return PaymentRow(
        payment=payment,
        document=document,
        contact=books.contact(document.contact_id),
        bank_account=books.accounts[payment.account_id],
    )
