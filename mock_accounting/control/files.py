"""State as a file: exported, and loaded to begin a run from it.

The same file gives the same run: it holds seed, clock, limits, faults and
books. Books stand in it as exported documents, or as the API takes them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from mock_accounting.control import shapes
from mock_accounting.control.controls import Controls
from mock_accounting.control.faults import read_fault, show_spec
from mock_accounting.control.fields import BadControl, Fields
from mock_accounting.control.snapshots import BooksCopy, Snapshot
from mock_accounting.dialect import jsontext
from mock_accounting.dialect.bodies import Element, read_elements
from mock_accounting.dialect.jsontext import JsonObject, JsonValue
from mock_accounting.dialect.messages import Call, Rejected
from mock_accounting.dialect.reading import (
    contact_input,
    credit_note_input,
    invoice_input,
    item_input,
    payment_input,
)
from mock_accounting.faults.presets import PRESETS, rules_of
from mock_accounting.faults.rules import FaultSpec
from mock_accounting.ledger import codec
from mock_accounting.ledger.books import Books, Document
from mock_accounting.ledger.contacts import create_contact
from mock_accounting.ledger.credit_notes import create_credit_note
from mock_accounting.ledger.datafile import kind_of, read_document
from mock_accounting.ledger.demo import DEMO_TENANT_ID
from mock_accounting.ledger.errors import NoSuchDocument, Refused
from mock_accounting.ledger.ids import parse_id
from mock_accounting.ledger.invoices import create_invoice
from mock_accounting.ledger.items import create_item
from mock_accounting.ledger.payments import create_payment
from mock_accounting.ledger.storage import ON_THIS_MACHINE, Client

_FORMAT = 1
_DECIMALS = 4

_WRITERS: Mapping[str, Callable[[Books, Element], object]] = {
    "Items": lambda books, it: create_item(
        books, item_input(it, unit_decimals=_DECIMALS)
    ),
    "Contacts": lambda books, it: create_contact(books, contact_input(it)),
    "Invoices": lambda books, it: create_invoice(
        books, invoice_input(it, unit_decimals=_DECIMALS)
    ),
    "CreditNotes": lambda books, it: create_credit_note(
        books, credit_note_input(it, unit_decimals=_DECIMALS)
    ),
    "Payments": lambda books, it: create_payment(books, payment_input(it)),
}
"""What a file may hold in the API's own form, in the order it is written."""


def export(snapshot: Snapshot) -> JsonObject:
    """*snapshot* as the content of a file; answers to repeats are left out."""
    content: JsonObject = {"format": _FORMAT}
    if snapshot.frozen_at is not None:
        content["clock"] = {"freeze": snapshot.frozen_at.isoformat()}
    if snapshot.tenant_id is None:
        content["limits"] = shapes.show_quota(snapshot.quota)
    content["faults"] = [show_spec(spec) for spec in snapshot.faults]
    content["organisations"] = [_export_books(copy) for copy in snapshot.books]
    return content


def load(controls: Controls, content: object) -> None:
    """Begin anew from the content of a file.

    Raises:
        BadControl: If it makes no sense; the mock is as after a reset then.
    """
    fields = Fields(content)
    if fields.whole("format", _FORMAT) != _FORMAT:
        raise BadControl(f"format must be {_FORMAT}.")
    seed = fields.maybe_whole("seed")
    clock = fields.child("clock")
    freeze = clock.moment("freeze") if "freeze" in clock else None
    clock.done()
    quota = shapes.read_quota(fields.get("limits") or {}, controls.limits.quota)
    organisations = [Fields(it) for it in _list(fields, "organisations")]
    faults, presets = _list(fields, "faults"), _list(fields, "presets")
    fields.done()
    controls.reset(at=freeze, seed=seed)
    controls.limits.change(quota)
    try:
        for organisation in organisations:
            _load_organisation(controls, organisation)
        for spec in _specs(faults, presets, controls.clock.now()):
            controls.faults.add(spec)
    except BadControl:
        controls.reset()
        raise


def load_file(controls: Controls, path: Path) -> None:
    """Begin anew from a file.

    Raises:
        BadControl: If it cannot be read or makes no sense.
    """
    try:
        content = jsontext.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadControl(f"It cannot be read: {error}") from error
    load(controls, content)


def _specs(faults: list[Any], presets: list[Any], now: datetime) -> list[FaultSpec]:
    specs = [read_fault(it, now) for it in faults]
    for name in presets:
        if name not in PRESETS:
            raise BadControl(f"There is no preset {name}.")
        specs += rules_of(PRESETS[name], now, key=None, tenant_id=None)
    return specs


def _load_organisation(controls: Controls, fields: Fields) -> None:
    tenant_id = fields.text("organisation") or DEMO_TENANT_ID
    name = fields.text("name")
    documents = _list(fields, "documents")
    clients = [_read_client(Fields(it), tenant_id) for it in _list(fields, "clients")]
    organisations = controls.organisations
    if documents:
        books = _restored(controls, tenant_id, documents)
    else:
        books = organisations.find(tenant_id) or _founded(controls, tenant_id, clients)
    for client in clients:
        organisations.keep_client(client)
    if name:
        books.put(replace(books.organisation, name=name))
    for envelope in _WRITERS:
        _write(books, envelope, _list(fields, envelope))
    organisations.save(books)
    fields.done()


def _founded(controls: Controls, tenant_id: str, clients: list[Client]) -> Books:
    if parse_id(tenant_id) != tenant_id:
        raise BadControl(f"{tenant_id} is no tenant id: a UUID in small letters is.")
    if not clients:
        raise BadControl(f"Organisation {tenant_id} needs a client.")
    return controls.organisations.found(tenant_id, "Test Company", clients[0])


def _restored(controls: Controls, tenant_id: str, documents: list[Any]) -> Books:
    try:
        read = [_read_document(it) for it in documents]
        return controls.organisations.put_back(tenant_id, read)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise BadControl(
            f"A document of {tenant_id} cannot be read: {error}"
        ) from error


def _read_document(stored: Any) -> Document:  # noqa: ANN401 - whatever the file holds
    fields = dict(stored)
    return read_document(fields.pop("kind"), fields)


def _read_client(fields: Fields, tenant_id: str) -> Client:
    client_id, secret = fields.text("client_id"), fields.text("client_secret")
    addresses = list(ON_THIS_MACHINE)
    if "redirect_uris" in fields:
        addresses = fields.texts("redirect_uris")
    fields.done()
    if not client_id or not secret:
        raise BadControl("A client needs client_id and client_secret.")
    return Client(
        client_id=client_id,
        secret=secret,
        tenant_ids=(tenant_id,),
        redirect_uris=tuple(shapes.redirect_uri(it) for it in addresses),
    )


def _write(books: Books, envelope: str, wanted: list[Any]) -> None:
    """Write elements as if the API had been sent them."""
    if not wanted:
        return
    body = jsontext.dumps({envelope: wanted})
    call = Call(method="PUT", path="", query={}, query_string="", headers={}, body=body)
    for place, element in enumerate(_elements(call, envelope), start=1):
        try:
            _WRITERS[envelope](books, element)
        except Refused as refused:
            said = " ".join(refused.messages)
            raise BadControl(f"{envelope}, element {place}: {said}") from refused
        except NoSuchDocument as missing:
            raise BadControl(
                f"{envelope}, element {place} names a document that is not there."
            ) from missing


def _elements(call: Call, envelope: str) -> list[Element]:
    try:
        return read_elements(call, envelope)
    except Rejected as rejected:
        said = json.loads(rejected.answer.body).get("Message", "cannot be read")
        raise BadControl(f"{envelope}: {said}") from rejected


def _export_books(copy: BooksCopy) -> JsonObject:
    clients: list[JsonValue] = [
        {
            "client_id": it.client_id,
            "client_secret": it.secret,
            "redirect_uris": list(it.redirect_uris),
        }
        for it in copy.clients
    ]
    documents: list[JsonValue] = [
        {"kind": kind_of(it)} | codec.to_json(it) for it in copy.documents
    ]
    return {
        "organisation": copy.tenant_id,
        "clients": clients,
        "documents": documents,
    }


def _list(fields: Fields, name: str) -> list[Any]:
    value = fields.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadControl(f"{name} must be a list.")
    return value
