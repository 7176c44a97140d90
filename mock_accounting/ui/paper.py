"""What an invoice shows on paper: its parties, lines, VAT summary and payments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.model import (
    Address,
    Contact,
    HistoryRecord,
    Invoice,
    LedgerAccount,
    LineAmountTypes,
    LineItem,
    Organisation,
    Payment,
)
from mock_accounting.ledger.money import ZERO
from mock_accounting.ui.listing import Tab, tab_of


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
class Paper:
    """Everything on an invoice's page."""

    organisation: Organisation
    invoice: Invoice
    contact: Contact
    address: Address | None
    tab: Tab
    lines: Sequence[PaperLine]
    vat: Sequence[VatRow]
    payments: Sequence[PaperPayment]
    history: Sequence[HistoryRecord]


def paper_of(books: Books, invoice: Invoice, today: date) -> Paper:
    """The page of one invoice."""
    contact = books.contact(invoice.contact_id)
    filled = [it for it in contact.addresses if it.line_1 or it.city or it.country]
    return Paper(
        organisation=books.organisation,
        invoice=invoice,
        contact=contact,
        address=filled[0] if filled else None,
        tab=tab_of(invoice, today),
        lines=[
            PaperLine(item=line, rate_name=_rate_name(books, line.tax_type))
            for line in invoice.lines
        ],
        vat=_vat(books, invoice),
        payments=[
            PaperPayment(payment=it, bank_account=books.accounts[it.account_id])
            for it in books.payments_of(invoice.invoice_id)
        ],
        history=list(reversed(books.history_of(invoice.invoice_id))),
    )


def _rate_name(books: Books, tax_type: str | None) -> str:
    rate = books.tax_rates.get(tax_type or "")
    return rate.name if rate else ""


def _vat(books: Books, invoice: Invoice) -> list[VatRow]:
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    inclusive = invoice.line_amount_types is LineAmountTypes.INCLUSIVE
    for line in invoice.lines:
        name = _rate_name(books, line.tax_type)
        if not name:
            continue
        net, tax = sums.get(name, (ZERO, ZERO))
        own = line.line_amount - line.tax_amount if inclusive else line.line_amount
        sums[name] = (net + own, tax + line.tax_amount)
    return [VatRow(name=name, net=net, tax=tax) for name, (net, tax) in sums.items()]
