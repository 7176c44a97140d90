"""Signs orders and posts them, as WooCommerce delivers its webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

import requests

from seed.catalogue import Shop
from seed.orders import Snapshot
from seed.woocommerce import VERSION, body

_TIMEOUT_S: Final = 5
_WEBHOOK_ID: Final = {"created": "1", "updated": "2"}
_LONGEST_REASON: Final = 200


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What became of one delivery.

    *status* is the HTTP status, None when no answer came; *reason* says what is
    wrong, in one line, and is empty when the order was taken.
    """

    status: int | None
    reason: str = ""

    @property
    def taken(self) -> bool:
        """Whether the other side has the order."""
        return not self.reason


@dataclass(frozen=True, kw_only=True)
class Intake:
    """Where orders go, and the secret both sides know."""

    url: str
    secret: str

    @classmethod
    def of(cls, dashboard: str, shop: str, secret: str) -> Intake:
        """Return the intake of the shop with the slug *shop*."""
        return cls(url=f"{dashboard.rstrip('/')}/intake/{shop}", secret=secret)


def signature(raw: bytes, secret: str) -> str:
    """Return the value of ``X-WC-Webhook-Signature`` for the body *raw*."""
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


def headers(raw: bytes, snapshot: Snapshot, shop: Shop, secret: str) -> dict[str, str]:
    """Return the headers of a delivery; no time is part of what is signed."""
    event = "created" if snapshot.is_new else "updated"
    hook = _WEBHOOK_ID[event]
    second = f"{snapshot.modified_at:%Y%m%d%H%M%S}"
    return {
        "User-Agent": f"WooCommerce/{VERSION} Hookshot (WordPress/7.1)",
        "Content-Type": "application/json",
        "X-WC-Webhook-Source": f"{shop.url}/",
        "X-WC-Webhook-Topic": f"order.{event}",
        "X-WC-Webhook-Resource": "order",
        "X-WC-Webhook-Event": event,
        "X-WC-Webhook-Signature": signature(raw, secret),
        "X-WC-Webhook-ID": hook,
        "X-WC-Webhook-Delivery-ID": hashlib.sha256(
            f"{hook}{second}".encode()
        ).hexdigest()[:32],
    }


def deliver(
    snapshot: Snapshot, shop: Shop, intake: Intake, session: requests.Session
) -> Delivery:
    """Post one order to the intake; never raises for what the other side does."""
    raw = body(snapshot, shop)
    try:
        answer = session.post(
            intake.url,
            data=raw,
            headers=headers(raw, snapshot, shop, intake.secret),
            timeout=_TIMEOUT_S,
            allow_redirects=False,
        )
    except requests.Timeout:
        return Delivery(status=None, reason=f"no answer within {_TIMEOUT_S} s")
    except requests.RequestException as error:
        return Delivery(status=None, reason=f"no answer: {_one_line(str(error))}")
    if answer.ok and not answer.is_redirect:
        return Delivery(status=answer.status_code)
    reason = f"HTTP {answer.status_code} {_one_line(answer.text)}".rstrip()
    return Delivery(status=answer.status_code, reason=reason)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}..."
