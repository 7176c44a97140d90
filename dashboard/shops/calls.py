"""Calls to a shop's API: one call, its answer, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import BinaryIO

from dashboard.domain.clock import Clock
from dashboard.domain.exchanges import Exchange
from dashboard.domain.sentences import say
from dashboard.outbound.echoes import without_echoes
from dashboard.outbound.transport import NoAnswer, NotSent, Reply, Transport
from dashboard.shops.payload import header
from dashboard.shops.protocol import Log, ShopSilent

_OK = 200
# A hundred orders, some with all that plugins keep beside them.
MAX_BYTES = 20_000_000
# A file with a hundred thousand orders.
_MAX_FILE_BYTES = 2_000_000_000
_FILE_DEADLINE_S = 1800.0
# Orders hold people: of a good answer nothing is kept here, of a bad one enough.
_KEPT_BODY = 2000
_KEPT_HEADERS = {"content-type", "date", "retry-after", "server", "x-wp-total"}


class Calls:
    """Calls the API of one shop and writes each call down."""

    def __init__(
        self, base_url: str, transport: Transport, clock: Clock, log: Log
    ) -> None:
        self._base_url = base_url
        self._transport = transport
        self._clock = clock
        self._log = log

    def call(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        shown: str,
    ) -> Reply:
        """Send a request; *shown* is what is kept of its body.

        Raises:
            ShopSilent: If no whole answer came.
        """

        def send() -> Reply:
            return self._transport.call(method, url, headers, body, max_bytes=MAX_BYTES)

        def clean(exchange: Exchange) -> Exchange:
            return without_echoes(exchange, headers, body)

        return self._kept(method, url, shown, send, clean)

    def save(self, url: str, target: BinaryIO) -> Reply:
        """Write a file that a shop made for us into *target*.

        What its address says after the question mark opens it, and is not kept.

        Raises:
            ShopSilent: If it did not come, or not whole.
        """

        def send() -> Reply:
            return self._transport.save(
                url, target, max_bytes=_MAX_FILE_BYTES, deadline_s=_FILE_DEADLINE_S
            )

        def clean(exchange: Exchange) -> Exchange:
            return without_echoes(exchange, {})

        return self._kept("GET", url.partition("?")[0], "", send, clean)

    def _kept(
        self,
        method: str,
        url: str,
        shown: str,
        send: Callable[[], Reply],
        clean: Callable[[Exchange], Exchange],
    ) -> Reply:
        started_s, at = self._clock.monotonic_s(), self._clock.now()
        reply: Reply | None = None
        error = ""
        try:
            reply = send()
        except (NotSent, NoAnswer) as failure:
            error = str(failure)
            raise self._silent(failure) from failure
        finally:
            took_s = self._clock.monotonic_s() - started_s
            exchange = _exchange(at, method, url, shown, reply, error, took_s)
            self._log(clean(exchange))
        return reply

    def now_at(self, reply: Reply) -> datetime:
        """Return the time on the shop's clock when it answered."""
        with suppress(ValueError, TypeError):
            return parsedate_to_datetime(header(reply.headers, "Date")).astimezone(UTC)
        return self._clock.now()

    def _silent(self, failure: NotSent | NoAnswer) -> ShopSilent:
        """Return what it means that no whole answer came."""
        url, reason = self._base_url, str(failure)
        if isinstance(failure, NotSent):
            message = say(
                "%(url)s cannot be reached: %(reason)s. Check the address.",
                url=url,
                reason=reason,
            )
        else:
            message = say(
                "%(url)s gave no whole answer: %(reason)s.", url=url, reason=reason
            )
        return ShopSilent(message)


def _exchange(  # noqa: PLR0913, PLR0917 - what a call consists of
    at: datetime,
    method: str,
    url: str,
    shown: str,
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
        request_body=shown,
        status=None if reply is None else reply.status,
        response_headers={k: v for k, v in given.items() if k.lower() in _KEPT_HEADERS},
        response_body=kept,
        error=error,
        duration_ms=round(took_s * 1000),
    )


def _text(body: bytes) -> str:
    # PostgreSQL refuses a text with a zero byte in it.
    return body[:_KEPT_BODY].decode("utf-8", "replace").replace("\0", "")
