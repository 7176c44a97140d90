"""Drafts become exactly the JSON that the API reads, the same bytes every time."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dashboard.accounting.xero.encode import encode
from dashboard.domain.order import Address
from dashboard.domain.postings import Posting
from tests.accounting.elements import a_contact, a_payment, an_invoice


def encoded(member: Posting) -> Any:
    (elements,) = json.loads(encode(member.kind, [member])).values()
    return elements[0]


def test_a_contact_carries_only_what_is_known() -> None:
    assert encoded(a_contact()) == {"Name": "Buyer Ltd", "ContactNumber": "shop-c7"}


def test_a_contact_has_an_address_and_a_phone() -> None:
    contact = encoded(a_contact(phone="0123", address=Address(city="Ghent")))

    assert contact["Addresses"] == [{"AddressType": "POBOX", "City": "Ghent"}]
    assert contact["Phones"] == [{"PhoneType": "DEFAULT", "PhoneNumber": "0123"}]


def test_an_invoice_names_its_contact_by_id_alone() -> None:
    invoice = encoded(an_invoice())

    assert invoice["Contact"] == {"ContactID": "CONTACT"}
    assert (invoice["Type"], invoice["Status"]) == ("ACCREC", "AUTHORISED")
    assert (invoice["Date"], invoice["DueDate"]) == ("2026-11-20", "2026-12-04")
    assert invoice["LineAmountTypes"] == "Exclusive"
    assert invoice["LineItems"] == [
        {
            "Description": "Pen",
            "Quantity": 3,
            "UnitAmount": 4,
            "LineAmount": 12,
            "AccountCode": "200",
            "TaxType": "OUTPUT2",
            "TaxAmount": 2.4,
        }
    ]


def test_a_payment_settles_its_invoice() -> None:
    assert encoded(a_payment("W-1-P1", "5.10")) == {
        "Invoice": {"InvoiceID": "INVOICE"},
        "Account": {"Code": "090"},
        "Date": "2026-11-20",
        "Amount": 5.1,
        "Reference": "W-1-P1",
    }


@given(amount=st.decimals("0.01", "9999999999.99", places=2))
def test_amounts_come_out_as_they_went_in(amount: Decimal) -> None:
    body = encode(a_payment().kind, [a_payment(amount=str(amount))])

    read = json.loads(body, parse_float=Decimal, parse_int=Decimal)

    assert read["Payments"][0]["Amount"] == amount


def test_the_same_drafts_give_the_same_bytes() -> None:
    assert encode(an_invoice().kind, [an_invoice()]) == encode(
        an_invoice().kind, [an_invoice()]
    )
