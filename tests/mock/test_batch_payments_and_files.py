"""Batch payments, and files attached to documents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from mock_accounting.ledger.clock import Clock
from tests.mock.conftest import ApiClient

InvoiceBody = Callable[..., dict[str, Any]]
ApiOn = Callable[[Path, Clock], ApiClient]


@pytest.fixture
def api(api: ApiClient, invoice_body: InvoiceBody) -> ApiClient:
    """A client of books with two open invoices of 25.41."""
    bodies = [invoice_body("W-1"), invoice_body("W-2")]
    assert api.put("Invoices", {"Invoices": bodies}).status_code == 200
    return api


def _batch(*payments: tuple[str, float], **fields: Any) -> dict[str, Any]:
    return {
        "Account": {"Code": "091"},
        "Date": "2026-03-15",
        "Reference": "Payout 7",
        "Payments": [
            {"Invoice": {"InvoiceNumber": number}, "Amount": amount}
            for number, amount in payments
        ],
    } | fields


def _made(api: ApiClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.put("BatchPayments", {"BatchPayments": [body]})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.get_json()["BatchPayments"][0]
    return made


def _messages(answer: TestResponse) -> list[str]:
    assert answer.status_code == 400, answer.text
    (element,) = answer.get_json()["Elements"]
    return [error["Message"] for error in element["ValidationErrors"]]


def _invoice(api: ApiClient, number: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"Invoices/{number}").get_json()["Invoices"][0]
    return found


def test_a_batch_settles_each_invoice_with_a_payment_of_its_own(
    api: ApiClient,
) -> None:
    made = _made(api, _batch(("W-1", 25.41), ("W-2", 10)))

    payments = api.get("Payments").get_json()["Payments"]
    assert (made["Type"], made["Status"]) == ("RECBATCH", "AUTHORISED")
    assert made["TotalAmount"] == 35.41
    assert [it["Amount"] for it in made["Payments"]] == [25.41, 10]
    assert _invoice(api, "W-1")["Status"] == "PAID"
    assert _invoice(api, "W-2")["AmountDue"] == 15.41
    assert {it["BatchPaymentID"] for it in payments} == {made["BatchPaymentID"]}
    assert {it["Reference"] for it in payments} == {"Payout 7"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (_batch(("W-1", 5), ("W-2", 99)), "Payment amount exceeds the amount"),
        (_batch(("W-1", 5), ("W-1", 5)), "An invoice can be paid only once"),
        (_batch(("W-1", 5), Account={"Code": "200"}), "Account code '200'"),
        (_batch(), "One or more payments must be specified"),
    ],
)
def test_a_batch_with_anything_wrong_books_nothing(
    api: ApiClient, body: dict[str, Any], message: str
) -> None:
    (found,) = _messages(api.put("BatchPayments", body))

    assert found.startswith(message)
    assert api.get("Payments").get_json()["Payments"] == []
    assert _invoice(api, "W-1")["AmountDue"] == 25.41


def test_a_deleted_batch_opens_every_invoice_again(api: ApiClient) -> None:
    made = _made(api, _batch(("W-1", 25.41), ("W-2", 25.41)))
    path = f"BatchPayments/{made['BatchPaymentID']}"

    deleted = api.post(path, {"Status": "DELETED"}).get_json()["BatchPayments"][0]

    assert deleted["Status"] == "DELETED"
    assert _invoice(api, "W-1")["Status"] == "AUTHORISED"
    assert _invoice(api, "W-2")["AmountDue"] == 25.41
    again = api.post(
        "BatchPayments",
        {"BatchPaymentID": made["BatchPaymentID"], "Status": "DELETED"},
    )
    assert _messages(again) == ["Batch payment has already been deleted"]


def test_a_payment_of_a_batch_goes_with_its_batch_only(api: ApiClient) -> None:
    made = _made(api, _batch(("W-1", 5)))

    refused = api.post(
        f"Payments/{made['Payments'][0]['PaymentID']}", {"Status": "DELETED"}
    )

    assert "part of a batch payment" in _messages(refused)[0]


def test_batches_are_listed_and_read(api: ApiClient) -> None:
    made = _made(api, _batch(("W-1", 5)))
    path = f"BatchPayments/{made['BatchPaymentID']}"

    listed = api.get("BatchPayments", where='Status=="AUTHORISED"').get_json()

    assert listed["BatchPayments"] == [made]
    assert api.get(path).get_json()["BatchPayments"] == [made]
    assert api.get(f"{path}/History").get_json()["HistoryRecords"]
    assert api.get("BatchPayments/none").status_code == 404


def _upload(
    api: ApiClient, path: str, content: bytes = b"%PDF-1.7", **query: str
) -> TestResponse:
    return api.call(
        "PUT",
        path,
        data=content,
        query_string=query,
        headers={"Content-Type": "application/pdf"},
    )


def test_a_file_is_uploaded_listed_and_read(api: ApiClient) -> None:
    content = bytes(range(256))

    uploaded = _upload(
        api, "Invoices/W-1/Attachments/Scan 1.pdf", content, IncludeOnline="true"
    )

    (made,) = uploaded.get_json()["Attachments"]
    assert made["FileName"] == "Scan 1.pdf"
    assert (made["MimeType"], made["ContentLength"]) == ("application/pdf", 256)
    assert made["IncludeOnline"] is True
    assert made["Url"].endswith("/Attachments/Scan%201.pdf")
    for name in ("Scan 1.pdf", made["AttachmentID"]):
        read = api.get(f"Invoices/W-1/Attachments/{name}")
        assert (read.data, read.content_type) == (content, "application/pdf")
    assert api.get("Invoices/W-1/Attachments").get_json()["Attachments"] == [made]
    assert _invoice(api, "W-1")["HasAttachments"] is True
    assert _invoice(api, "W-2")["HasAttachments"] is False


def test_the_same_name_replaces_the_file(api: ApiClient) -> None:
    _upload(api, "Invoices/W-1/Attachments/a.pdf", b"old")

    _upload(api, "Invoices/W-1/Attachments/A.pdf", b"new")

    (only,) = api.get("Invoices/W-1/Attachments").get_json()["Attachments"]
    assert only["ContentLength"] == 3
    assert api.get("Invoices/W-1/Attachments/a.pdf").data == b"new"


def test_wrong_files_are_refused(api: ApiClient) -> None:
    empty = _upload(api, "Invoices/W-1/Attachments/a.pdf", b"")
    odd = _upload(api, "Invoices/W-1/Attachments/a%3Cb.pdf")
    for number in range(10):
        _upload(api, f"Invoices/W-1/Attachments/{number}.pdf")
    one_more = _upload(api, "Invoices/W-1/Attachments/10.pdf")

    assert _messages(empty) == ["The file is empty"]
    assert _messages(odd) == ["The file name 'a<b.pdf' is not allowed"]
    assert _messages(one_more) == ["A document can have 10 attachments at most"]
    assert _upload(api, "Invoices/W-9/Attachments/a.pdf").status_code == 404
    assert api.get("Invoices/W-1/Attachments/none.pdf").status_code == 404


def test_files_and_batches_outlive_a_restart(
    api_on: ApiOn, tmp_path: Path, clock: Clock, invoice_body: InvoiceBody
) -> None:
    before = api_on(tmp_path, clock)
    before.put("Invoices", invoice_body("W-1"))
    batch = _made(before, _batch(("W-1", 5)))
    _upload(before, "Invoices/W-1/Attachments/a.pdf", bytes(range(256)))
    before.close()

    after = api_on(tmp_path, clock)

    found = after.get("BatchPayments").get_json()["BatchPayments"]
    assert found == [batch]
    read = after.get("Invoices/W-1/Attachments/a.pdf")
    assert read.data == bytes(range(256))
