"""What an answer that brings no data means, in words a shop manager can act on."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from dashboard.outbound.transport import Reply
from dashboard.shops.payload import header, parse_object
from dashboard.shops.protocol import NotJson, ShopSilent

ORDER_GONE = "woocommerce_rest_shop_order_invalid_id"
READ_ONLY = "woocommerce_rest_authentication_error"

_UNKNOWN_KEY = "woocommerce_rest_cannot_view"
_NO_ROUTE = "rest_no_route"
_TITLE = re.compile(r"<title[^>]*>\s*(.*?)\s*</title>", re.IGNORECASE | re.DOTALL)
_SHOWN = 120


def failure_of(reply: Reply, url: str) -> ShopSilent:
    """Return what is wrong, from an answer that is not the data asked for."""
    host = urlsplit(url).netloc
    wait_s = _wait_s(reply)
    if reply.status in range(300, 400):
        to = header(reply.headers, "Location").split("/wp-json")[0]
        message = f"{host} sends us on to {to}. Enter that as the shop's address."
        return ShopSilent(message)
    try:
        data, _ = parse_object(reply.body)
    except NotJson:
        return ShopSilent(_page_in_place_of_data(reply, host), wait_s=wait_s)
    code, words = str(data.get("code", "")), str(data.get("message", ""))[:_SHOWN]
    return ShopSilent(
        _refusal(reply, url, code, words), wait_s=wait_s, code=code or "unknown"
    )


def _refusal(reply: Reply, url: str, code: str, words: str) -> str:
    """Say what an error in WooCommerce's own words means."""
    host = urlsplit(url).netloc
    if code == _UNKNOWN_KEY and url.startswith("http:"):
        return (
            f"{host} was called over http, and WooCommerce accepts keys over https "
            "only. Enter the shop's address with https."
        )
    if code == _UNKNOWN_KEY and reply.status == 401:  # noqa: PLR2004
        return (
            f"{host} does not know this consumer key. Check it under WooCommerce > "
            "Settings > Advanced > REST API. If it is right, WordPress does not notice "
            "that it is called over https: its proxy must say so (X-Forwarded-Proto)."
        )
    if code == _UNKNOWN_KEY:
        return (
            f"{host} does not let the owner of this key see that: {words} Make the "
            "key for a user who is shop manager or administrator."
        )
    if reply.status == 401:  # noqa: PLR2004
        return (
            f"{host} refuses the keys: {words} Check the consumer secret, and that "
            "the key has the permission Read, under WooCommerce > Settings > Advanced "
            "> REST API."
        )
    if code == _NO_ROUTE:
        return (
            f"{host} is WordPress without the REST API of WooCommerce (wc/v3). "
            "Activate WooCommerce there, or enter the address of the shop itself."
        )
    told = words or code or "something else in place of data"
    return f"{host} answered {reply.status}: {told}"


def _page_in_place_of_data(reply: Reply, host: str) -> str:
    """Say what a page means that came where data were asked for."""
    found = _TITLE.search(reply.body.decode("utf-8", "replace"))
    title = " ".join(found[1].split())[:_SHOWN] if found else ""
    shown = f' ("{title}")' if title else ""
    match reply.status:
        case 404:
            return (
                f"{host} has no REST API at this address{shown}. Check the address, "
                "and that Settings > Permalinks in WordPress is not Plain."
            )
        case 403 | 406 | 415:
            return (
                f"{host} turned us away with a page{shown}: a firewall of the host "
                "or a security plugin. Let it pass calls to /wp-json/wc/v3/."
            )
        case 429:
            return f"{host} wants fewer calls{shown}. We go on later."
        case 502 | 503 | 504:
            return (
                f"{host} shows a page for maintenance or overload "
                f"({reply.status}){shown}. We go on when the shop is back."
            )
        case 200:
            return (
                f"{host} answered with a page in place of data{shown}. It may be in "
                "maintenance, or a plugin prints into its answers."
            )
        case _:
            return f"{host} answered {reply.status} with a page{shown}."


def _wait_s(reply: Reply) -> float | None:
    value = header(reply.headers, "Retry-After")
    return float(value) if value.isdecimal() else None
