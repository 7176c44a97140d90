"""The lists of contacts, payments and credit notes, and the filtered inbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mock_accounting.api.description import describe_api
from mock_accounting.api.endpoints import ENDPOINTS

InvoiceBody = Callable[..., dict[str, Any]]


@pytest.fixture
def filled(api: Any, invoice_body: InvoiceBody) -> Any:
    """An invoice that is paid in part and credited in part."""
    contact = {"Name": "Wool Shop Customer", "ContactNumber": "C-1"}
    body = invoice_body("W-1", Contact=contact)
    made = api.put("Invoices", body, Idempotency_Key="k-1")
    payment = {"Invoice": {"InvoiceNumber": "W-1"}, "Account": {"Code": "091"}}
    api.put("Payments", payment | {"Amount": 10, "Reference": "W-1-P1"})
    note = {"Type": "ACCRECCREDIT", "CreditNoteNumber": "W-1-CN1"}
    credit = api.put("CreditNotes", body | note).get_json()["CreditNotes"][0]
    api.put(
        f"CreditNotes/{credit['CreditNoteID']}/Allocations",
        {
            "Amount": 5,
            "Date": "2026-03-14",
            "Invoice": {"InvoiceID": made.get_json()["Invoices"][0]["InvoiceID"]},
        },
    )
    return api


@pytest.mark.parametrize(
    ("path", "texts"),
    [
        ("/payments", ["W-1-P1", "Card payments", "10.00", "Received"]),
        ("/payments?q=card", ["No payment matches"]),
        ("/credit-notes", ["W-1-CN1", "20.41", "Open"]),
        ("/contacts", ["Wool Shop Customer", "C-1", "10.41"]),
        ("/contacts?q=nobody", ["No contact matches"]),
        ("/contacts/C-1", ["W-1", "25.41"]),
        ("/invoices/W-1", ["W-1-P1", "W-1-CN1", "10.41"]),
        ("/credit-notes/W-1-CN1", ["CREDIT NOTE", "Credit left", "20.41"]),
        ("/organisations", ["Demo Company (NL)", "demo"]),
        ("/api", ["/CreditNotes/{id}/Allocations"]),
    ],
)
def test_a_page_shows_what_is_in_the_books(
    filled: Any, path: str, texts: list[str]
) -> None:
    page = filled.http.get(path).text

    assert [text for text in texts if text not in page] == []


@pytest.mark.parametrize("path", ["/invoices/W-1/pdf", "/credit-notes/W-1-CN1/pdf"])
def test_a_document_is_had_as_pdf(filled: Any, path: str) -> None:
    answer = filled.http.get(path)

    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")


def test_an_invoice_names_what_is_attached_to_it(filled: Any) -> None:
    filled.call(
        "PUT",
        "Invoices/W-1/Attachments/packing-slip.txt",
        data=b"One mug",
        headers={"Content-Type": "text/plain"},
    )

    assert "packing-slip.txt" in filled.http.get("/invoices/W-1").text


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("?method=PUT", ["2", "3", "4", "5"]),
        ("?q=W-1-P1", ["3"]),
        ("?q=k-1", ["2"]),
        ("?answer=4", []),
        ("?answer=2&q=allocations", ["4", "5"]),
    ],
)
def test_the_inbox_shows_what_its_filter_wants(
    filled: Any, query: str, numbers: list[str]
) -> None:
    page = filled.http.get(f"/requests{query}").text

    shown = [number for number in "12345" if f'data-key="{number}"' in page]
    assert shown == numbers


def test_a_request_is_shown_as_a_command_without_its_token(filled: Any) -> None:
    page = filled.http.get("/requests/2").text

    assert "curl -X PUT" in page
    assert "Idempotency-Key: k-1" in page
    assert "Bearer $TOKEN" in page
    assert filled.token not in page


def test_lists_are_searched_in_the_organisation_they_show(api: Any) -> None:
    other = api.control("POST", "organisations", {"name": "Second Shop"})

    page = api.http.get(f"/contacts?organisation={other['organisation']}").text

    assert f"/payments?organisation={other['organisation']}" in page


def test_the_description_names_every_endpoint() -> None:
    paths = describe_api()["paths"]

    described = sum(len(methods) for methods in paths.values())
    built = sum(
        len(methods)
        for parts, methods in ENDPOINTS.items()
        if parts[0] != "organisations"
    )
    assert described == built
    assert all(
        operation["summary"]
        for methods in paths.values()
        for operation in methods.values()
    )


def test_every_operation_has_an_identifier_of_its_own() -> None:
    paths = describe_api()["paths"]
    named = [it["operationId"] for methods in paths.values() for it in methods.values()]

    assert len(named) == len(set(named))
    assert all(
        f"{{{it['name']}}}" in path
        for path, methods in paths.items()
        for operation in methods.values()
        for it in operation["parameters"]
        if it["in"] == "path"
    )


def test_the_description_is_served(api: Any) -> None:
    assert api.http.get("/openapi.json").get_json()["openapi"] == "3.1.0"
