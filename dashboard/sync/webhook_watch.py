"""Looks after a shop's webhooks: shops switch them off, and tell nobody."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from dashboard.domain.alarms import WebhookState
from dashboard.domain.rules import Shop
from dashboard.domain.sentences import say
from dashboard.shops.protocol import ShopReader
from dashboard.store.shop_webhooks import ShopWebhookStore


def watch_webhooks(
    shop: Shop, reader: ShopReader, webhooks: ShopWebhookStore, now: datetime
) -> str:
    """Write down the state of the webhooks that lead here; return what was done.

    One that is off is switched on if the keys allow it; where they do not, that is
    tried once. A shop that never had any gets along without.

    Raises:
        ShopSilent: If the shop does not tell.
    """
    address = f"/intake/{shop.slug}"
    ours = [
        webhook
        for webhook in reader.webhooks()
        if urlsplit(webhook.delivery_url).path.rstrip("/").endswith(address)
    ]
    known = webhooks.state(shop.id)
    if not ours:
        if known is not None:
            webhooks.note(shop.id, WebhookState.MISSING, now)
        return ""
    off = [webhook for webhook in ours if webhook.disabled]
    left = off
    if known is not WebhookState.DISABLED:
        left = [webhook for webhook in off if not reader.switch_on(webhook)]
    state = WebhookState.DISABLED if left else WebhookState.ACTIVE
    webhooks.note(shop.id, state, now)
    if left:
        return say("A webhook is switched off in the shop.")
    return say("A webhook was off and is on again.") if off else ""
