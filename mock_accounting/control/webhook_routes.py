"""`/__mock__/webhooks`: who is told of changes, and how that went."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from mock_accounting.control import wire
from mock_accounting.control.fields import BadControl, Fields
from mock_accounting.dialect.jsontext import JsonObject, JsonValue
from mock_accounting.ledger.errors import NoSuchDocument
from mock_accounting.traffic.notices import Category
from mock_accounting.traffic.subscriptions import (
    Delivery,
    Subscription,
    SubscriptionSpec,
)
from mock_accounting.traffic.webhooks import Webhooks


def webhook_blueprint(webhooks: Webhooks) -> Blueprint:
    """The routes of subscriptions, to hang below the control API's."""
    blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")

    @blueprint.get("")
    def subscriptions() -> Response:
        shown: list[JsonValue] = [_show(it) for it in webhooks.all()]
        return wire.answer({"webhooks": shown})

    @blueprint.post("")
    def subscribe() -> Response:
        fields = wire.fields()
        spec = _spec(fields)
        fields.done()
        return wire.answer(_show(webhooks.subscribe(spec)))

    @blueprint.delete("")
    def clear() -> Response:
        webhooks.clear()
        return wire.done()

    @blueprint.delete("/<int:subscription_id>")
    def remove(subscription_id: int) -> Response:
        if not webhooks.remove(subscription_id):
            raise NoSuchDocument
        return wire.done()

    return blueprint


def _spec(fields: Fields) -> SubscriptionSpec:
    url = fields.text("url") or ""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadControl("url must be an http or https address.")
    named = fields.texts("categories") if "categories" in fields else list(Category)
    known = set(Category)
    if not set(named) <= known:
        raise BadControl(f"categories must be of {', '.join(Category)}.")
    return SubscriptionSpec(
        url=url,
        key=fields.text("key") or secrets.token_urlsafe(32),
        categories=frozenset(Category(name) for name in named),
        api_url=request.host_url.rstrip("/"),
    )


def _show(subscription: Subscription) -> JsonObject:
    spec = subscription.spec
    waits = subscription.next_try_at
    categories: list[JsonValue] = [it.value for it in sorted(spec.categories)]
    return {
        "id": subscription.subscription_id,
        "url": spec.url,
        "key": spec.key,
        "categories": categories,
        "state": subscription.state.value,
        "waiting": len(subscription.waiting),
        "next_try_at": waits.isoformat() if waits else None,
        "deliveries": [_show_delivery(it) for it in list(subscription.deliveries)],
    }


def _show_delivery(delivery: Delivery) -> JsonObject:
    return {
        "at": delivery.at.isoformat(),
        "events": delivery.events,
        "outcome": delivery.outcome,
        "faults": list(delivery.faults),
        "body": delivery.body,
    }
