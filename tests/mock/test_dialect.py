"""Bodies, dates and JSON as clients send them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from mock_accounting.dialect import jsontext
from mock_accounting.dialect.bodies import read_elements
from mock_accounting.dialect.dates import ms_day, read_day, read_since
from mock_accounting.dialect.messages import Call, Rejected
from mock_accounting.dialect.reading import invoice_input
from mock_accounting.ledger.inputs import InvoiceInput


def _call(body: bytes, content_type: str = "application/json") -> Call:
    return Call(
        method="PUT",
        path="/api.xro/2.0/Invoices",
        query={},
        query_string="",
        headers={"content-type": content_type},
        body=body,
    )


def _read(body: bytes) -> list[InvoiceInput]:
    elements = read_elements(_call(body), "Invoices")
    return [invoice_input(element, unit_decimals=2) for element in elements]


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-14",
        "2026-03-14T00:00:00",
        "2026-03-14T23:59:59",
        "/Date(1773446400000)/",
        "/Date(1773446400000+0000)/",
    ],
)
def test_days_are_read_in_every_form(text: str) -> None:
    assert read_day(text) == date(2026, 3, 14)


def test_a_day_is_shown_as_midnight_utc() -> None:
    assert ms_day(date(2026, 9, 14)) == "/Date(1789344000000+0000)/"


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T00:00:00.000Z",
        "Thu, 01 Jan 2026 00:00:00 GMT",
    ],
)
def test_if_modified_since_is_read_in_every_form(text: str) -> None:
    assert read_since(text) == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"Invoices":[{"InvoiceNumber":"W-1"}]}', "application/json"),
        (b'{"invoices":[{"invoiceNumber":"W-1"}]}', "application/json"),
        (b'[{"InvoiceNumber":"W-1"}]', "application/json"),
        (b'{"InvoiceNumber":"W-1"}', "application/json"),
        (
            (
                b"<Invoices><Invoice><InvoiceNumber>W-1</InvoiceNumber></Invoice>"
                b"</Invoices>"
            ),
            "application/xml",
        ),
        (b"<Invoice><InvoiceNumber>W-1</InvoiceNumber></Invoice>", "text/xml"),
    ],
)
def test_elements_are_found_in_every_envelope(body: bytes, content_type: str) -> None:
    (element,) = read_elements(_call(body, content_type), "Invoices")

    assert element.text("InvoiceNumber") == "W-1"


def test_lists_inside_xml_are_read() -> None:
    body = (
        b"<Invoice><Contact><ContactID>7d1f4f5e5c1d4b869d0a0e5a3c1b2a10</ContactID>"
        b"</Contact><LineItems><LineItem><UnitAmount>1.5</UnitAmount></LineItem>"
        b"<LineItem><UnitAmount>2</UnitAmount></LineItem></LineItems></Invoice>"
    )
    (element,) = read_elements(_call(body), "Invoices")

    read = invoice_input(element, unit_decimals=2)

    assert [line.unit_amount for line in read.lines or ()] == [Decimal("1.5"), 2]
    assert read.contact is not None
    assert read.contact.contact_id == "7d1f4f5e-5c1d-4b86-9d0a-0e5a3c1b2a10"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}[",
        b"[" * 100_000,
        b'"text"',
        b"5",
        b"[[1]]",
        b"<a",
        b'<!DOCTYPE a [<!ENTITY b "c">]><Invoices><Invoice>&b;</Invoice></Invoices>',
        b"<a>" * 100 + b"</a>" * 100,
        b'{"Invoices":[{"LineItems":[{"UnitAmount":NaN}]}]}',
        b'{"Invoices":[{"LineItems":[{"UnitAmount":1e400}]}]}',
        b'{"Invoices":[{"LineItems":[{"UnitAmount":"ten"}]}]}',
        b'{"Invoices":[{"LineItems":[{"UnitAmount":true}]}]}',
        b'{"Invoices":[{"LineItems":[{"UnitAmount":{}}]}]}',
        b'{"Invoices":[{"LineItems":[5]}]}',
        b'{"Invoices":[{"LineItems":{"a":[]},"Contact":[1]}]}',
        b'{"Invoices":[{"Date":"yesterday"}]}',
        b'{"Invoices":[{"Date":"/Date(999999999999999)/"}]}',
        b'{"Invoices":[{"SentToContact":"maybe"}]}',
        b'{"Invoices":[{"Status":"OPEN"}]}',
        b'{"Invoices":[{"InvoiceID":"W-1"}]}',
        b'{"Invoices":[{"Type":"ACCPAY"}]}',
        b'{"Invoices":[{"InvoiceNumber":["W-1"]}]}',
        b"\xff\xfe\x00",
    ],
)
def test_a_body_that_makes_no_sense_is_rejected_with_400(body: bytes) -> None:
    with pytest.raises(Rejected) as rejection:
        _read(body)

    assert rejection.value.answer.status == 400
    assert jsontext.loads(rejection.value.answer.body)["ErrorNumber"] in {14, 17}


def test_amounts_keep_their_digits_in_json() -> None:
    text = jsontext.dumps({"Total": Decimal("70.60"), "Big": Decimal("1E+3")})

    assert text == b'{"Total":70.60,"Big":1000}'
    assert jsontext.loads(b'{"a":0.1}')["a"] == Decimal("0.1")
