"""What the control API switches, and its state as a whole: begun anew, copied.

A copy of one organisation leaves the others, the clock and the limits alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from mock_accounting.control.snapshots import BooksCopy, Snapshot
from mock_accounting.faults.rules import FaultRules
from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.ids import IdSource
from mock_accounting.ledger.organisations import Organisations
from mock_accounting.traffic.idempotency import KeyedAnswers
from mock_accounting.traffic.limits import Limits
from mock_accounting.traffic.log import RequestLog
from mock_accounting.traffic.webhooks import Webhooks


@dataclass(frozen=True, kw_only=True)
class Controls:
    """Everything of one mock that can be switched."""

    organisations: Organisations
    clock: Clock
    ids: IdSource
    limits: Limits
    keyed_answers: KeyedAnswers
    faults: FaultRules
    log: RequestLog
    webhooks: Webhooks
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    """Those kept, by name, as long as the process lives."""

    def reset(self, *, at: datetime | None = None, seed: int | None = None) -> None:
        """Begin anew: demo organisation only, no faults, subscriptions, log entries.

        Time is the machine's, or stands still *at* a moment; identifiers are
        those of the *seed*, if one is given.
        """
        self.clock.reset()
        if at is not None:
            self.clock.freeze(at)
        if seed is not None:
            self.ids.begin(seed)
        self.faults.clear()
        self.log.clear()
        self.webhooks.clear()
        self.keyed_answers.replace(())
        self.limits.change(self.limits.quota)
        self.organisations.reset()

    def take(self, tenant_id: str | None = None) -> Snapshot:
        """The state as it is now, of everything or of one organisation."""
        copies = []
        for books in self.organisations.all():
            own_id = books.organisation.organisation_id
            if tenant_id not in {None, own_id}:
                continue
            with books.lock:
                documents = books.documents()
            clients = tuple(self.organisations.clients_of(own_id))
            copies.append(
                BooksCopy(tenant_id=own_id, documents=documents, clients=clients)
            )
        now = self.clock.now()
        return Snapshot(
            taken_at=now,
            tenant_id=tenant_id,
            books=tuple(copies),
            answers=self.keyed_answers.all(tenant_id),
            faults=tuple(
                rule.spec
                for rule in self.faults.active()
                if tenant_id in {None, rule.spec.tenant_id}
            ),
            quota=self.limits.quota,
            frozen_at=now if self.clock.frozen else None,
        )

    def put_back(self, snapshot: Snapshot) -> None:
        """Make the state what it was; log and subscriptions to webhooks stay."""
        organisations = self.organisations
        if snapshot.tenant_id is None:
            kept = {copy.tenant_id for copy in snapshot.books}
            for books in organisations.all():
                if books.organisation.organisation_id not in kept:
                    organisations.close(books.organisation.organisation_id)
            self.limits.change(snapshot.quota)
            if snapshot.frozen_at is None:
                self.clock.reset()
            else:
                self.clock.freeze(snapshot.frozen_at)
        for copy in snapshot.books:
            organisations.put_back(copy.tenant_id, copy.documents)
            for client in copy.clients:
                organisations.keep_client(client)
        self.keyed_answers.replace(snapshot.answers, snapshot.tenant_id)
        self.faults.clear(snapshot.tenant_id)
        for spec in snapshot.faults:
            self.faults.add(spec)
