"""Contacts: list, read, create, create or update."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from mock_accounting.api.batches import write_and_answer
from mock_accounting.api.request import ApiRequest
from mock_accounting.dialect import kinds
from mock_accounting.dialect.bodies import read_elements
from mock_accounting.dialect.listing import flag, list_documents, listed
from mock_accounting.dialect.messages import Answer
from mock_accounting.dialect.reading import contact_input
from mock_accounting.dialect.rendering.contacts import echo_contact, show_contact
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.contacts import (
    create_contact,
    require_contact,
    save_contact,
)
from mock_accounting.ledger.ids import parse_id
from mock_accounting.ledger.inputs import ContactInput
from mock_accounting.ledger.model import Contact, RecordStatus


def contacts(request: ApiRequest) -> Answer:
    """GET /Contacts."""
    page = list_documents(request.call, kinds.CONTACTS, _candidates(request))
    return request.envelope(
        "Contacts", [show_contact(it) for it in page.documents], page.pagination
    )


def contact(request: ApiRequest) -> Answer:
    """GET /Contacts/{ContactID or ContactNumber}."""
    return request.envelope("Contacts", [show_contact(_named_in_path(request))])


def create_contacts(request: ApiRequest) -> Answer:
    """PUT /Contacts."""
    return _write(request, create_contact)


def save_contacts(request: ApiRequest) -> Answer:
    """POST /Contacts."""
    return _write(request, save_contact)


def update_contact(request: ApiRequest) -> Answer:
    """POST /Contacts/{ContactID}."""
    contact_id = _named_in_path(request).contact_id
    return _write(request, save_contact, contact_id)


def _write(
    request: ApiRequest,
    write: Callable[[Books, ContactInput], Contact],
    contact_id: str | None = None,
) -> Answer:
    inputs = [contact_input(it) for it in read_elements(request.call, "Contacts")]
    if contact_id is not None:
        inputs = [replace(inputs[0], contact_id=contact_id)]
    return write_and_answer(
        request,
        "Contacts",
        inputs,
        write=partial(write, request.books),
        show=show_contact,
        echo=echo_contact,
    )


def _named_in_path(request: ApiRequest) -> Contact:
    given = request.parts[0]
    return require_contact(request.books, parse_id(given) or given)


def _candidates(request: ApiRequest) -> Iterable[Contact]:
    """The contacts that the query's own parameters leave."""
    ids = listed(request.call, "IDs")
    if ids is None:
        found = list(request.books.contacts.values())
    else:
        wanted = [request.books.contacts.get(parse_id(it) or "") for it in ids]
        found = [it for it in wanted if it is not None]
    if not flag(request.call, "includeArchived", default=ids is not None):
        found = [it for it in found if it.status is not RecordStatus.ARCHIVED]
    term = request.call.query.get("searchTerm", "").casefold()
    return [it for it in found if _mentions(it, term)] if term else found


def _mentions(subject: Contact, term: str) -> bool:
    return any(
        term in value.casefold()
        for value in (
            subject.name,
            subject.first_name,
            subject.last_name,
            subject.email_address,
            subject.contact_number or "",
            subject.company_number,
        )
    )
