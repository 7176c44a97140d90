"""Invoices: list, read, create, create or update, send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from mock_accounting.api.batches import write_and_answer
from mock_accounting.api.request import ApiRequest
from mock_accounting.dialect import answers, kinds
from mock_accounting.dialect.bodies import read_elements
from mock_accounting.dialect.jsontext import Encoded
from mock_accounting.dialect.listing import flag, list_documents, listed, unit_decimals
from mock_accounting.dialect.messages import Answer
from mock_accounting.dialect.pdf import invoice_pdf
from mock_accounting.dialect.reading import invoice_input
from mock_accounting.dialect.rendering.sales import (
    echo_invoice,
    invoice_is_made_of,
    show_invoice,
)
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.errors import Refused
from mock_accounting.ledger.ids import parse_id
from mock_accounting.ledger.inputs import InvoiceInput
from mock_accounting.ledger.invoices import (
    create_invoice,
    require_invoice,
    save_invoice,
)
from mock_accounting.ledger.model import Invoice
from mock_accounting.ledger.sending import require_online, send_by_email


def invoices(request: ApiRequest) -> Answer:
    """GET /Invoices; line items are shown only when a page was asked for."""
    books = request.books
    page = list_documents(request.call, kinds.invoices(books), _candidates(request))
    full = page.is_paged and not flag(request.call, "summaryOnly", default=False)
    shown = [
        _shown(request, it) if full else show_invoice(books, it, full=False)
        for it in page.documents
    ]
    return request.envelope("Invoices", shown, page.pagination)


def invoice(request: ApiRequest) -> Answer:
    """GET /Invoices/{InvoiceID or InvoiceNumber}, also as PDF."""
    found = require_invoice(request.books, request.parts[0])
    if request.wants_pdf:
        return answers.pdf(invoice_pdf(request.books, found))
    return request.envelope("Invoices", [_shown(request, found)])


def printed_invoice(request: ApiRequest) -> Answer:
    """GET /Invoices/{InvoiceID}/pdf, as the specification has it."""
    found = require_invoice(request.books, request.parts[0])
    return answers.pdf(invoice_pdf(request.books, found))


def create_invoices(request: ApiRequest) -> Answer:
    """PUT /Invoices."""
    return _write(request, create_invoice)


def save_invoices(request: ApiRequest) -> Answer:
    """POST /Invoices."""
    return _write(request, save_invoice)


def update_invoice(request: ApiRequest) -> Answer:
    """POST /Invoices/{InvoiceID or InvoiceNumber}."""
    found = require_invoice(request.books, request.parts[0])
    return _write(request, save_invoice, found.invoice_id)


def online_invoice(request: ApiRequest) -> Answer:
    """GET /Invoices/{InvoiceID}/OnlineInvoice: the mock's own page of it."""
    found = require_online(require_invoice(request.books, request.parts[0]))
    host = request.call.header("Host", "localhost")
    tenant_id = request.books.organisation.organisation_id
    url = f"http://{host}/invoices/{found.invoice_id}?organisation={tenant_id}"
    return request.envelope("OnlineInvoices", [{"OnlineInvoiceUrl": url}])


def email(request: ApiRequest) -> Answer:
    """POST /Invoices/{InvoiceID}/Email: noted, not really sent."""
    found = require_invoice(request.books, request.parts[0])
    try:
        send_by_email(request.books, found)
    except Refused as refusal:
        return answers.refused({"InvoiceID": found.invoice_id}, refusal.messages)
    return Answer(status=204)


def _write(
    request: ApiRequest,
    write: Callable[[Books, InvoiceInput], Invoice],
    invoice_id: str | None = None,
) -> Answer:
    decimals = unit_decimals(request.call)
    inputs = [
        invoice_input(element, unit_decimals=decimals)
        for element in read_elements(request.call, "Invoices")
    ]
    if invoice_id is not None:
        inputs = [replace(inputs[0], invoice_id=invoice_id)]
    return write_and_answer(
        request,
        "Invoices",
        inputs,
        write=partial(write, request.books),
        show=partial(show_invoice, request.books, full=True),
        echo=echo_invoice,
    )


def _shown(request: ApiRequest, subject: Invoice) -> Encoded:
    """A whole invoice, encoded; again only if something in it is new."""
    books = request.books
    return request.shown_before.show(
        subject.invoice_id,
        invoice_is_made_of(books, subject),
        partial(show_invoice, books, subject, full=True),
    )


def _candidates(request: ApiRequest) -> list[Invoice]:
    """The invoices that the query's own parameters leave, in order of change."""
    books, call = request.books, request.call
    found = _looked_up(request)
    if found is None:
        found = list(books.invoices.values())
    contact_ids = listed(call, "ContactIDs")
    if contact_ids is not None:
        wanted = {parse_id(it) for it in contact_ids}
        found = [it for it in found if it.contact_id in wanted]
    statuses = listed(call, "Statuses")
    if statuses is not None:
        named = {it.upper() for it in statuses}
        found = [it for it in found if it.status.value in named]
    references = listed(call, "References")
    if references is not None:
        found = [it for it in found if it.reference in references]
    term = call.query.get("searchTerm", "").casefold()
    if term:
        found = [
            it
            for it in found
            if term in it.number.casefold() or term in it.reference.casefold()
        ]
    return found


def _looked_up(request: ApiRequest) -> list[Invoice] | None:
    """The invoices named by `IDs` and `InvoiceNumbers`, through the indexes."""
    books = request.books
    ids = listed(request.call, "IDs")
    numbers = listed(request.call, "InvoiceNumbers")
    if ids is not None:
        found = [books.invoices.get(parse_id(it) or "") for it in ids]
    elif numbers is not None:
        found = [books.invoice_numbered(it) for it in numbers]
    else:
        return None
    wanted = {it.invoice_id: it for it in found if it is not None}
    if ids is not None and numbers is not None:
        named = {number.casefold() for number in numbers}
        return [it for it in wanted.values() if it.number.casefold() in named]
    return list(wanted.values())
