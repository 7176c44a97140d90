"""Calls to WooCommerce's REST API, version 3: one call, its answer or what is wrong.

https://woocommerce.github.io/woocommerce-rest-api-docs/
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from urllib.parse import urlencode

from dashboard.domain.clock import Clock
from dashboard.domain.sentences import say
from dashboard.outbound.transport import Reply, Transport
from dashboard.shops.calls import Calls
from dashboard.shops.payload import header, parse_list, parse_object
from dashboard.shops.protocol import Log, NotJson, ShopAccess, ShopSilent
from dashboard.shops.woocommerce.failures import failure_of

_PATH = "/wp-json/wc/v3/"
_OK = 200


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
        self._calls = Calls(self._base_url, transport, clock, log)

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
                return say(
                    "%(base)s is WordPress with plain permalinks, under which the REST "
                    "API does not take keys. In WordPress, choose any other under "
                    "Settings > Permalinks.",
                    base=self._base_url,
                )
        return ""

    def now_at(self, reply: Reply) -> datetime:
        """Return the time on the shop's clock when it answered."""
        return self._calls.now_at(reply)

    def _call(self, method: str, url: str, body: bytes = b"") -> Reply:
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        return self._calls.call(method, url, headers, body, shown=body.decode())
