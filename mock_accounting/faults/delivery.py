"""Sends an answer, or breaks it on its way: reset, closed, held, in parts.

A server that hides its socket (the test client) gets `AnswerLost` raised instead.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.client import responses
from typing import TYPE_CHECKING, TypeAlias

from waitress.channel import ClientDisconnected  # type: ignore[import-untyped]

from mock_accounting.dialect.messages import Answer
from mock_accounting.faults.rules import Break, FaultKind, FaultSpec

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

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


def deliver(
    answer: Answer,
    breakage: Breakage | None,
    environ: WSGIEnvironment,
    start_response: StartResponse,
) -> Iterable[bytes]:
    """Send *answer* as WSGI wants it, or break it on its way."""
    content = b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.body
    body: Iterable[bytes] = [content]
    match breakage:
        case Lost():
            _break_connection(environ, breakage)
        case Truncated(keep_bytes=keep_bytes):
            kept = len(content) // 2 if keep_bytes is None else keep_bytes
            body = [content[:kept]]
        case Dripping():
            body = _drops(content, breakage)
        case None:
            pass
    headers = list(answer.headers.items())
    if answer.content_type:
        headers.append(("Content-Type", answer.content_type))
    if answer.status != HTTPStatus.NO_CONTENT:
        headers.append(("Content-Length", str(len(answer.body))))
    phrase = responses.get(answer.status, "Unknown")
    start_response(f"{answer.status} {phrase}", headers)
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
