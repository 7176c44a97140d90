"""Looks after a shop's webhooks: shops switch them off, and tell nobody."""

from __future__ import annotations

from datetime import datetime

from dashboard.domain.alarms import WebhookState
from dashboard.domain.rules import Shop
from dashboard.domain.sentences import say
from dashboard.outbound.address import leads_to
from dashboard.shops.protocol import ShopReader
from dashboard.store.shop_webhooks import ShopWebhookStore


def watch_webhooks(
    shop: Shop,
    reader: ShopReader,
    webhooks: ShopWebhookStore,
    now: datetime,
    front: str,
) -> str:
    """Write down the state of the webhooks that lead here; return what was done.

    One that is off is switched on if the keys allow it; where they do not, that is
    tried once. A shop that never had any gets along without. Those that lead elsewhere
    are another installation's, or another organisation's, with a shop of the same slug.

    Args:
        shop: The shop that is asked.
        reader: Asks it.
        webhooks: Where the state is kept.
        now: When it is asked.
        front: What the organisation's addresses begin with; only the path of it where
            the address of the program is not known.

    Raises:
        ShopSilent: If the shop does not tell.
    """
    ours = [
        webhook
        for webhook in reader.webhooks()
        if leads_to(webhook.delivery_url, f"{front}/intake/{shop.slug}")
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
