"""What an answer that brings no data means, in words a shop manager can act on."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from dashboard.domain.sentences import say
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
        message = say(
            "%(host)s sends us on to %(to)s. Enter that as the shop's address.",
            host=host,
            to=to,
        )
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
        return say(
            "%(host)s was called over http, and WooCommerce accepts keys over "
            "https only. Enter the shop's address with https.",
            host=host,
        )
    if code == _UNKNOWN_KEY and reply.status == 401:  # noqa: PLR2004
        return say(
            "%(host)s does not know this consumer key. Check it under "
            "WooCommerce > Settings > Advanced > REST API. If it is right, "
            "WordPress does not notice that it is called over https: its "
            "proxy must say so (X-Forwarded-Proto).",
            host=host,
        )
    if code == _UNKNOWN_KEY:
        return say(
            "%(host)s does not let the owner of this key see that: %(words)s "
            "Make the key for a user who is shop manager or administrator.",
            host=host,
            words=words,
        )
    if reply.status == 401:  # noqa: PLR2004
        return say(
            "%(host)s refuses the keys: %(words)s Check the consumer secret, "
            "and that the key has the permission Read, under WooCommerce > "
            "Settings > Advanced > REST API.",
            host=host,
            words=words,
        )
    if code == _NO_ROUTE:
        return say(
            "%(host)s is WordPress without the REST API of WooCommerce "
            "(wc/v3). Activate WooCommerce there, or enter the address of the "
            "shop itself.",
            host=host,
        )
    told = words or code or say("something else in place of data")
    return say(
        "%(host)s answered %(status)s: %(told)s",
        host=host,
        status=reply.status,
        told=told,
    )


def _page_in_place_of_data(reply: Reply, host: str) -> str:
    """Say what a page means that came where data were asked for."""
    found = _TITLE.search(reply.body.decode("utf-8", "replace"))
    title = " ".join(found[1].split())[:_SHOWN] if found else ""
    page = say('a page ("%(title)s")', title=title) if title else say("a page")
    status = reply.status
    match status:
        case 404:
            return say(
                "%(host)s has no REST API at this address and answers with %(page)s. "
                "Check the address, and that Settings > Permalinks in WordPress is not "
                "Plain.",
                host=host,
                page=page,
            )
        case 403 | 406 | 415:
            return say(
                "%(host)s turned us away with %(page)s: a firewall of the host or a "
                "security plugin. Let it pass calls to /wp-json/wc/v3/.",
                host=host,
                page=page,
            )
        case 429:
            return say(
                "%(host)s wants fewer calls and says so with %(page)s. We go on later.",
                host=host,
                page=page,
            )
        case 502 | 503 | 504:
            return say(
                "%(host)s shows %(page)s for maintenance or overload (%(status)s). We "
                "go on when the shop is back.",
                host=host,
                page=page,
                status=status,
            )
        case 200:
            return say(
                "%(host)s answered with %(page)s in place of data. It may be in "
                "maintenance, or a plugin prints into its answers.",
                host=host,
                page=page,
            )
        case _:
            return say(
                "%(host)s answered %(status)s with %(page)s.",
                host=host,
                page=page,
                status=status,
            )


def _wait_s(reply: Reply) -> float | None:
    value = header(reply.headers, "Retry-After")
    return float(value) if value.isdecimal() else None
