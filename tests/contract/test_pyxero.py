"""A second client, which sends XML, drives the mock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
import xero.auth
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session
from xero import Xero
from xero.auth import OAuth2Credentials
from xero.exceptions import (
    XeroBadRequest,
    XeroForbidden,
    XeroNotFound,
    XeroUnauthorized,
)

from mock_accounting.app import Server

SCOPES = [
    "accounting.invoices",
    "accounting.payments",
    "accounting.contacts",
    "accounting.settings",
    "accounting.attachments",
]


@pytest.fixture
def books(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Xero]:
    token_url = f"{server.url}/connect/token"
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setattr(xero.auth, "XERO_OAUTH2_TOKEN_URL", token_url)
    with OAuth2Session(
        client=BackendApplicationClient("demo", scope=SCOPES)
    ) as session:
        token = session.fetch_token(token_url, client_id="demo", client_secret="demo")
    credentials = OAuth2Credentials("demo", "demo", token=token, scope=SCOPES)
    credentials.base_url = server.url
    credentials.set_default_tenant()
    return Xero(credentials)


def _invoice(number: str, **fields: Any) -> dict[str, Any]:
    return {
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "InvoiceNumber": number,
        "Contact": {"Name": "Wool & Shop"},
        "Date": dt.date(2026, 3, 14),
        "DueDate": dt.date(2026, 3, 28),
        "LineAmountTypes": "Exclusive",
        "LineItems": [
            {
                "Description": "Mug",
                "Quantity": "2",
                "UnitAmount": "10.50",
                "AccountCode": "200",
                "TaxType": "OUTPUT2",
            }
        ],
    } | fields


def test_settings_are_read(books: Xero) -> None:
    (organisation,) = books.organisations.all()
    accounts = books.accounts.filter(Type="BANK")

    assert organisation["Name"] == "Demo Company (NL)"
    assert [it["Code"] for it in accounts] == ["090", "091", "092", "093"]
    assert len(books.taxrates.all()) > 10
    assert "EUR" in {it["Code"] for it in books.currencies.all()}


def test_a_batch_in_xml_comes_back_with_a_verdict_an_element(books: Xero) -> None:
    batch = [_invoice("W-1"), _invoice("W-1")]

    good, wrong = books.invoices.put(batch, summarize_errors=False)

    assert good["StatusAttributeString"] == "OK"
    assert good["Total"] == pytest.approx(25.41)
    assert good["Contact"]["Name"] == "Wool & Shop"
    assert good["Date"] == dt.datetime(2026, 3, 14, tzinfo=dt.UTC)
    assert wrong["ValidationErrors"] == [{"Message": "Invoice # must be unique."}]


def test_a_refusal_raises_with_the_api_message(books: Xero) -> None:
    books.invoices.put(_invoice("W-1"))

    with pytest.raises(XeroBadRequest) as refusal:
        books.invoices.put(_invoice("W-1"))

    assert refusal.value.errors == ["Invoice # must be unique."]


def test_invoices_are_looked_up(books: Xero) -> None:
    books.invoices.put([_invoice("W-1"), _invoice("W-2", Status="DRAFT")])
    (one,) = books.invoices.get("W-1")

    for query in (
        {"Status": "AUTHORISED"},
        {"InvoiceNumber__startswith": "W-1"},
        {"InvoiceNumbers": ["W-1"]},
        {"Statuses": ["AUTHORISED"]},
        {"IDs": [one["InvoiceID"]]},
        {"Contact_ContactID": one["Contact"]["ContactID"], "Status": "AUTHORISED"},
        {"raw": 'Reference=="" AND Status=="AUTHORISED"'},
        {"order": "InvoiceNumber ASC", "page": 1, "pageSize": 1},
        {"Date__gte": dt.datetime(2026, 3, 14), "Status": "AUTHORISED"},  # noqa: DTZ001
        {"since": dt.datetime(2020, 1, 1), "Status": "AUTHORISED"},  # noqa: DTZ001
    ):
        found = books.invoices.filter(**query)
        assert [it["InvoiceNumber"] for it in found] == ["W-1"], query


def test_contacts_are_saved_and_found(books: Xero) -> None:
    books.contacts.put({"Name": "Ünïcode Shop", "ContactNumber": "C-7"})
    (saved,) = books.contacts.save({"ContactNumber": "C-7", "FirstName": "Ada"})

    (found,) = books.contacts.filter(Name="Ünïcode Shop")

    assert found["ContactID"] == saved["ContactID"]
    assert found["FirstName"] == "Ada"


def test_a_payment_settles_the_invoice(books: Xero) -> None:
    books.invoices.put(_invoice("W-1"))
    books.payments.put(
        {
            "Invoice": {"InvoiceNumber": "W-1"},
            "Account": {"Code": "091"},
            "Date": dt.date(2026, 3, 15),
            "Amount": Decimal("25.41"),
            "Reference": "W-1-P1",
        }
    )

    (paid,) = books.invoices.get("W-1")

    assert paid["Status"] == "PAID"
    assert paid["Payments"][0]["Reference"] == "W-1-P1"
    assert books.invoices.get_history(paid["InvoiceID"])["HistoryRecords"]


def test_what_is_missing_raises_not_found(books: Xero) -> None:
    with pytest.raises(XeroNotFound):
        books.invoices.get("W-9")


def test_a_bad_token_raises_unauthorised(books: Xero, server: Server) -> None:
    credentials = OAuth2Credentials(
        "demo", "demo", token={"access_token": "x", "token_type": "Bearer"}
    )
    credentials.base_url = server.url
    credentials.tenant_id = "7d1f4f5e-5c1d-4b86-9d0a-0e5a3c1b2a10"

    with pytest.raises(XeroUnauthorized):
        Xero(credentials).organisations.all()
    assert books.organisations.all()


def test_a_credit_note_is_allocated(books: Xero) -> None:
    """The client calls the amount of an allocation `AppliedAmount`."""
    invoice = books.invoices.put(_invoice("W-1"))[0]
    body = _invoice("W-1", Type="ACCRECCREDIT", CreditNoteNumber="W-1-CN1")
    for name in ("InvoiceNumber", "DueDate"):
        body.pop(name)
    note = books.creditnotes.put(body)[0]

    books.creditnotes.put_allocation(
        note["CreditNoteID"],
        {
            "AppliedAmount": "5.41",
            "Invoice": {"InvoiceID": invoice["InvoiceID"]},
            "Date": dt.date(2026, 3, 16),
        },
    )

    (credited,) = books.invoices.get("W-1")
    assert credited["AmountDue"] == pytest.approx(20.0)
    assert credited["CreditNotes"][0]["AppliedAmount"] == pytest.approx(5.41)


def test_items_and_files_are_kept(books: Xero) -> None:
    details = {"UnitPrice": "10.50", "AccountCode": "200", "TaxType": "OUTPUT2"}
    books.items.put({"Code": "MUG-1", "Name": "Mug", "SalesDetails": details})
    line = {"ItemCode": "MUG-1", "Quantity": "2"}
    invoice = books.invoices.put(_invoice("W-1", LineItems=[line]))[0]

    books.invoices.put_attachment_data(
        invoice["InvoiceID"], "scan.pdf", b"%PDF-1.7", "application/pdf"
    )

    (attached,) = books.invoices.get_attachments(invoice["InvoiceID"])["Attachments"]
    assert invoice["Total"] == pytest.approx(25.41)
    assert attached["FileName"] == "scan.pdf"
    read = books.invoices.get_attachment_data(invoice["InvoiceID"], "scan.pdf")
    assert read == b"%PDF-1.7"


def test_a_disconnected_organisation_raises_forbidden(
    books: Xero, server: Server
) -> None:
    (organisation,) = books.organisations.all()
    preset = {"organisation": organisation["OrganisationID"]}
    requests.post(f"{server.url}/__mock__/presets/disconnected", json=preset, timeout=5)

    with pytest.raises(XeroForbidden):
        books.organisations.all()
