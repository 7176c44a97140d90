"""Rules for batch payments: one transfer that settles many invoices."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.errors import NoSuchDocument, Refused
from mock_accounting.ledger.inputs import BatchPaymentInput, PaymentInput
from mock_accounting.ledger.model import BatchPayment, Payment, PaymentStatus
from mock_accounting.ledger.money import ZERO
from mock_accounting.ledger.payments import book_payment, planned_payment, take_back

_MAX_TEXT = 255


def save_batch_payment(books: Books, wanted: BatchPaymentInput) -> BatchPayment:
    """Book a batch, or delete the one whose id is given.

    Raises:
        Refused: If a rule is broken by the batch or by any payment in it;
            nothing is booked then.
    """
    if wanted.batch_payment_id is None:
        return _create(books, wanted)
    batch = books.batch_payments.get(wanted.batch_payment_id)
    if batch is None:
        raise NoSuchDocument
    if wanted.status is not PaymentStatus.DELETED:
        raise Refused("Batch payments cannot be modified, only created and deleted.")
    return _delete(books, batch)


def _create(books: Books, wanted: BatchPaymentInput) -> BatchPayment:
    now = books.clock.now()
    batch_id = books.ids.next()
    day = wanted.payment_date or now.date()
    problems = []
    if not wanted.payments:
        problems.append("One or more payments must be specified")
    if wanted.reference and len(wanted.reference) > _MAX_TEXT:
        problems.append(f"The Reference cannot be longer than {_MAX_TEXT} characters")
    planned: list[Payment] = []
    for payment in wanted.payments:
        try:
            planned.append(
                planned_payment(books, _of_batch(payment, wanted, batch_id, day))
            )
        except Refused as refused:
            problems.extend(refused.messages)
    paid = [payment.invoice_id for payment in planned]
    if len(set(paid)) < len(paid):
        problems.append("An invoice can be paid only once in a batch")
    if problems:
        raise Refused(*dict.fromkeys(problems))
    batch = BatchPayment(
        batch_payment_id=batch_id,
        account_id=planned[0].account_id,
        payment_date=day,
        reference=wanted.reference or "",
        total_amount=sum((payment.amount for payment in planned), ZERO),
        updated_at=now,
    )
    books.put(batch)
    for entry in planned:
        book_payment(books, entry)
    books.note(batch_id, "Created", f"{len(planned)} payments.")
    return batch


def _of_batch(
    payment: PaymentInput, wanted: BatchPaymentInput, batch_id: str, day: date
) -> PaymentInput:
    return replace(
        payment,
        batch_payment_id=batch_id,
        account_id=wanted.account_id,
        account_code=wanted.account_code,
        payment_date=day,
        reference=payment.reference or wanted.reference,
    )


def _delete(books: Books, batch: BatchPayment) -> BatchPayment:
    if batch.status is PaymentStatus.DELETED:
        raise Refused("Batch payment has already been deleted")
    for payment in books.payments_in_batch(batch.batch_payment_id):
        take_back(books, payment)
    deleted = replace(batch, status=PaymentStatus.DELETED, updated_at=books.clock.now())
    books.put(deleted)
    books.note(batch.batch_payment_id, "Deleted", "The batch payment was deleted.")
    return deleted
