"""A subscriber to webhooks: what waits for it, in which order, from when."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from mock_accounting.ledger.storage import StoredSubscription
from mock_accounting.traffic.notices import Category, Event

GIVE_UP_AFTER = timedelta(hours=24)
_WAITS_S = (5, 30, 120, 600, 1800, 3600)
_MAX_EVENTS = 100
_MAX_DELIVERIES = 100


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
class Waiting:
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
    waiting: list[Waiting] = field(default_factory=list)
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
        copy = Waiting(
            event=event,
            faults=mishap.faults,
            not_before=now + timedelta(seconds=wait_s) if wait_s else None,
            gives_way=gives_way,
        )
        self.waiting[place:] = [copy] * mishap.copies
        self.waiting += [
            replace(it, not_before=None, gives_way=False) for it in overtaken
        ]

    def take(self, now: datetime) -> list[Waiting]:
        """The events to send at *now*, no longer waiting; a double goes by itself."""
        taken: list[Waiting] = []
        for it in self.waiting[:_MAX_EVENTS]:
            is_early = it.not_before is not None and it.not_before > now
            if is_early or it in taken:
                break
            taken.append(it)
        del self.waiting[: len(taken)]
        return taken

    def was_heard(self, sent: Sequence[Waiting]) -> None:
        """Note that these events arrived."""
        self.sequence += len(sent)
        self.failures = 0
        self.failing_since = self.retry_at = None

    def was_not_heard(self, sent: Sequence[Waiting], now: datetime) -> None:
        """Let these events wait again, ever longer; for a day at most."""
        self.waiting[:0] = sent
        self.failing_since = self.failing_since or now
        wait_s = _WAITS_S[min(self.failures, len(_WAITS_S) - 1)]
        self.failures += 1
        self.retry_at = now + timedelta(seconds=wait_s)
        if now - self.failing_since >= GIVE_UP_AFTER:
            self.waiting.clear()
            self.state = SubscriptionState.OFF

    def stored(self) -> StoredSubscription:
        """What is kept of it."""
        return StoredSubscription(
            subscription_id=self.subscription_id,
            url=self.spec.url,
            key=self.spec.key,
            categories=" ".join(sorted(self.spec.categories)),
            api_url=self.spec.api_url,
            state=self.state.value,
        )


def restored(stored: StoredSubscription) -> Subscription:
    """The subscription that was kept; nothing waits for it."""
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
