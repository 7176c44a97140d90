"""WooCommerce's webhooks: who signed them and what they bring."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.domain.sentences import say
from dashboard.shops.payload import header, parse_object
from dashboard.shops.protocol import (
    Deleted,
    FieldError,
    Message,
    NotUnderstood,
    Ping,
)
from dashboard.shops.signatures import is_signed
from dashboard.shops.woocommerce.order import VAT_NUMBER_KEYS, read_order

# Not WooCommerce's: kept with an order we asked for, the number of decimals its shop
# rounds to, which the amounts do not show.
DECIMALS_HEADER = "X-Sluice-Shop-Decimals"

_PING = re.compile(rb"webhook_id=[0-9]+")
_ORDER_TOPICS = "order."
_DELETED_TOPIC = "order.deleted"
_ORDER_GONE = "woocommerce_rest_shop_order_invalid_id"


class WooCommerce:
    """Reads what WooCommerce sends.

    Args:
        vat_number_keys: The order's meta keys in which plugins keep the customer's
            VAT number, the first one filled counts.
    """

    kind = "woocommerce"
    kept_headers = frozenset(
        {
            "x-wc-webhook-event",
            "x-wc-webhook-id",
            "x-wc-webhook-resource",
            "x-wc-webhook-source",
            "x-wc-webhook-topic",
            "x-wc-webhook-delivery-id",
        }
    )

    def __init__(self, vat_number_keys: Sequence[str] = VAT_NUMBER_KEYS) -> None:
        self._vat_number_keys = tuple(vat_number_keys)

    def finding_vat_numbers_in(self, keys: Sequence[str]) -> WooCommerce:
        """Return a connector that looks for VAT numbers under these meta keys."""
        return WooCommerce(vat_number_keys=keys)

    def signature_is_valid(
        self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]
    ) -> bool:
        """Tell whether one of the active *secrets* signed exactly these bytes."""
        given = header(headers, "X-WC-Webhook-Signature")
        return is_signed(given, body, secrets, base64.b64encode)

    def is_unsigned_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Tell whether this is the trial call made when a webhook is created."""
        signed = header(headers, "X-WC-Webhook-Signature")
        return not signed and _PING.fullmatch(body.strip()) is not None

    def read(self, headers: Mapping[str, str], body: bytes) -> Message:
        """Return what the webhook brings.

        Raises:
            NotJson: If *body* is not a JSON object.
        """
        topic = header(headers, "X-WC-Webhook-Topic")
        if topic and not topic.startswith(_ORDER_TOPICS):
            return Ping(
                reason=say("The topic %(topic)s is not about orders.", topic=topic)
            )
        payload, _ = parse_object(body)
        order_id = payload.get("id")
        if "code" in payload and order_id is None:
            return _read_failure(payload)
        only_id = set(payload) == {"id"}
        if (only_id or topic == _DELETED_TOPIC) and type(order_id) is int:
            return Deleted(external_id=str(order_id))
        decimals = header(headers, DECIMALS_HEADER)
        return read_order(
            payload,
            self._vat_number_keys,
            decimals=int(decimals) if decimals.isdecimal() else None,
        )


def _read_failure(payload: Mapping[str, Any]) -> Message:
    """Read the error that WooCommerce signs and sends in place of an order.

    A webhook's body is made when it is delivered: by then the order may be gone, or
    the webhook's owner may not be allowed to see it any more.
    """
    code = str(payload["code"])[:80]
    if code == _ORDER_GONE:
        return Ping(
            reason=say("The order was deleted before the webhook was delivered.")
        )
    message = (
        f"WooCommerce sent the error {code} in place of the order. Check that the "
        "user who owns the webhook may see orders."
    )
    error = FieldError(path="code", message=message)
    return NotUnderstood(external_id="", number="", errors=(error,))
