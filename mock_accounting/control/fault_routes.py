"""`/__mock__/faults`: rules and presets set, shown and taken out."""

from __future__ import annotations

from flask import Blueprint, Response, request

from mock_accounting.control import wire
from mock_accounting.control.faults import read_fault, show_fault
from mock_accounting.control.fields import BadControl
from mock_accounting.dialect.jsontext import JsonObject, JsonValue
from mock_accounting.faults.presets import PRESETS, rules_of
from mock_accounting.faults.rules import FaultRules
from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.errors import NoSuchDocument


def add_fault_routes(blueprint: Blueprint, faults: FaultRules, clock: Clock) -> None:
    """Add the routes of faults."""
    _add_rules(blueprint, faults, clock)
    _add_presets(blueprint, faults, clock)


def _add_rules(blueprint: Blueprint, faults: FaultRules, clock: Clock) -> None:
    @blueprint.get("/faults")
    def rules() -> Response:
        now = clock.now()
        tenant_id = request.args.get("organisation")
        shown: list[JsonValue] = [
            show_fault(rule, now)
            for rule in faults.all()
            if tenant_id in {None, rule.spec.tenant_id}
        ]
        return wire.answer({"faults": shown})

    @blueprint.post("/faults")
    def add_rule() -> Response:
        now = clock.now()
        rule = faults.add(read_fault(wire.content(), now))
        return wire.answer(show_fault(rule, now))

    @blueprint.delete("/faults")
    def clear_rules() -> Response:
        faults.clear(request.args.get("organisation"))
        return wire.done()

    @blueprint.delete("/faults/<int:rule_id>")
    def remove_rule(rule_id: int) -> Response:
        if not faults.remove(rule_id):
            raise NoSuchDocument
        return wire.done()


def _add_presets(blueprint: Blueprint, faults: FaultRules, clock: Clock) -> None:
    @blueprint.get("/presets")
    def presets() -> Response:
        shown: list[JsonValue] = [
            {"preset": name, "title": preset.title, "shows": preset.shows}
            for name, preset in PRESETS.items()
        ]
        return wire.answer({"presets": shown})

    @blueprint.post("/presets/<name>")
    def set_preset(name: str) -> Response:
        preset = PRESETS.get(name)
        if preset is None:
            known = ", ".join(PRESETS)
            raise BadControl(f"There is no preset {name}. Known are {known}.")
        fields = wire.fields()
        key, tenant_id = fields.text("key"), fields.text("organisation")
        fields.done()
        now = clock.now()
        specs = rules_of(preset, now, key=key, tenant_id=tenant_id)
        shown: list[JsonValue] = [show_fault(faults.add(it), now) for it in specs]
        content: JsonObject = {"preset": name, "faults": shown}
        return wire.answer(content)
