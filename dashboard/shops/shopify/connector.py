"""Shopify's webhooks: who signed them and which order they speak of."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from dashboard.domain.sentences import say
from dashboard.shops.payload import header, parse_object
from dashboard.shops.protocol import FieldError, Hint, Message, NotUnderstood, Ping
from dashboard.shops.shopify.order import VAT_NUMBER_KEYS, read_order
from dashboard.shops.signatures import is_signed

# Not Shopify's: kept with an order we asked for, where its shop is, for the days.
ZONE_HEADER: Final = "X-Sluice-Shop-Zone"

_ORDER_TOPICS: Final = ("orders/", "refunds/", "order_transactions/")
# What is edited tells its order within.
_INNER: Final = "order_edit"


class Shopify:
    """Reads what Shopify sends, and what it answered when it was asked.

    A webhook's body is an order as it was when something happened, also when it comes
    hours later, and in the shape of the old API: it only says which order to look at.

    Args:
        vat_number_keys: The order's attributes in which themes and apps keep the
            customer's VAT number, the first one filled counts.
    """

    kind = "shopify"
    kept_headers = frozenset({"x-shopify-topic"})

    def __init__(self, vat_number_keys: Sequence[str] = VAT_NUMBER_KEYS) -> None:
        self._vat_number_keys = tuple(vat_number_keys)

    def finding_vat_numbers_in(self, keys: Sequence[str]) -> Shopify:
        """Return a connector that looks for VAT numbers in these attributes."""
        return Shopify(vat_number_keys=keys)

    def signature_is_valid(
        self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]
    ) -> bool:
        """Tell whether one of the app's client *secrets* signed exactly these bytes.

        After the secret was changed, Shopify signs with the old one for up to an hour.
        """
        given = header(headers, "X-Shopify-Hmac-Sha256")
        return is_signed(given, body, secrets, base64.b64encode)

    def is_unsigned_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Return False: Shopify signs everything."""
        del headers, body
        return False

    def read(self, headers: Mapping[str, str], body: bytes) -> Message:
        """Return what the webhook speaks of, or an order that was asked for.

        Raises:
            NotJson: If *body* is not a JSON object.
        """
        payload, _ = parse_object(body)
        topic = header(headers, "X-Shopify-Topic")
        if topic:
            return _read_webhook(topic, headers, payload)
        zone = _zone(header(headers, ZONE_HEADER))
        return read_order(payload, zone, self._vat_number_keys)


def _read_webhook(
    topic: str, headers: Mapping[str, str], payload: Mapping[str, Any]
) -> Message:
    if not topic.startswith(_ORDER_TOPICS):
        return Ping(reason=say("The topic %(topic)s is not about orders.", topic=topic))
    inner = payload.get(_INNER)
    told = inner if isinstance(inner, dict) else payload
    order_id = told.get("order_id")
    if order_id is None and topic.startswith("orders/"):
        order_id = told.get("id")
    if type(order_id) is not int or order_id <= 0:
        error = FieldError(
            path="id", message=say("must be the order's id, a whole number")
        )
        return NotUnderstood(external_id="", number="", errors=(error,))
    return Hint(
        external_id=str(order_id),
        delivery_id=header(headers, "X-Shopify-Webhook-Id"),
    )


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError):  # no such zone
        return None
