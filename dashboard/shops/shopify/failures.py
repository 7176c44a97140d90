"""What an answer that brings no data means, in words a shop manager can act on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dashboard.outbound.transport import Reply
from dashboard.shops.payload import header, parse_object
from dashboard.shops.protocol import NotJson, ShopSilent
from dashboard.shops.shopify.queries import API_VERSION

ACCESS_DENIED: Final = "ACCESS_DENIED"
THROTTLED: Final = "THROTTLED"
TOO_COSTLY: Final = "MAX_COST_EXCEEDED"
_SHOWN: Final = 200
_TAG: Final = re.compile(r"<[^>]*>")
_WAIT_AFTER_FREEZE_S: Final = 3600.0

# What Shopify says when it gives no token, and what there is to do about it.
_NO_TOKEN: Final = {
    "application_cannot_be_found": (
        "Shopify does not know this client ID. Copy it from the app's Settings in the "
        "Dev Dashboard."
    ),
    "invalid_client": (
        "Shopify does not accept the client secret. Copy it from the app's Settings in "
        "the Dev Dashboard; after a rotation, the new one."
    ),
    "app_not_installed": (
        "The app is not installed in {host}. Install it there from the Dev Dashboard."
    ),
    "shop_not_permitted": (
        "Shopify gives this app no token for {host}: the app and the shop must belong "
        "to the same organisation in the Dev Dashboard, and the app be installed."
    ),
}


class TooCostly(ShopSilent):
    """A question costs more than Shopify allows one to: ask for less at once."""


def failure_of(reply: Reply, host: str) -> ShopSilent:
    """Return what is wrong, from an answer that is not the data asked for."""
    wait_s = _wait_s(reply)
    told = _told(reply)
    match reply.status:
        case 401:
            message = (
                f"{host} does not accept our token any more. Check that the app is "
                "installed there, and the client secret."
            )
        case 402:
            wait_s = wait_s or _WAIT_AFTER_FREEZE_S
            message = (
                f"{host} is frozen: its plan is not paid. We go on when Shopify "
                "lets us in again."
            )
        case 403:
            message = (
                f"{host} refuses us: {told or 'no reason given'}. Check the access "
                "scopes of the app."
            )
        case 404:
            message = (
                f"{host} has no Admin API in version {API_VERSION}. Check the address; "
                "if it is right, this version is gone: update Sluice."
            )
        case 423:
            wait_s = wait_s or _WAIT_AFTER_FREEZE_S
            message = f"{host} is locked by Shopify. Ask Shopify's support why."
        case 429 | 430:
            message = f"{host} wants fewer calls. We go on later."
        case status if status in range(300, 400):
            to = header(reply.headers, "Location")[:_SHOWN]
            message = (
                f"{host} sends us on to {to}. Enter the address that ends in "
                ".myshopify.com."
            )
        case status:
            message = f"{host} answered {status}: {told or 'nothing we understand'}"
    return ShopSilent(message, wait_s=wait_s, code=str(reply.status))


def no_token(reply: Reply, host: str) -> ShopSilent:
    """Return why the keys were not exchanged for a token."""
    told = _told(reply)
    for word, advice in _NO_TOKEN.items():
        if word in told:
            return ShopSilent(advice.format(host=host), code=word)
    match reply.status:
        case 404:
            message = f"There is no shop {host} at Shopify. Check the address."
        case 400 | 401 | 403:
            message = (
                f"{host} gives no token for the client ID and secret: {told}. Check "
                "both, and that the app is installed there."
            )
        case _:
            return failure_of(reply, host)
    return ShopSilent(message, code="token")


def refusal_of(errors: Sequence[Mapping[str, Any]], host: str) -> ShopSilent:
    """Return what the errors of a GraphQL answer mean."""
    codes = [_code(error) for error in errors]
    first = str(errors[0].get("message", ""))[:_SHOWN] if errors else ""
    if TOO_COSTLY in codes:
        return TooCostly(f"{host} finds our question too costly: {first}")
    if ACCESS_DENIED in codes:
        return ShopSilent(
            f"The app may not read that from {host}: {first} Give it the access scopes "
            "read_orders, read_all_orders and read_customers, and install it anew.",
            code=ACCESS_DENIED,
        )
    if "SHOP_INACTIVE" in codes:
        return ShopSilent(f"{host} is not active any more.", code="SHOP_INACTIVE")
    return ShopSilent(
        f"{host} could not answer: {first or 'no reason given'}",
        code=codes[0] if codes else "",
    )


def is_throttled(errors: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether Shopify only wants us to wait, which it says with status 200."""
    return any(
        _code(error) == THROTTLED or error.get("message") == "Throttled"
        for error in errors
    )


def _code(error: Mapping[str, Any]) -> str:
    extensions = error.get("extensions")
    return str(extensions.get("code", "")) if isinstance(extensions, dict) else ""


def _told(reply: Reply) -> str:
    """Return what Shopify says is wrong: of its JSON, or of its page."""
    try:
        data, _ = parse_object(reply.body)
    except NotJson:
        page = _TAG.sub(" ", reply.body.decode("utf-8", "replace"))
        return " ".join(page.split())[:_SHOWN]
    words = (data.get("error"), data.get("error_description"), data.get("errors"))
    return ": ".join(str(word) for word in words if word)[:_SHOWN]


def _wait_s(reply: Reply) -> float | None:
    value = header(reply.headers, "Retry-After")
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None
