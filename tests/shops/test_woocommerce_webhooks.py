"""Webhooks as a running WooCommerce delivered them: signatures and what they bring."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dashboard.domain.order import OrderPhase
from dashboard.shops.protocol import Deleted, NotJson, NotUnderstood, Ping, Received
from dashboard.shops.woocommerce.connector import WooCommerce

DELIVERIES = Path(__file__).parents[1] / "data" / "woocommerce" / "http"
SIGNED = sorted(
    path.stem
    for path in DELIVERIES.glob("webhook_*.json")
    if path.stem != "webhook_ping"
)


def delivery(name: str) -> tuple[dict[str, str], bytes, str]:
    """Return the headers, the raw body and the secret of a delivery."""
    recorded: dict[str, Any] = json.loads((DELIVERIES / f"{name}.json").read_text())
    return recorded["headers"], recorded["raw"].encode(), recorded["secret"]


@pytest.mark.parametrize("name", SIGNED)
def test_signature_of_a_real_delivery_is_valid(name: str) -> None:
    headers, body, secret = delivery(name)

    assert WooCommerce().signature_is_valid(headers, body, [secret])


def test_any_of_several_active_secrets_may_have_signed() -> None:
    headers, body, secret = delivery("webhook_order_created")

    assert WooCommerce().signature_is_valid(headers, body, ["new", secret])


def test_header_names_are_matched_whatever_their_case() -> None:
    headers, body, secret = delivery("webhook_order_created")
    lowered = {name.lower(): value for name, value in headers.items()}

    assert WooCommerce().signature_is_valid(lowered, body, [secret])


@pytest.mark.parametrize(
    ("signature", "secrets"),
    [
        ("right", ["wrong"]),
        ("right", []),
        ("right", [""]),
        ("", ["right"]),
        ("kein Schlüssel", ["right"]),
    ],
)
def test_signature_is_refused(signature: str, secrets: list[str]) -> None:
    headers, body, secret = delivery("webhook_order_created")
    given = headers["X-WC-Webhook-Signature"] if signature == "right" else signature
    known = [secret if each == "right" else each for each in secrets]

    valid = WooCommerce().signature_is_valid(
        {"X-WC-Webhook-Signature": given}, body, known
    )

    assert not valid


def test_signature_covers_every_byte() -> None:
    headers, body, secret = delivery("webhook_order_created")

    assert not WooCommerce().signature_is_valid(headers, body + b" ", [secret])


def test_trial_call_of_a_new_webhook_is_an_unsigned_ping() -> None:
    headers, body, _ = delivery("webhook_ping")

    assert WooCommerce().is_unsigned_ping(headers, body)


def test_unsigned_order_is_no_ping() -> None:
    _, body, _ = delivery("webhook_order_created")

    assert not WooCommerce().is_unsigned_ping({}, body)


def test_created_order_is_received() -> None:
    headers, body, _ = delivery("webhook_order_created")

    message = WooCommerce().read(headers, body)

    assert isinstance(message, Received)
    assert message.order.number == "25"


def test_order_created_and_refunded_at_once_is_received_with_its_refund() -> None:
    headers, body, _ = delivery("webhook_order_created_refunded")

    message = WooCommerce().read(headers, body)

    assert isinstance(message, Received)
    assert [str(refund.amount) for refund in message.order.refunds] == ["21.66"]


def test_basket_that_leaks_through_order_updated_is_a_draft() -> None:
    headers, body, _ = delivery("webhook_order_updated_checkout_draft")

    message = WooCommerce().read(headers, body)

    assert isinstance(message, Received)
    assert message.order.phase is OrderPhase.DRAFT


def test_deleted_order_tells_its_id() -> None:
    headers, body, _ = delivery("webhook_order_deleted")

    assert WooCommerce().read(headers, body) == Deleted(external_id="60")


@pytest.mark.parametrize("topic", ["created", "updated"])
def test_order_deleted_before_delivery_brings_nothing(topic: str) -> None:
    headers, body, _ = delivery(f"webhook_order_{topic}_of_deleted_order_404_body")

    assert isinstance(WooCommerce().read(headers, body), Ping)


def test_other_error_in_place_of_an_order_is_not_passed_over() -> None:
    body = b'{"code":"woocommerce_rest_cannot_view","data":{"status":401}}'

    message = WooCommerce().read({"X-WC-Webhook-Topic": "order.updated"}, body)

    assert isinstance(message, NotUnderstood)
    assert "user who owns the webhook" in message.errors[0].message


def test_topic_about_something_else_brings_nothing() -> None:
    message = WooCommerce().read({"X-WC-Webhook-Topic": "product.updated"}, b"{}")

    assert isinstance(message, Ping)


def test_broken_json_tells_where_it_breaks() -> None:
    with pytest.raises(NotJson) as caught:
        WooCommerce().read({}, b'{\n "id": oops}')

    assert (caught.value.line, caught.value.column) == (2, 8)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"order"', b"12", b"\xff\xfe"])
def test_anything_but_an_object_is_not_json_to_us(body: bytes) -> None:
    with pytest.raises(NotJson):
        WooCommerce().read({}, body)
