"""One HTTP call: bounded in time and size, never repeated, its failure told exactly.

What matters of a failure is whether the other side can have worked on the request.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import BinaryIO

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
)

from dashboard.domain.clock import Clock
from dashboard.outbound.address import is_on_the_internet

_CONNECT_TIMEOUT_S = 5.0
_READ_TIMEOUT_S = 30.0
_MAX_BYTES = 5_000_000
# A connection kept longer may be closed by the other side just as it is used again,
# which would look like an unknown outcome.
_KEEP_ALIVE_S = 20.0
_CHUNK = 65_536
_NEVER_CONNECTED = (NewConnectionError, NameResolutionError, ConnectTimeoutError)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A complete answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class _Limits:
    max_bytes: int
    deadline_s: float


class NotSent(Exception):
    """No connection came about: the other side has seen nothing."""


class NoAnswer(Exception):
    """It was sent, or may have been, and no complete answer came."""


class _Session(requests.Session):
    @override
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Lead nowhere: even unfollowed, requests reads all there is of a redirect."""
        return None


class Transport:
    """Makes calls; may be shared by threads.

    Args:
        clock: Measures how long an answer takes.
        deadline_s: How long a whole answer may take.
        allow_inner: Also call this machine and its network, for a mock.
    """

    def __init__(
        self, clock: Clock, deadline_s: float, *, allow_inner: bool = False
    ) -> None:
        self._clock = clock
        self._deadline_s = deadline_s
        self._session = _Session()
        # Proxies and passwords of the machine's user are none of our business.
        self._session.trust_env = False
        self._adapter = HTTPAdapter(pool_maxsize=16, max_retries=0)
        if not allow_inner:
            self._adapter.poolmanager.pool_classes_by_scheme = _OUTER_POOLS
        self._session.mount("http://", self._adapter)
        self._session.mount("https://", self._adapter)
        self._lock = threading.Lock()
        self._last_used_s = clock.monotonic_s()

    def call(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        max_bytes: int = _MAX_BYTES,
    ) -> Reply:
        """Send once and read the whole answer, whatever its status.

        Raises:
            NotSent: If no connection came about.
            NoAnswer: If the answer did not come, came too late, or is cut off.
        """
        content = BytesIO()
        reply = self._fetch(
            method,
            url,
            headers,
            body,
            content,
            _Limits(max_bytes=max_bytes, deadline_s=self._deadline_s),
        )
        return replace(reply, body=content.getvalue())

    def save(
        self, url: str, target: BinaryIO, *, max_bytes: int, deadline_s: float
    ) -> Reply:
        """Write what is at *url* into *target*; the reply's body is empty.

        Raises:
            NotSent: If no connection came about.
            NoAnswer: If it did not come, came too late, or is cut off.
        """
        limits = _Limits(max_bytes=max_bytes, deadline_s=deadline_s)
        return self._fetch("GET", url, {}, b"", target, limits)

    def _fetch(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        target: BinaryIO,
        limits: _Limits,
    ) -> Reply:
        started_s = self._clock.monotonic_s()
        self._drop_idle_connections(started_s)
        try:
            response = self._session.request(
                method,
                url,
                headers=dict(headers),
                data=body or None,
                timeout=(_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S),
                allow_redirects=False,
                stream=True,
            )
            with response:
                self._read(response, started_s, target, limits)
        except (UnicodeEncodeError, requests.exceptions.InvalidHeader) as error:
            # What requests says has the header in it, and that may be a secret.
            raise NotSent("A header has characters it cannot have") from error
        except (requests.RequestException, HTTPError, OSError) as error:
            raise _failure(error) from error
        return Reply(status=response.status_code, headers=dict(response.headers))

    def _drop_idle_connections(self, now_s: float) -> None:
        with self._lock:
            idle_s = now_s - self._last_used_s
            self._last_used_s = now_s
        if idle_s > _KEEP_ALIVE_S:
            self._adapter.poolmanager.clear()

    def _read(
        self,
        response: requests.Response,
        started_s: float,
        target: BinaryIO,
        limits: _Limits,
    ) -> None:
        """Read the body piece by piece: a time-out of requests is one per piece."""
        length = 0
        while piece := response.raw.read1(_CHUNK, decode_content=True):
            length += len(piece)
            if length > limits.max_bytes:
                raise NoAnswer(f"The answer is longer than {limits.max_bytes} bytes")
            if self._clock.monotonic_s() - started_s > limits.deadline_s:
                raise NoAnswer(f"The answer took longer than {limits.deadline_s:g} s")
            target.write(piece)
        expected = response.headers.get("Content-Length", "")
        encoded = "Content-Encoding" in response.headers
        if expected.isdecimal() and not encoded and length < int(expected):
            raise NoAnswer("The answer broke off")


def _refuse_inner(connection: HTTPConnection, line: socket.socket) -> socket.socket:
    """Return *line*, unless it leads to this machine or its network.

    A name that led to the internet when it was checked may lead elsewhere by now.
    """
    peer = line.getpeername()[0]
    if is_on_the_internet(peer):
        return line
    line.close()
    raise NewConnectionError(connection, f"{peer} is not on the internet")


class _OuterHTTPConnection(HTTPConnection):
    @override
    def _new_conn(self) -> socket.socket:
        return _refuse_inner(self, super()._new_conn())


class _OuterHTTPSConnection(HTTPSConnection):
    @override
    def _new_conn(self) -> socket.socket:
        return _refuse_inner(self, super()._new_conn())


class _OuterHTTPPool(HTTPConnectionPool):
    ConnectionCls = _OuterHTTPConnection


class _OuterHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _OuterHTTPSConnection


_OUTER_POOLS = {"http": _OuterHTTPPool, "https": _OuterHTTPSPool}


def _is_distrust(error: object) -> bool:
    """Tell whether the connection ended because we did not trust the certificate."""
    while isinstance(error, Exception):
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = getattr(error, "reason", None) or next(iter(error.args), None)
    return False


def _failure(error: Exception) -> NotSent | NoAnswer:
    if isinstance(error, requests.exceptions.SSLError) and _is_distrust(error):
        # Any other failure of TLS may come when the request was read already.
        return NotSent("The certificate is not accepted")
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return NotSent("No connection within the time allowed")
    if isinstance(error, requests.exceptions.ConnectionError):
        cause = error.args[0] if error.args else None
        if isinstance(getattr(cause, "reason", cause), _NEVER_CONNECTED):
            return NotSent("No connection")
    if isinstance(error, (requests.exceptions.InvalidURL, ValueError)):
        return NotSent(f"The address is wrong: {error}")
    if isinstance(error, (requests.exceptions.Timeout, TimeoutError)):
        return NoAnswer("No answer within the time allowed")
    return NoAnswer("The connection broke before the answer was complete")
