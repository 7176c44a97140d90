"""Drafts become exactly the JSON that the API reads, the same bytes every time."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dashboard.accounting.xero.encode import encode, path_of
from dashboard.domain.order import Address
from dashboard.domain.postings import Posting
from tests.accounting.elements import (
    a_contact,
    a_credit_note,
    a_payment,
    a_refund,
    a_void,
    an_allocation,
    an_invoice,
)


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


def test_a_credit_note_is_for_the_contact_of_its_invoice() -> None:
    note = encoded(a_credit_note())

    assert note["Type"] == "ACCRECCREDIT"
    assert note["Contact"] == {"ContactID": "CONTACT"}
    assert note["CreditNoteNumber"] == "W-1-CN7"
    assert note["LineItems"][0]["LineAmount"] == 5


def test_an_allocation_is_sent_to_its_credit_note_and_names_its_invoice() -> None:
    allocation = an_allocation()

    assert path_of(allocation.kind, [allocation]) == "CreditNotes/NOTE/Allocations"
    assert encoded(allocation) == {
        "Invoice": {"InvoiceID": "INVOICE"},
        "Amount": 5,
        "Date": "2026-11-21",
    }


def test_a_refund_is_a_payment_of_its_credit_note() -> None:
    refund = a_refund()

    assert path_of(refund.kind, [refund]) == "Payments"
    assert encoded(refund) == {
        "CreditNote": {"CreditNoteID": "NOTE"},
        "Account": {"Code": "090"},
        "Date": "2026-11-21",
        "Amount": 5,
        "Reference": "W-1-CN7-R",
    }


def test_voiding_says_only_which_invoice_and_that_it_is_void() -> None:
    assert encoded(a_void()) == {"InvoiceID": "INVOICE", "Status": "VOIDED"}
