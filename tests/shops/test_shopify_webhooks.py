"""What Shopify sends: whether it is signed, and which order it speaks of."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from dashboard.shops.protocol import Hint, Message, NotUnderstood, Ping
from dashboard.shops.shopify.connector import Shopify

SECRET = "shpss_client_secret"
ORDER = 820982911946154508


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {"x-shopify-hmac-sha256": base64.b64encode(digest).decode()}


def received(topic: str, payload: dict[str, Any]) -> Message:
    headers = {"X-Shopify-Topic": topic, "X-Shopify-Webhook-Id": "b54557e4"}
    return Shopify().read(headers, json.dumps(payload).encode())


def test_signature_is_over_the_very_bytes() -> None:
    body = b'{"id":1,  "name":"\\u00e9"}'

    assert Shopify().signature_is_valid(signed(body), body, [SECRET])
    assert not Shopify().signature_is_valid(signed(body), body + b" ", [SECRET])
    assert not Shopify().signature_is_valid({}, body, [SECRET, ""])


def test_old_secret_counts_while_shopify_still_signs_with_it() -> None:
    body = b'{"id":1}'

    assert Shopify().signature_is_valid(signed(body, "old"), body, [SECRET, "old"])
    assert not Shopify().signature_is_valid(signed(body, "older"), body, [SECRET])


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("orders/create", {"id": ORDER, "total_price": "1.00"}),
        ("orders/paid", {"id": ORDER}),
        ("orders/updated", {"id": ORDER}),
        ("orders/edited", {"order_edit": {"id": 7, "order_id": ORDER}}),
        ("orders/cancelled", {"id": ORDER}),
        ("orders/delete", {"id": ORDER}),
        ("refunds/create", {"id": 5, "order_id": ORDER}),
        ("order_transactions/create", {"id": 6, "order_id": ORDER}),
    ],
)
def test_webhook_only_says_which_order_to_look_at(
    topic: str, payload: dict[str, Any]
) -> None:
    assert received(topic, payload) == Hint(
        external_id="820982911946154508", delivery_id="b54557e4"
    )


@pytest.mark.parametrize("topic", ["app/uninstalled", "bulk_operations/finish", "x"])
def test_other_topics_bring_nothing(topic: str) -> None:
    assert isinstance(received(topic, {"id": ORDER}), Ping)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("orders/create", {}),
        ("orders/create", {"id": "820982911946154508"}),
        ("orders/create", {"id": -1}),
        ("orders/create", {"id": True}),
        ("refunds/create", {"id": 5}),
        ("orders/edited", {"order_edit": {}}),
    ],
)
def test_webhook_without_an_order_is_not_understood(
    topic: str, payload: dict[str, Any]
) -> None:
    assert isinstance(received(topic, payload), NotUnderstood)
