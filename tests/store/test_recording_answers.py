"""What the books said is written down once and never taken back (T3)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from dashboard.domain.exchanges import Accepted, Claim, Clash, Refused
from tests.fixtures.builders import a_customer, a_problem, an_order
from tests.fixtures.company import TIMING, Company
from tests.fixtures.fake_books import freeze
from tests.fixtures.work import (
    accepted,
    an_exchange,
    answer,
    claim_next,
    confirm_next,
    send_next,
    start_run,
)


@pytest.fixture
def two_sent(company: Company) -> Claim:
    """A request with the invoices of the orders 1 and 2, on the wire."""
    company.take_in(an_order("1"), an_order("2"))
    confirm_next(company)
    return send_next(company)


def refuse_whole(company: Company, claim: Claim) -> None:
    exchange, run_id = an_exchange(company), start_run(company)
    company.queue().refuse_whole(claim, a_problem(), exchange, run_id)


def test_each_invoice_has_its_own_verdict(company: Company, two_sent: Claim) -> None:
    answer(
        company, two_sent, [Accepted(document_id="D1"), Refused(problem=a_problem())]
    )

    assert company.posting("W-1").document_id == "D1"
    assert company.status("1") == "in progress"
    assert company.row("2").message == "The books do not want it."


def test_what_the_books_say_is_told_as_they_said_it(
    company: Company, two_sent: Claim
) -> None:
    said = "Account \"2\\00\" is\n'archived': {x: 10 %} é ☂"
    refused = Refused(problem=replace(a_problem(), message=said))

    answer(company, two_sent, [refused, *accepted(two_sent)[1:]])

    assert said in company.story("1")[-1]
    assert company.row("1").message == said


def test_an_answer_that_comes_late_still_counts(
    company: Company, two_sent: Claim
) -> None:
    company.clock.advance(TIMING.lease_s)
    taken = company.queue("other").claim()
    assert taken is not None

    answer(company, two_sent, accepted(two_sent))

    assert company.postings()["W-1"] == "confirmed"
    company.queue("other").record_findings(taken, {}, freeze, start_run(company))
    assert company.postings()["W-1"] == "confirmed"
    assert company.requests()[-1].state == "done"


def test_a_refusal_that_comes_late_does_not_count(
    company: Company, two_sent: Claim
) -> None:
    company.clock.advance(TIMING.lease_s)
    company.queue("other").claim()

    answer(company, two_sent, [Refused(problem=a_problem())] * 2)

    assert company.postings()["W-1"] == "in flight"
    assert company.status("1") == "checking"


def test_the_same_answer_twice_is_written_down_once(
    company: Company, two_sent: Claim
) -> None:
    for _ in range(2):
        answer(company, two_sent, accepted(two_sent))

    assert sum("W-1 booked" in line for line in company.story("1")) == 1


def test_two_documents_for_one_invoice_call_for_a_person(
    company: Company, two_sent: Claim
) -> None:
    answer(company, two_sent, accepted(two_sent))

    answer(company, two_sent, [Accepted(document_id="E1"), Accepted(document_id="E2")])

    assert company.posting("W-1").document_id == "D-W-1"
    assert "twice" in company.row("1").message


def test_an_invoice_with_another_total_gets_no_payment(
    company: Company, two_sent: Claim
) -> None:
    other = Accepted(document_id="D1", total=Decimal("12.01"))

    answer(company, two_sent, [other, Accepted(document_id="D2")])

    assert company.row("1").cause == "lines do not add up"
    assert [m.natural_key for m in claim_next(company).members] == ["W-2-P1"]


def test_planning_everything_again_does_not_forget_another_total(
    company: Company, two_sent: Claim
) -> None:
    other = Accepted(document_id="D1", total=Decimal("12.01"))
    answer(company, two_sent, [other, Accepted(document_id="D2")])

    company.take_in(an_order("1", note="Please hurry."))

    assert company.status("1") == "needs attention"
    assert [m.natural_key for m in claim_next(company).members] == ["W-2-P1"]


def test_a_clash_is_looked_up_at_once(company: Company, two_sent: Claim) -> None:
    answer(
        company, two_sent, [Clash(message="must be unique"), *accepted(two_sent)[1:]]
    )

    assert company.status("1") == "checking"
    again = company.queue().claim()
    assert again is not None
    assert again.unknown


def test_a_clash_that_is_never_explained_ends_with_a_person(company: Company) -> None:
    company.take_in(an_order())
    clash = [Clash(message="must be unique")]

    claim: Claim | None = claim_next(company)
    while claim is not None:
        if claim.unknown:
            run_id = start_run(company)
            claim = company.queue().record_findings(claim, {}, freeze, run_id)
        else:
            assert company.queue().start_sending(claim)
            answer(company, claim, clash)
            claim = company.queue().claim()

    assert company.status() == "needs attention"
    assert "must be unique" in company.row().message


def test_a_clash_after_the_books_were_away_is_looked_up_first(
    company: Company,
) -> None:
    company.take_in(an_order())
    for _ in range(10):
        claim = send_next(company)
        run_id = start_run(company)
        company.queue().put_off(claim, "Away", 1.0, an_exchange(company), run_id)
        company.clock.advance(1)

    answer(company, send_next(company), [Clash(message="already assigned")])

    assert company.status() == "checking"


def test_one_refused_alone_is_refused(company: Company) -> None:
    company.take_in(an_order())

    refuse_whole(company, send_next(company))

    assert company.status() == "needs attention"


def test_a_batch_refused_as_a_whole_goes_again_in_halves(company: Company) -> None:
    orders = (an_order(str(n), customer=a_customer(str(n))) for n in range(5))
    company.take_in(*orders)

    refuse_whole(company, send_next(company))

    company.clock.advance(TIMING.settle_s)
    asked = company.queue().claim()
    assert asked is not None
    company.queue().record_findings(asked, {}, freeze, start_run(company))
    halves = [send_next(company, company.queue(worker)) for worker in ("a", "b")]
    assert [len(half.members) for half in halves] == [3, 2]
    assert {half.generation for half in halves} == {asked.generation + 1}
