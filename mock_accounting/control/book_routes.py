"""Routes about books: organisations, locks, changes by hand, assertions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, Response, request

from mock_accounting.control import shapes, wire
from mock_accounting.control.fields import BadControl
from mock_accounting.dialect.jsontext import JsonValue
from mock_accounting.faults.tampering import rename_document, void_document
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.contacts import (
    archive_contact,
    require_contact,
    restore_contact,
)
from mock_accounting.ledger.demo import DEMO_TENANT_ID
from mock_accounting.ledger.errors import NoSuchDocument
from mock_accounting.ledger.invoices import require_invoice
from mock_accounting.ledger.model import Contact
from mock_accounting.ledger.organisations import Organisations
from mock_accounting.ledger.storage import Client


def add_book_routes(blueprint: Blueprint, organisations: Organisations) -> None:
    """Add the routes about books."""
    for add in (
        _add_organisations,
        _add_clients,
        _add_contacts,
        _add_invoices,
        _add_assertions,
    ):
        add(blueprint, organisations)


def books_asked_for(organisations: Organisations) -> Books:
    """The books of the organisation the query names; the demo's without one.

    Raises:
        BadControl: If there is no such organisation.
    """
    tenant_id = request.args.get("organisation", DEMO_TENANT_ID)
    books = organisations.find(tenant_id)
    if books is None:
        raise BadControl(f"There is no organisation {tenant_id}.")
    return books


def _add_organisations(blueprint: Blueprint, organisations: Organisations) -> None:
    @blueprint.get("/organisations")
    def list_organisations() -> Response:
        shown: list[JsonValue] = [
            {
                "organisation": books.organisation.organisation_id,
                "name": books.organisation.name,
            }
            for books in organisations.all()
        ]
        return wire.answer({"organisations": shown})

    @blueprint.post("/organisations")
    def open_organisation() -> Response:
        fields = wire.fields()
        name = fields.text("name") or "Test Company"
        fields.done()
        books, client = organisations.open(name)
        return wire.answer(
            {
                "organisation": books.organisation.organisation_id,
                "name": name,
                "client_id": client.client_id,
                "client_secret": client.secret,
            }
        )

    @blueprint.delete("/organisations/<tenant_id>")
    def close_organisation(tenant_id: str) -> Response:
        if tenant_id == DEMO_TENANT_ID:
            raise BadControl("The demo organisation stays; reset it instead.")
        if organisations.find(tenant_id) is None:
            raise NoSuchDocument
        organisations.close(tenant_id)
        return wire.done()

    @blueprint.post("/lock-date")
    def lock() -> Response:
        books = books_asked_for(organisations)
        fields = wire.fields()
        period, end_of_year = fields.day("period"), fields.day("end_of_year")
        fields.done()
        with books.lock:
            books.lock_until(period=period, end_of_year=end_of_year)
            organisations.save(books)
        return wire.done()


def _add_clients(blueprint: Blueprint, organisations: Organisations) -> None:
    def require_client(client_id: str) -> Client:
        client = organisations.client(client_id)
        if client is None:
            raise BadControl(f"There is no client {client_id}.")
        return client

    def show(client: Client) -> Response:
        return wire.answer({"redirect_uris": list(client.redirect_uris)})

    @blueprint.get("/clients/<client_id>/redirects")
    def redirects(client_id: str) -> Response:
        return show(require_client(client_id))

    @blueprint.post("/clients/<client_id>/redirects")
    def register_redirect(client_id: str) -> Response:
        client = require_client(client_id)
        fields = wire.fields()
        address = shapes.redirect_uri(fields.text("redirect_uri"))
        fields.done()
        addresses = dict.fromkeys((*client.redirect_uris, address))
        client = replace(client, redirect_uris=tuple(addresses))
        organisations.keep_client(client)
        return show(client)


def _add_contacts(blueprint: Blueprint, organisations: Organisations) -> None:
    def change(identifier: str, how: Callable[[Books, str], Contact]) -> Response:
        books = books_asked_for(organisations)
        with books.lock:
            contact = require_contact(books, identifier)
            how(books, contact.contact_id)
            organisations.save(books)
        return wire.answer({"status": "ok", "contact": contact.contact_id})

    @blueprint.post("/contacts/<identifier>/archive")
    def archive(identifier: str) -> Response:
        return change(identifier, archive_contact)

    @blueprint.post("/contacts/<identifier>/restore")
    def restore(identifier: str) -> Response:
        return change(identifier, restore_contact)


def _add_invoices(blueprint: Blueprint, organisations: Organisations) -> None:
    @blueprint.post("/invoices/<identifier>/void")
    def void(identifier: str) -> Response:
        books = books_asked_for(organisations)
        with books.lock:
            invoice = void_document(books, require_invoice(books, identifier))
            organisations.save(books)
        return wire.answer({"status": "ok", "invoice": invoice.number})

    @blueprint.post("/invoices/<identifier>/rename")
    def rename(identifier: str) -> Response:
        books = books_asked_for(organisations)
        fields = wire.fields()
        number = fields.text("number")
        fields.done()
        with books.lock:
            invoice = require_invoice(books, identifier)
            if number and books.invoice_numbered(number) is not None:
                raise BadControl(f"The number {number} is in use.")
            invoice = rename_document(books, invoice, number)
            organisations.save(books)
        return wire.answer({"status": "ok", "invoice": invoice.number})


def _add_assertions(blueprint: Blueprint, organisations: Organisations) -> None:
    @blueprint.route("/assertions", methods=["GET", "POST"])
    def assertions() -> Response:
        books = books_asked_for(organisations)
        with books.lock:
            if request.method == "GET":
                findings = shapes.usual_checks(books)
            else:
                wanted = wire.fields().get("checks")
                if not isinstance(wanted, list):
                    raise BadControl("checks must be a list.")
                findings = [shapes.run_check(books, it) for it in wanted]
            return wire.answer(shapes.show_findings(books, findings))
