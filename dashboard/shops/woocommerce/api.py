"""Calls to WooCommerce's REST API, version 3: one call, its answer or what is wrong.

https://woocommerce.github.io/woocommerce-rest-api-docs/
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

from dashboard.domain.clock import Clock
from dashboard.domain.exchanges import Exchange
from dashboard.outbound.transport import NoAnswer, NotSent, Reply, Transport
from dashboard.shops.payload import header, parse_list, parse_object
from dashboard.shops.protocol import Log, NotJson, ShopAccess, ShopSilent
from dashboard.shops.woocommerce.failures import failure_of

_PATH = "/wp-json/wc/v3/"
_OK = 200
# A hundred orders, some with all that plugins keep beside them.
_MAX_BYTES = 20_000_000
# Orders hold people: of a good answer nothing is kept here, of a bad one enough.
_KEPT_BODY = 2000
_KEPT_HEADERS = {"content-type", "date", "retry-after", "server", "x-wp-total"}
_PLAIN_PERMALINKS = (
    "{base} is WordPress with plain permalinks, under which the REST API does not take "
    "keys. In WordPress, choose any other under Settings > Permalinks."
)


class Api:
    """The REST API of one shop."""

    def __init__(
        self, access: ShopAccess, transport: Transport, clock: Clock, log: Log
    ) -> None:
        self._base_url = access.base_url.rstrip("/")
        pair = f"{access.key}:{access.secret}".encode()
        self._headers = {
            "Accept": "application/json",
            "Authorization": "Basic " + base64.b64encode(pair).decode(),
            "User-Agent": "Sluice",
        }
        self._transport = transport
        self._clock = clock
        self._log = log

    def ask(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Return the answer to a GET, which is JSON.

        Raises:
            ShopSilent: If the shop gave no answer, or something else than data.
        """
        url = self._base_url + _PATH + path
        if query:
            url += "?" + urlencode(query)
        reply = self._call("GET", url)
        kind = header(reply.headers, "Content-Type")
        if reply.status != _OK or "json" not in kind:
            raise failure_of(reply, url)
        return reply

    def ask_list(
        self, path: str, query: Mapping[str, str]
    ) -> tuple[tuple[tuple[dict[str, object], str], ...], Reply]:
        """Return the objects of a list, each with its very text, and the answer."""
        reply = self.ask(path, query)
        try:
            return parse_list(reply.body), reply
        except NotJson as error:
            raise failure_of(reply, self._base_url) from error

    def put(self, path: str, body: Mapping[str, str]) -> None:
        """Change something.

        Raises:
            ShopSilent: If the shop did not do it.
        """
        url = self._base_url + _PATH + path
        reply = self._call("PUT", url, json.dumps(body).encode())
        if reply.status != _OK:
            raise failure_of(reply, url)

    def has_plain_permalinks(self) -> str:
        """Return what to do if WordPress answers, but not at the addresses of its API.

        Empty if that is not what is wrong.
        """
        with suppress(ShopSilent, NotJson):
            reply = self._call("GET", f"{self._base_url}/?rest_route=/")
            index, _ = parse_object(reply.body)
            if "namespaces" in index:
                return _PLAIN_PERMALINKS.format(base=self._base_url)
        return ""

    def now_at(self, reply: Reply) -> datetime:
        """Return the time on the shop's clock when it answered."""
        with suppress(ValueError, TypeError):
            return parsedate_to_datetime(header(reply.headers, "Date")).astimezone(UTC)
        return self._clock.now()

    def _call(self, method: str, url: str, body: bytes = b"") -> Reply:
        started_s, at = self._clock.monotonic_s(), self._clock.now()
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        reply: Reply | None = None
        error = ""
        try:
            reply = self._transport.call(
                method, url, headers, body, max_bytes=_MAX_BYTES
            )
        except NotSent as failure:
            error = str(failure)
            raise ShopSilent(
                f"{self._base_url} cannot be reached: {error}. Check the address."
            ) from failure
        except NoAnswer as failure:
            error = str(failure)
            raise ShopSilent(
                f"{self._base_url} gave no whole answer: {error}."
            ) from failure
        finally:
            took_s = self._clock.monotonic_s() - started_s
            self._log(_exchange(at, method, url, body, reply, error, took_s))
        return reply


def _exchange(  # noqa: PLR0913, PLR0917 - what a call consists of
    at: datetime,
    method: str,
    url: str,
    body: bytes,
    reply: Reply | None,
    error: str,
    took_s: float,
) -> Exchange:
    went_well = reply is not None and reply.status == _OK
    kept = "" if reply is None or went_well else _text(reply.body)
    given = {} if reply is None else reply.headers
    return Exchange(
        at=at,
        purpose="pull",
        method=method,
        url=url,
        request_body=body.decode(),
        status=None if reply is None else reply.status,
        response_headers={k: v for k, v in given.items() if k.lower() in _KEPT_HEADERS},
        response_body=kept,
        error=error,
        duration_ms=round(took_s * 1000),
    )


def _text(body: bytes) -> str:
    # PostgreSQL refuses a text with a zero byte in it.
    return body[:_KEPT_BODY].decode("utf-8", "replace").replace("\0", "")
