"""What the invoice list shows: tabs, search and pages over the books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.model import Contact, Invoice, InvoiceStatus
from mock_accounting.ledger.money import ZERO, round_half_up
from mock_accounting.ui.paging import Page, mentions, page_of


class Tab(StrEnum):
    """The groups a bookkeeper sorts invoices into."""

    ALL = "all"
    DRAFT = "draft"
    AWAITING = "awaiting"
    OVERDUE = "overdue"
    PAID = "paid"
    VOIDED = "voided"

    @property
    def label(self) -> str:
        """What stands on the tab."""
        return _TITLES[self]


_TITLES = {
    Tab.ALL: "All",
    Tab.DRAFT: "Draft",
    Tab.AWAITING: "Awaiting payment",
    Tab.OVERDUE: "Overdue",
    Tab.PAID: "Paid",
    Tab.VOIDED: "Voided",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TabCount:
    """A tab, how many invoices are in it and what they come to."""

    tab: Tab
    count: int
    total: Decimal
    """In the base currency."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One invoice of the list."""

    invoice: Invoice
    contact: Contact
    tab: Tab


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """The tabs and one page of the list."""

    tabs: Sequence[TabCount]
    tab: Tab
    page: Page[Row]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which invoices are asked for."""

    tab: Tab = Tab.ALL
    search: str = ""
    page: int = 1
    contact_id: str | None = None


def invoice_listing(books: Books, wanted: Wanted, today: date) -> Listing:
    """The page asked for; the counts of the tabs follow the search."""
    tab, search = wanted.tab, wanted.search
    with books.lock:
        rows = [
            Row(
                invoice=invoice,
                contact=books.contacts[invoice.contact_id],
                tab=tab_of(invoice, today),
            )
            for invoice in reversed(books.invoices.values())
            if wanted.contact_id in {None, invoice.contact_id}
        ]
    rows.sort(key=lambda row: row.invoice.created_at, reverse=True)
    found = [row for row in rows if _mentions(row, search)] if search else rows
    shown = [row for row in found if tab in {Tab.ALL, row.tab}]
    return Listing(
        tabs=_counts(found),
        tab=tab,
        page=page_of(shown, wanted.page, search=search, total=len(rows)),
    )


def tab_of(invoice: Invoice, today: date) -> Tab:
    """The tab an invoice is in today."""
    match invoice.status:
        case InvoiceStatus.DRAFT | InvoiceStatus.SUBMITTED:
            return Tab.DRAFT
        case InvoiceStatus.AUTHORISED:
            return Tab.OVERDUE if invoice.due_date < today else Tab.AWAITING
        case InvoiceStatus.PAID:
            return Tab.PAID
        case InvoiceStatus.VOIDED | InvoiceStatus.DELETED:
            return Tab.VOIDED


def _counts(rows: Sequence[Row]) -> list[TabCount]:
    """Every tab; "All" counts every invoice, but sums up the live ones only."""
    counts = dict.fromkeys(Tab, 0)
    sums = dict.fromkeys(Tab, ZERO)
    for row in rows:
        in_base = row.invoice.total / row.invoice.currency_rate
        counts[row.tab] += 1
        sums[row.tab] += in_base
        counts[Tab.ALL] += 1
        if row.invoice.is_live:
            sums[Tab.ALL] += in_base
    return [
        TabCount(tab=tab, count=counts[tab], total=round_half_up(sums[tab]))
        for tab in Tab
    ]


def _mentions(row: Row, search: str) -> bool:
    return mentions(
        (row.invoice.number, row.invoice.reference, row.contact.name), search
    )
