"""What an answer that brings no data means, in words a shop manager can act on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dashboard.domain.sentences import say
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


class TooCostly(ShopSilent):
    """A question costs more than Shopify allows one to: ask for less at once."""


def failure_of(reply: Reply, host: str) -> ShopSilent:
    """Return what is wrong, from an answer that is not the data asked for."""
    wait_s = _wait_s(reply)
    if reply.status in {402, 423}:
        wait_s = wait_s or _WAIT_AFTER_FREEZE_S
    return ShopSilent(_meaning(reply, host), wait_s=wait_s, code=str(reply.status))


def _meaning(reply: Reply, host: str) -> str:  # noqa: PLR0911 - a table
    match reply.status:
        case 401:
            return say(
                "%(host)s does not accept our token any more. Check that the app is "
                "installed there, and the client secret.",
                host=host,
            )
        case 402:
            return say(
                "%(host)s is frozen: its plan is not paid. We go on when Shopify lets "
                "us in again.",
                host=host,
            )
        case 403:
            return say(
                "%(host)s refuses us: %(told)s. Check the access scopes of the app.",
                host=host,
                told=_told(reply),
            )
        case 404:
            return say(
                "%(host)s has no Admin API in version %(version)s. Check the address; "
                "if it is right, this version is gone: update Sluice.",
                host=host,
                version=API_VERSION,
            )
        case 423:
            return say(
                "%(host)s is locked by Shopify. Ask Shopify's support why.", host=host
            )
        case 429 | 430:
            return say("%(host)s wants fewer calls. We go on later.", host=host)
        case status if status in range(300, 400):
            return say(
                "%(host)s sends us on to %(to)s. Enter the address that ends in "
                ".myshopify.com.",
                host=host,
                to=header(reply.headers, "Location")[:_SHOWN],
            )
        case status:
            return say(
                "%(host)s answered %(status)s: %(told)s",
                host=host,
                status=status,
                told=_told(reply),
            )


def no_token(reply: Reply, host: str) -> ShopSilent:
    """Return why the keys were not exchanged for a token."""
    told = _told(reply)
    if "application_cannot_be_found" in told:
        message = say(
            "Shopify does not know this client ID. Copy it from the app's Settings in "
            "the Dev Dashboard."
        )
    elif "invalid_client" in told:
        message = say(
            "Shopify does not accept the client secret. Copy it from the app's "
            "Settings in the Dev Dashboard; after a rotation, the new one."
        )
    elif "app_not_installed" in told:
        message = say(
            "The app is not installed in %(host)s. Install it there from the Dev "
            "Dashboard.",
            host=host,
        )
    elif "shop_not_permitted" in told:
        message = say(
            "Shopify gives this app no token for %(host)s: the app and the shop must "
            "belong to the same organisation in the Dev Dashboard, and the app be "
            "installed.",
            host=host,
        )
    elif reply.status == 404:  # noqa: PLR2004
        message = say(
            "There is no shop %(host)s at Shopify. Check the address.", host=host
        )
    elif reply.status in {400, 401, 403}:
        message = say(
            "%(host)s gives no token for the client ID and secret: %(told)s. Check "
            "both, and that the app is installed there.",
            host=host,
            told=told,
        )
    else:
        return failure_of(reply, host)
    return ShopSilent(message, code="token")


def refusal_of(errors: Sequence[Mapping[str, Any]], host: str) -> ShopSilent:
    """Return what the errors of a GraphQL answer mean."""
    codes = [_code(error) for error in errors]
    told = str(errors[0].get("message", ""))[:_SHOWN] if errors else ""
    if TOO_COSTLY in codes:
        return TooCostly(
            say(
                "%(host)s finds our question too costly: %(told)s", host=host, told=told
            )
        )
    if ACCESS_DENIED in codes:
        message = say(
            "The app may not read that from %(host)s: %(told)s Give it the access "
            "scopes read_orders, read_all_orders and read_customers, and accept them "
            "in the shop.",
            host=host,
            told=told,
        )
        return ShopSilent(message, code=ACCESS_DENIED)
    message = say("%(host)s could not answer: %(told)s", host=host, told=told)
    return ShopSilent(message, code=codes[0] if codes else "")


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
        return " ".join(page.split())[:_SHOWN].replace("\0", "") or "—"
    words = (data.get("error"), data.get("error_description"), data.get("errors"))
    return ": ".join(str(word) for word in words if word)[:_SHOWN] or "—"


def _wait_s(reply: Reply) -> float | None:
    value = header(reply.headers, "Retry-After")
    return float(value) if value.isdecimal() else None
