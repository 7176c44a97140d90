"""Rules for writing sales invoices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.contacts import contact_for_invoice
from mock_accounting.ledger.errors import NoSuchDocument, Refused
from mock_accounting.ledger.ids import parse_id
from mock_accounting.ledger.inputs import InvoiceInput, LineInput
from mock_accounting.ledger.lines import line_items
from mock_accounting.ledger.model import (
    Contact,
    Invoice,
    InvoiceStatus,
    LineAmountTypes,
    LineItem,
)
from mock_accounting.ledger.money import ZERO, round_half_up
from mock_accounting.ledger.totals import totals

T = TypeVar("T")

NUMBER_IN_USE = "Invoice # must be unique."
NOT_MODIFIABLE = "Invoice not of valid status for modification"
HAS_PAYMENTS = (
    "This document cannot be edited as it has a payment or credit note allocated to it."
)
UNKNOWN_DOCUMENT = "The document with the supplied id was not found for this endpoint."
_MAX_TEXT = 255
_RATE_DECIMALS = 6
_MAX_TOTAL = Decimal(10) ** 12

_WRITABLE_WHEN_NEW = frozenset(
    {InvoiceStatus.DRAFT, InvoiceStatus.SUBMITTED, InvoiceStatus.AUTHORISED}
)
_NEXT_STATUSES = {
    InvoiceStatus.DRAFT: _WRITABLE_WHEN_NEW | {InvoiceStatus.DELETED},
    InvoiceStatus.SUBMITTED: _WRITABLE_WHEN_NEW | {InvoiceStatus.DELETED},
    InvoiceStatus.AUTHORISED: frozenset(
        {InvoiceStatus.AUTHORISED, InvoiceStatus.VOIDED}
    ),
    InvoiceStatus.PAID: frozenset[InvoiceStatus](),
    InvoiceStatus.VOIDED: frozenset[InvoiceStatus](),
    InvoiceStatus.DELETED: frozenset[InvoiceStatus](),
}
_ENDED = frozenset({InvoiceStatus.VOIDED, InvoiceStatus.DELETED})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    """An invoice that may be written, and its contact if that changes too."""

    invoice: Invoice
    contact: Contact | None
    change: str


def create_invoice(books: Books, wanted: InvoiceInput) -> Invoice:
    """Write a new invoice.

    Raises:
        Refused: If a rule is broken or its number is in use.
    """
    return _carry_out(books, _plan_new(books, wanted))


def save_invoice(books: Books, wanted: InvoiceInput) -> Invoice:
    """Update the invoice that is meant by id or number, or write a new one.

    Raises:
        Refused: If a rule is broken or the invoice may not be changed.
    """
    existing = _meant(books, wanted)
    if existing is None:
        return create_invoice(books, wanted)
    return update_invoice(books, existing, wanted)


def update_invoice(books: Books, existing: Invoice, wanted: InvoiceInput) -> Invoice:
    """Change *existing* by what *wanted* gives.

    Raises:
        Refused: If a rule is broken or the invoice may not be changed.
    """
    status = wanted.status or existing.status
    if existing.status in _ENDED:
        raise Refused(NOT_MODIFIABLE)
    if existing.amount_paid or existing.amount_credited:
        raise Refused(HAS_PAYMENTS)
    if status not in _NEXT_STATUSES[existing.status]:
        raise Refused(NOT_MODIFIABLE)
    if status in _ENDED:
        return _end(books, existing, status)
    return _carry_out(books, _plan_change(books, existing, wanted))


def require_invoice(books: Books, identifier: str) -> Invoice:
    """The invoice with this id or number.

    Raises:
        NoSuchDocument: If there is none.
    """
    invoice_id = parse_id(identifier)
    invoice = books.invoices.get(invoice_id) if invoice_id else None
    invoice = invoice or books.invoice_numbered(identifier)
    if invoice is None:
        raise NoSuchDocument
    return invoice


def settle(books: Books, invoice: Invoice, paid: Decimal, on: date) -> Invoice:
    """Write what is paid on an invoice; it is PAID when nothing is due."""
    changed = _with_status_by_amount(
        replace(invoice, amount_paid=paid, updated_at=books.clock.now()), on
    )
    books.put(changed)
    return changed


def is_locked(books: Books, day: date) -> str | None:
    """Why nothing may be booked on *day*, or None if the period is open."""
    organisation = books.organisation
    for lock, name in (
        (organisation.end_of_year_lock_date, "end of year lock date"),
        (organisation.period_lock_date, "period lock date"),
    ):
        if lock is not None and day <= lock:
            return (
                f"The document date cannot be before the {name}, "
                f"currently set at {lock.day} {lock:%B %Y}"
            )
    return None


def currency_problem(books: Books, code: str) -> str | None:
    """Why an amount in this currency cannot be booked, or None."""
    if code in books.currencies:
        return None
    return f"Organisation is not subscribed to currency {code}"


def _meant(books: Books, wanted: InvoiceInput) -> Invoice | None:
    if wanted.invoice_id:
        found = books.invoices.get(wanted.invoice_id)
        if found is None:
            raise Refused(UNKNOWN_DOCUMENT)
        return found
    return books.invoice_numbered(wanted.number) if wanted.number else None


def _plan_new(books: Books, wanted: InvoiceInput) -> _Plan:
    now = books.clock.now()
    status = wanted.status or InvoiceStatus.DRAFT
    amounts_are = wanted.line_amount_types or LineAmountTypes.EXCLUSIVE
    currency = wanted.currency_code or books.organisation.base_currency
    day = wanted.issue_date or now.date()
    problems = [
        *_type_problems(wanted),
        *([] if status in _WRITABLE_WHEN_NEW else [NOT_MODIFIABLE]),
        *_number_problems(books, wanted, None),
        *_place_problems(books, day, currency),
    ]
    contact, contact_changes = _contact(books, wanted, problems)
    lines = _lines(books, wanted, (amounts_are, ()), problems)
    if problems or contact is None:
        raise Refused(*problems)
    invoice = _reckoned(
        Invoice(
            invoice_id=books.ids.next(),
            number=wanted.number or books.next_invoice_number(),
            reference=wanted.reference or "",
            contact_id=contact.contact_id,
            status=status,
            issue_date=day,
            due_date=wanted.due_date or day,
            expected_payment_date=wanted.expected_payment_date,
            line_amount_types=amounts_are,
            currency_code=currency,
            currency_rate=_rate(books, currency, wanted.currency_rate),
            lines=lines,
            sub_total=ZERO,
            total_tax=ZERO,
            total=ZERO,
            url=wanted.url,
            sent_to_contact=wanted.sent_to_contact or False,
            created_at=now,
            updated_at=now,
        )
    )
    return _Plan(
        invoice=invoice,
        contact=contact if contact_changes else None,
        change="Created",
    )


def _plan_change(books: Books, existing: Invoice, wanted: InvoiceInput) -> _Plan:
    status = wanted.status or existing.status
    amounts_are = wanted.line_amount_types or existing.line_amount_types
    currency = wanted.currency_code or existing.currency_code
    day = wanted.issue_date or existing.issue_date
    problems = [
        *_number_problems(books, wanted, existing),
        *_place_problems(books, day, currency),
    ]
    contact, contact_changes = None, False
    if wanted.contact is not None:
        contact, contact_changes = _contact(books, wanted, problems)
    lines = existing.lines
    if wanted.lines is not None or amounts_are != existing.line_amount_types:
        lines = _lines(books, wanted, (amounts_are, existing.lines), problems)
    if problems:
        raise Refused(*problems)
    rate = wanted.currency_rate
    if rate is None and currency == existing.currency_code:
        rate = existing.currency_rate
    invoice = _reckoned(
        replace(
            existing,
            number=wanted.number or existing.number,
            reference=_or(wanted.reference, existing.reference),
            contact_id=contact.contact_id if contact else existing.contact_id,
            status=status,
            issue_date=day,
            due_date=wanted.due_date or existing.due_date,
            expected_payment_date=_or(
                wanted.expected_payment_date, existing.expected_payment_date
            ),
            line_amount_types=amounts_are,
            currency_code=currency,
            currency_rate=_rate(books, currency, rate),
            lines=lines,
            url=_or(wanted.url, existing.url),
            sent_to_contact=_or(wanted.sent_to_contact, existing.sent_to_contact),
            updated_at=books.clock.now(),
        )
    )
    approved = status is InvoiceStatus.AUTHORISED and status is not existing.status
    return _Plan(
        invoice=invoice,
        contact=contact if contact_changes else None,
        change="Approved" if approved else "Edited",
    )


def _carry_out(books: Books, plan: _Plan) -> Invoice:
    contact = plan.contact or books.contact(plan.invoice.contact_id)
    if plan.contact is not None or not contact.is_customer:
        books.put(replace(contact, is_customer=True))
    books.put(plan.invoice)
    books.note(
        plan.invoice.invoice_id,
        plan.change,
        f"INV {plan.invoice.number} to {contact.name} for "
        f"{plan.invoice.currency_code} {plan.invoice.total:.2f}.",
    )
    return plan.invoice


def _end(books: Books, existing: Invoice, status: InvoiceStatus) -> Invoice:
    locked = is_locked(books, existing.issue_date)
    if locked and status is InvoiceStatus.VOIDED:
        raise Refused(locked)
    ended = replace(existing, status=status, updated_at=books.clock.now())
    books.put(ended)
    books.note(ended.invoice_id, status.value.capitalize(), f"INV {ended.number}.")
    return ended


def _type_problems(wanted: InvoiceInput) -> list[str]:
    problems = []
    if wanted.type is None:
        problems.append("The Type field is mandatory. Please specify a valid Type.")
    if wanted.contact is None:
        problems.append("A Contact must be specified for this type of transaction")
    if not wanted.lines:
        problems.append("One or more line items must be specified")
    return problems


def _number_problems(
    books: Books, wanted: InvoiceInput, existing: Invoice | None
) -> list[str]:
    problems = []
    if wanted.number:
        holder = books.invoice_numbered(wanted.number)
        if holder is not None and holder is not existing:
            problems.append(NUMBER_IN_USE)
    for field, value in (
        ("InvoiceNumber", wanted.number),
        ("Reference", wanted.reference),
    ):
        if value and len(value) > _MAX_TEXT:
            problems.append(f"The {field} cannot be longer than {_MAX_TEXT} characters")
    return problems


def _place_problems(books: Books, day: date, currency: str) -> list[str]:
    found = (is_locked(books, day), currency_problem(books, currency))
    return [problem for problem in found if problem]


def _contact(
    books: Books, wanted: InvoiceInput, problems: list[str]
) -> tuple[Contact | None, bool]:
    if wanted.contact is None:
        return None, False
    try:
        return contact_for_invoice(books, wanted.contact)
    except Refused as refused:
        problems.extend(refused.messages)
        return None, False


def _lines(
    books: Books,
    wanted: InvoiceInput,
    former: tuple[LineAmountTypes, tuple[LineItem, ...]],
    problems: list[str],
) -> tuple[LineItem, ...]:
    amounts_are, existing = former
    inputs = wanted.lines
    if inputs is None:
        inputs = tuple(LineInput(line_item_id=line.line_item_id) for line in existing)
    try:
        return line_items(
            books,
            _with_former(inputs, existing),
            amounts_are,
            unit_decimals=wanted.unit_decimals,
        )
    except Refused as refused:
        problems.extend(refused.messages)
        return ()


def _with_former(
    inputs: Iterable[LineInput], existing: Iterable[LineItem]
) -> list[LineInput]:
    """Give a line that is sent with its id what it had and is not sent again."""
    by_id = {line.line_item_id: line for line in existing}
    return [
        _merged_line(line, by_id[line.line_item_id])
        if line.line_item_id in by_id
        else replace(line, line_item_id=None)
        for line in inputs
    ]


def _merged_line(line: LineInput, former: LineItem) -> LineInput:
    amounts_sent = any(
        value is not None
        for value in (line.quantity, line.unit_amount, line.line_amount)
    )
    return replace(
        line,
        description=_or(line.description, former.description),
        quantity=_or(line.quantity, former.quantity),
        unit_amount=_or(line.unit_amount, former.unit_amount),
        line_amount=line.line_amount if amounts_sent else None,
        discount_rate_percent=_or(
            line.discount_rate_percent, former.discount_rate_percent
        ),
        discount_amount=_or(line.discount_amount, former.discount_amount),
        item_code=_or(line.item_code, former.item_code),
        account_code=_or(line.account_code, former.account_code),
        tax_type=_or(line.tax_type, former.tax_type),
    )


def _reckoned(invoice: Invoice) -> Invoice:
    """*invoice* with the totals of its lines and the status they give it."""
    sums = totals(invoice.lines, invoice.line_amount_types)
    if sums.total < 0:
        raise Refused("Document total must not be negative")
    if sums.total >= _MAX_TOTAL:
        raise Refused("Document total is too large")
    discount = sum(
        (
            round_half_up(line.quantity * line.unit_amount) - line.line_amount
            for line in invoice.lines
            if line.discount_rate_percent or line.discount_amount
        ),
        ZERO,
    )
    reckoned = replace(
        invoice,
        sub_total=sums.sub_total,
        total_tax=sums.total_tax,
        total=sums.total,
        total_discount=discount,
    )
    return _with_status_by_amount(reckoned, invoice.issue_date)


def _with_status_by_amount(invoice: Invoice, on: date) -> Invoice:
    if invoice.status is InvoiceStatus.AUTHORISED and invoice.amount_due == 0:
        return replace(invoice, status=InvoiceStatus.PAID, fully_paid_on=on)
    if invoice.status is InvoiceStatus.PAID and invoice.amount_due != 0:
        return replace(invoice, status=InvoiceStatus.AUTHORISED, fully_paid_on=None)
    return invoice


def _rate(books: Books, currency: str, given: Decimal | None) -> Decimal:
    if currency == books.organisation.base_currency:
        return Decimal("1.000000")
    if given is None:
        return books.currencies[currency].rate
    rate = round_half_up(given, _RATE_DECIMALS)
    if rate <= 0:
        raise Refused("CurrencyRate must be greater than zero")
    return rate


def _or(given: T | None, former: T) -> T:
    return former if given is None else given
