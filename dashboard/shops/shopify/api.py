"""Calls to Shopify's GraphQL Admin API: tokens, and the pace that it allows.

https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens
https://shopify.dev/docs/api/usage/limits
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, BinaryIO, Final
from urllib.parse import urlencode, urlsplit

from dashboard.domain.clock import Clock
from dashboard.domain.sentences import say
from dashboard.domain.tokens import AccessToken
from dashboard.outbound.transport import Reply, Transport
from dashboard.shops.calls import Calls
from dashboard.shops.payload import header, parse_object
from dashboard.shops.protocol import Log, NotJson, ShopAccess, ShopSilent
from dashboard.shops.shopify.failures import (
    failure_of,
    is_throttled,
    no_token,
    refusal_of,
)
from dashboard.shops.shopify.queries import API_VERSION, operation_name

_OK: Final = 200
_UNAUTHORISED: Final = 401
_SHOPS: Final = ".myshopify.com"
# A token that ends within this time is renewed before it is used.
_RENEWED_BEFORE: Final = timedelta(minutes=10)
_TOKEN_LASTS_S: Final = 24 * 3600
# Longer than this we do not wait within one pull; the next one goes on.
_LONGEST_WAIT_S: Final = 60.0
_SHORTEST_WAIT_S: Final = 1.0

Wait = Callable[[float], None]


@dataclass(frozen=True, kw_only=True)
class _Bucket:
    """The points a shop had left at a time, and how many come back each second."""

    available: float
    restored_a_second: float
    at_s: float

    def wait_s(self, cost: float, now_s: float) -> float:
        """Return how long it takes until *cost* can be paid."""
        available = self.available + (now_s - self.at_s) * self.restored_a_second
        missing = cost - available
        return max(0.0, missing / self.restored_a_second) if missing > 0 else 0.0


class Api:
    """The Admin API of one shop."""

    def __init__(
        self,
        access: ShopAccess,
        transport: Transport,
        clock: Clock,
        log: Log,
        wait: Wait = time.sleep,
    ) -> None:
        self._access = access
        self._base_url = access.base_url.rstrip("/")
        self.host = urlsplit(self._base_url).netloc
        self._calls = Calls(self._base_url, transport, clock, log)
        self._clock = clock
        self._wait = wait
        self._token = access.token
        self._bucket: _Bucket | None = None
        self._costs: dict[str, float] = {}
        self.now = clock.now()
        self.version = API_VERSION

    def forget_token(self) -> None:
        """Exchange the keys anew before the next question.

        A token lasts a day with the scopes it was made with, whatever becomes of the
        app and its keys meanwhile.
        """
        self._token = None

    def scopes(self) -> frozenset[str]:
        """Return what the app may do in this shop."""
        return self._valid_token().scopes

    def ask(
        self, query: str, variables: Mapping[str, object], *names: str
    ) -> dict[str, Any]:
        """Return the data that answer a question, waiting where Shopify wants it.

        Args:
            query: The question.
            variables: Its variables.
            names: What must be among the data, be it null.

        Raises:
            TooCostly: If the question asks for too much at once.
            ShopSilent: If the shop gave no answer, or none that holds the data.
        """
        data = self._data(query, variables)
        if any(name not in data for name in names):
            # An order that is not told of must not be taken for deleted.
            raise refusal_of((), self.host)
        return data

    def _data(self, query: str, variables: Mapping[str, object]) -> dict[str, Any]:
        name = operation_name(query)
        body = json.dumps({"query": query, "variables": variables}).encode()
        waited_s = self._wait_for_points(name)
        while True:
            answer = self._answer(body, shown=json.dumps([name, variables]))
            wanted = self._note_cost(name, answer)
            errors = _errors(answer)
            if not errors:
                data = answer.get("data")
                return data if isinstance(data, dict) else {}
            if not is_throttled(errors):
                raise refusal_of(errors, self.host)
            wait_s = max(_SHORTEST_WAIT_S, wanted)
            waited_s += wait_s
            if waited_s > _LONGEST_WAIT_S:
                message = say(
                    "%(host)s wants fewer calls, from us or from other apps. We go on "
                    "later.",
                    host=self.host,
                )
                raise ShopSilent(message, wait_s=wait_s)
            self._wait(wait_s)

    def pause(self, seconds: float) -> None:
        """Wait for something that the shop prepares."""
        self._wait(seconds)

    def save(self, url: str, target: BinaryIO) -> None:
        """Write a file that Shopify made for us into *target*.

        It lies at another host, which is shown no token. The transport refuses any
        that is not on the internet.

        Raises:
            ShopSilent: If it is not there, or not whole.
        """
        scheme = urlsplit(self._base_url).scheme
        if urlsplit(url).scheme not in {"https", scheme}:
            raise ShopSilent(
                say("%(host)s names a file that is not at https.", host=self.host)
            )
        reply = self._calls.save(url, target)
        if reply.status != _OK:
            raise ShopSilent(
                say(
                    "The file with the orders of %(host)s cannot be read (%(status)s). "
                    "We ask for it again.",
                    host=self.host,
                    status=reply.status,
                )
            )

    def _wait_for_points(self, name: str) -> float:
        """Wait until the question can be paid for, as far as we know; return it."""
        if self._bucket is None:
            return 0.0
        cost = self._costs.get(name, 0.0)
        wait_s = self._bucket.wait_s(cost, self._clock.monotonic_s())
        wait_s = min(wait_s, _LONGEST_WAIT_S)
        if wait_s:
            self._wait(wait_s)
        return wait_s

    def _note_cost(self, name: str, answer: Mapping[str, Any]) -> float:
        """Keep what the question costs and what is left; return how long to wait."""
        extensions = answer.get("extensions")
        cost = extensions.get("cost") if isinstance(extensions, dict) else None
        status = cost.get("throttleStatus") if isinstance(cost, dict) else None
        if not isinstance(cost, dict) or not isinstance(status, dict):
            return 0.0
        restored = _points(status.get("restoreRate"))
        if restored <= 0:
            return 0.0
        self._costs[name] = _points(cost.get("requestedQueryCost"))
        self._bucket = _Bucket(
            available=_points(status.get("currentlyAvailable")),
            restored_a_second=restored,
            at_s=self._clock.monotonic_s(),
        )
        return self._bucket.wait_s(self._costs[name], self._bucket.at_s)

    def _answer(self, body: bytes, *, shown: str) -> dict[str, Any]:
        """Send a question, with a new token if the one we have is refused."""
        url = f"{self._base_url}/admin/api/{API_VERSION}/graphql.json"
        reply = self._send(url, body, shown)
        if reply.status == _UNAUTHORISED:
            self._token = None
            reply = self._send(url, body, shown)
        if reply.status != _OK:
            raise failure_of(reply, self.host)
        self.now = self._calls.now_at(reply)
        self.version = header(reply.headers, "X-Shopify-API-Version") or API_VERSION
        try:
            answer, _ = parse_object(reply.body)
        except NotJson as error:
            raise failure_of(reply, self.host) from error
        return answer

    def _send(self, url: str, body: bytes, shown: str) -> Reply:
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "Sluice",
            "X-Shopify-Access-Token": self._valid_token().text,
        }
        return self._calls.call("POST", url, headers, body, shown=shown)

    def _valid_token(self) -> AccessToken:
        """Return a token that lasts, exchanging the keys for one if need be."""
        self._check_host()
        token = self._token
        now = self._clock.now()
        if token is None or token.ends_at - now < _RENEWED_BEFORE:
            token = self._token = self._exchange_keys(now)
            self._access.keep_token(token)
        return token

    def _exchange_keys(self, now: datetime) -> AccessToken:
        keys = {
            "grant_type": "client_credentials",
            "client_id": self._access.key,
            "client_secret": self._access.secret,
        }
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "Sluice",
        }
        url = f"{self._base_url}/admin/oauth/access_token"
        body = urlencode(keys).encode()
        reply = self._calls.call("POST", url, headers, body, shown="")
        answer: dict[str, Any] = {}
        with suppress(NotJson):
            answer, _ = parse_object(reply.body)
        text, lasts_s = answer.get("access_token"), answer.get("expires_in")
        if reply.status != _OK or not isinstance(text, str):
            raise no_token(reply, self.host)
        seconds = lasts_s if type(lasts_s) is int else _TOKEN_LASTS_S
        return AccessToken(
            text=text,
            scopes=frozenset(str(answer.get("scope", "")).replace(",", " ").split()),
            ends_at=now + timedelta(seconds=min(max(seconds, 0), _TOKEN_LASTS_S)),
        )

    def _check_host(self) -> None:
        """Make sure that secret and token go to Shopify alone.

        Plain http comes this far only where a mock may be called.
        """
        parts = urlsplit(self._base_url)
        is_mock = parts.scheme == "http"
        if not is_mock and not (parts.hostname or "").endswith(_SHOPS):
            message = say(
                "%(host)s is not the address of a shop at Shopify. Enter the one that "
                "ends in .myshopify.com: it stands under Settings > Domains in the "
                "shop's admin.",
                host=self.host,
            )
            raise ShopSilent(message, code="address")


def _errors(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    errors = answer.get("errors")
    if not errors:
        return []
    if isinstance(errors, list):
        return [e if isinstance(e, dict) else {"message": str(e)} for e in errors]
    return [{"message": str(errors)}]


def _points(value: object) -> float:
    """Return a number of points: a measure of effort, and no money."""
    if isinstance(value, (int, Decimal)) and math.isfinite(value):
        return float(value)
    return 0.0
