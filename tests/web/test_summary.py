"""The one sentence on top of the overview."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from dashboard.domain.status import OrderStatus
from dashboard.store.listing_overview import Pulse
from dashboard.web.language import install_language
from dashboard.web.summary import headline

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
PAID = OrderStatus.PAID
WAITING = OrderStatus.AWAITING_PAYMENT


@pytest.fixture(autouse=True)
def speaking() -> Iterator[None]:
    app = Flask("speaking")
    install_language(app)
    with app.test_request_context():
        yield


def a_pulse(*, attention: int = 0, seen: timedelta = timedelta(0)) -> Pulse:
    return Pulse(
        engine_seen_at=NOW - seen,
        connected=True,
        pause=None,
        needs_attention=attention,
        moving=False,
    )


@pytest.mark.parametrize(
    ("attention", "counts", "title", "text"),
    [
        (0, {}, "No orders yet", "as soon as a shop sends"),
        (0, {PAID: 9}, "Everything is booked", "Nothing needs you."),
        (0, {PAID: 9, WAITING: 1}, "Everything is booked", "1 order waits"),
        (0, {OrderStatus.QUEUED: 2}, "2 orders are on their way", "Nothing needs you"),
        (1, {PAID: 9}, "1 order needs you", "Everything else is booked."),
        (3, {WAITING: 2}, "3 orders need you", "or waits for its payment"),
        (3, {OrderStatus.RETRYING: 1}, "3 orders need you", "1 other is on its way"),
    ],
)
def test_the_headline_says_what_matters_most(
    attention: int, counts: dict[OrderStatus, int], title: str, text: str
) -> None:
    said = headline(a_pulse(attention=attention), counts, NOW)

    assert title in said.title
    assert text in said.text


def test_without_a_shop_the_next_step_is_to_add_one() -> None:
    said = headline(a_pulse(), {}, NOW, any_shop=False)

    assert said.title == "No shop yet"
    assert "Settings > Shops" in said.text


def test_a_stopped_engine_comes_before_everything_else() -> None:
    pulse = a_pulse(attention=3, seen=timedelta(hours=1))

    assert headline(pulse, {PAID: 9}, NOW).title == "The engine has stopped"
