"""`/__mock__/*`: reset, clock, limits, request log, state; other routes beside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, request

from mock_accounting.control import shapes, wire
from mock_accounting.control.book_routes import add_book_routes, books_asked_for
from mock_accounting.control.fault_routes import add_fault_routes
from mock_accounting.control.fields import BadControl, Fields
from mock_accounting.dialect.jsontext import JsonValue
from mock_accounting.faults.rules import FaultRules
from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.errors import NoSuchDocument
from mock_accounting.ledger.organisations import Organisations
from mock_accounting.traffic.idempotency import KeyedAnswers
from mock_accounting.traffic.limits import Limits
from mock_accounting.traffic.log import RequestLog

_DEFAULT_ENTRIES = 200


@dataclass(frozen=True, kw_only=True)
class Controls:
    """What the control API switches."""

    organisations: Organisations
    clock: Clock
    limits: Limits
    keyed_answers: KeyedAnswers
    faults: FaultRules
    log: RequestLog

    def reset(self) -> None:
        """Begin anew: demo organisation only, no faults, empty log, real time."""
        self.clock.reset()
        self.faults.clear()
        self.log.clear()
        self.keyed_answers.clear()
        self.limits.change(self.limits.quota)
        self.organisations.reset()


def control_blueprint(controls: Controls) -> Blueprint:
    """The routes of the control API."""
    blueprint = Blueprint("control", __name__, url_prefix="/__mock__")
    for add in (_add_state, _add_time_and_limits):
        add(blueprint, controls)
    add_book_routes(blueprint, controls.organisations)
    add_fault_routes(blueprint, controls.faults, controls.clock)

    @blueprint.errorhandler(BadControl)
    def bad_control(problem: BadControl) -> Response:
        return wire.answer({"error": str(problem)}, 400)

    @blueprint.errorhandler(NoSuchDocument)
    def missing(_problem: NoSuchDocument) -> Response:
        return wire.answer({"error": "There is no such document."}, 404)

    return blueprint


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
        found = [
            entry
            for entry in entries
            if entry.entry_id > since
            and path in entry.path.lower()
            and method in {"", entry.method}
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
    if advance_s:
        clock.advance(timedelta(seconds=advance_s))


def _show_clock(clock: Clock) -> Response:
    return wire.answer({"now": clock.now().isoformat(), "frozen": clock.frozen})
