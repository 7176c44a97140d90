"""Pages of the books: invoices, credit notes, payments, contacts, organisations."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, request

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.contacts import require_contact
from mock_accounting.ledger.credit_notes import require_credit_note
from mock_accounting.ledger.invoices import require_invoice
from mock_accounting.ui import entries
from mock_accounting.ui.frame import Shown, page_asked, search_asked
from mock_accounting.ui.listing import Tab, Wanted, invoice_listing
from mock_accounting.ui.paper import paper_of


def add_book_pages(blueprint: Blueprint, shown: Shown) -> None:
    """Add the pages of the books."""
    _add_lists(blueprint, shown)
    _add_documents(blueprint, shown)


def _add_lists(blueprint: Blueprint, shown: Shown) -> None:
    @blueprint.get("/")
    def invoices() -> Response:
        books, today = shown.books(), _today(shown)
        wanted = Wanted(tab=_tab(), search=search_asked(), page=page_asked())
        listing = invoice_listing(books, wanted, today)
        version = f"{_version(books)} {today}"
        return shown.live("invoices", version, listing=listing, page=listing.page)

    @blueprint.get("/credit-notes")
    def credit_notes() -> Response:
        books = shown.books()
        page = entries.credit_note_listing(books, search_asked(), page_asked())
        return shown.live("credit_notes", _version(books), page=page)

    @blueprint.get("/payments")
    def payments() -> Response:
        books = shown.books()
        page = entries.payment_listing(books, search_asked(), page_asked())
        return shown.live("payments", _version(books), page=page)

    @blueprint.get("/contacts")
    def contacts() -> Response:
        books = shown.books()
        page = entries.contact_listing(books, search_asked(), page_asked())
        return shown.live("contacts", _version(books), page=page)

    @blueprint.get("/organisations")
    def organisations() -> Response:
        every = [
            (books, shown.organisations.clients_of(books.organisation.organisation_id))
            for books in shown.organisations.all()
        ]
        version = " ".join(_version(books) for books, _ in every)
        return shown.live("organisations", version, every=every)


def _add_documents(blueprint: Blueprint, shown: Shown) -> None:
    @blueprint.get("/invoices/<identifier>")
    def invoice(identifier: str) -> Response:
        books, today = shown.books(), _today(shown)
        with books.lock:
            paper = paper_of(books, require_invoice(books, identifier), today)
        return shown.live("paper", _version(books), paper=paper, kind="invoice")

    @blueprint.get("/credit-notes/<identifier>")
    def credit_note(identifier: str) -> Response:
        books, today = shown.books(), _today(shown)
        with books.lock:
            paper = paper_of(books, require_credit_note(books, identifier), today)
        return shown.live("paper", _version(books), paper=paper, kind="credit note")

    @blueprint.get("/contacts/<identifier>")
    def contact(identifier: str) -> Response:
        books, today = shown.books(), _today(shown)
        found = require_contact(books, identifier)
        wanted = Wanted(contact_id=found.contact_id)
        listing = invoice_listing(books, wanted, today)
        return shown.live(
            "contact",
            f"{_version(books)} {today}",
            contact=found,
            listing=listing,
            page=listing.page,
        )


def _today(shown: Shown) -> date:
    return shown.organisations.clock.now().date()


def _version(books: Books) -> str:
    return f"{books.organisation.organisation_id} {books.revision}"


def _tab() -> Tab:
    try:
        return Tab(request.args.get("tab", Tab.ALL))
    except ValueError:
        return Tab.ALL
