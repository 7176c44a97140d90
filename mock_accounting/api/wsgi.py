"""The imitated API as a WSGI application, in front of the pages.

Its calls never reach the web framework, which would take longer than the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from mock_accounting.api.gateway import Gateway
from mock_accounting.dialect.answers import plain
from mock_accounting.dialect.messages import Call
from mock_accounting.faults.delivery import deliver
from mock_accounting.faults.rules import API_ROOT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_BODY_BYTES = 10_000_000
_TOO_LARGE = plain(413, f"A body may have {MAX_BODY_BYTES} bytes at most.")
_BESIDE_THE_ROOT = ("/connect/token", "/connections")


class ApiBeforePages:
    """Answers calls to the imitated API, and leaves the rest to the pages."""

    def __init__(self, gateway: Gateway, pages: WSGIApplication) -> None:
        self._gateway = gateway
        self._pages = pages

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one request."""
        path = _decoded(environ["PATH_INFO"])
        if not _is_of_api(path.lower()):
            return self._pages(environ, start_response)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > MAX_BODY_BYTES:
            return deliver(_TOO_LARGE, None, environ, start_response)
        query_string = environ["QUERY_STRING"]
        call = Call(
            method=environ["REQUEST_METHOD"],
            path=path,
            query=_read_query(query_string) if query_string else {},
            query_string=_decoded(query_string),
            headers=dict(_headers(environ)),
            body=environ["wsgi.input"].read(length) if length else b"",
        )
        answer, breakage = self._gateway.handle(call)
        return deliver(answer, breakage, environ, start_response)


def _is_of_api(path: str) -> bool:
    """Whether a path in small letters belongs to the imitated API."""
    return path.startswith((API_ROOT + "/", "/connections/")) or (
        path in _BESIDE_THE_ROOT
    )


def _decoded(text: str) -> str:
    """What a server passes on as if its bytes were Latin letters."""
    return text if text.isascii() else text.encode("latin-1").decode(errors="replace")


def _read_query(query_string: str) -> Mapping[str, str]:
    """The fields of a query; of one given twice the first counts."""
    fields = parse_qsl(_decoded(query_string), keep_blank_values=True)
    return dict(reversed(fields))


def _headers(environ: WSGIEnvironment) -> Iterator[tuple[str, str]]:
    """The headers by lower-case name, straight from the server's variables."""
    for variable, value in environ.items():
        name = _header_name(variable)
        if name is not None:
            yield name, value


@lru_cache(maxsize=1024)
def _header_name(variable: str) -> str | None:
    """The header that a variable of the server holds, if it holds one."""
    if variable.startswith("HTTP_"):
        return variable[5:].replace("_", "-").lower()
    if variable in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
        return variable.replace("_", "-").lower()
    return None
