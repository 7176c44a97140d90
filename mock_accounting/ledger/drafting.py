"""What invoices and credit notes have in common when they are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.contacts import contact_for_invoice
from mock_accounting.ledger.errors import Refused
from mock_accounting.ledger.inputs import LineInput, SalesInput
from mock_accounting.ledger.lines import line_items
from mock_accounting.ledger.model import (
    Contact,
    InvoiceStatus,
    LineAmountTypes,
    LineItem,
    SalesDocument,
)
from mock_accounting.ledger.money import round_half_up
from mock_accounting.ledger.totals import totals

T = TypeVar("T")
S = TypeVar("S", bound=SalesDocument)

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
ENDED = frozenset({InvoiceStatus.VOIDED, InvoiceStatus.DELETED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """The checked part of a document that is about to be written."""

    contact: Contact
    contact_changes: bool
    status: InvoiceStatus
    day: date
    amounts_are: LineAmountTypes
    currency_code: str
    currency_rate: Decimal
    lines: tuple[LineItem, ...]


def new_draft(books: Books, wanted: SalesInput, own_problems: Sequence[str]) -> Draft:
    """What a new document begins with.

    Raises:
        Refused: With *own_problems*, and every rule that is broken besides.
    """
    status = wanted.status or InvoiceStatus.DRAFT
    amounts_are = wanted.line_amount_types or LineAmountTypes.EXCLUSIVE
    currency = wanted.currency_code or books.organisation.base_currency
    day = wanted.issue_date or books.clock.now().date()
    problems = [
        *_missing(wanted),
        *([] if status in _WRITABLE_WHEN_NEW else [NOT_MODIFIABLE]),
        *own_problems,
        *_too_long(wanted),
        *_place_problems(books, day, currency),
    ]
    contact, contact_changes = _contact(books, wanted, problems)
    lines = _lines(books, wanted, (amounts_are, ()), problems)
    if problems or contact is None:
        raise Refused(*problems)
    return Draft(
        contact=contact,
        contact_changes=contact_changes,
        status=status,
        day=day,
        amounts_are=amounts_are,
        currency_code=currency,
        currency_rate=_rate(books, currency, wanted.currency_rate),
        lines=lines,
    )


def changed_draft(
    books: Books,
    existing: SalesDocument,
    wanted: SalesInput,
    own_problems: Sequence[str],
) -> Draft:
    """What *existing* becomes with what *wanted* gives.

    Raises:
        Refused: With *own_problems*, and every rule that is broken besides.
    """
    amounts_are = wanted.line_amount_types or existing.line_amount_types
    currency = wanted.currency_code or existing.currency_code
    day = wanted.issue_date or existing.issue_date
    problems = [
        *own_problems,
        *_too_long(wanted),
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
    return Draft(
        contact=contact or books.contact(existing.contact_id),
        contact_changes=contact_changes,
        status=wanted.status or existing.status,
        day=day,
        amounts_are=amounts_are,
        currency_code=currency,
        currency_rate=_rate(books, currency, rate),
        lines=lines,
    )


def with_draft(document: S, draft: Draft, wanted: SalesInput) -> S:
    """*document* with what the draft and *wanted* say, and the totals of its lines.

    Raises:
        Refused: If the total is below zero or too large.
    """
    sums = totals(draft.lines, draft.amounts_are)
    if sums.total < 0:
        raise Refused("Document total must not be negative")
    if sums.total >= _MAX_TOTAL:
        raise Refused("Document total is too large")
    return replace(
        document,
        number=wanted.number or document.number,
        reference=given_or(wanted.reference, document.reference),
        contact_id=draft.contact.contact_id,
        status=draft.status,
        issue_date=draft.day,
        line_amount_types=draft.amounts_are,
        currency_code=draft.currency_code,
        currency_rate=draft.currency_rate,
        lines=draft.lines,
        sub_total=sums.sub_total,
        total_tax=sums.total_tax,
        total=sums.total,
        sent_to_contact=given_or(wanted.sent_to_contact, document.sent_to_contact),
    )


def change_made(existing: SalesDocument, draft: Draft) -> str:
    """What the history calls the change of *existing* into *draft*."""
    approves = (
        draft.status is InvoiceStatus.AUTHORISED and existing.status != draft.status
    )
    return "Approved" if approves else "Edited"


def put_contact(books: Books, draft: Draft) -> None:
    """Write the draft's contact if it changes: who is invoiced is a customer."""
    if draft.contact_changes or not draft.contact.is_customer:
        books.put(replace(draft.contact, is_customer=True))


def check_change(existing: SalesDocument, wanted: SalesInput, *, applied: bool) -> None:
    """Refuse a change that the document's status forbids.

    Raises:
        Refused: Also if something is *applied* to it or taken from it.
    """
    if existing.status in ENDED:
        raise Refused(NOT_MODIFIABLE)
    if applied:
        raise Refused(HAS_PAYMENTS)
    status = wanted.status or existing.status
    if status not in _NEXT_STATUSES[existing.status]:
        raise Refused(NOT_MODIFIABLE)


def ended(books: Books, existing: S, status: InvoiceStatus) -> S:
    """*existing* voided or deleted.

    Raises:
        Refused: If its period is locked.
    """
    locked = is_locked(books, existing.issue_date)
    if locked and status is InvoiceStatus.VOIDED:
        raise Refused(locked)
    return replace(existing, status=status, updated_at=books.clock.now())


def with_status_by_amount(document: S, left: Decimal, on: date) -> S:
    """*document* as PAID if nothing is *left* of it, as AUTHORISED otherwise."""
    if document.status is InvoiceStatus.AUTHORISED and left == 0:
        return replace(document, status=InvoiceStatus.PAID, fully_paid_on=on)
    if document.status is InvoiceStatus.PAID and left != 0:
        return replace(document, status=InvoiceStatus.AUTHORISED, fully_paid_on=None)
    return document


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


def given_or(given: T | None, former: T) -> T:
    """What was sent, or else what was there."""
    return former if given is None else given


def _missing(wanted: SalesInput) -> list[str]:
    problems = []
    if wanted.type is None:
        problems.append("The Type field is mandatory. Please specify a valid Type.")
    if wanted.contact is None:
        problems.append("A Contact must be specified for this type of transaction")
    if not wanted.lines:
        problems.append("One or more line items must be specified")
    return problems


def _too_long(wanted: SalesInput) -> list[str]:
    return [
        f"The {field} cannot be longer than {_MAX_TEXT} characters"
        for field, value in (
            ("InvoiceNumber", wanted.number),
            ("Reference", wanted.reference),
        )
        if value and len(value) > _MAX_TEXT
    ]


def _place_problems(books: Books, day: date, currency: str) -> list[str]:
    found = (is_locked(books, day), currency_problem(books, currency))
    return [problem for problem in found if problem]


def _contact(
    books: Books, wanted: SalesInput, problems: list[str]
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
    wanted: SalesInput,
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
        description=given_or(line.description, former.description),
        quantity=given_or(line.quantity, former.quantity),
        unit_amount=given_or(line.unit_amount, former.unit_amount),
        line_amount=line.line_amount if amounts_sent else None,
        discount_rate_percent=given_or(
            line.discount_rate_percent, former.discount_rate_percent
        ),
        discount_amount=given_or(line.discount_amount, former.discount_amount),
        item_code=given_or(line.item_code, former.item_code),
        account_code=given_or(line.account_code, former.account_code),
        tax_type=given_or(line.tax_type, former.tax_type),
    )


def _rate(books: Books, currency: str, given: Decimal | None) -> Decimal:
    if currency == books.organisation.base_currency:
        return Decimal("1.000000")
    if given is None:
        return books.currencies[currency].rate
    rate = round_half_up(given, _RATE_DECIMALS)
    if rate <= 0:
        raise Refused("CurrencyRate must be greater than zero")
    return rate
