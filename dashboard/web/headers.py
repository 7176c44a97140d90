"""Headers of every answer: what a browser may do with it, and who asked."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

from dashboard.web.access import LIVE_HEADER, is_live
from dashboard.web.freshness import mark_page

# Nothing runs or loads that is not ours; no inline script, no inline style.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": the check of forms over https reads our own address.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_HSTS = "max-age=31536000; includeSubDomains"
_A_YEAR = "public, max-age=31536000, immutable"
_STATIC = {"bootstrap.static", "assets.static", "assets.icons"}


def install_headers(app: Flask, *, https: bool) -> None:
    """Put the headers on every answer of *app* and give every request an id."""

    @app.before_request
    def number_request() -> None:
        g.request_id = secrets.token_hex(6)

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _ALWAYS.items():
            response.headers.setdefault(name, value)
        if https:
            response.headers.setdefault("Strict-Transport-Security", _HSTS)
        response.headers["X-Request-Id"] = request_id()
        response.vary.add(LIVE_HEADER)
        if request.endpoint in _STATIC and "v" in request.args:
            response.headers["Cache-Control"] = _A_YEAR
        elif request.endpoint not in _STATIC:
            response.headers.setdefault("Cache-Control", "no-store")
        if is_live() and response.status_code == 200:  # noqa: PLR2004 - OK
            # A page that did not change costs no bytes and no work in the browser.
            return mark_page(response)
        return response


def request_id() -> str:
    """Return the id of the current request, as the log and error pages show it."""
    return str(g.get("request_id", "-"))
