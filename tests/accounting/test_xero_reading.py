"""Reading the books in pages: what is asked, and what an answer says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from dashboard.accounting.xero.decode import NotUnderstood
from dashboard.accounting.xero.reading import (
    bank_question,
    document_question,
    read_bank_entry,
    read_booked,
)
from dashboard.domain.booked import (
    AppliedCredit,
    ChangedSince,
    Dated,
    DocumentKind,
    DocumentState,
    Identified,
    Numbered,
    Selection,
)

INVOICE, CREDIT_NOTE = DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE


def an_invoice(**fields: Any) -> dict[str, Any]:
    return {
        "Type": "ACCREC",
        "InvoiceID": "i-1",
        "InvoiceNumber": "W-1",
        "Reference": "shop 1",
        "Status": "PAID",
        "Contact": {"ContactID": "c-1"},
        "DateString": "2026-11-20T00:00:00",
        "Date": "/Date(1789344000000+0000)/",
        "CurrencyCode": "EUR",
        "LineAmountTypes": "Exclusive",
        "Total": Decimal("12.10"),
        "LineItems": [
            {
                "Description": "Mug",
                "Quantity": Decimal(1),
                "UnitAmount": Decimal("12.00"),
                "DiscountAmount": Decimal("2.00"),
                "LineAmount": Decimal("10.00"),
                "TaxAmount": Decimal("2.10"),
                "TaxType": "OUTPUT2",
                "AccountCode": "200",
            }
        ],
        "Payments": [
            {
                "PaymentID": "p-1",
                "Date": "/Date(1789430400000+0000)/",
                "Amount": Decimal("7.10"),
                "Reference": "W-1-P1",
            }
        ],
        "CreditNotes": [{"CreditNoteID": "n-1", "AppliedAmount": Decimal(5)}],
        **fields,
    }


@pytest.mark.parametrize(
    ("kind", "selection", "asked"),
    [
        (
            INVOICE,
            Dated(first=date(2026, 11, 1), last=date(2026, 11, 30)),
            {
                "where": 'Type=="ACCREC" AND Date>=DateTime(2026, 11, 1) '
                "AND Date<=DateTime(2026, 11, 30)"
            },
        ),
        (
            CREDIT_NOTE,
            Dated(first=date(2026, 11, 1), last=None),
            {"where": 'Type=="ACCRECCREDIT" AND Date>=DateTime(2026, 11, 1)'},
        ),
        (INVOICE, Numbered(numbers=("W-1", "W-2")), {"InvoiceNumbers": "W-1,W-2"}),
        (INVOICE, Identified(ids=("i-1",)), {"IDs": "i-1"}),
        (
            CREDIT_NOTE,
            Numbered(numbers=("W-1-CN1", "W-2-CN1")),
            {"where": 'CreditNoteNumber=="W-1-CN1" OR CreditNoteNumber=="W-2-CN1"'},
        ),
        (CREDIT_NOTE, Identified(ids=("n",)), {"where": 'CreditNoteID==Guid("n")'}),
    ],
)
def test_question_asks_for_what_is_meant_in_pages_of_a_thousand(
    kind: DocumentKind, selection: Selection, asked: dict[str, str]
) -> None:
    question = document_question(kind, selection, 3)

    assert asked.items() <= question.query.items()
    assert (question.query["page"], question.query["pageSize"]) == ("3", "1000")
    # By when they changed, one that changes meanwhile would hide another.
    assert question.query["order"].endswith("Number")


def test_changes_are_asked_for_by_header_in_utc() -> None:
    at = datetime(2026, 11, 20, 9, 30, 15, 999, tzinfo=UTC)

    question = document_question(INVOICE, ChangedSince(at=at), 1)

    assert question.headers == {"If-Modified-Since": "2026-11-20T09:30:15"}


def test_payments_are_asked_for_by_day() -> None:
    query = bank_question(
        Dated(first=date(2026, 11, 1), last=date(2026, 12, 31)), 1
    ).query

    assert (
        "Date>=DateTime(2026, 11, 1) AND Date<=DateTime(2026, 12, 31)"
        in (query["where"])
    )
    account = {"Code": "090", "AccountID": "a-1"}
    entry = read_bank_entry({"PaymentID": "p-1", "Account": account})
    assert (entry.payment_id, entry.bank_account) == ("p-1", "090")


def test_invoice_is_read_with_lines_payments_and_credits() -> None:
    booked = read_booked(INVOICE, an_invoice())

    assert (booked.number, booked.reference, booked.id) == ("W-1", "shop 1", "i-1")
    assert (booked.state, booked.total) == (DocumentState.LIVE, Decimal("12.10"))
    assert (booked.issued_on, booked.contact_id) == (date(2026, 11, 20), "c-1")
    (line,) = booked.lines
    assert (line.net, line.tax, line.discount) == (
        Decimal("10.00"),
        Decimal("2.10"),
        Decimal("2.00"),
    )
    (payment,) = booked.payments
    # Midnight in UTC is a day, whatever zone we are in.
    assert (payment.amount, payment.paid_on) == (Decimal("7.10"), date(2026, 9, 15))
    assert booked.credits == (AppliedCredit(credit_note_id="n-1", amount=Decimal(5)),)


def test_amounts_that_include_tax_are_read_without_it() -> None:
    invoice = an_invoice(LineAmountTypes="Inclusive")
    invoice["LineItems"][0] |= {"LineAmount": Decimal("12.10")}

    (line,) = read_booked(INVOICE, invoice).lines

    assert (line.net, line.tax) == (Decimal("10.00"), Decimal("2.10"))


def test_discount_given_as_a_rate_is_read_as_an_amount() -> None:
    invoice = an_invoice()
    line = invoice["LineItems"][0]
    del line["DiscountAmount"]
    line |= {"DiscountRate": Decimal(50), "LineAmount": Decimal("6.00")}

    assert read_booked(INVOICE, invoice).lines[0].discount == Decimal("6.00")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("DRAFT", DocumentState.DRAFT),
        ("AUTHORISED", DocumentState.LIVE),
        ("VOIDED", DocumentState.DEAD),
        ("DELETED", DocumentState.DEAD),
        ("SOMETHING NEW", DocumentState.LIVE),
    ],
)
def test_status_tells_whether_a_document_counts(
    status: str, state: DocumentState
) -> None:
    assert read_booked(INVOICE, an_invoice(Status=status)).state is state


def test_credit_note_counts_against_the_customer_s_debt() -> None:
    note = an_invoice(CreditNoteID="n-1", CreditNoteNumber="W-1-CN1")

    booked = read_booked(CREDIT_NOTE, note)

    assert (booked.number, booked.signed_total) == ("W-1-CN1", Decimal("-12.10"))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda it: it.pop("InvoiceID"),
        lambda it: it.update(Total="much"),
        lambda it: it.update(LineItems="none"),
        lambda it: it.update(DateString="soon"),
        lambda it: it["Payments"][0].pop("PaymentID"),
    ],
)
def test_answer_that_makes_no_sense_is_not_taken_for_a_document(
    spoil: Callable[[dict[str, Any]], object],
) -> None:
    invoice = an_invoice()
    spoil(invoice)

    with pytest.raises(NotUnderstood):
        read_booked(INVOICE, invoice)
