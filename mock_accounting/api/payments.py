"""Payments: list, read, create, delete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from mock_accounting.api.batches import write_and_answer
from mock_accounting.api.request import ApiRequest
from mock_accounting.dialect import kinds
from mock_accounting.dialect.bodies import read_elements
from mock_accounting.dialect.listing import list_documents
from mock_accounting.dialect.messages import Answer
from mock_accounting.dialect.reading import payment_input
from mock_accounting.dialect.rendering.payments import echo_payment, show_payment
from mock_accounting.ledger.errors import NoSuchDocument
from mock_accounting.ledger.ids import parse_id
from mock_accounting.ledger.inputs import PaymentInput
from mock_accounting.ledger.model import Payment
from mock_accounting.ledger.payments import save_payment


def payments(request: ApiRequest) -> Answer:
    """GET /Payments."""
    books = request.books
    page = list_documents(request.call, kinds.payments(books), books.payments.values())
    shown = [show_payment(books, it) for it in page.documents]
    return request.envelope("Payments", shown, page.pagination)


def payment(request: ApiRequest) -> Answer:
    """GET /Payments/{PaymentID}."""
    shown = show_payment(request.books, _named_in_path(request))
    return request.envelope("Payments", [shown])


def create_payments(request: ApiRequest) -> Answer:
    """PUT /Payments: one or many."""
    inputs = [payment_input(it) for it in read_elements(request.call, "Payments")]
    return _write(request, [replace(it, payment_id=None) for it in inputs])


def save_one_payment(request: ApiRequest) -> Answer:
    """POST /Payments: one."""
    element, *_ = read_elements(request.call, "Payments")
    return _write(request, [payment_input(element)])


def update_payment(request: ApiRequest) -> Answer:
    """POST /Payments/{PaymentID}: only `Status: DELETED` is allowed."""
    payment_id = _named_in_path(request).payment_id
    element, *_ = read_elements(request.call, "Payments")
    return _write(request, [replace(payment_input(element), payment_id=payment_id)])


def _write(request: ApiRequest, inputs: Sequence[PaymentInput]) -> Answer:
    return write_and_answer(
        request,
        "Payments",
        inputs,
        write=partial(save_payment, request.books),
        show=partial(show_payment, request.books),
        echo=echo_payment,
    )


def _named_in_path(request: ApiRequest) -> Payment:
    payment_id = parse_id(request.parts[0])
    if payment_id is None:
        raise NoSuchDocument
    return request.books.payment(payment_id)
