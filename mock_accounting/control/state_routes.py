"""Routes about state: snapshots under a name, export to a file and loading it."""

from __future__ import annotations

from flask import Blueprint, Response, request

from mock_accounting.control import files, wire
from mock_accounting.control.book_routes import books_asked_for
from mock_accounting.control.controls import Controls
from mock_accounting.control.fields import BadControl
from mock_accounting.control.snapshots import Snapshot
from mock_accounting.dialect.jsontext import JsonValue


def add_state_routes(blueprint: Blueprint, controls: Controls) -> None:
    """Add the routes about state."""
    _add_snapshots(blueprint, controls)
    _add_files(blueprint, controls)


def _add_snapshots(blueprint: Blueprint, controls: Controls) -> None:
    kept = controls.snapshots

    def find(name: str) -> Snapshot:
        if name not in kept:
            raise BadControl(f"There is no snapshot {name}.")
        return kept[name]

    @blueprint.get("/snapshots")
    def snapshots() -> Response:
        shown: list[JsonValue] = [
            {
                "snapshot": name,
                "taken_at": snapshot.taken_at.isoformat(),
                "invoices": snapshot.invoice_count,
                "organisations": [copy.tenant_id for copy in snapshot.books],
            }
            for name, snapshot in kept.items()
        ]
        return wire.answer({"snapshots": shown})

    @blueprint.post("/snapshots/<name>")
    def take_snapshot(name: str) -> Response:
        kept[name] = controls.take(_organisation_asked_for(controls))
        return wire.done()

    @blueprint.post("/snapshots/<name>/restore")
    def restore_snapshot(name: str) -> Response:
        controls.put_back(find(name))
        return wire.done()

    @blueprint.delete("/snapshots/<name>")
    def forget_snapshot(name: str) -> Response:
        find(name)
        del kept[name]
        return wire.done()


def _add_files(blueprint: Blueprint, controls: Controls) -> None:
    @blueprint.get("/export")
    def export() -> Response:
        tenant_id = _organisation_asked_for(controls)
        return wire.answer(files.export(controls.take(tenant_id)))

    @blueprint.post("/load")
    def load() -> Response:
        files.load(controls, wire.content())
        return wire.done()


def _organisation_asked_for(controls: Controls) -> str | None:
    """The organisation the query names, if it names one."""
    if "organisation" not in request.args:
        return None
    books = books_asked_for(controls.organisations)
    return books.organisation.organisation_id
