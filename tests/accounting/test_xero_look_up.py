"""What bears our number is ours only if it is provably ours."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dashboard.accounting.xero.decode import NotUnderstood
from dashboard.accounting.xero.lookup import (
    judge_contacts,
    judge_invoices,
    judge_payments,
    name_filter,
)
from dashboard.domain.books import ContactDraft
from dashboard.domain.exchanges import Finding, Found, NotOurs, NotThere, TryInstead
from tests.accounting.elements import a_contact, a_payment, an_invoice

INVOICE = {
    "InvoiceID": "I1",
    "InvoiceNumber": "W-1",
    "Type": "ACCREC",
    "Status": "AUTHORISED",
    "Reference": "shop 1",
    "CurrencyCode": "EUR",
    "Contact": {"ContactID": "CONTACT"},
    "Total": Decimal("14.40"),
}


def judged(*invoices: dict[str, Any]) -> Finding:
    member = an_invoice("W-1")
    return judge_invoices([member], invoices)[member.id]


def test_an_invoice_that_agrees_in_everything_is_ours() -> None:
    assert judged(INVOICE) == Found(document_id="I1", total=Decimal("14.40"))


def test_a_paid_invoice_is_still_ours() -> None:
    assert isinstance(judged(INVOICE | {"Status": "PAID"}), Found)


def test_a_live_invoice_counts_beside_a_voided_one_of_the_same_number() -> None:
    voided = INVOICE | {"Status": "VOIDED", "InvoiceID": "I0"}

    assert judged(voided, INVOICE) == Found(document_id="I1", total=Decimal("14.40"))


def test_no_invoice_is_not_there() -> None:
    assert judged() == NotThere()
    assert judged(INVOICE | {"InvoiceNumber": "W-10"}) == NotThere()


@pytest.mark.parametrize(
    "difference",
    [
        {"Type": "ACCPAY"},
        {"Reference": "shop 2"},
        {"Reference": None},
        {"CurrencyCode": "USD"},
        {"Contact": {"ContactID": "OTHER"}},
        {"Contact": None},
        {"Status": "VOIDED"},
        {"Status": "DELETED"},
    ],
    ids=str,
)
def test_an_invoice_that_differs_is_for_a_person(difference: dict[str, Any]) -> None:
    assert isinstance(judged(INVOICE | difference), NotOurs)


def test_two_live_invoices_of_one_number_are_for_a_person() -> None:
    assert isinstance(judged(INVOICE, INVOICE | {"InvoiceID": "I2"}), NotOurs)


@pytest.mark.parametrize(
    "broken", [{"InvoiceID": None}, {"InvoiceID": ""}, {"Total": "much"}, {"Total": []}]
)
def test_an_invoice_that_is_not_understood_decides_nothing(
    broken: dict[str, Any],
) -> None:
    with pytest.raises(NotUnderstood):
        judged(INVOICE | broken)


# Payments -----------------------------------------------------------------------------

OPEN = {"InvoiceID": "INVOICE", "Status": "AUTHORISED", "AmountDue": Decimal(12)}
OURS = {"PaymentID": "P1", "Reference": "W-1-P1", "Amount": Decimal("5.00")}


@pytest.mark.parametrize(
    ("invoice", "expected"),
    [
        (OPEN, NotThere),
        (OPEN | {"Payments": []}, NotThere),
        (OPEN | {"Payments": [OURS]}, Found),
        (OPEN | {"Payments": [OURS | {"Reference": "by hand"}]}, NotThere),
        (OPEN | {"Payments": [OURS | {"Amount": Decimal("5.01")}]}, NotOurs),
        (OPEN | {"AmountDue": Decimal("4.99")}, NotOurs),
        (OPEN | {"AmountDue": Decimal(0), "Payments": [OURS]}, Found),
        (OPEN | {"Status": "VOIDED"}, NotOurs),
        (OPEN | {"InvoiceID": "OTHER"}, NotOurs),
    ],
)
def test_a_payment_is_judged_by_its_invoice(
    invoice: dict[str, Any], expected: type[Finding]
) -> None:
    member = a_payment("W-1-P1", "5.00")

    finding = judge_payments([member], [invoice])[member.id]

    assert isinstance(finding, expected)


# Contacts -----------------------------------------------------------------------------

NUMBERED = {"ContactID": "C1", "ContactNumber": "shop-c7", "ContactStatus": "ACTIVE"}
NAMESAKE = {"ContactID": "C2", "Name": "BUYER  ltd", "EmailAddress": "a@shop.example"}


@pytest.mark.parametrize(
    ("numbered", "named", "expected"),
    [
        ([NUMBERED], [], Found),
        ([NUMBERED | {"ContactStatus": "ARCHIVED"}], [], NotOurs),
        ([], [], NotThere),
        ([], [NAMESAKE], TryInstead),
        ([], [NAMESAKE | {"EmailAddress": "B@shop.example"}], Found),
        (
            [],
            [
                NAMESAKE
                | {"EmailAddress": "b@shop.example", "ContactStatus": "ARCHIVED"}
            ],
            NotOurs,
        ),
        ([], [NAMESAKE | {"Name": "Buyer Ltd & Co"}], NotThere),
    ],
)
def test_a_contact_is_judged_by_its_number_and_then_its_name(
    numbered: list[dict[str, Any]],
    named: list[dict[str, Any]],
    expected: type[Finding],
) -> None:
    member = a_contact("shop-c7", email="b@shop.example")

    finding = judge_contacts([member], numbered, named)[member.id]

    assert isinstance(finding, expected)


def test_a_contact_whose_name_is_taken_gets_another_once() -> None:
    member = a_contact("shop-c7")
    finding = judge_contacts([member], [], [NAMESAKE])[member.id]
    assert isinstance(finding, TryInstead)
    assert isinstance(finding.draft, ContactDraft)
    assert finding.draft.name == "Buyer Ltd (shop-c7)"

    renamed = replace(member, draft=finding.draft)
    again = judge_contacts([renamed], [], [NAMESAKE | {"Name": finding.draft.name}])

    assert again[member.id] == NotThere()


def test_a_contact_with_a_quotation_mark_in_its_name_gets_one_without_once() -> None:
    name = 'The "Wool" Shop'
    member = a_contact("shop-c7", name=name, fallback_name=f"{name} (shop-c7)")
    finding = judge_contacts([member], [], [])[member.id]
    assert isinstance(finding, TryInstead)
    assert isinstance(finding.draft, ContactDraft)
    assert finding.draft.name == "The Wool Shop (shop-c7)"

    renamed = replace(member, draft=finding.draft)
    again = judge_contacts([renamed], [], [NAMESAKE | {"Name": finding.draft.name}])

    assert again[member.id] == NotThere()
    assert name_filter([renamed]) == 'Name=="The Wool Shop (shop-c7)"'


def test_a_contact_of_our_number_is_ours_whatever_its_name() -> None:
    member = a_contact("shop-c7", name='The "Wool" Shop')

    finding = judge_contacts([member], [NUMBERED], [])[member.id]

    assert isinstance(finding, Found)
