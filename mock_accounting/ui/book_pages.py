"""Pages of the books: invoices, credit notes, payments, contacts, organisations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, Response, request

from mock_accounting.dialect.pdf import credit_note_pdf, invoice_pdf
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.contacts import require_contact
from mock_accounting.ledger.credit_notes import require_credit_note
from mock_accounting.ledger.invoices import require_invoice
from mock_accounting.ledger.model import CreditNote, Invoice
from mock_accounting.ledger.storage import Client
from mock_accounting.ui import entries
from mock_accounting.ui.frame import Shown, page_asked, search_asked
from mock_accounting.ui.listing import Tab, Wanted, invoice_listing
from mock_accounting.ui.paging import Page
from mock_accounting.ui.paper import paper_of


def add_book_pages(blueprint: Blueprint, shown: Shown) -> None:
    """Add the pages of the books."""
    _add_lists(blueprint, shown)
    _add_documents(blueprint, shown)
    _add_printed(blueprint, shown)


def _add_lists(blueprint: Blueprint, shown: Shown) -> None:
    @blueprint.get("/")
    def invoices() -> Response:
        books, today = shown.books(), _today(shown)
        wanted = Wanted(tab=_tab(), search=search_asked(), page=page_asked())

        def show() -> dict[str, object]:
            listing = invoice_listing(books, wanted, today)
            return {"listing": listing, "page": listing.page}

        return shown.live("invoices", f"{_version(books)} {today}", show)

    @blueprint.get("/credit-notes")
    def credit_notes() -> Response:
        return _list(shown, "credit_notes", entries.credit_note_listing)

    @blueprint.get("/payments")
    def payments() -> Response:
        return _list(shown, "payments", entries.payment_listing)

    @blueprint.get("/contacts")
    def contacts() -> Response:
        return _list(shown, "contacts", entries.contact_listing)

    @blueprint.get("/organisations")
    def organisations() -> Response:
        every = shown.organisations.all()
        version = " ".join(_version(books) for books in every)
        return shown.live("organisations", version, lambda: {"every": _owned(shown)})


def _list(
    shown: Shown, name: str, listing: Callable[[Books, str, int], Page[Any]]
) -> Response:
    books = shown.books()
    return shown.live(
        name,
        _version(books),
        lambda: {"page": listing(books, search_asked(), page_asked())},
    )


def _owned(shown: Shown) -> list[tuple[Books, list[Client]]]:
    """Every organisation and the clients that are let into it."""
    organisations = shown.organisations
    return [
        (books, organisations.clients_of(books.organisation.organisation_id))
        for books in organisations.all()
    ]


def _add_documents(blueprint: Blueprint, shown: Shown) -> None:
    @blueprint.get("/invoices/<identifier>")
    def invoice(identifier: str) -> Response:
        books = shown.books()
        return _paper(shown, books, require_invoice(books, identifier), "invoice")

    @blueprint.get("/credit-notes/<identifier>")
    def credit_note(identifier: str) -> Response:
        books = shown.books()
        note = require_credit_note(books, identifier)
        return _paper(shown, books, note, "credit note")

    @blueprint.get("/contacts/<identifier>")
    def contact(identifier: str) -> Response:
        books, today = shown.books(), _today(shown)
        found = require_contact(books, identifier)

        def show() -> dict[str, object]:
            wanted = Wanted(contact_id=found.contact_id)
            listing = invoice_listing(books, wanted, today)
            return {"contact": found, "listing": listing, "page": listing.page}

        return shown.live("contact", f"{_version(books)} {today}", show)


def _add_printed(blueprint: Blueprint, shown: Shown) -> None:
    @blueprint.get("/invoices/<identifier>/pdf")
    def invoice_as_pdf(identifier: str) -> Response:
        books = shown.books()
        with books.lock:
            printed = invoice_pdf(books, require_invoice(books, identifier))
        return Response(printed, mimetype="application/pdf")

    @blueprint.get("/credit-notes/<identifier>/pdf")
    def credit_note_as_pdf(identifier: str) -> Response:
        books = shown.books()
        with books.lock:
            printed = credit_note_pdf(books, require_credit_note(books, identifier))
        return Response(printed, mimetype="application/pdf")


def _paper(
    shown: Shown, books: Books, document: Invoice | CreditNote, kind: str
) -> Response:
    today = _today(shown)

    def show() -> dict[str, object]:
        with books.lock:
            return {"paper": paper_of(books, document, today), "kind": kind}

    return shown.live("paper", f"{_version(books)} {today}", show)


def _today(shown: Shown) -> date:
    return shown.organisations.clock.now().date()


def _version(books: Books) -> str:
    return f"{books.organisation.organisation_id} {books.revision}"


def _tab() -> Tab:
    try:
        return Tab(request.args.get("tab", Tab.ALL))
    except ValueError:
        return Tab.ALL
