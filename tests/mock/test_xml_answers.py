"""Answers as XML, which a client gets that does not ask for JSON."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest

from tests.mock.conftest import ApiClient

InvoiceBody = Callable[..., dict[str, Any]]


def _xml(api: ApiClient, method: str, path: str, **options: Any) -> ET.Element:
    headers = {"Accept": options.pop("accept", "*/*")} | options.pop("headers", {})
    answer = api.call(method, path, headers=headers, **options)
    assert answer.content_type == "text/xml; charset=utf-8", answer.text
    return ET.fromstring(answer.data)  # noqa: S314 - our own answer


@pytest.mark.parametrize("accept", ["", "*/*", "application/xml", "text/xml"])
def test_xml_is_what_a_client_gets_that_does_not_ask_for_json(
    api: ApiClient, accept: str
) -> None:
    root = _xml(api, "GET", "Organisation", accept=accept)

    assert root.tag == "Response"
    assert root.findtext("Status") == "OK"
    assert root.findtext("DateTimeUTC") == "2026-03-14T09:30:00Z"
    assert root.findtext("Organisations/Organisation/BaseCurrency") == "EUR"


def test_dates_numbers_flags_and_lists_read_as_xml_should(
    api: ApiClient, invoice_body: InvoiceBody
) -> None:
    name = "Wool & <Shop\x07"
    body = invoice_body("W-1", Date="2026-03-01", Reference=name)
    api.put("Invoices", body)

    invoice = _xml(api, "GET", "Invoices/W-1").find("Invoices/Invoice")

    assert invoice is not None
    assert invoice.findtext("Date") == "2026-03-01T00:00:00"
    assert invoice.find("DateString") is None
    assert invoice.findtext("Total") == "25.41"
    assert invoice.findtext("HasErrors") == "false"
    assert invoice.findtext("Reference") == "Wool & <Shop"
    assert invoice.findtext("LineItems/LineItem/LineAmount") == "21.00"
    assert invoice.findtext("Contact/Addresses/Address/AddressType") == "STREET"
    assert invoice.find("CreditNotes") is None


def test_a_refusal_is_an_exception_in_xml(
    api: ApiClient, invoice_body: InvoiceBody
) -> None:
    api.put("Invoices", invoice_body("W-1"))

    root = _xml(api, "PUT", "Invoices", json=invoice_body("W-1"))

    (element,) = root.findall("Elements/DataContractBase")
    assert root.tag == "ApiException"
    assert root.findtext("ErrorNumber") == "10"
    assert set(element.attrib.values()) == {"Invoice"}
    assert (
        element.findtext("ValidationErrors/ValidationError/Message")
        == "Invoice # must be unique."
    )


def test_a_repeat_is_answered_in_the_form_it_asks_for(
    api: ApiClient, invoice_body: InvoiceBody
) -> None:
    body = invoice_body("W-1")
    first = api.put("Invoices", body, Idempotency_Key="k-1").get_json()

    again = _xml(api, "PUT", "Invoices", json=body, headers={"Idempotency-Key": "k-1"})

    assert again.findtext("Id") == first["Id"]


def test_what_was_answered_can_be_sent_back(
    api: ApiClient, invoice_body: InvoiceBody
) -> None:
    api.put("Invoices", invoice_body("W-1", Status="DRAFT"))
    invoices = _xml(api, "GET", "Invoices/W-1").find("Invoices")
    assert invoices is not None

    answer = api.call(
        "POST",
        "Invoices",
        data=ET.tostring(invoices),
        headers={"Content-Type": "application/xml"},
    )

    (saved,) = answer.get_json()["Invoices"]
    assert (saved["InvoiceNumber"], saved["Total"]) == ("W-1", 25.41)


def test_errors_in_front_of_the_api_stay_json(api: ApiClient) -> None:
    answer = api.http.get("/api.xro/2.0/Invoices")

    assert answer.status_code == 401
    assert answer.get_json()["Status"] == 401
