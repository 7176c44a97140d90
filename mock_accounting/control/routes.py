"""`/__mock__/*`: reset, clock, limits, faults, request log, state, assertions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, request

from mock_accounting.control import shapes
from mock_accounting.control.fields import BadControl, Fields
from mock_accounting.dialect import jsontext
from mock_accounting.dialect.jsontext import JsonObject, JsonValue
from mock_accounting.faults.rules import FaultRules
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.contacts import (
    archive_contact,
    require_contact,
    restore_contact,
)
from mock_accounting.ledger.demo import DEMO_TENANT_ID
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
    for add in (_add_state, _add_time_and_limits, _add_faults, _add_books):
        add(blueprint, controls)

    @blueprint.errorhandler(BadControl)
    def bad_control(problem: BadControl) -> Response:
        return _json({"error": str(problem)}, 400)

    @blueprint.errorhandler(NoSuchDocument)
    def missing(_problem: NoSuchDocument) -> Response:
        return _json({"error": "There is no such document."}, 404)

    return blueprint


def _add_state(blueprint: Blueprint, controls: Controls) -> None:
    @blueprint.get("/health")
    def health() -> Response:
        return _json({"status": "ok", "now": controls.clock.now().isoformat()})

    @blueprint.post("/reset")
    def reset() -> Response:
        controls.reset()
        return _json({"status": "ok"})

    @blueprint.get("/state")
    def state() -> Response:
        books = _books(controls)
        with books.lock:
            return _json(shapes.show_books(books))

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
        return _json({"count": len(found), "requests": shown})

    @blueprint.delete("/requests")
    def clear_log() -> Response:
        controls.log.clear()
        return _json({"status": "ok"})


def _add_time_and_limits(blueprint: Blueprint, controls: Controls) -> None:
    @blueprint.get("/clock")
    def clock() -> Response:
        return _show_clock(controls.clock)

    @blueprint.post("/clock")
    def set_clock() -> Response:
        fields = _body()
        _set_clock(controls.clock, fields)
        fields.done()
        return _show_clock(controls.clock)

    @blueprint.get("/limits")
    def limits() -> Response:
        return _json(shapes.show_quota(controls.limits.quota))

    @blueprint.post("/limits")
    def set_limits() -> Response:
        quota = shapes.read_quota(_content(), controls.limits.quota)
        controls.limits.change(quota)
        return _json(shapes.show_quota(quota))


def _add_faults(blueprint: Blueprint, controls: Controls) -> None:
    faults = controls.faults

    @blueprint.get("/faults")
    def rules() -> Response:
        shown: list[JsonValue] = [shapes.show_fault(rule) for rule in faults.all()]
        return _json({"faults": shown})

    @blueprint.post("/faults")
    def add_rule() -> Response:
        rule = faults.add(shapes.read_fault(_content()))
        return _json(shapes.show_fault(rule))

    @blueprint.delete("/faults")
    def clear_rules() -> Response:
        faults.clear()
        return _json({"status": "ok"})

    @blueprint.delete("/faults/<int:rule_id>")
    def remove_rule(rule_id: int) -> Response:
        if not faults.remove(rule_id):
            raise NoSuchDocument
        return _json({"status": "ok"})


def _add_books(blueprint: Blueprint, controls: Controls) -> None:
    organisations = controls.organisations

    @blueprint.get("/organisations")
    def list_organisations() -> Response:
        shown: list[JsonValue] = [
            {
                "organisation": books.organisation.organisation_id,
                "name": books.organisation.name,
            }
            for books in organisations.all()
        ]
        return _json({"organisations": shown})

    @blueprint.post("/organisations")
    def open_organisation() -> Response:
        fields = _body()
        name = fields.text("name") or "Test Company"
        fields.done()
        books, client = organisations.open(name)
        return _json(
            {
                "organisation": books.organisation.organisation_id,
                "name": name,
                "client_id": client.client_id,
                "client_secret": client.secret,
            }
        )

    @blueprint.post("/lock-date")
    def lock() -> Response:
        books = _books(controls)
        fields = _body()
        period, end_of_year = fields.day("period"), fields.day("end_of_year")
        fields.done()
        with books.lock:
            books.lock_until(period=period, end_of_year=end_of_year)
            organisations.save(books)
        return _json({"status": "ok"})

    @blueprint.post("/contacts/<identifier>/<any(archive, restore):action>")
    def archive(identifier: str, action: str) -> Response:
        books = _books(controls)
        change = archive_contact if action == "archive" else restore_contact
        with books.lock:
            contact = require_contact(books, identifier)
            change(books, contact.contact_id)
            organisations.save(books)
        return _json({"status": "ok", "contact": contact.contact_id})

    @blueprint.route("/assertions", methods=["GET", "POST"])
    def assertions() -> Response:
        books = _books(controls)
        with books.lock:
            if request.method == "GET":
                findings = shapes.usual_checks(books)
            else:
                wanted = _body().get("checks")
                if not isinstance(wanted, list):
                    raise BadControl("checks must be a list.")
                findings = [shapes.run_check(books, it) for it in wanted]
            return _json(shapes.show_findings(books, findings))


def _books(controls: Controls) -> Books:
    """The books of the organisation the query names; the demo's without one."""
    tenant_id = request.args.get("organisation", DEMO_TENANT_ID)
    books = controls.organisations.find(tenant_id)
    if books is None:
        raise BadControl(f"There is no organisation {tenant_id}.")
    return books


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
    return _json({"now": clock.now().isoformat(), "frozen": clock.frozen})


def _body() -> Fields:
    return Fields(_content())


def _content() -> object:
    """The JSON of the request; nothing sent is an empty object."""
    body = request.get_data()
    try:
        return jsontext.loads(body) if body.strip() else {}
    except ValueError as error:
        raise BadControl(f"The body is no JSON: {error}") from error


def _json(content: JsonObject, status: int = 200) -> Response:
    return Response(jsontext.dumps(content), status=status, mimetype="application/json")
