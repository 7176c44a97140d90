"""What bears our number is ours only if it is provably ours."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dashboard.accounting.xero.decode import NotUnderstood
from dashboard.accounting.xero.lookup import (
    judge_contacts,
    judge_credit_notes,
    judge_invoices,
    judge_payments,
    judge_uses,
    judge_voids,
    name_filter,
)
from dashboard.domain.books import ContactDraft
from dashboard.domain.exchanges import Finding, Found, NotOurs, NotThere, TryInstead
from tests.accounting.elements import (
    a_contact,
    a_credit_note,
    a_payment,
    a_refund,
    a_void,
    an_allocation,
    an_invoice,
)

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


def test_a_payment_of_an_invoice_that_others_paid_says_so() -> None:
    member = a_payment("W-1-P1", "5.00")
    settled = OPEN | {"Status": "PAID", "AmountDue": Decimal(0)}

    finding = judge_payments([member], [settled])[member.id]

    assert isinstance(finding, NotOurs)
    assert "other hands have paid the whole invoice" in finding.problem.message


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


# Credit notes and what they are used for -------------------------------------------

NOTE = {
    "CreditNoteID": "NOTE",
    "CreditNoteNumber": "W-1-CN7",
    "Type": "ACCRECCREDIT",
    "Status": "AUTHORISED",
    "Reference": "shop 1",
    "CurrencyCode": "EUR",
    "Contact": {"ContactID": "CONTACT"},
    "Total": Decimal("5.00"),
    "RemainingCredit": Decimal("5.00"),
    "Allocations": [],
    "Payments": [],
}
ALLOCATED = {
    "AllocationID": "A1",
    "Amount": Decimal("5.00"),
    "Invoice": {"InvoiceID": "INVOICE"},
}
PAID_OUT = {"PaymentID": "P1", "Reference": "W-1-CN7-R", "Amount": Decimal("5.00")}
USED_UP = {"RemainingCredit": Decimal("0.00"), "Status": "PAID"}


def judged_note(*notes: dict[str, Any]) -> Finding:
    member = a_credit_note()
    return judge_credit_notes([member], notes)[member.id]


def judged_allocation(note: dict[str, Any], due: str = "14.40") -> Finding:
    member = an_allocation()
    invoices = [{"InvoiceID": "INVOICE", "AmountDue": Decimal(due)}]
    return judge_uses([member], [note], invoices)[member.id]


def judged_refund(*notes: dict[str, Any]) -> Finding:
    member = a_refund()
    return judge_uses([member], notes)[member.id]


def test_a_credit_note_that_agrees_in_everything_is_ours() -> None:
    assert judged_note(NOTE) == Found(document_id="NOTE", total=Decimal("5.00"))
    assert judged_note() == NotThere()


def test_a_credit_note_of_another_contact_is_not_ours() -> None:
    other = judged_note(NOTE | {"Contact": {"ContactID": "OTHER"}})

    assert isinstance(other, NotOurs)
    assert "a credit note W-1-CN7 that is not this order's" in other.problem.message


def test_an_allocation_is_known_by_its_invoice_and_its_amount() -> None:
    found = judged_allocation(NOTE | USED_UP | {"Allocations": [ALLOCATED]})

    assert found == Found(document_id="A1")
    assert judged_allocation(NOTE) == NotThere()


def test_an_allocation_is_not_taken_for_an_equal_one_before_it() -> None:
    member = an_allocation(equal_before=1)
    note = NOTE | {"RemainingCredit": Decimal("5.00")}
    invoices = [{"InvoiceID": "INVOICE", "AmountDue": Decimal("14.40")}]

    def judged(*allocations: dict[str, Any]) -> Finding:
        told = note | {"Allocations": [*allocations]}
        return judge_uses([member], [told], invoices)[member.id]

    assert judged(ALLOCATED) == NotThere()
    second = ALLOCATED | {"AllocationID": "A2"}
    assert judged(ALLOCATED, second) == Found(document_id="A2")


def test_credit_used_by_other_hands_is_not_allocated() -> None:
    other = ALLOCATED | {"Invoice": {"InvoiceID": "ANOTHER"}}
    finding = judged_allocation(NOTE | USED_UP | {"Allocations": [other]})

    assert isinstance(finding, NotOurs)
    assert "only 0.00 of it is left" in finding.problem.message


def test_nothing_is_allocated_to_an_invoice_that_others_settled() -> None:
    finding = judged_allocation(NOTE, due="1.00")

    assert isinstance(finding, NotOurs)
    assert "only 1.00 of invoice W-1 is open" in finding.problem.message


def test_a_refund_is_known_by_its_reference() -> None:
    assert judged_refund(NOTE | USED_UP | {"Payments": [PAID_OUT]}) == Found(
        document_id="P1"
    )
    assert judged_refund(NOTE) == NotThere()


def test_a_refund_of_a_credit_note_that_is_gone_needs_a_person() -> None:
    assert isinstance(judged_refund(), NotOurs)
    assert isinstance(judged_refund(NOTE | {"Status": "VOIDED"}), NotOurs)


def test_a_refund_of_another_amount_needs_a_person() -> None:
    other = PAID_OUT | {"Amount": Decimal("4.00")}

    assert isinstance(judged_refund(NOTE | {"Payments": [other]}), NotOurs)


@pytest.mark.parametrize(
    ("status", "finding"),
    [
        ("VOIDED", Found(document_id="INVOICE")),
        ("DELETED", Found(document_id="INVOICE")),
        ("AUTHORISED", NotThere()),
    ],
)
def test_an_invoice_is_voided_when_the_books_say_so(
    status: str, finding: Finding
) -> None:
    member = a_void()
    invoice = {"InvoiceID": "INVOICE", "Status": status}

    assert judge_voids([member], [invoice])[member.id] == finding
