"""Breaks an answer on its way: connection reset, closed or held, body in parts.

Outermost WSGI layer. The API leaves the wanted break in the environ; a server
that hides its socket (the test client) gets `AnswerLost` raised instead.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from waitress.channel import ClientDisconnected  # type: ignore[import-untyped]

from mock_accounting.faults.rules import Break, FaultKind, FaultSpec

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ENVIRON_KEY = "mock_accounting.breakage"
_LINGER_NOT_AT_ALL = struct.pack("ii", 1, 0)
_LOOK_AGAIN_S = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """The connection ends without a byte of the answer."""

    how: Break
    hold_s: float = 0.0
    """How long a hanging connection is held at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Truncated:
    """The connection ends after the first bytes of the body."""

    keep_bytes: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Dripping:
    """The body comes a few bytes at a time."""

    seconds: float
    """How long the whole body takes."""
    chunk_bytes: int


Breakage: TypeAlias = Lost | Truncated | Dripping


def breakage_of(spec: FaultSpec) -> Breakage | None:
    """How the answer breaks under this rule, if it does."""
    match spec.kind:
        case FaultKind.LOSE_ANSWER:
            return Lost(how=spec.how, hold_s=spec.seconds)
        case FaultKind.TRUNCATE:
            return Truncated(keep_bytes=spec.keep_bytes)
        case FaultKind.DRIP:
            return Dripping(seconds=spec.seconds, chunk_bytes=spec.chunk_bytes)
        case _:
            return None


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
        breakage: Breakage | None = environ.get(ENVIRON_KEY)
        match breakage:
            case Lost():
                _break_connection(environ, breakage)
            case Truncated(keep_bytes=keep_bytes):
                whole = b"".join(body)
                body = [whole[: len(whole) // 2 if keep_bytes is None else keep_bytes]]
            case Dripping():
                body = _drops(b"".join(body), breakage)
            case None:
                pass
        start_response(*started[-1])
        return body


def _break_connection(environ: WSGIEnvironment, lost: Lost) -> None:
    # waitress puts a bound method of the connection's channel there.
    check = environ.get("waitress.client_disconnected")
    if check is None:
        raise AnswerLost(lost.how.value)
    connection: socket.socket = check.__self__.socket
    if lost.how is Break.HANG:
        _hold(connection, lost.hold_s)
    if lost.how is Break.RESET:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT_AT_ALL)
    raise ClientDisconnected


def _hold(connection: socket.socket, seconds: float) -> None:
    """Say nothing for some time, or until the client gives up."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not _has_left(connection):
        time.sleep(_LOOK_AGAIN_S)


def _has_left(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _drops(body: bytes, dripping: Dripping) -> Iterator[bytes]:
    size = max(1, dripping.chunk_bytes)
    pause_s = dripping.seconds / max(1, -(-len(body) // size))
    for start in range(0, len(body), size):
        time.sleep(pause_s)
        yield body[start : start + size]
