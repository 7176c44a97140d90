"""Copies of a mock's state: taken, put back, kept under a name.

Documents never change, so a copy is a list of them and costs next to nothing.
A copy of one organisation leaves the others, the clock and the limits alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mock_accounting.control.controls import Controls
from mock_accounting.faults.rules import FaultSpec
from mock_accounting.ledger.books import Document
from mock_accounting.ledger.storage import Client, StoredAnswer
from mock_accounting.traffic.limits import Quota


@dataclass(frozen=True, kw_only=True, slots=True)
class BooksCopy:
    """The books of one organisation and who may open them."""

    tenant_id: str
    documents: tuple[Document, ...]
    clients: tuple[Client, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """The state of a mock, or of one organisation in it."""

    tenant_id: str | None
    """The only organisation it is about; None for all, clock and limits."""
    books: tuple[BooksCopy, ...]
    answers: tuple[StoredAnswer, ...]
    faults: tuple[FaultSpec, ...]
    quota: Quota
    frozen_at: datetime | None


def take(controls: Controls, tenant_id: str | None = None) -> Snapshot:
    """The state as it is now, of everything or of one organisation."""
    copies = []
    for books in controls.organisations.all():
        own_id = books.organisation.organisation_id
        if tenant_id not in {None, own_id}:
            continue
        with books.lock:
            documents = books.documents()
        clients = tuple(controls.organisations.clients_of(own_id))
        copies.append(BooksCopy(tenant_id=own_id, documents=documents, clients=clients))
    clock = controls.clock
    return Snapshot(
        tenant_id=tenant_id,
        books=tuple(copies),
        answers=controls.keyed_answers.all(tenant_id),
        faults=tuple(
            rule.spec
            for rule in controls.faults.active()
            if tenant_id in {None, rule.spec.tenant_id}
        ),
        quota=controls.limits.quota,
        frozen_at=clock.now() if clock.frozen else None,
    )


def put_back(controls: Controls, snapshot: Snapshot) -> None:
    """Make the state what it was; the request log stays."""
    organisations = controls.organisations
    if snapshot.tenant_id is None:
        kept = {copy.tenant_id for copy in snapshot.books}
        for books in organisations.all():
            if books.organisation.organisation_id not in kept:
                organisations.close(books.organisation.organisation_id)
        controls.limits.change(snapshot.quota)
        if snapshot.frozen_at is None:
            controls.clock.reset()
        else:
            controls.clock.freeze(snapshot.frozen_at)
    for copy in snapshot.books:
        organisations.put_back(copy.tenant_id, copy.documents)
        for client in copy.clients:
            organisations.keep_client(client)
    controls.keyed_answers.replace(snapshot.answers, snapshot.tenant_id)
    controls.faults.clear(snapshot.tenant_id)
    for spec in snapshot.faults:
        controls.faults.add(spec)
