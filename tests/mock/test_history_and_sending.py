"""Notes on every document, e-mails, online invoices, allowed actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mock_accounting.ledger import sending
from tests.mock.conftest import ApiClient

InvoiceBody = Callable[..., dict[str, Any]]
CUSTOMER = {"Name": "Wool Shop Customer", "EmailAddress": "c@wool.example"}


@pytest.fixture
def documents(api: ApiClient, invoice_body: InvoiceBody) -> dict[str, str]:
    """One document of every kind: its path."""
    api.put("Invoices", invoice_body("W-1", Contact=CUSTOMER))
    credit = invoice_body(None, Type="ACCRECCREDIT", CreditNoteNumber="CN")
    api.put("CreditNotes", credit)
    api.put("Items", {"Code": "MUG-1"})
    payment = {
        "Invoice": {"InvoiceNumber": "W-1"},
        "Account": {"Code": "091"},
        "Amount": 1,
    }
    (paid,) = api.put("Payments", payment).get_json()["Payments"]
    (contact,) = api.get("Contacts").get_json()["Contacts"]
    return {
        "invoice": "Invoices/W-1",
        "credit note": "CreditNotes/CN",
        "item": "Items/MUG-1",
        "payment": f"Payments/{paid['PaymentID']}",
        "contact": f"Contacts/{contact['ContactID']}",
    }


@pytest.mark.parametrize(
    "kind", ["invoice", "credit note", "item", "payment", "contact"]
)
def test_a_note_is_added_to_any_document(
    api: ApiClient, documents: dict[str, str], kind: str
) -> None:
    path = f"{documents[kind]}/History"

    added = api.put(path, {"HistoryRecords": [{"Details": "Called"}]}).get_json()

    newest = api.get(path).get_json()["HistoryRecords"][0]
    assert newest == added["HistoryRecords"][0]
    assert (newest["Changes"], newest["Details"]) == ("Note", "Called")


def test_history_of_what_is_missing_is_not_found(api: ApiClient) -> None:
    for kind in ("Invoices", "CreditNotes", "Items", "Payments", "Contacts"):
        assert api.get(f"{kind}/none/History").status_code == 404


def test_an_invoice_is_sent_by_email(api: ApiClient, documents: dict[str, str]) -> None:
    sent = api.post(f"{documents['invoice']}/Email", {})

    (invoice,) = api.get("Invoices/W-1").get_json()["Invoices"]
    history = api.get("Invoices/W-1/History").get_json()["HistoryRecords"]
    assert (sent.status_code, sent.data) == (204, b"")
    assert invoice["SentToContact"] is True
    assert history[0]["Details"] == "This invoice has been sent to c@wool.example."


def test_a_draft_or_a_contact_without_address_gets_no_email(
    api: ApiClient, invoice_body: InvoiceBody
) -> None:
    api.put("Invoices", invoice_body("W-1", Status="DRAFT"))

    refused = api.post("Invoices/W-1/Email", {})

    (element,) = refused.get_json()["Elements"]
    assert refused.status_code == 400
    assert [it["Message"] for it in element["ValidationErrors"]] == [
        "Only Submitted, Authorised or Paid invoices can be emailed",
        "The contact of this invoice has no email address",
    ]


def test_the_emails_of_a_day_are_limited(
    api: ApiClient, documents: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MAX_EMAILS_A_DAY", 1)
    path = f"{documents['invoice']}/Email"
    api.post(path, {})

    second = api.post(path, {})
    api.control("POST", "clock", {"advance_s": 86_400})
    next_day = ApiClient(api.app).post(path, {})

    assert second.status_code == 400
    assert next_day.status_code == 204


def test_an_online_invoice_is_a_page_of_the_mock(
    api: ApiClient, documents: dict[str, str]
) -> None:
    found = api.get(f"{documents['invoice']}/OnlineInvoice").get_json()

    (online,) = found["OnlineInvoices"]
    page = api.http.get(online["OnlineInvoiceUrl"])
    assert page.status_code == 200
    assert "W-1" in page.text


def test_a_draft_has_no_online_invoice(
    api: ApiClient, invoice_body: InvoiceBody
) -> None:
    api.put("Invoices", invoice_body("W-1", Status="DRAFT"))

    assert api.get("Invoices/W-1/OnlineInvoice").status_code == 404


def test_the_actions_tell_what_is_imitated(api: ApiClient) -> None:
    actions = api.get("Organisation/Actions").get_json()["Actions"]

    allowed = {it["Name"]: it["Status"] for it in actions}
    assert allowed["UseMulticurrency"] == "ALLOWED"
    assert allowed["CreateApprovedBill"] == "NOT-ALLOWED"
