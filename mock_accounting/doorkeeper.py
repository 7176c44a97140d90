"""Lets in who calls the mock by its own name, and no web page of another origin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.sansio.utils import host_is_trusted

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Doorkeeper:
    """Wraps an application and refuses strangers.

    A page of another origin could work the mock through a browser: directly, or
    by giving the mock's address a name of its own.
    """

    def __init__(self, app: WSGIApplication, hosts: Sequence[str]) -> None:
        self._app = app

        @lru_cache(maxsize=64)
        def is_known(host: str) -> bool:
            return host_is_trusted(host, hosts)

        self._is_known = is_known

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Pass a request on, or refuse it."""
        host = environ.get("HTTP_HOST") or environ["SERVER_NAME"]
        if not self._is_known(host):
            return _refusal(
                "400 Bad Request",
                "This host name is not known here. MOCK_ALLOW_REMOTE names others.",
                start_response,
            )
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and _host_of(origin) != host:
            return _refusal(
                "403 Forbidden", "Not for pages of another origin.", start_response
            )
        return self._app(environ, start_response)


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _refusal(
    status: str, reason: str, start_response: StartResponse
) -> Iterable[bytes]:
    body = reason.encode()
    start_response(
        status,
        [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))],
    )
    return [body]
