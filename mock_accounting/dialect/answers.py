"""Answers in the shapes of the API, errors included."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from mock_accounting.dialect.dates import ms_bare
from mock_accounting.dialect.jsontext import Encoded, JsonObject, JsonValue, dumps
from mock_accounting.dialect.messages import Answer

PROVIDER = "Mock Books"
_JSON = "application/json; charset=utf-8"
_EMPTY_HTML = "text/html; charset=utf-8"


def envelope(
    answer_id: str,
    now: datetime,
    name: str,
    elements: Sequence[JsonObject | Encoded],
    pagination: JsonObject | None = None,
) -> Answer:
    """The usual answer: elements under their name, always 200."""
    content: JsonObject = {
        "Id": answer_id,
        "Status": "OK",
        "ProviderName": PROVIDER,
        "DateTimeUTC": ms_bare(now),
    }
    if pagination is not None:
        content["pagination"] = pagination
    content[name] = list(elements)
    return json_answer(200, content)


def json_answer(
    status: int, content: JsonValue, headers: Mapping[str, str] | None = None
) -> Answer:
    """Any content as JSON."""
    return Answer(
        status=status, body=dumps(content), content_type=_JSON, headers=headers or {}
    )


def validation_errors(messages: Sequence[str]) -> JsonValue:
    """The list that tells what is wrong with an element."""
    return [{"Message": message} for message in messages]


def validation_exception(elements: Sequence[JsonObject]) -> Answer:
    """400: at least one element was refused."""
    return json_answer(
        400,
        {
            "ErrorNumber": 10,
            "Type": "ValidationException",
            "Message": "A validation exception occurred",
            "Elements": list(elements),
        },
    )


def refused(element: JsonObject, messages: Sequence[str]) -> Answer:
    """400: one element was refused, for these reasons."""
    return validation_exception(
        [element | {"ValidationErrors": validation_errors(messages)}]
    )


def bad_data(reason: str) -> Answer:
    """400: the body cannot be read."""
    return json_answer(
        400,
        {
            "ErrorNumber": 14,
            "Type": "PostDataInvalidException",
            "Message": f"The post data was invalid: {reason}",
        },
    )


def no_data(name: str) -> Answer:
    """400: the body holds no element."""
    return json_answer(
        400,
        {
            "ErrorNumber": 17,
            "Type": "NoDataProcessedException",
            "Message": "No data has been processed for this endpoint. This endpoint is "
            f"expecting {name} data to be specified in the request body.",
        },
    )


def bad_query(reason: str) -> Answer:
    """400: a filter, an order or a page that cannot be read."""
    return json_answer(
        400, {"ErrorNumber": 16, "Type": "QueryParseException", "Message": reason}
    )


def bad_key(message: str) -> Answer:
    """400: an idempotency key that cannot be honoured."""
    return json_answer(
        400, {"ErrorNumber": 10, "Type": "ValidationException", "Message": message}
    )


def pdf(content: bytes) -> Answer:
    """A document as it would be printed."""
    return Answer(status=200, body=content, content_type="application/pdf")


def not_found() -> Answer:
    """404: an empty page, as recorded."""
    return Answer(status=404, content_type=_EMPTY_HTML)


def method_not_allowed() -> Answer:
    """405: the endpoint has no such method."""
    return Answer(status=405, content_type=_EMPTY_HTML)


def unauthorized(detail: str, instance: str) -> Answer:
    """401: no token, a wrong one or an expired one."""
    return json_answer(
        401,
        {
            "Type": None,
            "Title": "Unauthorized",
            "Status": 401,
            "Detail": detail,
            "Instance": instance,
            "Extensions": {},
        },
    )


def forbidden(instance: str) -> Answer:
    """403: the organisation is not connected to this client."""
    return json_answer(
        403,
        {
            "Type": None,
            "Title": "Forbidden",
            "Status": 403,
            "Detail": "AuthenticationUnsuccessful",
            "Instance": instance,
            "Extensions": {},
        },
    )


def rate_limited(problem: str, retry_after_s: float | None) -> Answer:
    """429: empty; too many calls in flight tell no time to wait."""
    headers = {"X-Rate-Limit-Problem": problem}
    if retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(retry_after_s)))
    return Answer(status=429, headers=headers)


def server_error(instance: str) -> Answer:
    """500: as recorded."""
    return json_answer(
        500,
        {
            "Title": "An error occurred",
            "Detail": "An error occurred in Xero. Check the API Status page "
            "https://status.developer.xero.com for current service status.",
            "Status": 500,
            "Instance": instance,
        },
    )


def token_error(error: str) -> Answer:
    """400 of the token endpoint."""
    return json_answer(400, {"error": error})


def plain(status: int, text: str) -> Answer:
    """An answer of something in front of the API, such as a gateway."""
    return Answer(
        status=status, body=text.encode(), content_type="text/plain; charset=utf-8"
    )
