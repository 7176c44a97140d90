"""Rules for writing payments."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.errors import Refused
from mock_accounting.ledger.inputs import PaymentInput
from mock_accounting.ledger.invoices import UNKNOWN_DOCUMENT, is_locked, settle
from mock_accounting.ledger.model import (
    Invoice,
    InvoiceStatus,
    LedgerAccount,
    Payment,
    PaymentStatus,
    RecordStatus,
)
from mock_accounting.ledger.money import round_half_up

EXCEEDS_OUTSTANDING = "Payment amount exceeds the amount outstanding on this document"
NOT_AUTHORISED = "Payments can only be made against Authorised documents"
_LEAST_RATE = Decimal("0.000001")
_PAYABLE = frozenset({InvoiceStatus.AUTHORISED, InvoiceStatus.PAID})


def create_payment(books: Books, wanted: PaymentInput) -> Payment:
    """Book a payment on an invoice; the last cent due makes it PAID.

    Raises:
        Refused: If a rule is broken; nothing is booked then.
    """
    now = books.clock.now()
    day = wanted.payment_date or now.date()
    invoice = _invoice(books, wanted)
    problems: list[str] = []
    amount = round_half_up(wanted.amount) if wanted.amount is not None else Decimal(0)
    if invoice.status not in _PAYABLE:
        problems.append(NOT_AUTHORISED)
    elif amount > invoice.amount_due:
        problems.append(EXCEEDS_OUTSTANDING)
    if amount <= 0:
        problems.append("The payment amount must be greater than zero")
    locked = is_locked(books, day)
    if locked:
        problems.append(locked)
    rate = wanted.currency_rate or invoice.currency_rate
    if rate < _LEAST_RATE:
        problems.append("CurrencyRate must be greater than zero")
    account = _account(books, wanted)
    if isinstance(account, str):
        raise Refused(*problems, account)
    if problems:
        raise Refused(*problems)
    payment = Payment(
        payment_id=books.ids.next(),
        invoice_id=invoice.invoice_id,
        account_id=account.account_id,
        payment_date=day,
        amount=amount,
        bank_amount=_bank_amount(wanted, invoice, account, rate),
        currency_rate=rate,
        reference=wanted.reference or "",
        is_reconciled=wanted.is_reconciled or False,
        updated_at=now,
    )
    books.put(payment)
    settle(books, invoice, invoice.amount_paid + amount, day)
    books.note(
        invoice.invoice_id,
        "Paid" if amount == invoice.amount_due else "Part paid",
        f"Payment of {invoice.currency_code} {amount:.2f} on {account.name}.",
    )
    return payment


def delete_payment(books: Books, payment_id: str) -> Payment:
    """Take a payment back; its invoice is open again.

    Raises:
        NoSuchDocument: If there is no such payment.
        Refused: If it was deleted before, or its period is locked.
    """
    payment = books.payment(payment_id)
    if payment.status is PaymentStatus.DELETED:
        raise Refused("Payment has already been deleted")
    locked = is_locked(books, payment.payment_date)
    if locked:
        raise Refused(locked)
    deleted = replace(
        payment, status=PaymentStatus.DELETED, updated_at=books.clock.now()
    )
    books.put(deleted)
    invoice = books.invoice(payment.invoice_id)
    settle(books, invoice, invoice.amount_paid - payment.amount, payment.payment_date)
    books.note(
        invoice.invoice_id,
        "Payment deleted",
        f"Payment of {invoice.currency_code} {payment.amount:.2f} removed.",
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


def _invoice(books: Books, wanted: PaymentInput) -> Invoice:
    if not wanted.invoice_id and not wanted.invoice_number:
        raise Refused("A payment must be for an Invoice")
    if wanted.invoice_id:
        invoice = books.invoices.get(wanted.invoice_id)
    else:
        invoice = books.invoice_numbered(wanted.invoice_number or "")
    if invoice is None:
        raise Refused(UNKNOWN_DOCUMENT)
    return invoice


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
    wanted: PaymentInput, invoice: Invoice, account: LedgerAccount, rate: Decimal
) -> Decimal:
    if wanted.bank_amount is not None:
        return round_half_up(wanted.bank_amount)
    amount = wanted.amount or Decimal(0)
    if account.currency_code in {None, invoice.currency_code}:
        return round_half_up(amount)
    return round_half_up(amount / rate)
