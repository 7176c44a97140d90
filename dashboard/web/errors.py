"""Error pages: what went wrong, a way back, and an id to ask support about."""

from __future__ import annotations

import logging

from flask import Flask, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import (
    HTTPException,
    InternalServerError,
    ServiceUnavailable,
)

from dashboard.store.database import DATABASE_AWAY
from dashboard.web.error_words import Words, ways_on, words_of
from dashboard.web.headers import request_id
from dashboard.web.language import gettext as _
from dashboard.web.own_address import own_address
from dashboard.web.services import services
from dashboard.web.switcher import organisation_name

_log = logging.getLogger(__name__)
_MACHINES = ("/api/", "/intake/")
_COME_BACK_S = 10
# What went wrong once and may work the next time.
_PASSING = {429, 500, 503}


def install_errors(app: Flask) -> None:
    """Answer every error of *app* with a page; machines get JSON."""
    app.register_error_handler(HTTPException, _answer)
    app.register_error_handler(CSRFError, _form_too_old)
    for away in DATABASE_AWAY:
        app.register_error_handler(away, _database_away)


def _answer(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if isinstance(error, InternalServerError):
        _log.error("request failed", extra={"request_id": request_id()})
    if error.response is not None:
        return error.response
    # What else the error says: the methods allowed (405), when to come back (429).
    headers = {k: v for k, v in error.get_headers() if k != "Content-Type"}
    if request.path.startswith(_MACHINES):
        body = {"error": error.description, "request_id": request_id()}
        return jsonify(body), code, headers
    most, wait = request.max_content_length, headers.get("Retry-After", "")
    wait_s = int(wait) if wait.isdecimal() else None
    words = words_of(code, most_bytes=most, wait_s=wait_s)
    return *_page(code, words), headers


def _database_away(error: Exception) -> ResponseReturnValue:
    _log.error(
        "database away",
        extra={"request_id": request_id(), "error": type(error).__name__},
    )
    return _answer(ServiceUnavailable(retry_after=_COME_BACK_S))


def _form_too_old(_error: HTTPException) -> ResponseReturnValue:
    return _page(
        400,
        Words(
            title=_("This form is no longer valid"),
            text=_(
                "It was open for long, or you have signed in again since. Nothing was "
                "changed. Go back, copy what you typed, reload the page and send it "
                "again."
            ),
        ),
    )


def _page(code: int, words: Words) -> tuple[str, int]:
    # Without what other pages get from the database, which may be what failed.
    template = current_app.jinja_env.get_template("errors/error.html")
    page = template.render(
        code=code,
        words=words,
        ways=list(ways_on(code, request)),
        request_id=request_id(),
        demo=services().demo,
        organisation_name=organisation_name(),
        again=own_address() if _may_pass(code) else "",
    )
    return page, code


def _may_pass(code: int) -> bool:
    """Tell whether asking for the same page again is worth a try."""
    return code in _PASSING and request.method == "GET"
