"""What a client gets instead of the true answer."""

from __future__ import annotations

from dataclasses import replace

from mock_accounting.dialect import answers
from mock_accounting.dialect.messages import Answer
from mock_accounting.faults.rules import FaultKind, FaultSpec

_PAGE = b"""<!doctype html>
<html><head><title>We'll be back soon</title></head>
<body><h1>Scheduled maintenance</h1><p>Please try again later.</p></body></html>
"""


def failed(answer: Answer, spec: FaultSpec, instance: str) -> Answer:
    """What a rule makes of the true *answer*; *instance* identifies a failure."""
    match spec.kind:
        case FaultKind.STATUS:
            return _failure(spec, instance)
        case FaultKind.HTML:
            return _web_page(spec.status)
        case FaultKind.MALFORM:
            return _malformed(answer)
        case _:
            return answer


def token_expired(instance: str) -> Answer:
    """401: the token is too old."""
    return answers.unauthorized("TokenExpired: token expired", instance)


def _web_page(status: int) -> Answer:
    """A page for people where JSON was asked for."""
    return Answer(status=status, body=_PAGE, content_type="text/html; charset=utf-8")


def _malformed(answer: Answer) -> Answer:
    """The answer with the right length and type, but cut within its text."""
    keep = len(answer.body) * 2 // 3
    return replace(answer, body=answer.body[:keep])


def _failure(spec: FaultSpec, instance: str) -> Answer:
    """The failure that a `status` rule asks for; *instance* identifies it."""
    match spec.status:
        case 401:
            return token_expired(instance)
        case 403:
            return answers.forbidden(instance)
        case 429:
            return answers.rate_limited(spec.problem or "minute", spec.retry_after_s)
        case 500:
            answer = answers.server_error(instance)
        case 503:
            answer = answers.plain(503, "The Organisation is offline")
        case status:
            answer = answers.plain(status, "The service is not available")
    if spec.retry_after_s is None:
        return answer
    return replace(answer, headers={"Retry-After": str(spec.retry_after_s)})
