"""Webhooks: tells subscribers what changed, until they have heard it.

A new subscription must first prove that it checks signatures (*intent to
receive*). What is not answered with 200 is sent again, ever more slowly, for a
day of the mock's time; then the subscription is switched off. Subscriptions are
kept with the books; what they were not told yet ends with the process.
"""

from __future__ import annotations

import http.client
import itertools
import secrets
import threading
from collections.abc import Sequence

from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.storage import Storage
from mock_accounting.traffic.notices import TIMEOUT_S, Event, body_of, post
from mock_accounting.traffic.subscriptions import (
    Delivery,
    Mishap,
    Subscription,
    SubscriptionSpec,
    SubscriptionState,
    Waiting,
    restored,
)

_LOOK_AGAIN_S = 0.1
"""Real seconds between looks at the clock, which others move."""


class Webhooks:
    """The subscriptions, and the thread that serves them."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._changed = threading.Condition()
        self._subscriptions = {
            it.subscription_id: restored(it) for it in storage.subscriptions()
        }
        self._ids = itertools.count(max(self._subscriptions, default=0) + 1)
        self._thread: threading.Thread | None = None
        self._closing = False
        if self._subscriptions:
            self._start()

    def all(self) -> list[Subscription]:
        """The subscriptions, oldest first."""
        with self._changed:
            return list(self._subscriptions.values())

    def subscribe(self, spec: SubscriptionSpec) -> Subscription:
        """Add a subscriber; it is asked at once whether it means it."""
        subscription = Subscription(subscription_id=next(self._ids), spec=spec)
        with self._changed:
            self._subscriptions[subscription.subscription_id] = subscription
            self._keep(subscription)
            self._start()
            self._changed.notify_all()
        return subscription

    def remove(self, subscription_id: int) -> bool:
        """Remove a subscriber; says whether there was one."""
        with self._changed:
            self._storage.forget_subscription(subscription_id)
            return self._subscriptions.pop(subscription_id, None) is not None

    def clear(self) -> None:
        """Remove every subscriber."""
        for subscription in self.all():
            self.remove(subscription.subscription_id)

    def is_wanted(self, event: Event) -> bool:
        """Whether anybody is to be told of *event*."""
        with self._changed:
            return any(it.wants(event) for it in self._subscriptions.values())

    def tell(self, event: Event, mishap: Mishap) -> None:
        """Let *event* be sent to those who want it."""
        now = self._clock.now()
        with self._changed:
            for subscription in self._subscriptions.values():
                if subscription.wants(event):
                    subscription.queue(event, mishap, now)
            self._changed.notify_all()

    def close(self) -> None:
        """Send nothing more."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=TIMEOUT_S + 1)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        while not self._closing:
            with self._changed:
                now = self._clock.now()
                subscriptions = list(self._subscriptions.values())
                due = [it for it in subscriptions if it.is_due(now)]
                if not due and not self._closing:
                    waiting = any(it.waiting for it in subscriptions)
                    self._changed.wait(_LOOK_AGAIN_S if waiting else None)
            for subscription in due:
                self._attend_to(subscription)

    def _attend_to(self, subscription: Subscription) -> None:
        if subscription.state is SubscriptionState.UNPROVEN:
            proven = self._proves_intent(subscription)
            with self._changed:
                subscription.state = (
                    SubscriptionState.ACTIVE if proven else SubscriptionState.REFUSED
                )
                self._keep(subscription)
            return
        with self._changed:
            taken = subscription.take(self._clock.now())
        status = self._send(subscription, taken, subscription.spec.key)
        with self._changed:
            if status == http.client.OK:
                subscription.was_heard(taken)
            else:
                subscription.was_not_heard(taken, self._clock.now())
                self._keep(subscription)

    def _proves_intent(self, subscription: Subscription) -> bool:
        """Whether a right signature gets a 200 and a wrong one a 401."""
        wrong, right = secrets.token_hex(16), subscription.spec.key
        return (
            self._send(subscription, [], wrong) == http.client.UNAUTHORIZED
            and self._send(subscription, [], right) == http.client.OK
        )

    def _send(
        self, subscription: Subscription, waiting: Sequence[Waiting], key: str
    ) -> int | None:
        """Post events; the status that came back, or None if nothing did."""
        spec = subscription.spec
        events = [it.event for it in waiting]
        body = body_of(events, subscription.sequence + 1, spec.api_url)
        status: int | None = None
        try:
            status = post(spec.url, body, key)
            outcome = str(status)
        except (OSError, http.client.HTTPException) as error:
            outcome = f"no answer: {error}"
        faults = dict.fromkeys(fault for it in waiting for fault in it.faults)
        subscription.deliveries.append(
            Delivery(
                at=self._clock.now(),
                events=len(events),
                outcome=outcome,
                body=body.decode(),
                faults=tuple(faults),
            )
        )
        return status

    def _keep(self, subscription: Subscription) -> None:
        # One that was removed meanwhile must not come back.
        if subscription.subscription_id in self._subscriptions:
            self._storage.keep_subscription(subscription.stored())
