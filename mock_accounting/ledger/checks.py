"""Questions about the books, answered with what is wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.model import Invoice, InvoiceStatus, PaymentStatus
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
    """Totals are those of the lines; what is paid is the sum of the payments."""
    problems = []
    for invoice in books.invoices.values():
        expected = totals(invoice.lines, invoice.line_amount_types).total
        if invoice.total != expected:
            problems.append(f"{invoice.number}: {invoice.total} instead of {expected}")
        paid = sum((it.amount for it in books.payments_of(invoice.invoice_id)), ZERO)
        if paid != invoice.amount_paid:
            problems.append(
                f"{invoice.number}: {invoice.amount_paid} paid, payments say {paid}"
            )
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

    Payments without one are alike if invoice, day and amount are.
    """
    seen = Counter(
        payment.reference
        or f"{books.invoice(payment.invoice_id).number} of {payment.amount} "
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


def one_live_invoice_each(books: Books, numbers: Iterable[str]) -> Finding:
    """Every one of *numbers* has exactly one live invoice."""
    held = Counter(invoice.number.casefold() for invoice in _live(books))
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


def _live(books: Books) -> list[Invoice]:
    return [invoice for invoice in books.invoices.values() if invoice.is_live]
