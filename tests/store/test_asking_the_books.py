"""After settling, what the books have decides what goes again (T4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from dashboard.domain.books import ContactDraft
from dashboard.domain.exchanges import Claim, Finding, Found, NotOurs, TryInstead
from dashboard.domain.problems import Cause, Problem
from tests.fixtures.builders import an_order
from tests.fixtures.company import TIMING, Company
from tests.fixtures.fake_books import freeze
from tests.fixtures.work import (
    NO_ANSWER,
    an_exchange,
    confirm_next,
    send_next,
    start_run,
)


@pytest.fixture
def unknown(company: Company) -> Claim:
    """The invoices of the orders 1, 2 and 3, sent, no answer, settled, claimed."""
    company.take_in(*(an_order(number) for number in "123"))
    confirm_next(company)
    lost = send_next(company)
    exchange, run_id = an_exchange(company), start_run(company)
    company.queue().record_unknown(lost, NO_ANSWER, exchange, run_id)
    company.clock.advance(TIMING.settle_s)
    return claim_unknown(company)


def claim_unknown(company: Company) -> Claim:
    claim = company.queue().claim()
    assert claim is not None
    assert claim.unknown
    return claim


def record(
    company: Company, claim: Claim, found: Mapping[str, Finding]
) -> Claim | None:
    findings = {
        member.id: found[member.natural_key]
        for member in claim.members
        if member.natural_key in found
    }
    run_id = start_run(company)
    return company.queue().record_findings(claim, findings, freeze, run_id)


def ids(*numbers: str) -> dict[str, Finding]:
    return {f"W-{number}": Found(document_id=f"D{number}") for number in numbers}


def test_what_is_all_there_is_done(company: Company, unknown: Claim) -> None:
    assert record(company, unknown, ids("1", "2", "3")) is None

    assert company.posting("W-2").document_id == "D2"
    assert company.requests()[-1].state == "done"
    assert "Invoice W-2 found in the books." in company.story("2")


def test_what_is_not_there_goes_again_with_the_same_bytes_and_key(
    company: Company, unknown: Claim
) -> None:
    resend = record(company, unknown, {})

    assert resend is not None
    assert not resend.unknown
    assert resend.body == unknown.body
    assert resend.idempotency_key == unknown.idempotency_key
    assert company.queue().start_sending(resend)


def test_what_is_missing_of_a_batch_goes_with_a_new_key(
    company: Company, unknown: Claim
) -> None:
    assert record(company, unknown, ids("2")) is None

    rest = send_next(company)
    assert [member.natural_key for member in rest.members] == ["W-1", "W-3"]
    assert rest.idempotency_key != unknown.idempotency_key
    assert rest.may_be_in_the_books


def test_what_is_missing_is_asked_for_again_when_the_verdict_is_old(
    company: Company, unknown: Claim
) -> None:
    record(company, unknown, ids("2"))
    company.clock.advance(TIMING.fresh_s + 1)
    rest = company.queue().claim()
    assert rest is not None

    assert not company.queue().start_sending(rest)

    assert claim_unknown(company).members == rest.members


def test_something_else_under_our_number_calls_for_a_person(
    company: Company, unknown: Claim
) -> None:
    other = NotOurs(problem=Problem(cause=Cause.NOT_OURS, message="Another's."))

    record(company, unknown, ids("1", "3") | {"W-2": other})

    assert company.row("2").message == "Another's."
    assert company.status("1") == "in progress"


def test_what_can_be_booked_in_another_form_is_tried_in_it(company: Company) -> None:
    company.take_in(an_order())
    lost = send_next(company)
    exchange, run_id = an_exchange(company), start_run(company)
    company.queue().record_unknown(lost, NO_ANSWER, exchange, run_id)
    company.clock.advance(TIMING.settle_s)
    draft = lost.members[0].draft
    assert isinstance(draft, ContactDraft)
    renamed = TryInstead(draft=replace(draft, name="Buyer (7)"), reason="Taken.")

    record(company, claim_unknown(company), {"shop-c7": renamed})

    assert b"Buyer (7)" in send_next(company).body
    assert "Taken." in company.story()


def test_a_question_without_answer_is_asked_again_later(
    company: Company, unknown: Claim
) -> None:
    company.queue().look_later(
        unknown, replace(NO_ANSWER, wait_s=30.0), start_run(company)
    )

    assert company.queue().claim() is None
    company.clock.advance(30)
    assert claim_unknown(company).members == unknown.members


def test_a_worker_whose_lease_ended_decides_nothing(
    company: Company, unknown: Claim
) -> None:
    company.clock.advance(TIMING.lease_s)
    company.queue("other").claim()

    assert record(company, unknown, ids("1", "2", "3")) is None

    assert company.postings()["W-1"] == "in flight"
