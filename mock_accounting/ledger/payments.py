"""Rules for writing payments."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.credit_notes import named_credit_note, use_credit
from mock_accounting.ledger.drafting import is_locked
from mock_accounting.ledger.errors import Refused
from mock_accounting.ledger.inputs import PaymentInput
from mock_accounting.ledger.invoices import named_invoice, settle
from mock_accounting.ledger.model import (
    CreditNote,
    Invoice,
    InvoiceStatus,
    LedgerAccount,
    Payment,
    PaymentStatus,
    RecordStatus,
)
from mock_accounting.ledger.money import ZERO, round_half_up

EXCEEDS_OUTSTANDING = "Payment amount exceeds the amount outstanding on this document"
NOT_AUTHORISED = "Payments can only be made against Authorised documents"
_LEAST_RATE = Decimal("0.000001")
_PAYABLE = frozenset({InvoiceStatus.AUTHORISED, InvoiceStatus.PAID})


def create_payment(books: Books, wanted: PaymentInput) -> Payment:
    """Book a payment on an invoice, or a refund of a credit note.

    The last cent due makes the document PAID.

    Raises:
        Refused: If a rule is broken; nothing is booked then.
    """
    return book_payment(books, planned_payment(books, wanted))


def planned_payment(books: Books, wanted: PaymentInput) -> Payment:
    """The payment that *wanted* would become; writes nothing.

    Raises:
        Refused: If a rule is broken.
    """
    day = wanted.payment_date or books.clock.now().date()
    document = _document(books, wanted)
    amount = round_half_up(wanted.amount) if wanted.amount is not None else ZERO
    rate = wanted.currency_rate or document.currency_rate
    problems = _problems(books, document, amount, rate, day)
    account = _account(books, wanted)
    if isinstance(account, str):
        raise Refused(*problems, account)
    if problems:
        raise Refused(*problems)
    is_refund = isinstance(document, CreditNote)
    return Payment(
        payment_id=books.ids.next(),
        invoice_id=None if is_refund else document_id(document),
        credit_note_id=document_id(document) if is_refund else None,
        batch_payment_id=wanted.batch_payment_id,
        account_id=account.account_id,
        payment_date=day,
        amount=amount,
        bank_amount=_bank_amount(wanted, document, account, rate),
        currency_rate=rate,
        reference=wanted.reference or "",
        is_reconciled=wanted.is_reconciled or False,
        updated_at=books.clock.now(),
    )


def book_payment(books: Books, payment: Payment) -> Payment:
    """Write a planned payment and what it changes of its document."""
    document = books.paid_document(payment)
    amount = payment.amount
    account = books.accounts[payment.account_id]
    books.put(payment)
    _apply(books, document, amount, payment.payment_date)
    books.note(
        document_id(document),
        "Paid" if amount == open_amount(document) else "Part paid",
        f"Payment of {document.currency_code} {amount:.2f} on {account.name}.",
    )
    return payment


def delete_payment(books: Books, payment_id: str) -> Payment:
    """Take a payment back; its document is open again.

    Raises:
        NoSuchDocument: If there is no such payment.
        Refused: If it was deleted before, belongs to a batch, or its period
            is locked.
    """
    payment = books.payment(payment_id)
    if payment.batch_payment_id is not None:
        raise Refused("This payment is part of a batch payment: delete that instead")
    return take_back(books, payment)


def take_back(books: Books, payment: Payment) -> Payment:
    """Delete a payment, be it part of a batch or not.

    Raises:
        Refused: If it was deleted before, or its period is locked.
    """
    if payment.status is PaymentStatus.DELETED:
        raise Refused("Payment has already been deleted")
    locked = is_locked(books, payment.payment_date)
    if locked:
        raise Refused(locked)
    deleted = replace(
        payment, status=PaymentStatus.DELETED, updated_at=books.clock.now()
    )
    books.put(deleted)
    document = books.paid_document(payment)
    _apply(books, document, -payment.amount, payment.payment_date)
    books.note(
        document_id(document),
        "Payment deleted",
        f"Payment of {document.currency_code} {payment.amount:.2f} removed.",
    )
    return deleted


def save_payment(books: Books, wanted: PaymentInput) -> Payment:
    """Book a new payment, or delete the one whose id is given.

    Raises:
        NoSuchDocument: If there is no payment with the id given.
        Refused: If a rule is broken; a payment cannot be changed.
    """
    if wanted.payment_id is None:
        return create_payment(books, wanted)
    if wanted.status is PaymentStatus.DELETED:
        return delete_payment(books, wanted.payment_id)
    books.payment(wanted.payment_id)
    raise Refused("Payments cannot be modified, only created and deleted.")


def document_id(document: Invoice | CreditNote) -> str:
    """The id of what is paid."""
    match document:
        case Invoice():
            return document.invoice_id
        case CreditNote():
            return document.credit_note_id


def open_amount(document: Invoice | CreditNote) -> Decimal:
    """What a payment may at most come to."""
    match document:
        case Invoice():
            return document.amount_due
        case CreditNote():
            return document.remaining_credit


def _document(books: Books, wanted: PaymentInput) -> Invoice | CreditNote:
    if wanted.invoice_id or wanted.invoice_number:
        return named_invoice(books, wanted.invoice_id, wanted.invoice_number)
    if wanted.credit_note_id or wanted.credit_note_number:
        return named_credit_note(
            books, wanted.credit_note_id, wanted.credit_note_number
        )
    raise Refused("A payment must be for an Invoice")


def _problems(
    books: Books,
    document: Invoice | CreditNote,
    amount: Decimal,
    rate: Decimal,
    day: date,
) -> list[str]:
    problems = []
    if document.status not in _PAYABLE:
        problems.append(NOT_AUTHORISED)
    elif amount > open_amount(document):
        problems.append(EXCEEDS_OUTSTANDING)
    if amount <= 0:
        problems.append("The payment amount must be greater than zero")
    locked = is_locked(books, day)
    if locked:
        problems.append(locked)
    if rate < _LEAST_RATE:
        problems.append("CurrencyRate must be greater than zero")
    return problems


def _apply(
    books: Books, document: Invoice | CreditNote, amount: Decimal, day: date
) -> None:
    match document:
        case Invoice():
            settle(books, document, paid=amount, on=day)
        case CreditNote():
            use_credit(books, document, refunded=amount, on=day)


def _account(books: Books, wanted: PaymentInput) -> LedgerAccount | str:
    """The account to pay to, or what is wrong with the one named."""
    if wanted.account_id:
        account = books.accounts.get(wanted.account_id)
    elif wanted.account_code:
        account = books.account_coded(wanted.account_code)
    else:
        return "Account must be valid."
    usable = account is not None and account.status is RecordStatus.ACTIVE
    if account is None or not usable or not account.takes_payments:
        code = wanted.account_code or (account.code if account else wanted.account_id)
        return f"Account code '{code}' is not a valid code for this document."
    return account


def _bank_amount(
    wanted: PaymentInput,
    document: Invoice | CreditNote,
    account: LedgerAccount,
    rate: Decimal,
) -> Decimal:
    if wanted.bank_amount is not None:
        return round_half_up(wanted.bank_amount)
    amount = wanted.amount or Decimal(0)
    if account.currency_code in {None, document.currency_code}:
        return round_half_up(amount)
    return round_half_up(amount / rate)
