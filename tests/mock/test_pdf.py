"""Invoices and credit notes as PDF."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from pypdf import PdfReader
from werkzeug.test import TestResponse

from tests.mock.conftest import ApiClient

InvoiceBody = Callable[..., dict[str, Any]]
CUSTOMER = {
    "Name": "Wool Shop Customer",
    "TaxNumber": "NL000000000B00",
    "Addresses": [
        {
            "AddressType": "STREET",
            "AddressLine1": "Canal 1",
            "PostalCode": "1000 AA",
            "City": "Amsterdam",
        }
    ],
}


def _pdf(api: ApiClient, path: str) -> TestResponse:
    answer = api.call("GET", path, headers={"Accept": "application/pdf"})
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/pdf"
    return answer


def _text(answer: TestResponse) -> list[str]:
    """The text of every page."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages]


def test_an_invoice_on_paper_tells_all_that_is_due(
    api: ApiClient, invoice_body: InvoiceBody
) -> None:
    api.put(
        "Invoices",
        invoice_body(
            "W-1",
            Contact=CUSTOMER,
            Date="2026-03-14",
            DueDate="2026-03-28",
            Reference="Order 1",
        ),
    )
    payment = {
        "Invoice": {"InvoiceNumber": "W-1"},
        "Account": {"Code": "091"},
        "Amount": 5,
    }
    api.put("Payments", payment)

    (page,) = _text(_pdf(api, "Invoices/W-1"))

    for expected in (
        "Invoice",
        "Demo Company (NL)",
        "Wool Shop Customer",
        "1000 AA Amsterdam",
        "NL000000000B00",
        "W-1",
        "28 March 2026",
        "Order 1",
        "Mug",
        "10.50",
        "21% BTW on 21.00",
        "4.41",
        "25.41",
        "-5.00",
        "20.41",
        "nothing here is real",
    ):
        assert expected in page, expected


@pytest.mark.parametrize(
    ("status", "stamp"),
    [("DRAFT", "DRAFT"), ("AUTHORISED", None), ("VOIDED", "VOIDED")],
)
def test_what_is_not_approved_says_so(
    api: ApiClient, invoice_body: InvoiceBody, status: str, stamp: str | None
) -> None:
    first = "AUTHORISED" if status == "VOIDED" else status
    api.put("Invoices", invoice_body("W-1", Status=first))
    api.post("Invoices/W-1", {"Status": status})

    (page,) = _text(_pdf(api, "Invoices/W-1"))

    stamps = {"DRAFT", "VOIDED"}
    assert {it for it in stamps if it in page} == ({stamp} if stamp else set())


def test_many_lines_take_many_pages_and_odd_letters_do_no_harm(
    api: ApiClient, invoice_body: InvoiceBody
) -> None:
    line = {"Quantity": 1, "UnitAmount": 1, "AccountCode": "200"}
    lines = [
        line | {"Description": f"Line {number} Łódź 漢字 <b>&amp; " + "long " * 40}
        for number in range(60)
    ]
    api.put("Invoices", invoice_body("W-1", LineItems=lines))

    pages = _text(_pdf(api, "Invoices/W-1"))

    assert len(pages) > 3
    assert "Line 59" in "".join(pages)
    assert "Page 2" in pages[1]
    assert "Amount due EUR" in pages[-1]


def test_a_credit_note_is_printed_too(
    api: ApiClient, invoice_body: InvoiceBody
) -> None:
    credit = invoice_body(None, Type="ACCRECCREDIT", CreditNoteNumber="CN")
    api.put("CreditNotes", credit)

    (page,) = _text(_pdf(api, "CreditNotes/CN"))

    assert "Credit note" in page
    assert "Remaining credit EUR" in page


def test_the_path_of_the_specification_gives_the_same(
    api: ApiClient, invoice_body: InvoiceBody
) -> None:
    api.put("Invoices", invoice_body("W-1"))

    assert api.get("Invoices/W-1/pdf").data == _pdf(api, "Invoices/W-1").data
    assert api.get("Invoices/W-9/pdf").status_code == 404
