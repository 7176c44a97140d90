"""Batch payments: list, read, create, delete."""

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
from mock_accounting.dialect.reading import batch_payment_input
from mock_accounting.dialect.rendering.payments import (
    echo_batch_payment,
    show_batch_payment,
)
from mock_accounting.ledger.batch_payments import save_batch_payment
from mock_accounting.ledger.errors import NoSuchDocument
from mock_accounting.ledger.ids import parse_id
from mock_accounting.ledger.inputs import BatchPaymentInput
from mock_accounting.ledger.model import BatchPayment


def batch_payments(request: ApiRequest) -> Answer:
    """GET /BatchPayments."""
    books = request.books
    page = list_documents(
        request.call, kinds.BATCH_PAYMENTS, books.batch_payments.values()
    )
    shown = [show_batch_payment(books, it) for it in page.documents]
    return request.envelope("BatchPayments", shown, page.pagination)


def batch_payment(request: ApiRequest) -> Answer:
    """GET /BatchPayments/{BatchPaymentID}."""
    shown = show_batch_payment(request.books, _named_in_path(request))
    return request.envelope("BatchPayments", [shown])


def create_batch_payments(request: ApiRequest) -> Answer:
    """PUT /BatchPayments."""
    inputs = _inputs(request)
    return _write(request, [replace(it, batch_payment_id=None) for it in inputs])


def save_batch_payments(request: ApiRequest) -> Answer:
    """POST /BatchPayments: deletes the one whose id is sent."""
    return _write(request, _inputs(request))


def update_batch_payment(request: ApiRequest) -> Answer:
    """POST /BatchPayments/{BatchPaymentID}: only `Status: DELETED` is allowed."""
    batch_id = _named_in_path(request).batch_payment_id
    first, *_ = _inputs(request)
    return _write(request, [replace(first, batch_payment_id=batch_id)])


def _inputs(request: ApiRequest) -> list[BatchPaymentInput]:
    elements = read_elements(request.call, "BatchPayments")
    return [batch_payment_input(element) for element in elements]


def _write(request: ApiRequest, inputs: Sequence[BatchPaymentInput]) -> Answer:
    return write_and_answer(
        request,
        "BatchPayments",
        inputs,
        write=partial(save_batch_payment, request.books),
        show=partial(show_batch_payment, request.books),
        echo=echo_batch_payment,
    )


def _named_in_path(request: ApiRequest) -> BatchPayment:
    batch = request.books.batch_payments.get(parse_id(request.parts[0]) or "")
    if batch is None:
        raise NoSuchDocument
    return batch
