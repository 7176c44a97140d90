"""Breaks an answer on its way: a reset or closed connection, half a body.

Outermost WSGI layer. The API leaves the wanted break in the environ; a server
that hides its socket (the test client) gets `AnswerLost` raised instead.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from waitress.channel import ClientDisconnected  # type: ignore[import-untyped]

from mock_accounting.faults.rules import Break

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ENVIRON_KEY = "mock_accounting.breakage"
_LINGER_NOT_AT_ALL = struct.pack("ii", 1, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """The connection ends without a byte of the answer."""

    how: Break


@dataclass(frozen=True, kw_only=True, slots=True)
class Truncated:
    """The connection ends after the first bytes of the body."""

    keep_bytes: int | None


class AnswerLost(Exception):
    """The answer was lost on purpose, and there is no socket to show it on."""


class BreakableDelivery:
    """Wraps an application and breaks the answers it marks."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one request, or break its answer."""
        started: list[tuple[Any, ...]] = []

        def hold(*arguments: Any) -> Callable[[bytes], object]:  # noqa: ANN401
            started.append(arguments)
            return lambda _data: None

        body = self._app(environ, hold)
        breakage = environ.get(ENVIRON_KEY)
        match breakage:
            case Lost(how=how):
                _break_connection(environ, how)
            case Truncated(keep_bytes=keep_bytes):
                whole = b"".join(body)
                body = [whole[: len(whole) // 2 if keep_bytes is None else keep_bytes]]
            case _:
                pass
        start_response(*started[-1])
        return body


def _break_connection(environ: WSGIEnvironment, how: Break) -> None:
    # waitress puts a bound method of the connection's channel there.
    check = environ.get("waitress.client_disconnected")
    if check is None:
        raise AnswerLost(how.value)
    if how is Break.RESET:
        connection: socket.socket = check.__self__.socket
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT_AT_ALL)
    raise ClientDisconnected
