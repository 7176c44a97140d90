"""The imitated API behind Flask: turns requests into calls, answers into responses."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from mock_accounting.api.gateway import Gateway
from mock_accounting.dialect.messages import Answer, Call
from mock_accounting.faults.delivery import ENVIRON_KEY

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_METHODS = ["GET", "PUT", "POST", "DELETE", "PATCH"]
_PATHS = (
    "/connect/token",
    "/connections",
    "/Connections",
    "/connections/<path>",
    "/Connections/<path>",
    "/api.xro/2.0/<path:path>",
)


def api_blueprint(gateway: Gateway) -> Blueprint:
    """The routes of the imitated API."""
    blueprint = Blueprint("api", __name__)

    def answer(path: str = "") -> Response:  # noqa: ARG001 - the call holds it
        given, breakage = gateway.handle(_call())
        if breakage is not None:
            request.environ[ENVIRON_KEY] = breakage
        return _response(given)

    for path in _PATHS:
        blueprint.add_url_rule(
            path,
            endpoint="answer",
            view_func=answer,
            methods=_METHODS,
            provide_automatic_options=False,
        )
    return blueprint


def _call() -> Call:
    return Call(
        method=request.method,
        path=request.path,
        query=request.args,
        query_string=request.query_string.decode(errors="replace"),
        headers=_headers(request.environ),
        body=request.get_data(),
    )


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    """The headers by lower-case name, straight from the server's variables."""
    return {
        header: value
        for name, value in environ.items()
        if (header := _header_name(name)) is not None
    }


@lru_cache(maxsize=1024)
def _header_name(variable: str) -> str | None:
    """The header that a variable of the server holds, if it holds one."""
    if variable.startswith("HTTP_"):
        return variable[5:].replace("_", "-").lower()
    if variable in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
        return variable.replace("_", "-").lower()
    return None


def _response(answer: Answer) -> Response:
    headers = dict(answer.headers)
    if answer.content_type:
        headers["Content-Type"] = answer.content_type
    response = Response(answer.body, status=answer.status, headers=headers)
    if not answer.content_type:
        del response.headers["Content-Type"]
    return response
