"""What the API answers becomes a verdict on each element, or doubt; never an error."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.accounting.xero.decode import outcome_of
from dashboard.domain.exchanges import (
    Accepted,
    Answered,
    Clash,
    NotProcessed,
    Outcome,
    OutcomeUnknown,
    Refused,
    RefusedWhole,
)
from dashboard.domain.pauses import Pause
from dashboard.domain.postings import Posting, PostingKind
from dashboard.domain.problems import Cause
from tests.accounting.elements import (
    a_contact,
    a_credit_note,
    a_payment,
    a_refund,
    a_reply,
    a_void,
    an_allocation,
    an_invoice,
)

NOBODY = "00000000-0000-0000-0000-000000000000"


def outcome(document: object, *members: Posting, status: int = 200) -> Outcome:
    members = members or (an_invoice(),)
    return outcome_of(a_reply(document, status), members[0].kind, members)


def an_error(message: str, **fields: Any) -> dict[str, Any]:
    return {
        "InvoiceID": NOBODY,
        "InvoiceNumber": "W-1",
        "HasErrors": True,
        "StatusAttributeString": "ERROR",
        "ValidationErrors": [{"Message": message}],
        **fields,
    }


def test_what_the_books_say_can_be_stored_whatever_it_is() -> None:
    said = "Not\0 this\ud800 one"

    element = outcome({"Invoices": [an_error(said)]})
    whole = outcome({"Message": said}, status=400)

    assert isinstance(element, Answered)
    (refused,) = element.verdicts
    assert isinstance(refused, Refused)
    assert isinstance(whole, RefusedWhole)
    for problem in (refused.problem, whole.problem):
        assert "Not? this? one" in problem.message
        assert problem.about == "Not? this? one"


@pytest.mark.parametrize(
    ("member", "collection", "element", "accepted"),
    [
        (
            a_contact(),
            "Contacts",
            {"ContactID": "C1", "ContactNumber": "shop-c7"},
            Accepted(document_id="C1"),
        ),
        (
            an_invoice(),
            "Invoices",
            {"InvoiceID": "I1", "InvoiceNumber": "W-1", "Total": 14.40},
            Accepted(document_id="I1", total=Decimal("14.4")),
        ),
        (
            a_payment(),
            "Payments",
            {"PaymentID": "P1", "Reference": "W-1-P1", "Amount": 5.0},
            Accepted(document_id="P1"),
        ),
        (
            a_credit_note(),
            "CreditNotes",
            {"CreditNoteID": "N1", "CreditNoteNumber": "W-1-CN7", "Total": 5.0},
            Accepted(document_id="N1", total=Decimal("5.0")),
        ),
        (
            an_allocation(),
            "Allocations",
            {"AllocationID": "A1", "Invoice": {"InvoiceID": "INVOICE"}},
            Accepted(document_id="A1"),
        ),
        (
            a_refund(),
            "Payments",
            {"PaymentID": "P2", "Reference": "W-1-CN7-R"},
            Accepted(document_id="P2"),
        ),
        (
            a_void(),
            "Invoices",
            {"InvoiceID": "INVOICE", "Status": "VOIDED"},
            Accepted(document_id="INVOICE"),
        ),
    ],
    ids=lambda value: value.kind.value if isinstance(value, Posting) else "",
)
def test_what_is_booked_brings_its_id(
    member: Posting, collection: str, element: dict[str, Any], accepted: Accepted
) -> None:
    assert outcome({collection: [element]}, member) == Answered(verdicts=(accepted,))


def test_each_element_has_its_own_verdict() -> None:
    good = {"InvoiceID": "I2", "InvoiceNumber": "W-2"}
    answer = outcome(
        {"Invoices": [an_error("No."), good]}, an_invoice("W-1"), an_invoice("W-2")
    )

    assert isinstance(answer, Answered)
    assert [type(verdict) for verdict in answer.verdicts] == [Refused, Accepted]


@pytest.mark.parametrize(
    "message",
    [
        "Invoice # must be unique.",
        (
            "The contact name X is already assigned to another contact. "
            "The contact name must be unique across all active contacts."
        ),
        "Payment amount exceeds the amount outstanding on this document",
    ],
)
def test_what_may_be_our_own_is_looked_up_before_it_is_judged(message: str) -> None:
    answer = outcome({"Invoices": [an_error(message)]})

    assert answer == Answered(verdicts=(Clash(message=message),))


@pytest.mark.parametrize(
    ("message", "cause", "section"),
    [
        ("Invoice not of valid status for modification", Cause.REFUSED, ""),
        ("Payments can only be made against Authorised documents", Cause.REFUSED, ""),
        (
            (
                "The TaxType code X does not exist or cannot be used for this type of "
                "transaction."
            ),
            Cause.REFUSED,
            "taxes",
        ),
        (
            "The TaxType code 'X' cannot be used with account code 'Y'.",
            Cause.REFUSED,
            "taxes",
        ),
        (
            "Account code 'X' is not a valid code for this document.",
            Cause.REFUSED,
            "accounts",
        ),
        ("Account must be valid.", Cause.REFUSED, "accounts"),
        (
            (
                "The document date cannot be before the period lock date, "
                "currently set at 1 Jan 2026"
            ),
            Cause.REFUSED,
            "",
        ),
        (
            "Organisation is not subscribed to currency JPY",
            Cause.REFUSED,
            "",
        ),
        (
            (
                "The specified contact details matched an archived contact. Archived "
                "contacts cannot currently be edited via the API."
            ),
            Cause.ARCHIVED_CONTACT,
            "",
        ),
    ],
)
def test_a_refusal_says_what_to_do(message: str, cause: Cause, section: str) -> None:
    answer = outcome({"Invoices": [an_error(message)]})

    assert isinstance(answer, Answered)
    (verdict,) = answer.verdicts
    assert isinstance(verdict, Refused)
    assert (verdict.problem.cause, verdict.problem.settings_section) == (cause, section)
    assert verdict.problem.message.endswith(".")


def test_what_a_refusal_says_and_what_to_do_are_two_sentences() -> None:
    answer = outcome({"Invoices": [an_error("The document date is locked")]})

    assert isinstance(answer, Answered)
    (verdict,) = answer.verdicts
    assert isinstance(verdict, Refused)
    assert "The document date is locked. " in verdict.problem.message


def test_an_error_without_a_reason_is_a_refusal_all_the_same() -> None:
    silent = {"InvoiceID": NOBODY, "InvoiceNumber": "W-1"}
    answer = outcome({"Invoices": [silent]})

    assert isinstance(answer, Answered)
    assert isinstance(answer.verdicts[0], Refused)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html><body>Maintenance</body></html>",
        b'<?xml version="1.0"?><Response><Status>OK</Status></Response>',
        b'{"Invoices": [{"InvoiceID": "I1", "Inv',
        b"\xff\xfe{}",
        b"[" * 100_000,
        b"[]",
        b"null",
        {},
        {"Invoices": None},
        {"Invoices": {}},
        {"Invoices": []},
        {"Invoices": [None]},
        {"Invoices": [{}]},
        {"Invoices": [{"InvoiceID": "I1", "InvoiceNumber": "W-2"}]},
        {"Invoices": [{"InvoiceNumber": "W-1"}]},
        {"Invoices": [{"InvoiceID": "I1", "InvoiceNumber": "W-1"}] * 2},
        {"Invoices": [{"InvoiceID": "I1", "InvoiceNumber": "W-1", "Total": "much"}]},
        {"Invoices": [{"InvoiceID": "I1", "InvoiceNumber": "W-1", "Total": {}}]},
        {"Contacts": [{"InvoiceID": "I1", "InvoiceNumber": "W-1"}]},
    ],
)
def test_an_answer_of_200_that_is_not_understood_leaves_doubt(document: object) -> None:
    assert isinstance(outcome(document), OutcomeUnknown)


@pytest.mark.parametrize("status", [201, 204, 302, 408, 409, 500, 502, 503, 504])
def test_any_other_status_leaves_doubt(status: int) -> None:
    assert isinstance(outcome(b"", status=status), OutcomeUnknown)


@pytest.mark.parametrize(
    ("status", "headers", "wait_s", "pause"),
    [
        (401, {}, 0.0, None),
        (403, {}, 300.0, Pause.DISCONNECTED),
        (404, {}, 300.0, Pause.WRONG_ADDRESS),
        (
            429,
            {"Retry_After": "26", "X_Rate_Limit_Problem": "minute"},
            26.0,
            Pause.MINUTE_LIMIT,
        ),
        (429, {"X_Rate_Limit_Problem": "day"}, 3600.0, Pause.DAY_LIMIT),
        (429, {"X_Rate_Limit_Problem": "concurrent"}, 1.0, None),
        (429, {"Retry_After": "soon"}, 1.0, Pause.MINUTE_LIMIT),
    ],
)
def test_what_was_certainly_not_processed_waits_as_asked(
    status: int, headers: dict[str, str], wait_s: float, pause: Pause | None
) -> None:
    reply = a_reply(b"", status, **headers)

    answer = outcome_of(reply, PostingKind.INVOICE, [an_invoice()])

    assert isinstance(answer, NotProcessed)
    assert (answer.wait_s, answer.pause) == (wait_s, pause)


@pytest.mark.parametrize("status", [400, 412, 413, 415, 422])
def test_a_request_that_is_refused_whole_says_why(status: int) -> None:
    document = {"Message": "A validation exception occurred", "Elements": []}

    answer = outcome(document, status=status)

    assert isinstance(answer, RefusedWhole)
    assert "A validation exception occurred" in answer.problem.message


@pytest.mark.parametrize("document", [b"", b"<html>", {"Elements": [None, 1]}, []])
def test_a_refusal_that_is_not_understood_is_one_all_the_same(document: object) -> None:
    assert isinstance(outcome(document, status=400), RefusedWhole)


def test_one_refused_whole_for_what_may_be_our_own_is_looked_up() -> None:
    document = {"Elements": [an_error("Invoice # must be unique.")]}

    answer = outcome(document, status=400)

    assert answer == Answered(verdicts=(Clash(message="Invoice # must be unique."),))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Invoices",
                    "InvoiceID",
                    "InvoiceNumber",
                    "Total",
                    "ValidationErrors",
                    "Message",
                    "Elements",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(element=_JSON, rest=_JSON, status=st.sampled_from([200, 400, 401, 429, 500]))
def test_no_answer_raises(element: object, rest: object, status: int) -> None:
    for document in ({"Invoices": [element]}, {"Elements": element}, rest):
        reply = a_reply(json.dumps(document).encode(), status)

        assert outcome_of(reply, PostingKind.INVOICE, [an_invoice()]) is not None
