"""What gets no answer again and again is told to a person, and not sent blindly."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.domain.exchanges import Claim, Finding, Found
from dashboard.domain.timing import Patience
from tests.fixtures.builders import an_order
from tests.fixtures.company import TIMING, Company
from tests.fixtures.fake_books import freeze
from tests.fixtures.work import NO_ANSWER, an_exchange, send_next, start_run

PATIENCE = TIMING.patience
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
DAY_S = 24 * 3600.0


@pytest.mark.parametrize(
    ("attempts", "age_s", "over"),
    [
        (1, 0.0, False),
        (9, DAY_S - 1, False),
        (10, 0.0, True),
        (2, 10 * DAY_S, False),
        (3, DAY_S, True),
    ],
)
def test_patience_ends_by_attempts_or_by_age_but_not_of_what_was_hardly_tried(
    attempts: int, age_s: float, *, over: bool
) -> None:
    began = NOW - timedelta(seconds=age_s)

    assert Patience().is_over(attempts, began, NOW) is over


def fail(company: Company, *, counts: bool = True) -> None:
    """Send the next request, and let the answer get lost."""
    claim = send_next(company)
    failed = replace(NO_ANSWER, counts=counts)
    exchange, run_id = an_exchange(company), start_run(company)
    company.queue().record_unknown(claim, failed, exchange, run_id)


def ask(company: Company, **found: Finding) -> Claim | None:
    """Let the books be asked when it is time; return what is to be sent at once."""
    queue = company.queue()
    company.clock.advance(TIMING.max_delay_s)
    claim = queue.claim()
    assert claim is not None
    assert claim.unknown
    by_id = {m.id: found[m.kind.value] for m in claim.members if m.kind.value in found}
    return queue.record_findings(claim, by_id, freeze, start_run(company))


def fail_until_given_up(company: Company) -> None:
    claim = send_next(company)
    for _ in range(PATIENCE.attempts):
        exchange, run_id = an_exchange(company), start_run(company)
        company.queue().record_unknown(claim, NO_ANSWER, exchange, run_id)
        again = ask(company)
        if again is None:
            return
        claim = again
        assert company.queue().start_sending(claim)
    raise AssertionError("never given up")


def test_what_is_tried_too_often_is_told_and_only_asked_for_now(
    company: Company,
) -> None:
    company.take_in(an_order())

    fail_until_given_up(company)

    row = company.row()
    assert (row.status, row.cause, row.cause_about) == (
        "needs attention",
        "no answer from the books",
        "contact",
    )
    assert "Tried for too long" in " ".join(company.story())
    (request,) = company.requests()
    assert request.attempts == PATIENCE.attempts
    assert ask(company) is None
    company.assert_statuses_are_what_follows_from_the_postings()


def test_what_turns_up_in_the_books_later_goes_on_by_itself(company: Company) -> None:
    company.take_in(an_order())
    fail_until_given_up(company)

    ask(company, contact=Found(document_id="D1"))

    assert company.status() == "queued"
    assert company.postings()["shop-c7"] == "confirmed"


def test_a_retry_asks_at_once_and_sends_what_is_not_there(company: Company) -> None:
    company.take_in(an_order())
    fail_until_given_up(company)

    assert company.retry("1042") == 1

    assert company.status() == "checking"
    claim = company.queue().claim()
    assert claim is not None
    resend = company.queue().record_findings(claim, {}, freeze, start_run(company))
    assert resend is not None
    assert company.queue().start_sending(resend)
    company.assert_statuses_are_what_follows_from_the_postings()


def test_a_retry_of_one_order_goes_for_all_that_share_the_request(
    company: Company,
) -> None:
    company.take_in(an_order("1"), an_order("2"))  # of one customer
    fail_until_given_up(company)
    assert set(company.statuses().values()) == {"needs attention"}

    assert company.retry("2") == 1

    assert set(company.statuses().values()) == {"checking"}


def test_what_fails_while_the_connection_pauses_uses_nothing_up(
    company: Company,
) -> None:
    company.take_in(an_order())

    fail(company, counts=False)

    (request,) = company.requests()
    assert request.attempts == 0
    assert request.failing_since is None
    assert company.status() == "checking"


def test_waiting_grows_with_the_attempts_and_the_settling_time_stays(
    company: Company,
) -> None:
    company.take_in(an_order())
    fail(company)
    (request,) = company.requests()
    first_s = (request.not_before - company.clock.now()).total_seconds()

    again = ask(company)
    assert again is not None
    assert company.queue().start_sending(again)
    asked = replace(NO_ANSWER, wait_s=900.0)
    exchange, run_id = an_exchange(company), start_run(company)
    company.queue().record_unknown(again, asked, exchange, run_id)

    (request,) = company.requests()
    second_s = (request.not_before - company.clock.now()).total_seconds()
    assert first_s == TIMING.settle_s
    assert second_s >= TIMING.settle_s + 900.0
