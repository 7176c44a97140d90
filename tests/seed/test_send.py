"""Orders go out signed as WooCommerce signs them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from seed.catalogue import Shop
from seed.cli import main
from seed.orders import Snapshot
from seed.send import Intake, deliver, headers, signature
from seed.story import Pace, numbers
from tests.seed.conftest import IntakeDouble

DATA = Path(__file__).parent / "data"
SECRET = 'shop-secret & <"x">'


def test_the_signature_is_woocommerces_own() -> None:
    real = json.loads((DATA / "webhook_created.json").read_text("utf-8"))

    ours = signature(real["raw"].encode(), real["secret"])

    assert ours == real["headers"]["X-WC-Webhook-Signature"]


def test_the_headers_are_those_of_a_real_delivery(
    story: Callable[..., Iterator[Snapshot]], shop: Shop
) -> None:
    real = json.loads((DATA / "webhook_created.json").read_text("utf-8"))

    ours = headers(b"{}", next(story(1)), shop, SECRET)

    assert set(ours) - {"User-Agent"} == {
        name for name in real["headers"] if name.startswith(("X-WC", "Content-Type"))
    }
    assert ours["User-Agent"] == real["headers"]["User-Agent"]
    assert ours["X-WC-Webhook-Topic"] == "order.created"


def test_an_order_arrives_whole_and_signed(
    intake: IntakeDouble, story: Callable[..., Iterator[Snapshot]], shop: Shop
) -> None:
    target = Intake.of(f"{intake.url}/", "demo-shop", SECRET)

    with requests.Session() as session:
        outcome = deliver(next(story(1)), shop, target, session)

    path, sent, raw = intake.received[0]
    digest = hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()
    assert outcome.taken
    assert path == "/intake/demo-shop"
    assert sent["X-WC-Webhook-Signature"] == base64.b64encode(digest).decode()
    assert json.loads(raw)["number"] == "1001"


def test_a_refusal_is_told_in_one_line(
    intake: IntakeDouble, story: Callable[..., Iterator[Snapshot]], shop: Shop
) -> None:
    intake.status = 401
    intake.text = '{\n  "error": "the signature is wrong"\n}'
    target = Intake.of(intake.url, "demo-shop", SECRET)

    with requests.Session() as session:
        outcome = deliver(next(story(1)), shop, target, session)

    assert not outcome.taken
    assert outcome.reason == 'HTTP 401 { "error": "the signature is wrong" }'


def test_a_dashboard_that_is_away_is_told_in_one_line(
    story: Callable[..., Iterator[Snapshot]], shop: Shop
) -> None:
    target = Intake.of("http://127.0.0.1:1", "demo-shop", SECRET)

    with requests.Session() as session:
        outcome = deliver(next(story(1)), shop, target, session)

    assert outcome.status is None
    assert outcome.reason.startswith("no answer")
    assert "\n" not in outcome.reason


def test_send_tells_what_was_sent_as_json(intake: IntakeDouble) -> None:
    result = CliRunner().invoke(main, send_to(intake, "--orders", "25", "--json"))

    facts = json.loads(result.output)
    assert result.exit_code == 0
    assert facts["orders"] == 25
    assert facts["deliveries"] == facts["taken"] == len(intake.received)
    assert facts["last_number"] == 1025


def test_send_with_one_start_sends_the_same_bytes_twice(intake: IntakeDouble) -> None:
    arguments = send_to(
        intake, "--orders", "15", "--seed", "3", "--start", "2026-05-01T09:00:00"
    )

    CliRunner().invoke(main, arguments)
    first = [raw for _, _, raw in intake.received]
    intake.received.clear()
    CliRunner().invoke(main, arguments)

    assert [raw for _, _, raw in intake.received] == first


def test_send_goes_on_after_a_refusal_and_fails_in_the_end(
    intake: IntakeDouble,
) -> None:
    intake.status = 500

    result = CliRunner().invoke(main, send_to(intake, "--orders", "3"))

    assert result.exit_code == 1
    sent = len(intake.received)
    assert "order 1003 was not taken: HTTP 500" in result.output
    assert result.output.endswith(f"3 orders in {sent} deliveries, {sent} not taken.\n")


def test_the_opening_comes_evenly_and_the_rest_at_its_own_pace() -> None:
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) > 5

    told = list(numbers(1001, Pace(opening=3, over_s=30, every_s=100), wait))

    assert told == [1001, 1002, 1003, 1004, 1005]
    assert waits == pytest.approx([10, 10, 10, 100, 100, 100], abs=1)


def test_a_story_without_a_rest_ends_after_the_opening() -> None:
    pace = Pace(opening=3, over_s=0, every_s=0)

    assert list(numbers(1001, pace, lambda _: False)) == [1001, 1002, 1003]


def send_to(intake: IntakeDouble, *more: str) -> list[str]:
    return ["send", "--to", intake.url, "--shop", "s", "--secret", SECRET, *more]
