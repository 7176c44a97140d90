"""`/__mock__/*`: reset, clock, limits, request log, state; other routes beside."""

from __future__ import annotations

import hmac
from datetime import timedelta

from flask import Blueprint, Response, request

from mock_accounting.control import shapes, wire
from mock_accounting.control.book_routes import add_book_routes, books_asked_for
from mock_accounting.control.controls import Controls
from mock_accounting.control.fault_routes import add_fault_routes
from mock_accounting.control.fields import BadControl, Fields
from mock_accounting.control.state_routes import add_state_routes
from mock_accounting.dialect.jsontext import JsonValue
from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.errors import NoSuchDocument

_DEFAULT_ENTRIES = 200
_LAST_YEAR = 3100


def control_blueprint(controls: Controls, token: str | None) -> Blueprint:
    """The routes of the control API; calls must bring *token* if there is one."""
    blueprint = Blueprint("control", __name__, url_prefix="/__mock__")
    _add_guard(blueprint, token)
    for add in (_add_state, _add_time_and_limits):
        add(blueprint, controls)
    add_state_routes(blueprint, controls)
    add_book_routes(blueprint, controls.organisations)
    add_fault_routes(blueprint, controls.faults, controls.clock)

    @blueprint.errorhandler(BadControl)
    def bad_control(problem: BadControl) -> Response:
        return wire.answer({"error": str(problem)}, 400)

    @blueprint.errorhandler(NoSuchDocument)
    def missing(_problem: NoSuchDocument) -> Response:
        return wire.answer({"error": "There is no such document."}, 404)

    return blueprint


def _add_guard(blueprint: Blueprint, token: str | None) -> None:
    @blueprint.before_request
    def guard() -> Response | None:
        if request.endpoint == "control.health":
            return None
        # A page of another origin shows itself here even where it sends no Origin.
        if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
            return wire.answer({"error": "Not for pages of another origin."}, 403)
        if token is None or _is_same(request.headers.get("X-Mock-Token", ""), token):
            return None
        return wire.answer(
            {"error": "Send the control token in the header X-Mock-Token."}, 401
        )


def _is_same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _add_state(blueprint: Blueprint, controls: Controls) -> None:
    @blueprint.get("/health")
    def health() -> Response:
        return wire.answer({"status": "ok", "now": controls.clock.now().isoformat()})

    @blueprint.post("/reset")
    def reset() -> Response:
        controls.reset()
        return wire.done()

    @blueprint.get("/state")
    def state() -> Response:
        books = books_asked_for(controls.organisations)
        with books.lock:
            return wire.answer(shapes.show_books(books))

    @blueprint.get("/requests")
    def requests_log() -> Response:
        entries = controls.log.entries()
        since = request.args.get("since", 0, type=int)
        limit = request.args.get("limit", _DEFAULT_ENTRIES, type=int)
        path = request.args.get("path", "").lower()
        method = request.args.get("method", "").upper()
        tenant_id = request.args.get("organisation")
        found = [
            entry
            for entry in entries
            if entry.entry_id > since
            and path in entry.path.lower()
            and method in {"", entry.method}
            and tenant_id in {None, entry.tenant_id}
        ]
        shown: list[JsonValue] = [shapes.show_entry(it) for it in found[-limit:]]
        return wire.answer({"count": len(found), "requests": shown})

    @blueprint.delete("/requests")
    def clear_log() -> Response:
        controls.log.clear()
        return wire.done()


def _add_time_and_limits(blueprint: Blueprint, controls: Controls) -> None:
    @blueprint.get("/clock")
    def clock() -> Response:
        return _show_clock(controls.clock)

    @blueprint.post("/clock")
    def set_clock() -> Response:
        fields = wire.fields()
        _set_clock(controls.clock, fields)
        fields.done()
        return _show_clock(controls.clock)

    @blueprint.get("/limits")
    def limits() -> Response:
        return wire.answer(shapes.show_quota(controls.limits.quota))

    @blueprint.post("/limits")
    def set_limits() -> Response:
        quota = shapes.read_quota(wire.content(), controls.limits.quota)
        controls.limits.change(quota)
        return wire.answer(shapes.show_quota(quota))


def _set_clock(clock: Clock, fields: Fields) -> None:
    freeze = fields.get("freeze")
    if fields.flag("reset"):
        clock.reset()
    if freeze is True:
        clock.freeze()
    elif freeze is not None:
        clock.freeze(fields.moment("freeze"))
    advance_s = fields.number("advance_s", 0)
    by = timedelta(seconds=advance_s)
    if (clock.now() + by).year > _LAST_YEAR:
        raise BadControl(f"The clock goes to the end of {_LAST_YEAR}.")
    clock.advance(by)


def _show_clock(clock: Clock) -> Response:
    return wire.answer({"now": clock.now().isoformat(), "frozen": clock.frozen})
