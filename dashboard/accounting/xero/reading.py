"""Reading the books in pages: what to ask, and what an answer says. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from dashboard.accounting.xero.decode import (
    Element,
    NotUnderstood,
    amount_of,
    elements_of,
)
from dashboard.domain.booked import (
    AppliedCredit,
    BankEntry,
    BookedDocument,
    BookedLine,
    BookedPayment,
    ChangedSince,
    Dated,
    DocumentKind,
    DocumentState,
    Identified,
    Numbered,
    Selection,
)
from dashboard.domain.money import ZERO

# The most the API gives at once: a thousand documents cost one call.
PAGE_SIZE = 1000

# Collection, and how its documents name their number and id.
COLLECTIONS = {
    DocumentKind.INVOICE: ("Invoices", "InvoiceNumber", "InvoiceID"),
    DocumentKind.CREDIT_NOTE: ("CreditNotes", "CreditNoteNumber", "CreditNoteID"),
}
_TYPES = {DocumentKind.INVOICE: "ACCREC", DocumentKind.CREDIT_NOTE: "ACCRECCREDIT"}
_STATES = {
    "DRAFT": DocumentState.DRAFT,
    "SUBMITTED": DocumentState.DRAFT,
    "AUTHORISED": DocumentState.LIVE,
    "PAID": DocumentState.LIVE,
    "VOIDED": DocumentState.DEAD,
    "DELETED": DocumentState.DEAD,
}
_MONEY_OF_CUSTOMERS = 'PaymentType=="ACCRECPAYMENT" OR PaymentType=="ARCREDITPAYMENT"'
_MILLISECONDS = re.compile(r"/Date\((-?\d+)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A GET: its query, and the headers it needs beside the usual ones."""

    collection: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)


def document_question(kind: DocumentKind, selection: Selection, page: int) -> Question:
    """Return the question for a page (from 1) of documents.

    They come by number: sorted by when they changed, which is what the API does if
    not told otherwise, a document that changes meanwhile pushes another one over the
    edge between two pages, where nobody sees it.
    """
    collection, number_field, id_field = COLLECTIONS[kind]
    filters = [f'Type=="{_TYPES[kind]}"']
    query = {}
    headers: Mapping[str, str] = {}
    match selection:
        case Dated():
            filters += _dated(selection)
        case ChangedSince():
            headers = _changed(selection)
        case Numbered(numbers=numbers) if kind is DocumentKind.INVOICE:
            query["InvoiceNumbers"] = ",".join(numbers)
        case Identified(ids=ids) if kind is DocumentKind.INVOICE:
            query["IDs"] = ",".join(ids)
        case Numbered(numbers=numbers):
            filters = [_any_of(number_field, '"{}"', numbers)]
        case Identified(ids=ids):
            filters = [_any_of(id_field, 'Guid("{}")', ids)]
    return Question(
        collection=collection,
        query={
            **query,
            "where": " AND ".join(filters),
            "order": number_field,
            "page": str(page),
            "pageSize": str(PAGE_SIZE),
        },
        headers=headers,
    )


def bank_question(selection: Dated | ChangedSince, page: int) -> Question:
    """Return the question for a page (from 1) of payments."""
    filters = ['Status=="AUTHORISED"', f"({_MONEY_OF_CUSTOMERS})"]
    headers: Mapping[str, str] = {}
    match selection:
        case Dated():
            filters += _dated(selection)
        case ChangedSince():
            headers = _changed(selection)
    return Question(
        collection="Payments",
        query={
            "where": " AND ".join(filters),
            "order": "PaymentID",
            "page": str(page),
            "pageSize": str(PAGE_SIZE),
        },
        headers=headers,
    )


def read_booked(kind: DocumentKind, element: Element) -> BookedDocument:
    """Read a document the books tell of.

    Raises:
        NotUnderstood: If it is not one.
    """
    _collection, number_field, id_field = COLLECTIONS[kind]
    contact = element.get("Contact")
    return BookedDocument(
        kind=kind,
        id=_required(element, id_field),
        number=_text(element, number_field),
        reference=_text(element, "Reference"),
        # A status the API gets one day counts until we know better.
        state=_STATES.get(_text(element, "Status"), DocumentState.LIVE),
        contact_id=_text(contact, "ContactID") if isinstance(contact, dict) else "",
        issued_on=_date(element) or _EPOCH.date(),
        currency=_text(element, "CurrencyCode"),
        total=_amount(element, "Total"),
        lines=tuple(
            _line(line, _text(element, "LineAmountTypes"))
            for line in _parts(element, "LineItems")
        ),
        payments=tuple(_payment(payment) for payment in _parts(element, "Payments")),
        credits=tuple(_credit(credit) for credit in _parts(element, "CreditNotes")),
    )


def read_bank_entry(element: Element) -> BankEntry:
    """Read on which bank account a payment stands.

    Raises:
        NotUnderstood: If it is no payment.
    """
    account = element.get("Account")
    code = _text(account, "Code") if isinstance(account, dict) else ""
    return BankEntry(payment_id=_required(element, "PaymentID"), bank_account=code)


def _line(line: Element, amounts: str) -> BookedLine:
    tax = _amount(line, "TaxAmount")
    net = _amount(line, "LineAmount")
    return BookedLine(
        description=_text(line, "Description"),
        net=net - tax if amounts == "Inclusive" else net,
        tax=tax,
        tax_type=_text(line, "TaxType"),
        account=_text(line, "AccountCode"),
        discount=_discount(line),
    )


def _discount(line: Element) -> Decimal:
    """Return what was taken off; the books may keep it as a rate instead."""
    amount = amount_of(line.get("DiscountAmount"))
    rate = amount_of(line.get("DiscountRate"))
    if amount is None and rate:
        full = _amount(line, "Quantity") * _amount(line, "UnitAmount")
        return full - _amount(line, "LineAmount")
    return amount or ZERO


def _payment(payment: Element) -> BookedPayment:
    return BookedPayment(
        id=_required(payment, "PaymentID"),
        reference=_text(payment, "Reference"),
        amount=_amount(payment, "Amount"),
        paid_on=_date(payment),
    )


def _credit(credit: Element) -> AppliedCredit:
    return AppliedCredit(
        credit_note_id=_required(credit, "CreditNoteID"),
        amount=_amount(credit, "AppliedAmount"),
    )


def _parts(element: Element, name: str) -> list[Mapping[str, Any]]:
    return elements_of({name: element.get(name) or []}, name)


def _required(element: Element, name: str) -> str:
    text = _text(element, name)
    if not text:
        raise NotUnderstood(f"The answer has an element without {name}")
    return text


def _text(element: Element, name: str) -> str:
    value = element.get(name)
    return "" if value is None else str(value)


def _amount(element: Element, name: str) -> Decimal:
    return amount_of(element.get(name)) or ZERO


def _date(element: Element) -> date | None:
    """Return the day of a document: midnight UTC of the calendar day, never local."""
    text = _text(element, "DateString")
    try:
        if text:
            return datetime.fromisoformat(text).date()
        found = _MILLISECONDS.match(_text(element, "Date"))
        if found is None:
            return None
        return (_EPOCH + timedelta(milliseconds=int(found[1]))).date()
    except (ValueError, OverflowError) as error:
        raise NotUnderstood("The answer has a date that is none") from error


def _dated(selection: Dated) -> list[str]:
    filters = [f"Date>={_day(selection.first)}"]
    if selection.last is not None:
        filters.append(f"Date<={_day(selection.last)}")
    return filters


def _changed(selection: ChangedSince) -> Mapping[str, str]:
    since = selection.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return {"If-Modified-Since": since}


def _day(day: date) -> str:
    return f"DateTime({day.year}, {day.month}, {day.day})"


def _any_of(field_name: str, form: str, values: tuple[str, ...]) -> str:
    return " OR ".join(f"{field_name}=={form.format(value)}" for value in values)
