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
        invoices = [
            it
            for it in reversed(books.invoices.values())
            if wanted.contact_id in {None, it.contact_id}
        ]
        names = {it.contact_id: it.name for it in books.contacts.values()}
    invoices.sort(key=lambda it: it.created_at, reverse=True)
    found = invoices
    if search:
        found = [
            it
            for it in invoices
            if mentions((it.number, it.reference, names[it.contact_id]), search)
        ]
    sorted_out = [(it, tab_of(it, today)) for it in found]
    shown = [it for it, its_tab in sorted_out if tab in {Tab.ALL, its_tab}]
    page = page_of(shown, wanted.page, search=search, total=len(invoices))
    return Listing(
        tabs=_counts(sorted_out),
        tab=tab,
        page=page.showing(
            lambda it: Row(
                invoice=it,
                contact=books.contact(it.contact_id),
                tab=tab_of(it, today),
            )
        ),
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


def _counts(invoices: Sequence[tuple[Invoice, Tab]]) -> list[TabCount]:
    """Every tab; "All" counts every invoice, but sums up the live ones only."""
    counts = dict.fromkeys(Tab, 0)
    sums = dict.fromkeys(Tab, ZERO)
    for invoice, tab in invoices:
        in_base = invoice.total
        if invoice.currency_rate != 1:
            in_base /= invoice.currency_rate
        counts[tab] += 1
        sums[tab] += in_base
    counts[Tab.ALL] = len(invoices)
    sums[Tab.ALL] = sum(sums.values()) - sums[Tab.VOIDED]
    return [
        TabCount(tab=tab, count=counts[tab], total=round_half_up(sums[tab]))
        for tab in Tab
    ]
