"""What an invoice or a credit note shows on paper: parties, lines, VAT, entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.model import (
    Address,
    Allocation,
    Attachment,
    Contact,
    CreditNote,
    HistoryRecord,
    Invoice,
    InvoiceStatus,
    LedgerAccount,
    LineAmountTypes,
    LineItem,
    Organisation,
    Payment,
)
from mock_accounting.ledger.money import ZERO
from mock_accounting.ui.listing import Tab, tab_of

_TABS = {
    InvoiceStatus.DRAFT: Tab.DRAFT,
    InvoiceStatus.SUBMITTED: Tab.DRAFT,
    InvoiceStatus.AUTHORISED: Tab.AWAITING,
    InvoiceStatus.PAID: Tab.PAID,
    InvoiceStatus.VOIDED: Tab.VOIDED,
    InvoiceStatus.DELETED: Tab.VOIDED,
}
"""Where a credit note would stand among the invoices' tabs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VatRow:
    """What is taxed at one rate."""

    name: str
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperLine:
    """A line item and the name of its rate."""

    item: LineItem
    rate_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperPayment:
    """A payment and the bank account it is on."""

    payment: Payment
    bank_account: LedgerAccount


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperCredit:
    """An allocation, with the document at its other end."""

    allocation: Allocation
    other: Invoice | CreditNote


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """Everything on the page of an invoice or a credit note."""

    organisation: Organisation
    document: Invoice | CreditNote
    document_id: str
    contact: Contact
    address: Address | None
    tab: Tab
    lines: Sequence[PaperLine]
    vat: Sequence[VatRow]
    payments: Sequence[PaperPayment]
    credits: Sequence[PaperCredit]
    left: Decimal
    """What is still to be paid, or to be used of a credit note."""
    history: Sequence[HistoryRecord]
    attachments: Sequence[Attachment]


def paper_of(books: Books, document: Invoice | CreditNote, today: date) -> Paper:
    """The page of one invoice or credit note."""
    contact = books.contact(document.contact_id)
    filled = [it for it in contact.addresses if it.line_1 or it.city or it.country]
    if isinstance(document, Invoice):
        document_id, left = document.invoice_id, document.amount_due
        tab = tab_of(document, today)
    else:
        document_id, left = document.credit_note_id, document.remaining_credit
        tab = _TABS[document.status]
    return Paper(
        organisation=books.organisation,
        document=document,
        document_id=document_id,
        contact=contact,
        address=filled[0] if filled else None,
        tab=tab,
        lines=[
            PaperLine(item=line, rate_name=_rate_name(books, line.tax_type))
            for line in document.lines
        ],
        vat=_vat(books, document),
        payments=[
            PaperPayment(payment=it, bank_account=books.accounts[it.account_id])
            for it in books.payments_of(document_id)
        ],
        credits=[
            PaperCredit(allocation=it, other=_other_end(books, it, document))
            for it in books.allocations_of(document_id)
        ],
        left=left,
        history=list(reversed(books.history_of(document_id))),
        attachments=books.attachments_of(document_id),
    )


def _other_end(
    books: Books, allocation: Allocation, document: Invoice | CreditNote
) -> Invoice | CreditNote:
    if isinstance(document, Invoice):
        return books.credit_note(allocation.credit_note_id)
    return books.invoice(allocation.invoice_id)


def _rate_name(books: Books, tax_type: str | None) -> str:
    rate = books.tax_rates.get(tax_type or "")
    return rate.name if rate else ""


def _vat(books: Books, document: Invoice | CreditNote) -> list[VatRow]:
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    inclusive = document.line_amount_types is LineAmountTypes.INCLUSIVE
    for line in document.lines:
        name = _rate_name(books, line.tax_type)
        if not name:
            continue
        net, tax = sums.get(name, (ZERO, ZERO))
        own = line.line_amount - line.tax_amount if inclusive else line.line_amount
        sums[name] = (net + own, tax + line.tax_amount)
    return [VatRow(name=name, net=net, tax=tax) for name, (net, tax) in sums.items()]
