"""Credit notes: list, read, create, create or update, allocate to invoices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from mock_accounting.api.batches import write_and_answer
from mock_accounting.api.request import ApiRequest
from mock_accounting.dialect import answers, kinds
from mock_accounting.dialect.bodies import read_elements
from mock_accounting.dialect.listing import list_documents, unit_decimals
from mock_accounting.dialect.messages import Answer
from mock_accounting.dialect.pdf import credit_note_pdf
from mock_accounting.dialect.reading import allocation_input, credit_note_input
from mock_accounting.dialect.rendering.sales import (
    echo_allocation,
    echo_credit_note,
    show_allocation,
    show_credit_note,
)
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.credit_notes import (
    allocate,
    create_credit_note,
    remove_allocation,
    require_credit_note,
    save_credit_note,
)
from mock_accounting.ledger.errors import Refused
from mock_accounting.ledger.ids import parse_id
from mock_accounting.ledger.inputs import CreditNoteInput
from mock_accounting.ledger.model import CreditNote


def credit_notes(request: ApiRequest) -> Answer:
    """GET /CreditNotes; line items are shown only when a page was asked for."""
    books = request.books
    kind = kinds.credit_notes(books)
    page = list_documents(request.call, kind, books.credit_notes.values())
    shown = [show_credit_note(books, it, full=page.is_paged) for it in page.documents]
    return request.envelope("CreditNotes", shown, page.pagination)


def credit_note(request: ApiRequest) -> Answer:
    """GET /CreditNotes/{CreditNoteID or CreditNoteNumber}, also as PDF."""
    found = _named_in_path(request)
    if request.wants_pdf:
        return answers.pdf(credit_note_pdf(request.books, found))
    shown = show_credit_note(request.books, found, full=True)
    return request.envelope("CreditNotes", [shown])


def printed_credit_note(request: ApiRequest) -> Answer:
    """GET /CreditNotes/{CreditNoteID}/pdf, as the specification has it."""
    return answers.pdf(credit_note_pdf(request.books, _named_in_path(request)))


def create_credit_notes(request: ApiRequest) -> Answer:
    """PUT /CreditNotes."""
    return _write(request, create_credit_note)


def save_credit_notes(request: ApiRequest) -> Answer:
    """POST /CreditNotes."""
    return _write(request, save_credit_note)


def update_credit_note(request: ApiRequest) -> Answer:
    """POST /CreditNotes/{CreditNoteID or CreditNoteNumber}."""
    return _write(request, save_credit_note, _named_in_path(request).credit_note_id)


def create_allocations(request: ApiRequest) -> Answer:
    """PUT /CreditNotes/{CreditNoteID}/Allocations."""
    found = _named_in_path(request)
    elements = read_elements(request.call, "Allocations")
    return write_and_answer(
        request,
        "Allocations",
        [allocation_input(it) for it in elements],
        write=partial(allocate, request.books, found.credit_note_id),
        show=partial(show_allocation, request.books),
        echo=echo_allocation,
    )


def delete_allocation(request: ApiRequest) -> Answer:
    """DELETE /CreditNotes/{CreditNoteID}/Allocations/{AllocationID}.

    The answer is the allocation itself, in no envelope.
    """
    found = _named_in_path(request)
    allocation_id = parse_id(request.parts[2]) or ""
    try:
        removed = remove_allocation(request.books, found.credit_note_id, allocation_id)
    except Refused as refusal:
        return answers.refused({"AllocationID": allocation_id}, refusal.messages)
    return answers.json_answer(200, show_allocation(request.books, removed))


def _write(
    request: ApiRequest,
    write: Callable[[Books, CreditNoteInput], CreditNote],
    credit_note_id: str | None = None,
) -> Answer:
    decimals = unit_decimals(request.call)
    inputs = [
        credit_note_input(element, unit_decimals=decimals)
        for element in read_elements(request.call, "CreditNotes")
    ]
    if credit_note_id is not None:
        inputs = [replace(inputs[0], credit_note_id=credit_note_id)]
    return write_and_answer(
        request,
        "CreditNotes",
        inputs,
        write=partial(write, request.books),
        show=partial(show_credit_note, request.books, full=True),
        echo=echo_credit_note,
    )


def _named_in_path(request: ApiRequest) -> CreditNote:
    return require_credit_note(request.books, request.parts[0])
