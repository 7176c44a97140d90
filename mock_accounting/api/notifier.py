"""The way of a change: past the fault rules to those who subscribed to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mock_accounting.dialect.messages import Call
from mock_accounting.faults.rules import API_ROOT, FaultKind, FaultRule, FaultRules
from mock_accounting.ledger.books import Change
from mock_accounting.ledger.clock import Clock
from mock_accounting.traffic.notices import Event, event_of
from mock_accounting.traffic.subscriptions import Mishap
from mock_accounting.traffic.webhooks import Webhooks


class Notifier:
    """Tells subscribers of changes, as well or as badly as the rules say."""

    def __init__(self, webhooks: Webhooks, faults: FaultRules, clock: Clock) -> None:
        self._webhooks = webhooks
        self._faults = faults
        self._clock = clock

    def tell(self, tenant_id: str, changes: Iterable[Change]) -> None:
        """Let the changes of an organisation be sent; does not wait for that."""
        now = self._clock.now()
        for change in changes:
            event = event_of(tenant_id, change, now)
            # A rule fires only on what somebody would have received.
            if self._webhooks.is_wanted(event):
                hits = self._faults.hit_webhook(_as_call(event), tenant_id)
                self._webhooks.tell(event, _mishap(hits))


def _as_call(event: Event) -> Call:
    """What a rule's match looks at: the document's address and its names."""
    return Call(
        method="POST",
        path=f"{API_ROOT}/{event.resource}/{event.resource_id}",
        query={},
        query_string="",
        headers={},
        body="\n".join(event.names).encode(),
    )


def _mishap(hits: Sequence[FaultRule]) -> Mishap:
    copies, delay_s, swap_within_s = 1, 0.0, None
    for rule in hits:
        match rule.spec.kind:
            case FaultKind.DOUBLE_WEBHOOK:
                copies = max(copies, rule.spec.copies)
            case FaultKind.DELAY_WEBHOOK:
                delay_s += rule.delay_s()
            case FaultKind.SWAP_WEBHOOKS:
                swap_within_s = rule.spec.seconds
            case _:
                pass
    return Mishap(
        copies=copies,
        delay_s=delay_s,
        swap_within_s=swap_within_s,
        faults=tuple(rule.label for rule in hits),
    )
