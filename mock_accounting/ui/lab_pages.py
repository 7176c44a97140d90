"""Pages to try things on: faults, snapshots and the API."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response

from mock_accounting.faults.presets import PRESETS
from mock_accounting.faults.rules import FaultKind
from mock_accounting.ui.frame import Shown


def add_lab_pages(blueprint: Blueprint, shown: Shown) -> None:
    """Add the pages of faults, of snapshots, of the API and its description."""

    @blueprint.get("/faults")
    def faults() -> Response:
        clock, limits = shown.organisations.clock, shown.limits
        # A clock that runs would make every look at it a new version.
        standing = clock.now().isoformat() if clock.frozen else "runs"
        return shown.live(
            "faults",
            f"{standing} {limits.quota.enforced}",
            lambda: {
                "rules": list(reversed(shown.faults.all())),
                "now": clock.now(),
                "frozen": clock.frozen,
                "quota": limits.quota,
                "presets": PRESETS,
                "kinds": list(FaultKind),
            },
        )

    @blueprint.get("/snapshots")
    def snapshots() -> Response:
        names = [f"{name} {it.taken_at}" for name, it in shown.snapshots.items()]
        return shown.live(
            "snapshots",
            " ".join(names),
            lambda: {
                "snapshots": dict(shown.snapshots),
                "organisation_of": shown.organisations.find,
            },
        )

    @blueprint.get("/api")
    def api() -> Response:
        return shown.live("api", "api", lambda: {"operations": _operations(shown)})

    @blueprint.get("/openapi.json")
    def description() -> Response:
        return Response(json.dumps(shown.description), mimetype="application/json")


def _operations(shown: Shown) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every operation."""
    paths = shown.description["paths"]
    return [
        (method.upper(), path, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
    ]
