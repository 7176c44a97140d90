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
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.storage import Storage, StoredSubscription
from mock_accounting.traffic.notices import (
    TIMEOUT_S,
    Category,
    Event,
    body_of,
    post,
)

GIVE_UP_AFTER = timedelta(hours=24)
_WAITS_S = (5, 30, 120, 600, 1800, 3600)
_MAX_EVENTS = 100
_MAX_DELIVERIES = 100
_LOOK_AGAIN_S = 0.1
"""Real seconds between looks at the clock, which others move."""


class SubscriptionState(StrEnum):
    """Where a subscription stands."""

    UNPROVEN = "intent to receive not proven yet"
    REFUSED = "intent to receive failed"
    ACTIVE = "active"
    OFF = "switched off: a day without success"


@dataclass(frozen=True, kw_only=True, slots=True)
class SubscriptionSpec:
    """Who is told of what."""

    url: str
    key: str
    categories: frozenset[Category]
    api_url: str
    """Where the subscriber finds the documents, for example `http://mock:8001`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mishap:
    """What goes wrong with an event on its way, because fault rules say so."""

    copies: int = 1
    delay_s: float = 0.0
    """This event and those after it are sent so much later."""
    swap_within_s: float | None = None
    """The next event overtakes this one, if it comes within this time."""
    faults: tuple[str, ...] = ()
    """The rules that did it, by id and kind."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One try at telling a subscriber."""

    at: datetime
    events: int
    outcome: str
    body: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Waiting:
    """An event that is to be sent."""

    event: Event
    faults: tuple[str, ...]
    not_before: datetime | None = None
    gives_way: bool = False
    """Whether the next event goes first."""


@dataclass(slots=True)
class Subscription:
    """A subscriber and what it was not told yet."""

    subscription_id: int
    spec: SubscriptionSpec
    state: SubscriptionState = SubscriptionState.UNPROVEN
    waiting: list[_Waiting] = field(default_factory=list)
    sequence: int = 0
    failures: int = 0
    failing_since: datetime | None = None
    retry_at: datetime | None = None
    deliveries: deque[Delivery] = field(
        default_factory=lambda: deque(maxlen=_MAX_DELIVERIES)
    )

    @property
    def next_try_at(self) -> datetime | None:
        """When the next event may be sent; None for at once, or never."""
        not_before = self.waiting[0].not_before if self.waiting else None
        moments = [it for it in (self.retry_at, not_before) if it is not None]
        return max(moments, default=None)

    def is_due(self, now: datetime) -> bool:
        """Whether there is something to do for it."""
        if self.state is SubscriptionState.UNPROVEN:
            return True
        next_try_at = self.next_try_at
        return bool(self.waiting) and (next_try_at is None or next_try_at <= now)

    def wants(self, event: Event) -> bool:
        """Whether the subscriber is to be told of *event*."""
        is_active = self.state is SubscriptionState.ACTIVE
        return is_active and event.category in self.spec.categories

    def queue(self, event: Event, mishap: Mishap, now: datetime) -> None:
        """Let *event* wait for its turn, ahead of those that give way to it."""
        place = len(self.waiting)
        while place and self.waiting[place - 1].gives_way:
            place -= 1
        overtaken = self.waiting[place:]
        wait_s = mishap.delay_s
        gives_way = mishap.swap_within_s is not None and not overtaken
        if gives_way:
            wait_s += mishap.swap_within_s or 0
        copy = _Waiting(
            event=event,
            faults=mishap.faults,
            not_before=now + timedelta(seconds=wait_s) if wait_s else None,
            gives_way=gives_way,
        )
        self.waiting[place:] = [copy] * mishap.copies
        self.waiting += [
            replace(it, not_before=None, gives_way=False) for it in overtaken
        ]

    def take(self, now: datetime) -> list[_Waiting]:
        """The events to send at *now*, no longer waiting; a double goes by itself."""
        taken: list[_Waiting] = []
        for it in self.waiting[:_MAX_EVENTS]:
            is_early = it.not_before is not None and it.not_before > now
            if is_early or it in taken:
                break
            taken.append(it)
        del self.waiting[: len(taken)]
        return taken


class Webhooks:
    """The subscriptions, and the thread that serves them."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._changed = threading.Condition()
        self._subscriptions = {
            it.subscription_id: _restored(it) for it in storage.subscriptions()
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
            self._become(
                subscription,
                SubscriptionState.ACTIVE if proven else SubscriptionState.REFUSED,
            )
            return
        with self._changed:
            taken = subscription.take(self._clock.now())
        status = self._send(subscription, taken, subscription.spec.key)
        with self._changed:
            self._learn(subscription, taken, heard=status == http.client.OK)

    def _learn(
        self, subscription: Subscription, sent: list[_Waiting], *, heard: bool
    ) -> None:
        now = self._clock.now()
        if heard:
            subscription.sequence += len(sent)
            subscription.failures = 0
            subscription.failing_since = subscription.retry_at = None
            return
        subscription.waiting[:0] = sent
        since = subscription.failing_since or now
        subscription.failing_since = since
        wait_s = _WAITS_S[min(subscription.failures, len(_WAITS_S) - 1)]
        subscription.failures += 1
        subscription.retry_at = now + timedelta(seconds=wait_s)
        if now - since >= GIVE_UP_AFTER:
            subscription.waiting.clear()
            self._become(subscription, SubscriptionState.OFF)

    def _proves_intent(self, subscription: Subscription) -> bool:
        """Whether a right signature gets a 200 and a wrong one a 401."""
        wrong, right = secrets.token_hex(16), subscription.spec.key
        return (
            self._send(subscription, [], wrong) == http.client.UNAUTHORIZED
            and self._send(subscription, [], right) == http.client.OK
        )

    def _send(
        self, subscription: Subscription, waiting: Sequence[_Waiting], key: str
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

    def _become(self, subscription: Subscription, state: SubscriptionState) -> None:
        with self._changed:
            subscription.state = state
            # One that was removed meanwhile must not come back.
            if subscription.subscription_id in self._subscriptions:
                self._keep(subscription)

    def _keep(self, subscription: Subscription) -> None:
        spec = subscription.spec
        self._storage.keep_subscription(
            StoredSubscription(
                subscription_id=subscription.subscription_id,
                url=spec.url,
                key=spec.key,
                categories=" ".join(sorted(spec.categories)),
                api_url=spec.api_url,
                state=subscription.state.value,
            )
        )


def _restored(stored: StoredSubscription) -> Subscription:
    return Subscription(
        subscription_id=stored.subscription_id,
        spec=SubscriptionSpec(
            url=stored.url,
            key=stored.key,
            categories=frozenset(map(Category, stored.categories.split())),
            api_url=stored.api_url,
        ),
        state=SubscriptionState(stored.state),
    )
