"""The imitated API behind Flask: turns requests into calls, answers into responses."""

from __future__ import annotations

from flask import Blueprint, Response, request

from mock_accounting.api.gateway import Gateway
from mock_accounting.dialect.messages import Answer, Call
from mock_accounting.faults.delivery import ENVIRON_KEY

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
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(),
    )


def _response(answer: Answer) -> Response:
    response = Response(answer.body, status=answer.status)
    if answer.content_type:
        response.headers["Content-Type"] = answer.content_type
    else:
        del response.headers["Content-Type"]
    response.headers.update(answer.headers)
    return response
