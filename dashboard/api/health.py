"""Whether the program is alive and ready, for load balancers and people's scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from dashboard.domain.alarms import FOR_OPERATORS, ROLES, Alarm, AlarmKind
from dashboard.store.alarms import AlarmStore
from dashboard.store.database import Database
from dashboard.store.health import read_health

WELL, LATE = "ok", "late"


def health_blueprint(
    database: Database,
    alarms: AlarmStore,
    further: Callable[[], Mapping[str, str]],
) -> Blueprint:
    """Return `/healthz` (all of it is alive) and `/readyz` (it can take orders in).

    *further* gives the status of each other organisation that this address answers for.
    """
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> ResponseReturnValue:
        answer, others = look(database, alarms), further()
        if others:
            answer["organisations"] = others
        if any(status != WELL for status in others.values()):
            answer["status"] = LATE
        return jsonify(answer), 200 if answer["status"] == WELL else 503

    @blueprint.get("/readyz")
    def readyz() -> ResponseReturnValue:
        ready = read_health(database).database
        return jsonify(status="ok" if ready else "away"), 200 if ready else 503

    return blueprint


def look(database: Database, alarms: AlarmStore) -> dict[str, Any]:
    """Return what `/healthz` tells of one organisation."""
    health = read_health(database)
    parts = {role: role in health.roles for role in ROLES}
    parts["database"] = health.database
    shown = alarms.shown(health.at) if health.at is not None else ()
    late = any(alarm.kind in FOR_OPERATORS for alarm in shown)
    well = all(parts.values()) and not late
    words = {name: "ok" if ok else "silent" for name, ok in parts.items()}
    status = WELL if well else LATE
    return {"status": status, **words, "alarms": _kinds(shown)}


def _kinds(alarms: Sequence[Alarm]) -> list[dict[str, Any]]:
    """Return how many there are of each kind; names are for people who signed in."""
    by_kind = {kind: [a.since for a in alarms if a.kind is kind] for kind in AlarmKind}
    return [
        {"kind": kind.value, "count": len(since), "since": min(since).isoformat()}
        for kind, since in by_kind.items()
        if since
    ]
