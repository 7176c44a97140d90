"""Questions about the books, answered with what is wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.model import (
    Invoice,
    InvoiceStatus,
    PaymentStatus,
    SalesDocument,
)
from mock_accounting.ledger.money import ZERO
from mock_accounting.ledger.totals import totals


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one check found; no problems means it holds."""

    check: str
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


@dataclass(frozen=True, kw_only=True, slots=True)
class CurrencyFacts:
    """The live invoices of one currency."""

    currency_code: str
    count: int
    total: Decimal
    paid: Decimal
    due: Decimal


def facts(books: Books) -> list[CurrencyFacts]:
    """Count and sums of the live invoices, by currency."""
    by_currency: defaultdict[str, list[Invoice]] = defaultdict(list)
    for invoice in _live(books):
        by_currency[invoice.currency_code].append(invoice)
    return [
        CurrencyFacts(
            currency_code=code,
            count=len(invoices),
            total=sum((it.total for it in invoices), ZERO),
            paid=sum((it.amount_paid for it in invoices), ZERO),
            due=sum((it.amount_due for it in invoices), ZERO),
        )
        for code, invoices in sorted(by_currency.items())
    ]


def books_add_up(books: Books) -> Finding:
    """Totals are those of the lines; paid and credited are sums of their entries."""
    problems = []
    for invoice in books.invoices.values():
        found = (invoice.total, invoice.amount_paid, invoice.amount_credited)
        problems += _wrong_sums(books, invoice.invoice_id, invoice, found)
    for note in books.credit_notes.values():
        found = (note.total, note.amount_refunded, note.amount_allocated)
        problems += _wrong_sums(books, note.credit_note_id, note, found)
    return Finding(check="books_add_up", problems=tuple(problems))


def no_duplicate_numbers(books: Books) -> Finding:
    """No number is held by two live invoices."""
    held = Counter(invoice.number.casefold() for invoice in _live(books))
    return Finding(
        check="no_duplicate_numbers",
        problems=tuple(
            f"{number}: {count} live invoices"
            for number, count in held.items()
            if count > 1
        ),
    )


def no_payment_twice(books: Books) -> Finding:
    """No two payments that count share their reference.

    Payments without one are alike if document, day and amount are.
    """
    seen = Counter(
        payment.reference
        or f"{books.paid_document(payment).number} of {payment.amount} "
        f"on {payment.payment_date}"
        for payment in books.payments.values()
        if payment.status is PaymentStatus.AUTHORISED
    )
    return Finding(
        check="no_payment_twice",
        problems=tuple(
            f"{name}: booked {count} times" for name, count in seen.items() if count > 1
        ),
    )


def one_live_invoice_each(
    books: Books, numbers: Iterable[str], *, in_reference: bool = False
) -> Finding:
    """Every order number has exactly one live invoice.

    The order number is the invoice's own number, or stands in its reference.
    """
    held = Counter(
        (invoice.reference if in_reference else invoice.number).casefold()
        for invoice in _live(books)
    )
    return Finding(
        check="one_live_invoice_each",
        problems=tuple(
            f"{number}: {held[number.casefold()]} live invoices"
            for number in numbers
            if held[number.casefold()] != 1
        ),
    )


def no_other_invoices(books: Books, numbers: Iterable[str]) -> Finding:
    """There is no live invoice beside *numbers*."""
    expected = {number.casefold() for number in numbers}
    return Finding(
        check="no_other_invoices",
        problems=tuple(
            f"{invoice.number}: not expected"
            for invoice in _live(books)
            if invoice.number.casefold() not in expected
        ),
    )


def all_paid(books: Books, numbers: Iterable[str]) -> Finding:
    """Every one of *numbers* is paid in full."""
    problems = []
    for number in numbers:
        invoice = books.invoice_numbered(number)
        status = invoice.status if invoice else "missing"
        if status != InvoiceStatus.PAID:
            problems.append(f"{number}: {status}")
    return Finding(check="all_paid", problems=tuple(problems))


def sum_is(books: Books, currency_code: str, expected: Decimal) -> Finding:
    """The live invoices of a currency come to *expected*."""
    found = next(
        (it.total for it in facts(books) if it.currency_code == currency_code), ZERO
    )
    wrong = () if found == expected else (f"{currency_code}: {found}, not {expected}",)
    return Finding(check="sum", problems=wrong)


def _wrong_sums(
    books: Books, document_id: str, document: SalesDocument, found: tuple[Decimal, ...]
) -> list[str]:
    """What is wrong with a document's total, paid and credited amounts."""
    expected = (
        totals(document.lines, document.line_amount_types).total,
        sum((it.amount for it in books.payments_of(document_id)), ZERO),
        sum((it.amount for it in books.allocations_of(document_id)), ZERO),
    )
    return [
        f"{document.number}: {name} {has}, its entries say {should}"
        for name, has, should in zip(
            ("total", "paid", "credited"), found, expected, strict=True
        )
        if has != should
    ]


def _live(books: Books) -> list[Invoice]:
    return [invoice for invoice in books.invoices.values() if invoice.is_live]
