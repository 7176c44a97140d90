"""What the control API switches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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
