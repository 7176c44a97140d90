"""What every page shares: the bar on top, the fault banner, and being live."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from flask import (
    Blueprint,
    Response,
    abort,
    jsonify,
    render_template,
    request,
    url_for,
)
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from mock_accounting.faults.rules import FaultRules
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.demo import DEMO_TENANT_ID
from mock_accounting.ledger.errors import NoSuchDocument
from mock_accounting.ledger.organisations import Organisations
from mock_accounting.traffic.limits import Limits
from mock_accounting.traffic.log import RequestLog
from mock_accounting.ui.formats import FILTERS

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
Show: TypeAlias = Callable[[], dict[str, object]]
"""Looks up what a page shows."""

_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_MACHINES = ("/__mock__/", "/api/", "/connect/")
_WHERE = (
    "The imitated API is under /api.xro/2.0/, /connections and /connect/token; its "
    "controls are under /__mock__/. The page /api lists them."
)


class KeptSnapshot(Protocol):
    """What the pages show of a snapshot."""

    @property
    def taken_at(self) -> datetime:
        """On the mock's clock."""

    @property
    def tenant_id(self) -> str | None:
        """The only organisation it is about; None for all."""

    @property
    def invoice_count(self) -> int:
        """How many invoices it holds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What the pages show."""

    organisations: Organisations
    log: RequestLog
    faults: FaultRules
    limits: Limits
    snapshots: Mapping[str, KeptSnapshot]
    """By name."""
    description: Mapping[str, Any]
    """The imitated API as an OpenAPI document."""
    asks_token: bool = False
    """Whether the control API wants a token, and pages keep secrets back."""

    def books(self) -> Books:
        """The books of the organisation the address names; the demo's without."""
        tenant_id = request.args.get("organisation", DEMO_TENANT_ID)
        return self.organisations.find(tenant_id) or abort(404)

    def live(self, name: str, version: object, show: Show) -> Response:
        """A page, or only its living parts when it asks for what is new.

        The page sends the version it shows; while that is current the answer
        is an empty 204, and nothing is looked up. The fault banner is a living
        part of every page.
        """
        now = f"{version} {self.faults.version}"
        shown = request.headers.get("X-Shown-Version")
        if shown == now:
            return Response(status=204)
        template = f"mock/{name}.html" if shown is None else "mock/_parts.html"
        part = f"mock/_{name}.html"
        page = render_template(template, part=part, version=now, **show())
        return Response(page, headers={"X-Version": now})


def add_frame(blueprint: Blueprint, shown: Shown) -> None:
    """Filters, what the frame shows, headers, a way back from nowhere."""
    for name, written in FILTERS.items():
        blueprint.add_app_template_filter(written, name)

    @blueprint.errorhandler(NoSuchDocument)
    @blueprint.errorhandler(404)
    def missing(_error: Exception) -> tuple[str, int]:
        return render_template("mock/missing.html"), 404

    @blueprint.app_errorhandler(404)
    @blueprint.app_errorhandler(405)
    def nowhere(error: HTTPException) -> Response:
        return _nowhere(error)

    @blueprint.app_context_processor
    def frame() -> dict[str, object]:
        organisations = shown.organisations
        tenant_id = request.args.get("organisation", DEMO_TENANT_ID)
        return {
            "books": organisations.find(tenant_id) or organisations.all()[0],
            "all_books": organisations.all(),
            "active_faults": shown.faults.active(),
            "asks_token": shown.asks_token,
            "link": link,
        }

    @blueprint.after_request
    def guard(response: Response) -> Response:
        response.headers.update(_HEADERS)
        if request.endpoint != "ui.static":
            response.headers["Cache-Control"] = "no-store"
        return response


def _nowhere(error: HTTPException) -> Response:
    """Answer for an address that nothing has: a page for browsers, else JSON."""
    code = error.code or 404
    accepted = request.accept_mimetypes
    for_people = accepted["text/html"] > accepted["application/json"]
    if for_people and not request.path.startswith(_MACHINES):
        response = Response(render_template("mock/missing.html"), code, _HEADERS)
    else:
        what = (
            "there is nothing here" if isinstance(error, NotFound) else "not taken here"
        )
        response = jsonify(error=f"{request.method} {request.path}: {what}. {_WHERE}")
        response.status_code = code
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    response.headers["Cache-Control"] = "no-store"
    return response


def link(endpoint: str, **values: str | int | None) -> str:
    """An address that stays in the organisation being looked at."""
    tenant_id = request.args.get("organisation")
    given: dict[str, Any] = {name: it for name, it in values.items() if it}
    if tenant_id:
        given.setdefault("organisation", tenant_id)
    return url_for(endpoint, **given)


def page_asked() -> int:
    """The page of a list the address names, from 1."""
    return request.args.get("page", 1, type=int)


def search_asked() -> str:
    """What the address searches for."""
    return request.args.get("q", "")
