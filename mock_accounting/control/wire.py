"""JSON in and out of the control API."""

from __future__ import annotations

from flask import Response, request

from mock_accounting.control.fields import BadControl, Fields
from mock_accounting.dialect import jsontext
from mock_accounting.dialect.jsontext import JsonObject


def answer(content: JsonObject, status: int = 200) -> Response:
    """An answer of the control API."""
    return Response(jsontext.dumps(content), status=status, mimetype="application/json")


def done() -> Response:
    """The answer of what has nothing else to tell."""
    return answer({"status": "ok"})


def fields() -> Fields:
    """The fields of the request's JSON object."""
    return Fields(content())


def content() -> object:
    """The JSON of the request; nothing sent is an empty object."""
    body = request.get_data()
    try:
        return jsontext.loads(body) if body.strip() else {}
    except ValueError as error:
        raise BadControl(f"The body is no JSON: {error}") from error
