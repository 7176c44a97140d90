"""Rate limits and idempotency keys, on a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mock_accounting.ledger.clock import Clock
from mock_accounting.traffic.limits import LimitExceeded, Limits, Quota

InvoiceBody = Callable[..., dict[str, Any]]


def test_the_sixty_first_call_of_a_minute_is_refused(
    limited_api: Any, clock: Clock
) -> None:
    first = limited_api.get("Organisation")
    clock.advance(timedelta(seconds=20))
    for _ in range(59):
        assert limited_api.get("Organisation").status_code == 200

    refused = limited_api.get("Organisation")
    clock.advance(timedelta(seconds=40))
    after = limited_api.get("Organisation")

    assert first.headers["X-MinLimit-Remaining"] == "59"
    assert refused.status_code == 429
    assert refused.data == b""
    assert "Content-Type" not in refused.headers
    assert refused.headers["Retry-After"] == "40"
    assert refused.headers["X-Rate-Limit-Problem"] == "minute"
    assert refused.headers["X-MinLimit-Remaining"] == "0"
    assert after.status_code == 200


def test_every_answer_tells_what_is_left(limited_api: Any) -> None:
    answer = limited_api.get("Invoices/missing")

    assert answer.status_code == 404
    assert answer.headers["X-DayLimit-Remaining"] == "4999"
    assert answer.headers["X-AppMinLimit-Remaining"] == "9999"


def test_the_day_limit_lasts_until_its_window_ends(clock: Clock) -> None:
    limits = Limits(Quota(day=1), clock)
    with limits.admit("t"):
        pass
    clock.advance(timedelta(hours=23))

    with pytest.raises(LimitExceeded) as limit, limits.admit("t"):
        pass
    clock.advance(timedelta(hours=1))
    with limits.admit("t"):
        pass

    assert (limit.value.problem, limit.value.retry_after_s) == ("day", 3600)


def test_a_sixth_call_in_flight_is_refused_without_a_time_to_wait(clock: Clock) -> None:
    limits = Limits(Quota(in_flight=1), clock)

    with (
        limits.admit("t"),
        pytest.raises(LimitExceeded) as limit,
        limits.admit("t"),
    ):
        pass

    assert (limit.value.problem, limit.value.retry_after_s) == ("concurrent", None)
    with limits.admit("t"):
        pass


def test_limits_off_refuse_nothing(api: Any) -> None:
    for _ in range(70):
        answer = api.get("Organisation")

    assert answer.status_code == 200
    assert answer.headers["X-MinLimit-Remaining"] == "60"


def test_a_repeat_with_its_key_is_answered_alike_and_books_nothing(
    api: Any, invoice_body: InvoiceBody
) -> None:
    first = api.put("Invoices", invoice_body(), Idempotency_Key="k-1")

    repeat = api.put("Invoices", invoice_body(), Idempotency_Key="k-1")

    assert repeat.data == first.data
    assert repeat.content_type == first.content_type
    assert len(api.get("Invoices").get_json()["Invoices"]) == 1
    marks = [it["replayed"] for it in api.control("GET", "requests")["requests"]]
    assert marks == [False, False, True, False]


def test_refusals_are_kept_for_repeats_too(api: Any, invoice_body: InvoiceBody) -> None:
    wrong = invoice_body("W-1", CurrencyCode="SEK")

    statuses = [
        api.put("Invoices", wrong, Idempotency_Key="k-1").status_code for _ in range(2)
    ]

    assert statuses == [400, 400]
    assert api.control("GET", "requests")["requests"][-1]["replayed"] is True


def test_a_key_with_another_request_is_refused(
    api: Any, invoice_body: InvoiceBody
) -> None:
    api.put("Invoices", invoice_body("W-1"), Idempotency_Key="k-1")

    other = api.put("Invoices", invoice_body("W-2"), Idempotency_Key="k-1")

    assert other.status_code == 400
    assert (
        other.get_json()["Message"]
        == "Idempotency Key: k-1 is used with a different request."
    )


def test_a_key_is_forgotten_after_six_minutes(
    api: Any, invoice_body: InvoiceBody, clock: Clock
) -> None:
    api.put("Invoices", invoice_body(), Idempotency_Key="k-1")
    clock.advance(timedelta(minutes=6))

    api.put("Invoices", invoice_body(), Idempotency_Key="k-1")

    assert len(api.get("Invoices").get_json()["Invoices"]) == 2


def test_a_key_may_have_128_characters(api: Any, invoice_body: InvoiceBody) -> None:
    fits = api.put("Invoices", invoice_body(), Idempotency_Key="k" * 128)
    too_long = api.put("Invoices", invoice_body(), Idempotency_Key="k" * 129)

    assert (fits.status_code, too_long.status_code) == (200, 400)


def test_keys_mean_nothing_on_get(api: Any, invoice_body: InvoiceBody) -> None:
    key = {"Idempotency-Key": "k-1"}
    api.call("GET", "Invoices", headers=key)
    api.put("Invoices", invoice_body())

    assert len(api.call("GET", "Invoices", headers=key).get_json()["Invoices"]) == 1


def test_a_replay_counts_for_the_limits(
    limited_api: Any, invoice_body: InvoiceBody
) -> None:
    for _ in range(2):
        answer = limited_api.put("Invoices", invoice_body(), Idempotency_Key="k-1")

    assert answer.headers["X-MinLimit-Remaining"] == "58"
