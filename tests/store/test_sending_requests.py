"""One worker at a time, and nothing is sent that may be in the books already (T2)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.domain.exchanges import Claim
from dashboard.domain.timing import Timing
from dashboard.store.holdings import free, holders
from tests.fixtures.builders import a_customer, an_order
from tests.fixtures.company import TIMING, Company
from tests.fixtures.fake_books import freeze
from tests.fixtures.work import NO_ANSWER, an_exchange, claim_next, send_next, start_run


@pytest.fixture
def claim(company: Company) -> Claim:
    company.take_in(an_order())
    return claim_next(company)


def put_off(company: Company, claim: Claim, wait_s: float = 10.0) -> None:
    exchange, run_id = an_exchange(company), start_run(company)
    company.queue().put_off(claim, "Too many", wait_s, exchange, run_id)


def lose_answer(company: Company, claim: Claim) -> None:
    exchange, run_id = an_exchange(company), start_run(company)
    company.queue().record_unknown(claim, NO_ANSWER, exchange, run_id)


@pytest.mark.usefixtures("claim")
def test_a_claimed_request_is_nobody_elses(company: Company) -> None:
    assert company.queue("other").claim() is None


def test_a_lease_that_ended_lets_another_take_over(
    company: Company, claim: Claim
) -> None:
    company.clock.advance(TIMING.lease_s)

    again = company.queue("other").claim()

    assert again is not None
    assert again.token == claim.token + 1
    assert not company.queue().start_sending(claim)
    assert company.queue("other").start_sending(again)


def test_a_claim_of_the_same_worker_that_is_outdated_sends_nothing(
    company: Company, claim: Claim
) -> None:
    company.clock.advance(TIMING.lease_s)
    company.queue().claim()

    assert not company.queue().start_sending(claim)


def test_only_one_of_many_workers_gets_a_request(company: Company) -> None:
    company.take_in(an_order())
    company.queue().prepare(freeze)
    company.clock.advance(TIMING.lease_s)
    barrier = threading.Barrier(8)

    def claim(number: int) -> Claim | None:
        queue = company.queue(f"worker {number}")
        barrier.wait()
        return queue.claim()

    with ThreadPoolExecutor(8) as threads:
        claims = list(threads.map(claim, range(8)))

    assert sum(claim is not None for claim in claims) == 1


def test_several_workers_share_several_requests(company: Company) -> None:
    orders = (an_order(str(n), customer=a_customer(str(n))) for n in range(120))
    company.take_in(*orders)
    while company.queue().prepare(freeze):
        pass
    company.clock.advance(TIMING.lease_s)

    claims = [company.queue(f"worker {n}").claim() for n in range(4)]

    ids = {claim.request_id for claim in claims if claim is not None}
    assert (len(ids), claims[3]) == (3, None)


def test_a_worker_that_vanished_while_sending_leaves_an_unknown_outcome(
    company: Company, claim: Claim
) -> None:
    company.queue().start_sending(claim)
    company.clock.advance(TIMING.lease_s)

    taken = company.queue("other").claim()

    # It was sent long ago: the time to settle is over and the books may be asked.
    assert taken is not None
    assert taken.unknown
    assert company.status() == "checking"


@pytest.mark.usefixtures("claim")
def test_what_a_killed_worker_held_is_freed_once(company: Company) -> None:
    assert holders(company.database) == {"worker"}

    free(company.database, ["worker"])

    # Nobody may be able to take it for hours, while the books are away.
    assert holders(company.database) == set()
    assert company.queue("other").claim() is not None


def test_a_lost_answer_is_asked_for_only_after_settling(
    company: Company, claim: Claim
) -> None:
    company.queue().start_sending(claim)
    lose_answer(company, claim)

    assert company.status() == "checking"
    company.clock.advance(TIMING.settle_s - 1)
    assert company.queue().claim() is None
    company.clock.advance(1)
    assert company.queue().claim() is not None


def test_what_was_not_processed_goes_again_without_a_question(
    company: Company, claim: Claim
) -> None:
    company.queue().start_sending(claim)
    put_off(company, claim, wait_s=10.0)

    assert company.status() == "retrying"
    assert company.queue().claim() is None
    company.clock.advance(10)
    again = company.queue().claim()
    assert again is not None
    assert not again.may_be_in_the_books
    assert again.body == claim.body
    assert company.queue().start_sending(again)


def test_what_may_be_in_the_books_stays_so_when_put_off(
    company: Company, claim: Claim
) -> None:
    company.queue().start_sending(claim)
    lose_answer(company, claim)
    company.clock.advance(TIMING.settle_s)
    asked = claim_next(company)
    resend = company.queue().record_findings(asked, {}, freeze, start_run(company))
    assert resend is not None
    assert company.queue().start_sending(resend)

    put_off(company, resend, wait_s=TIMING.fresh_s + 1)

    company.clock.advance(TIMING.fresh_s + 1)
    stale = company.queue().claim()
    assert stale is not None
    assert stale.may_be_in_the_books
    assert not company.queue().start_sending(stale)
    asked_again = company.queue().claim()
    assert asked_again is not None
    assert asked_again.unknown


def test_an_old_verdict_is_not_believed_after_the_worker_died(
    company: Company, claim: Claim
) -> None:
    company.queue().start_sending(claim)
    lose_answer(company, claim)
    company.clock.advance(TIMING.settle_s)
    asked = claim_next(company)
    company.queue().record_findings(asked, {}, freeze, start_run(company))
    # It died here. Hours later another worker finds the request ready to be sent.
    company.clock.advance(2 * TIMING.lease_s)
    taken = company.queue("other").claim()
    assert taken is not None
    assert not taken.unknown

    assert not company.queue("other").start_sending(taken)

    assert company.status() == "checking"


def test_a_request_given_back_waits_and_is_taken_again(
    company: Company, claim: Claim
) -> None:
    company.queue().give_back(claim, 30.0)

    company.clock.advance(29)
    assert company.queue().claim() is None
    company.clock.advance(1)
    assert company.queue().claim() is not None


def test_a_clock_set_back_for_long_does_not_stop_the_work(
    company: Company, claim: Claim
) -> None:
    company.queue().give_back(claim, 30.0)

    company.clock.advance(-TIMING.max_delay_s - 60)

    assert company.queue().claim() is not None


def test_a_pause_longer_than_any_delay_is_not_taken_for_a_clock_set_back(
    company: Company, claim: Claim
) -> None:
    company.queue().start_sending(claim)

    put_off(company, claim, wait_s=12 * 3600.0)

    assert company.queue().claim() is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"deadline_s": 120.0},
        {"settle_s": 3600.0},
        {"fresh_s": 115.0},
    ],
)
def test_waiting_times_that_could_book_twice_are_refused(
    wrong: dict[str, float],
) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Timing(**wrong)


def test_the_order_shows_when_its_request_goes_again(company: Company) -> None:
    company.take_in(an_order())
    claim = send_next(company)

    put_off(company, claim, wait_s=10.0)

    next_attempt_at = company.row().next_attempt_at
    assert next_attempt_at is not None
    assert (next_attempt_at - company.clock.now()).total_seconds() == 10


@pytest.mark.parametrize("jump_s", [-100.0, -2 * 3600.0])
def test_books_are_left_to_settle_though_the_clock_was_set_back_meanwhile(
    company: Company, jump_s: float
) -> None:
    company.take_in(an_order())
    claim = send_next(company)
    exchange, run_id = an_exchange(company), start_run(company)

    company.clock.jump(jump_s)
    company.queue().record_unknown(claim, NO_ANSWER, exchange, run_id)

    assert company.queue().claim() is None
    company.clock.advance(TIMING.settle_s)
    taken = company.queue().claim()
    assert taken is not None
    assert taken.unknown
