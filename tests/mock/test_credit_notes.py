"""Credit notes: written, allocated to invoices, paid back, taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.mock.conftest import ApiClient

InvoiceBody = Callable[..., dict[str, Any]]


@pytest.fixture
def credit_body(invoice_body: InvoiceBody) -> InvoiceBody:
    """A credit note of 25.41 as a client sends it."""

    def build(number: str | None = None, **fields: Any) -> dict[str, Any]:
        body = invoice_body(None, Type="ACCRECCREDIT")
        if number is not None:
            body["CreditNoteNumber"] = number
        return body | fields

    return build


def _make(api: ApiClient, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.put(kind, body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.get_json()[kind][0]
    return made


def _allocate(api: ApiClient, number: str, invoice: str, amount: float) -> Any:
    body = {"Amount": amount, "Invoice": {"InvoiceNumber": invoice}}
    return api.put(f"CreditNotes/{number}/Allocations", {"Allocations": [body]})


def _messages(answer: Any) -> list[str]:
    assert answer.status_code == 400, answer.text
    (element,) = answer.get_json()["Elements"]
    return [error["Message"] for error in element["ValidationErrors"]]


def _read(api: ApiClient, path: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(path).get_json()[path.partition("/")[0]][0]
    return found


def test_a_credit_note_gets_totals_and_a_number_of_its_own_series(
    api: ApiClient, credit_body: InvoiceBody
) -> None:
    made = _make(api, "CreditNotes", credit_body())

    assert made["CreditNoteNumber"] == "CN-0001"
    assert made["Type"] == "ACCRECCREDIT"
    assert (made["SubTotal"], made["TotalTax"], made["Total"]) == (21, 4.41, 25.41)
    assert made["RemainingCredit"] == 25.41
    assert made["LineItems"][0]["TaxAmount"] == 4.41


def test_an_allocation_lowers_what_the_invoice_asks_for(
    api: ApiClient, invoice_body: InvoiceBody, credit_body: InvoiceBody
) -> None:
    _make(api, "Invoices", invoice_body("W-1"))
    _make(api, "CreditNotes", credit_body("W-1-CN1"))

    (allocation,) = _allocate(api, "W-1-CN1", "W-1", 10).get_json()["Allocations"]

    invoice = _read(api, "Invoices/W-1")
    note = _read(api, "CreditNotes/W-1-CN1")
    assert allocation["Invoice"]["InvoiceNumber"] == "W-1"
    assert (invoice["AmountDue"], invoice["AmountCredited"]) == (15.41, 10)
    assert invoice["Status"] == "AUTHORISED"
    assert invoice["CreditNotes"][0]["CreditNoteNumber"] == "W-1-CN1"
    assert invoice["CreditNotes"][0]["AppliedAmount"] == 10
    assert note["RemainingCredit"] == 15.41
    assert note["Allocations"][0]["AllocationID"] == allocation["AllocationID"]
    assert api.control("GET", "assertions")["ok"]


def test_both_documents_are_paid_when_nothing_is_left(
    api: ApiClient, invoice_body: InvoiceBody, credit_body: InvoiceBody
) -> None:
    _make(api, "Invoices", invoice_body("W-1"))
    _make(api, "CreditNotes", credit_body("W-1-CN1"))

    _allocate(api, "W-1-CN1", "W-1", 25.41)

    invoice = _read(api, "Invoices/W-1")
    note = _read(api, "CreditNotes/W-1-CN1")
    assert (invoice["Status"], invoice["AmountDue"]) == ("PAID", 0)
    assert (note["Status"], note["RemainingCredit"]) == ("PAID", 0)
    assert "FullyPaidOnDate" in note


def test_a_removed_allocation_opens_both_again(
    api: ApiClient, invoice_body: InvoiceBody, credit_body: InvoiceBody
) -> None:
    _make(api, "Invoices", invoice_body("W-1"))
    _make(api, "CreditNotes", credit_body("CN"))
    (made,) = _allocate(api, "CN", "W-1", 25.41).get_json()["Allocations"]
    path = f"CreditNotes/CN/Allocations/{made['AllocationID']}"

    removed = api.call("DELETE", path)

    assert removed.get_json()["IsDeleted"] is True
    assert _read(api, "Invoices/W-1")["AmountDue"] == 25.41
    assert _read(api, "Invoices/W-1")["CreditNotes"] == []
    assert _read(api, "CreditNotes/CN")["Status"] == "AUTHORISED"
    assert api.call("DELETE", path).status_code == 404
    assert api.control("GET", "assertions")["ok"]


def test_applied_amount_is_read_as_the_amount(
    api: ApiClient, invoice_body: InvoiceBody, credit_body: InvoiceBody
) -> None:
    invoice = _make(api, "Invoices", invoice_body("W-1"))
    _make(api, "CreditNotes", credit_body("CN"))

    api.put(
        "CreditNotes/CN/Allocations",
        {"AppliedAmount": 5, "Invoice": {"InvoiceID": invoice["InvoiceID"]}},
    )

    assert _read(api, "Invoices/W-1")["AmountCredited"] == 5


@pytest.mark.parametrize(
    ("credit", "invoice", "amount", "message"),
    [
        ({}, {}, 25.42, "exceeds the remaining credit"),
        ({}, {}, 0, "must be greater than zero"),
        ({"Status": "DRAFT"}, {}, 5, "only be allocated when they are Authorised"),
        ({}, {"Status": "DRAFT"}, 5, "only be allocated to Authorised documents"),
        ({"Contact": {"Name": "Other"}}, {}, 5, "the same contact"),
        ({"CurrencyCode": "USD"}, {}, 5, "the same currency"),
    ],
)
def test_an_allocation_that_breaks_a_rule_is_refused(
    api: ApiClient,
    invoice_body: InvoiceBody,
    credit_body: InvoiceBody,
    *,
    credit: dict[str, Any],
    invoice: dict[str, Any],
    amount: float,
    message: str,
) -> None:
    _make(api, "Invoices", invoice_body("W-1", **invoice))
    _make(api, "CreditNotes", credit_body("CN", **credit))

    assert any(message in it for it in _messages(_allocate(api, "CN", "W-1", amount)))
    assert _read(api, "Invoices/W-1")["AmountCredited"] == 0


def test_credit_beyond_what_is_due_is_refused(
    api: ApiClient, invoice_body: InvoiceBody, credit_body: InvoiceBody
) -> None:
    _make(api, "Invoices", invoice_body("W-1"))
    _make(api, "CreditNotes", credit_body("CN-A"))
    _make(api, "CreditNotes", credit_body("CN-B"))
    _allocate(api, "CN-A", "W-1", 20)

    (message,) = _messages(_allocate(api, "CN-B", "W-1", 10))

    assert message == ("The amount exceeds the amount outstanding on this document")


def test_a_refund_uses_up_the_credit_and_its_deletion_gives_it_back(
    api: ApiClient, credit_body: InvoiceBody
) -> None:
    note = _make(api, "CreditNotes", credit_body("CN"))
    refund = {
        "CreditNote": {"CreditNoteID": note["CreditNoteID"]},
        "Account": {"Code": "091"},
        "Amount": 25.41,
        "Reference": "W-1-R1",
    }

    booked = _make(api, "Payments", refund)

    assert booked["PaymentType"] == "ARCREDITPAYMENT"
    assert booked["CreditNote"]["CreditNoteNumber"] == "CN"
    assert "Invoice" not in booked
    assert _read(api, "CreditNotes/CN")["Status"] == "PAID"
    assert _read(api, "CreditNotes/CN")["Payments"][0]["Reference"] == "W-1-R1"
    api.post(f"Payments/{booked['PaymentID']}", {"Status": "DELETED"})
    assert _read(api, "CreditNotes/CN")["RemainingCredit"] == 25.41


def test_more_than_the_remaining_credit_cannot_be_paid_back(
    api: ApiClient, credit_body: InvoiceBody
) -> None:
    _make(api, "CreditNotes", credit_body("CN"))
    refund = {
        "CreditNote": {"CreditNoteNumber": "CN"},
        "Account": {"Code": "091"},
        "Amount": 25.42,
    }

    (message,) = _messages(api.put("Payments", refund))

    assert message == ("Payment amount exceeds the amount outstanding on this document")


def test_what_has_credit_applied_can_be_neither_changed_nor_voided(
    api: ApiClient, invoice_body: InvoiceBody, credit_body: InvoiceBody
) -> None:
    _make(api, "Invoices", invoice_body("W-1"))
    _make(api, "CreditNotes", credit_body("CN"))
    _allocate(api, "CN", "W-1", 5)

    for path in ("Invoices/W-1", "CreditNotes/CN"):
        for change in ({"Status": "VOIDED"}, {"Reference": "changed"}):
            (message,) = _messages(api.post(path, change))
            assert "payment or credit note allocated" in message


def test_an_unused_credit_note_is_changed_and_voided(
    api: ApiClient, credit_body: InvoiceBody
) -> None:
    _make(api, "CreditNotes", credit_body("CN", Status="DRAFT"))

    api.post("CreditNotes/CN", {"Reference": "changed", "Status": "AUTHORISED"})
    changed = _read(api, "CreditNotes/CN")
    api.post("CreditNotes", {"CreditNoteNumber": "CN", "Status": "VOIDED"})

    assert (changed["Reference"], changed["Status"]) == ("changed", "AUTHORISED")
    assert _read(api, "CreditNotes/CN")["Status"] == "VOIDED"
    assert (
        "not of valid status"
        in _messages(api.post("CreditNotes/CN", {"Reference": "again"}))[0]
    )


def test_a_credit_note_has_no_discounts_and_no_number_in_use(
    api: ApiClient, credit_body: InvoiceBody
) -> None:
    _make(api, "CreditNotes", credit_body("CN"))
    discounted = credit_body("CN")
    discounted["LineItems"][0]["DiscountRate"] = 10

    assert _messages(api.put("CreditNotes", discounted)) == [
        "Credit note # must be unique.",
        "Discounts are not supported on credit notes",
    ]


def test_credit_notes_are_listed_filtered_and_paged(
    api: ApiClient, credit_body: InvoiceBody
) -> None:
    _make(api, "CreditNotes", credit_body("CN-A"))
    _make(api, "CreditNotes", credit_body("CN-B", Status="DRAFT"))

    found = api.get("CreditNotes", where='Status=="DRAFT"').get_json()
    page = api.get("CreditNotes", page="1", pageSize="1").get_json()

    assert [it["CreditNoteNumber"] for it in found["CreditNotes"]] == ["CN-B"]
    assert found["CreditNotes"][0]["LineItems"] == []
    assert page["pagination"]["itemCount"] == 2
    assert page["CreditNotes"][0]["LineItems"]
