"""Whether the program is alive and ready, for load balancers and people's scripts."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from dashboard.store.database import Database
from dashboard.store.health import read_health

_ROLES = ("engine", "scheduler")


def health_blueprint(database: Database) -> Blueprint:
    """Return `/healthz` (all of it is alive) and `/readyz` (it can take orders in)."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> ResponseReturnValue:
        health = read_health(database)
        parts = {role: role in health.roles for role in _ROLES}
        parts["database"] = health.database
        alive = all(parts.values())
        words = {name: "ok" if ok else "silent" for name, ok in parts.items()}
        return jsonify(status="ok" if alive else "late", **words), 200 if alive else 503

    @blueprint.get("/readyz")
    def readyz() -> ResponseReturnValue:
        ready = read_health(database).database
        return jsonify(status="ok" if ready else "away"), 200 if ready else 503

    return blueprint
