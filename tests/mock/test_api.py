"""The imitated routes: shapes, messages, batches, lists."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from mock_accounting.app import create_app
from mock_accounting.config import Settings
from mock_accounting.ledger.clock import Clock

InvoiceBody = Callable[..., dict[str, Any]]
NO_SUMMARY = "Invoices?summarizeErrors=false"


def test_a_token_answer_has_exactly_the_known_keys(app: Flask) -> None:
    answer = app.test_client().post(
        "/connect/token",
        data={
            "grant_type": "client_credentials",
            "client_id": "demo",
            "client_secret": "demo",
            "scope": "accounting.invoices accounting.contacts",
        },
    )

    token = answer.get_json()
    assert set(token) == {"access_token", "expires_in", "token_type", "scope"}
    assert token["scope"] == "accounting.invoices accounting.contacts"
    assert token["expires_in"] == 1800


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_id": "demo", "client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "nobody", "client_secret": "demo"}, "invalid_client"),
        ({"client_id": "", "client_secret": ""}, "invalid_request"),
        (
            {"client_id": "demo", "client_secret": "demo", "scope": "books.burn"},
            "invalid_scope",
        ),
        (
            {"client_id": "demo", "client_secret": "demo", "grant_type": "password"},
            "unsupported_grant_type",
        ),
    ],
)
def test_token_errors(app: Flask, form: dict[str, str], error: str) -> None:
    answer = app.test_client().post(
        "/connect/token", data={"grant_type": "client_credentials"} | form
    )

    assert answer.status_code == 400
    assert answer.get_json() == {"error": error}


def test_a_json_token_request_is_invalid(app: Flask) -> None:
    answer = app.test_client().post("/connect/token", json={"client_id": "demo"})

    assert answer.get_json() == {"error": "invalid_request"}


@pytest.mark.parametrize("path", ["/connections", "/Connections"])
def test_connections_list_the_organisation(api: Any, path: str) -> None:
    answer = api.http.get(path, headers={"Authorization": f"Bearer {api.token}"})

    (connection,) = answer.get_json()
    assert connection["tenantName"] == "Demo Company (NL)"
    assert connection["createdDateUtc"] == "2026-03-14T09:30:00.0000000"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x.y", "Basic ZGVtbzpkZW1v"])
def test_without_a_good_token_the_answer_is_401_in_json(api: Any, header: str) -> None:
    answer = api.call("GET", "Organisation", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.get_json()["Detail"].startswith("Token")


def test_a_token_expires_after_half_an_hour(api: Any, clock: Clock) -> None:
    clock.advance(timedelta(seconds=1799))
    assert api.get("Organisation").status_code == 200

    clock.advance(timedelta(seconds=1))

    answer = api.get("Organisation")
    assert answer.status_code == 401
    assert answer.get_json()["Detail"].split(":")[0] == "TokenExpired"


def test_another_tenant_is_forbidden(api: Any) -> None:
    other = api.control("POST", "organisations", {"name": "Other"})
    headers = {"Xero-Tenant-Id": other["organisation"]}

    answer = api.call("GET", "Organisation", headers=headers)

    assert answer.status_code == 403
    assert answer.get_json()["Detail"] == "AuthenticationUnsuccessful"


@pytest.mark.parametrize("path", ["Organisation", "organisations", "ORGANISATION/"])
def test_the_organisation_is_told_without_unset_lock_dates(api: Any, path: str) -> None:
    (found,) = api.get(path).get_json()["Organisations"]

    connection = api.http.get(
        "/connections", headers={"Authorization": f"Bearer {api.token}"}
    ).get_json()[0]
    assert found["OrganisationID"] == connection["tenantId"]
    assert found["BaseCurrency"] == "EUR"
    assert "PeriodLockDate" not in found


def test_a_lock_date_set_is_told(api: Any) -> None:
    api.control("POST", "lock-date", {"period": "2026-01-31"})

    (found,) = api.get("Organisation").get_json()["Organisations"]

    assert found["PeriodLockDate"] == "/Date(1769817600000+0000)/"


def test_settings_can_be_filtered(api: Any) -> None:
    accounts = api.get("Accounts", where='SystemAccount=="ROUNDING"').get_json()
    rates = api.get(
        "TaxRates", where='Status=="ACTIVE" AND CanApplyToRevenue==true'
    ).get_json()
    currencies = api.get("Currencies", order="Code DESC").get_json()

    assert [it["Code"] for it in accounts["Accounts"]] == ["860"]
    assert {it["TaxType"] for it in rates["TaxRates"]} == {
        "OUTPUT2",
        "OUTPUT",
        "ZERORATEDOUTPUT",
        "NONE",
        "EXEMPTOUTPUT",
        "ECZROUTPUT",
        "TAX001",
        "TAX002",
        "TAX003",
        "TAX004",
        "TAX005",
    }
    assert [it["Code"] for it in currencies["Currencies"]] == [
        "USD",
        "JPY",
        "GBP",
        "EUR",
        "CAD",
    ]


def test_components_of_a_compound_rate_are_told(api: Any) -> None:
    (rate,) = api.get("TaxRates/TAX005").get_json()["TaxRates"]

    assert rate["EffectiveRate"] == 12.35
    assert [it["IsCompound"] for it in rate["TaxComponents"]] == [False, True]


def test_a_created_invoice_is_answered_with_200_and_its_totals(
    api: Any, invoice_body: InvoiceBody
) -> None:
    answer = api.put("Invoices", {"Invoices": [invoice_body("W-1")]})

    content = answer.get_json()
    (made,) = content["Invoices"]
    assert answer.status_code == 200
    assert content["Status"] == "OK"
    assert content["DateTimeUTC"] == "/Date(1773480600000)/"
    assert (made["SubTotal"], made["TotalTax"], made["Total"]) == (21, 4.41, 25.41)
    assert made["Date"] == "/Date(1773446400000+0000)/"
    assert made["DateString"] == "2026-03-14T00:00:00"
    assert b"null" not in answer.data


def test_a_mixed_batch_tells_every_verdict_in_order(
    api: Any, invoice_body: InvoiceBody
) -> None:
    batch = [invoice_body("W-1"), invoice_body("W-1"), invoice_body("W-2")]

    answer = api.put(NO_SUMMARY, {"Invoices": batch})

    verdicts = answer.get_json()["Invoices"]
    assert answer.status_code == 200
    assert [it["StatusAttributeString"] for it in verdicts] == ["OK", "ERROR", "OK"]
    assert verdicts[1]["HasErrors"] is True
    assert verdicts[1]["InvoiceNumber"] == "W-1"
    assert verdicts[1]["ValidationErrors"] == [{"Message": "Invoice # must be unique."}]


@pytest.mark.parametrize(
    "query", ["", "?summarizeErrors=true", "?summarizeErrors=True"]
)
def test_a_mixed_batch_that_is_summarized_fails_but_writes_the_good_ones(
    api: Any, invoice_body: InvoiceBody, query: str
) -> None:
    wrong = invoice_body("W-2", CurrencyCode="SEK")

    answer = api.put(f"Invoices{query}", {"Invoices": [invoice_body("W-1"), wrong]})

    refusal = answer.get_json()
    assert answer.status_code == 400
    assert refusal["ErrorNumber"] == 10
    assert refusal["Type"] == "ValidationException"
    assert refusal["Message"] == "A validation exception occurred"
    (element,) = refusal["Elements"]
    assert element["InvoiceID"] == "00000000-0000-0000-0000-000000000000"
    assert element["ValidationErrors"] == [
        {"Message": "Organisation is not subscribed to currency SEK"}
    ]
    assert api.get("Invoices/W-1").status_code == 200


def test_post_updates_the_invoice_that_holds_the_number(
    api: Any, invoice_body: InvoiceBody
) -> None:
    made = api.put("Invoices", invoice_body("W-1")).get_json()["Invoices"][0]

    changed = api.post("Invoices", invoice_body("W-1", Reference="New")).get_json()

    assert changed["Invoices"][0]["InvoiceID"] == made["InvoiceID"]
    assert changed["Invoices"][0]["Reference"] == "New"


def test_an_invoice_is_voided_by_its_id(api: Any, invoice_body: InvoiceBody) -> None:
    made = api.put("Invoices", invoice_body("W-1")).get_json()["Invoices"][0]

    voided = api.post(f"Invoices/{made['InvoiceID']}", {"Status": "VOIDED"})
    again = api.post(f"Invoices/{made['InvoiceID']}", {"Status": "VOIDED"})

    assert voided.get_json()["Invoices"][0]["AmountDue"] == 25.41
    assert again.status_code == 400
    assert again.get_json()["Elements"][0]["ValidationErrors"] == [
        {"Message": "Invoice not of valid status for modification"}
    ]


def test_unit_amounts_keep_four_decimals_only_if_asked(
    api: Any, invoice_body: InvoiceBody
) -> None:
    line = {"Description": "Nut", "Quantity": 100, "UnitAmount": 0.1234}
    line |= {"AccountCode": "200", "TaxType": "NONE"}

    two = api.put("Invoices", invoice_body(LineItems=[line])).get_json()
    four = api.put("Invoices?unitdp=4", invoice_body(LineItems=[line])).get_json()

    assert two["Invoices"][0]["Total"] == 12
    assert four["Invoices"][0]["Total"] == 12.34


@pytest.mark.parametrize(
    "path", ["Invoices/W-9", "Contacts/nobody", "Payments/nothing", "Horses", "A/b/c/d"]
)
def test_what_is_not_there_is_an_empty_html_404(api: Any, path: str) -> None:
    answer = api.get(path)

    assert answer.status_code == 404
    assert answer.data == b""
    assert answer.content_type.startswith("text/html")


def test_an_unpaged_list_has_no_line_items(api: Any, invoice_body: InvoiceBody) -> None:
    api.put("Invoices", {"Invoices": [invoice_body(f"W-{n}") for n in range(1, 6)]})

    unpaged = api.get("Invoices").get_json()
    paged = api.get("Invoices", page="2", pageSize="2").get_json()

    assert len(unpaged["Invoices"]) == 5
    assert "pagination" not in unpaged
    assert unpaged["Invoices"][0]["LineItems"] == []
    assert [it["InvoiceNumber"] for it in paged["Invoices"]] == ["W-3", "W-4"]
    assert paged["pagination"] == {
        "page": 2,
        "pageSize": 2,
        "pageCount": 3,
        "itemCount": 5,
    }
    assert len(paged["Invoices"][0]["LineItems"]) == 1


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"InvoiceNumbers": "W-1,W-3,W-9"}, ["W-1", "W-3"]),
        ({"Statuses": "DRAFT"}, ["W-2"]),
        ({"where": 'Reference=="order 3"'}, ["W-3"]),
        ({"where": 'Status=="AUTHORISED" AND Contact.Name=="Other"'}, ["W-3"]),
        ({"where": "Date>=DateTime(2026,3,1)"}, ["W-1", "W-2"]),
        (
            {"where": 'Type=="ACCREC"', "order": "InvoiceNumber DESC"},
            ["W-3", "W-2", "W-1"],
        ),
        ({"searchTerm": "order"}, ["W-3"]),
        ({"InvoiceNumbers": "W-1,W-2", "Statuses": "AUTHORISED"}, ["W-1"]),
        ({"order": "Total DESC,InvoiceNumber", "page": "1", "pageSize": "1"}, ["W-2"]),
    ],
)
def test_invoices_are_found(
    api: Any, invoice_body: InvoiceBody, query: dict[str, str], numbers: list[str]
) -> None:
    line = invoice_body()["LineItems"][0] | {"Quantity": 9}
    third = {"Contact": {"Name": "Other"}, "Date": "2026-02-01", "Reference": "Order 3"}
    batch = [
        invoice_body("W-1"),
        invoice_body("W-2", Status="DRAFT", LineItems=[line]),
        invoice_body("W-3", **third),
    ]
    api.put(NO_SUMMARY, {"Invoices": batch})

    found = api.get("Invoices", **query).get_json()["Invoices"]

    assert [it["InvoiceNumber"] for it in found] == numbers


def test_invoices_are_found_by_ids_without_dashes(
    api: Any, invoice_body: InvoiceBody
) -> None:
    made = api.put("Invoices", invoice_body("W-1")).get_json()["Invoices"][0]
    plain = made["InvoiceID"].replace("-", "").upper()
    contact = made["Contact"]["ContactID"].replace("-", "")

    assert len(api.get("Invoices", IDs=plain).get_json()["Invoices"]) == 1
    assert len(api.get("Invoices", ContactIDs=contact).get_json()["Invoices"]) == 1
    assert api.get(f"Invoices/{plain}").status_code == 200


def test_only_what_changed_since_is_listed(
    api: Any, invoice_body: InvoiceBody, clock: Clock
) -> None:
    api.put("Invoices", invoice_body("W-1"))
    clock.advance(timedelta(minutes=2))
    api.put("Invoices", invoice_body("W-2"))
    since = {"If-Modified-Since": "Sat, 14 Mar 2026 09:31:00 GMT"}

    changed = api.call("GET", "Invoices", headers=since).get_json()["Invoices"]
    unreadable = api.call("GET", "Invoices", headers={"If-Modified-Since": "soon"})

    assert [it["InvoiceNumber"] for it in changed] == ["W-2"]
    assert unreadable.status_code == 412


@pytest.mark.parametrize(
    "query",
    [
        {"where": 'Colour=="red"'},
        {"where": "((("},
        {"order": "Colour"},
        {"page": "one"},
        {"pageSize": "-1"},
    ],
)
def test_a_query_that_makes_no_sense_is_a_400(api: Any, query: dict[str, str]) -> None:
    answer = api.get("Invoices", **query)

    assert answer.status_code == 400
    assert answer.get_json()["Type"] == "QueryParseException"


def test_payments_settle_and_show_in_the_invoice(
    api: Any, invoice_body: InvoiceBody
) -> None:
    api.put("Invoices", {"Invoices": [invoice_body("W-1"), invoice_body("W-2")]})
    payment = {
        "Invoice": {"InvoiceNumber": "W-1"},
        "Account": {"Code": "091"},
        "Date": "2026-03-14",
        "Amount": 25.41,
        "Reference": "W-1-P1",
    }
    too_much = payment | {"Invoice": {"InvoiceNumber": "W-2"}, "Amount": 25.42}

    batch = {"Payments": [payment, too_much]}
    answer = api.put("Payments?summarizeErrors=false", batch).get_json()["Payments"]
    (invoice,) = api.get("Invoices/W-1").get_json()["Invoices"]

    assert answer[0]["PaymentType"] == "ACCRECPAYMENT"
    assert answer[1]["ValidationErrors"] == [
        {"Message": "Payment amount exceeds the amount outstanding on this document"}
    ]
    assert (invoice["Status"], invoice["AmountDue"]) == ("PAID", 0)
    assert invoice["Payments"][0]["PaymentID"] == answer[0]["PaymentID"]
    assert invoice["Payments"][0]["Reference"] == "W-1-P1"
    assert invoice["Payments"][0]["Amount"] == 25.41


def test_payments_are_found_and_deleted(api: Any, invoice_body: InvoiceBody) -> None:
    made = api.put("Invoices", invoice_body("W-1")).get_json()["Invoices"][0]
    payment = {
        "Invoice": {"InvoiceID": made["InvoiceID"]},
        "Account": {"Code": "091"},
        "Amount": 5,
        "Reference": "W-1-P1",
    }
    (booked,) = api.post("Payments", payment).get_json()["Payments"]
    where = f'Invoice.InvoiceID==Guid("{made["InvoiceID"]}") AND Reference=="W-1-P1"'

    found = api.get("Payments", where=where).get_json()["Payments"]
    deleted = api.post(f"Payments/{booked['PaymentID']}", {"Status": "DELETED"})
    left = api.get("Payments", where='Status=="AUTHORISED"').get_json()["Payments"]

    assert [it["PaymentID"] for it in found] == [booked["PaymentID"]]
    assert deleted.get_json()["Payments"][0]["Status"] == "DELETED"
    assert left == []
    assert api.get("Invoices/W-1").get_json()["Invoices"][0]["Status"] == "AUTHORISED"


def test_contacts_are_written_found_and_archived(api: Any) -> None:
    body = {"Name": "Wool Shop", "ContactNumber": "C-7", "EmailAddress": "a@b.example"}
    made = api.put("Contacts", {"Contacts": [body]}).get_json()["Contacts"][0]
    api.put("Contacts", {"Name": "Other"})

    by_number = api.get("Contacts/C-7").get_json()["Contacts"][0]
    by_email = api.get("Contacts", where='EmailAddress="A@B.example"').get_json()
    by_term = api.get("Contacts", searchTerm="wool").get_json()
    twice = api.put("Contacts", {"Name": "wool shop"})
    archived = api.post(f"Contacts/{made['ContactID']}", {"ContactStatus": "ARCHIVED"})

    assert by_number["ContactID"] == made["ContactID"]
    assert len(by_email["Contacts"]) == len(by_term["Contacts"]) == 1
    assert twice.status_code == 400
    assert archived.get_json()["Contacts"][0]["ContactStatus"] == "ARCHIVED"
    assert len(api.get("Contacts").get_json()["Contacts"]) == 1
    assert len(api.get("Contacts", includeArchived="True").get_json()["Contacts"]) == 2


def test_history_tells_what_happened(api: Any, invoice_body: InvoiceBody) -> None:
    api.put("Invoices", invoice_body("W-1"))
    api.put("Invoices/W-1/History", {"HistoryRecords": [{"Details": "Called"}]})

    records = api.get("Invoices/W-1/history/").get_json()["HistoryRecords"]

    assert [it["Changes"] for it in records] == ["Note", "Created"]
    assert records[0]["Details"] == "Called"


def test_a_batch_sent_as_xml_is_written(api: Any) -> None:
    body = (
        "<Invoices><Invoice><Type>ACCREC</Type><Contact><Name>XML Shop</Name></Contact>"
        "<LineItems><LineItem><Description>Mug</Description><Quantity>2</Quantity>"
        "<UnitAmount>10.50</UnitAmount><AccountCode>200</AccountCode></LineItem>"
        "</LineItems></Invoice></Invoices>"
    )

    answer = api.call("PUT", "Invoices", data=body, content_type="application/xml")

    assert answer.get_json()["Invoices"][0]["Total"] == 25.41


def test_a_body_over_ten_megabytes_is_refused(api: Any) -> None:
    answer = api.call("PUT", "Invoices", data=b" " * 10_000_001)

    assert answer.status_code == 413


def test_other_methods_are_refused(api: Any) -> None:
    assert api.call("DELETE", "Invoices").status_code == 405


PATHS = ["/", "/__mock__/health", "/api.xro/2.0/Invoices", "/connect/token"]


@pytest.mark.parametrize("path", PATHS)
def test_a_foreign_host_name_is_refused(app: Flask, path: str) -> None:
    answer = app.test_client().get(path, headers={"Host": "books.evil.example"})

    assert answer.status_code == 400


def test_a_host_name_that_was_allowed_is_answered() -> None:
    settings = Settings(remote_names=("mock",), enforce_limits=False)
    client = create_app(settings).test_client()

    answer = client.get("/__mock__/health", headers={"Host": "mock:8001"})

    assert answer.status_code == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://[", ""])
def test_a_page_of_another_origin_is_refused(
    app: Flask, path: str, origin: str
) -> None:
    answer = app.test_client().post(path, headers={"Origin": origin})

    assert answer.status_code == 403


def test_tokens_and_secrets_are_not_logged(api: Any) -> None:
    api.get("Organisation")

    log = json.dumps(api.control("GET", "requests"))

    assert api.token not in log
    assert "client_credentials" not in log


def test_an_invoice_shows_whatever_happened_to_what_is_on_it(
    api: Any, invoice_body: InvoiceBody
) -> None:
    def shown() -> dict[str, Any]:
        invoice: dict[str, Any] = api.get("Invoices/W-1").get_json()["Invoices"][0]
        (listed,) = api.get("Invoices", page="1").get_json()["Invoices"]
        assert listed == invoice
        return invoice

    contact_id = api.put("Contacts", {"Name": "Shop"}).get_json()["Contacts"][0][
        "ContactID"
    ]
    contact = {"ContactID": contact_id}
    api.put("Invoices", invoice_body("W-1", Contact=contact))
    credit = invoice_body("CN-1", Type="ACCRECCREDIT", Contact=contact)
    api.put("CreditNotes", credit | {"CreditNoteNumber": "CN-1"})
    before = shown()
    api.post(f"Contacts/{contact_id}", {"Name": "Wool Shop"})
    renamed = shown()
    api.call("PUT", "Invoices/W-1/Attachments/a.txt", data=b"text")
    attached = shown()
    payment = {"Account": {"Code": "091"}, "Amount": 5}
    paid_by = api.put("Payments", payment | {"Invoice": {"InvoiceNumber": "W-1"}})
    paid = shown()
    payment_id = paid_by.get_json()["Payments"][0]["PaymentID"]
    api.post(f"Payments/{payment_id}", {"Status": "DELETED"})
    unpaid = shown()
    allocation = {"Amount": 1, "Invoice": {"InvoiceNumber": "W-1"}}
    api.put("CreditNotes/CN-1/Allocations", allocation)
    credited = shown()

    assert before["Contact"]["Name"] == "Shop"
    assert renamed["Contact"]["Name"] == "Wool Shop"
    assert (renamed["HasAttachments"], attached["HasAttachments"]) == (False, True)
    assert (len(attached["Payments"]), len(paid["Payments"])) == (0, 1)
    assert unpaid["Payments"] == []
    assert [it["CreditNoteNumber"] for it in credited["CreditNotes"]] == ["CN-1"]
