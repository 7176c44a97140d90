"""Webhooks: tells subscribers what changed, signed, until they have heard it.

A new subscription must first prove that it checks signatures (*intent to
receive*). What is not answered with 200 is sent again, ever more slowly, for a
day of the mock's time; then the subscription is switched off.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import itertools
import secrets
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from mock_accounting.dialect import jsontext
from mock_accounting.dialect.jsontext import JsonObject, JsonValue
from mock_accounting.ledger.books import Change
from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.model import Contact, CreditNote, Invoice

TIMEOUT_S = 5
GIVE_UP_AFTER = timedelta(hours=24)
_WAITS_S = (5, 30, 120, 600, 1800, 3600)
_MAX_EVENTS = 100
_MAX_DELIVERIES = 100
_LOOK_AGAIN_S = 0.1
"""Real seconds between looks at the clock, which others move."""


class Category(StrEnum):
    """What can be subscribed to."""

    CONTACT = "CONTACT"
    INVOICE = "INVOICE"
    CREDITNOTE = "CREDITNOTE"


class SubscriptionState(StrEnum):
    """Where a subscription stands."""

    UNPROVEN = "intent to receive not proven yet"
    REFUSED = "intent to receive failed"
    ACTIVE = "active"
    OFF = "switched off: a day without success"


@dataclass(frozen=True, kw_only=True, slots=True)
class SubscriptionSpec:
    """Who is told of what, and how badly."""

    url: str
    key: str
    categories: frozenset[Category]
    api_url: str
    """Where the subscriber finds the documents, for example `http://mock:8001`."""
    copies: int = 1
    """How often everything is sent: 2 is what doubles look like."""
    delay_s: float = 0.0
    newest_first: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One try at telling a subscriber."""

    at: datetime
    events: int
    outcome: str
    body: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Event:
    """Something that changed."""

    tenant_id: str
    category: Category
    resource: str
    resource_id: str
    is_new: bool
    at: datetime


@dataclass(slots=True)
class Subscription:
    """A subscriber and what it was not told yet."""

    subscription_id: int
    spec: SubscriptionSpec
    state: SubscriptionState = SubscriptionState.UNPROVEN
    waiting: list[_Event] = field(default_factory=list)
    sequence: int = 0
    failures: int = 0
    failing_since: datetime | None = None
    next_try_at: datetime | None = None
    deliveries: deque[Delivery] = field(
        default_factory=lambda: deque(maxlen=_MAX_DELIVERIES)
    )


class Webhooks:
    """The subscriptions, and the thread that serves them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids = itertools.count(1)
        self._changed = threading.Condition()
        self._subscriptions: dict[int, Subscription] = {}
        self._thread: threading.Thread | None = None

    def all(self) -> list[Subscription]:
        """The subscriptions, oldest first."""
        with self._changed:
            return list(self._subscriptions.values())

    def subscribe(self, spec: SubscriptionSpec) -> Subscription:
        """Add a subscriber; it is asked at once whether it means it."""
        subscription = Subscription(subscription_id=next(self._ids), spec=spec)
        with self._changed:
            self._subscriptions[subscription.subscription_id] = subscription
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return subscription

    def remove(self, subscription_id: int) -> bool:
        """Remove a subscriber; says whether there was one."""
        with self._changed:
            return self._subscriptions.pop(subscription_id, None) is not None

    def clear(self) -> None:
        """Remove every subscriber."""
        with self._changed:
            self._subscriptions.clear()

    def tell(self, tenant_id: str, changes: Iterable[Change]) -> None:
        """Note changes for those who subscribed to them."""
        if not self._subscriptions:
            return
        now = self._clock.now()
        events = [_event(tenant_id, change, now) for change in changes]
        with self._changed:
            for subscription in self._subscriptions.values():
                if subscription.state is SubscriptionState.ACTIVE:
                    _queue(subscription, events, now)
            self._changed.notify_all()

    def _serve(self) -> None:
        while True:
            with self._changed:
                due = self._due()
                if not due:
                    self._changed.wait(_LOOK_AGAIN_S if self._any_waiting() else None)
            for subscription in due:
                self._attend_to(subscription)

    def _due(self) -> list[Subscription]:
        now = self._clock.now()
        return [
            it
            for it in self._subscriptions.values()
            if it.state is SubscriptionState.UNPROVEN
            or (it.waiting and (it.next_try_at is None or it.next_try_at <= now))
        ]

    def _any_waiting(self) -> bool:
        return any(it.waiting for it in self._subscriptions.values())

    def _attend_to(self, subscription: Subscription) -> None:
        if subscription.state is SubscriptionState.UNPROVEN:
            proven = self._proves_intent(subscription)
            subscription.state = (
                SubscriptionState.ACTIVE if proven else SubscriptionState.REFUSED
            )
            return
        with self._changed:
            events = subscription.waiting[:_MAX_EVENTS]
            del subscription.waiting[:_MAX_EVENTS]
        body = _body(subscription, events)
        outcome = self._send(subscription, body, len(events), subscription.spec.key)
        with self._changed:
            self._learn(subscription, events, heard=outcome == http.client.OK)

    def _learn(
        self, subscription: Subscription, events: list[_Event], *, heard: bool
    ) -> None:
        now = self._clock.now()
        if heard:
            subscription.sequence += len(events)
            subscription.failures = 0
            subscription.failing_since = subscription.next_try_at = None
            return
        subscription.waiting[:0] = events
        since = subscription.failing_since or now
        subscription.failing_since = since
        wait_s = _WAITS_S[min(subscription.failures, len(_WAITS_S) - 1)]
        subscription.failures += 1
        subscription.next_try_at = now + timedelta(seconds=wait_s)
        if now - since >= GIVE_UP_AFTER:
            subscription.state = SubscriptionState.OFF
            subscription.waiting.clear()

    def _proves_intent(self, subscription: Subscription) -> bool:
        """Whether a right signature gets a 200 and a wrong one a 401."""
        body = _body(subscription, [])
        wrong = secrets.token_hex(16)
        return (
            self._send(subscription, body, 0, wrong) == http.client.UNAUTHORIZED
            and self._send(subscription, body, 0, subscription.spec.key)
            == http.client.OK
        )

    def _send(
        self, subscription: Subscription, body: bytes, events: int, key: str
    ) -> int | None:
        """Post *body*; the status that came back, or None if nothing did."""
        status: int | None = None
        try:
            status = _post(subscription.spec.url, body, signature(key, body))
            outcome = str(status)
        except (OSError, http.client.HTTPException) as error:
            outcome = f"no answer: {error}"
        subscription.deliveries.append(
            Delivery(
                at=self._clock.now(),
                events=events,
                outcome=outcome,
                body=body.decode(),
            )
        )
        return status


def signature(key: str, body: bytes) -> str:
    """What `x-xero-signature` says of *body*."""
    digest = hmac.new(key.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _queue(subscription: Subscription, events: Sequence[_Event], now: datetime) -> None:
    spec = subscription.spec
    wanted = [it for it in events if it.category in spec.categories] * spec.copies
    if not wanted:
        return
    if not subscription.waiting and spec.delay_s:
        subscription.next_try_at = now + timedelta(seconds=spec.delay_s)
    if spec.newest_first:
        subscription.waiting[:0] = reversed(wanted)
    else:
        subscription.waiting += wanted


def _event(tenant_id: str, change: Change, now: datetime) -> _Event:
    category, resource = _told_as(change.document)
    return _Event(
        tenant_id=tenant_id,
        category=category,
        resource=resource,
        resource_id=change.document_id,
        is_new=change.is_new,
        at=now,
    )


def _told_as(document: Contact | Invoice | CreditNote) -> tuple[Category, str]:
    match document:
        case Contact():
            return Category.CONTACT, "Contacts"
        case Invoice():
            return Category.INVOICE, "Invoices"
        case CreditNote():
            return Category.CREDITNOTE, "CreditNotes"


def _body(subscription: Subscription, events: Sequence[_Event]) -> bytes:
    first = subscription.sequence + 1 if events else 0
    shown: list[JsonValue] = [_shown(it, subscription.spec.api_url) for it in events]
    return jsontext.dumps(
        {
            "events": shown,
            "firstEventSequence": first,
            "lastEventSequence": first + max(0, len(events) - 1),
            "entropy": secrets.token_hex(10).upper(),
        }
    )


def _shown(event: _Event, api_url: str) -> JsonObject:
    root = f"{api_url}/api.xro/2.0"
    return {
        "resourceUrl": f"{root}/{event.resource}/{event.resource_id}",
        "resourceId": event.resource_id,
        "eventDateUtc": event.at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3],
        "eventType": "CREATE" if event.is_new else "UPDATE",
        "eventCategory": event.category.value,
        "tenantId": event.tenant_id,
        "tenantType": "ORGANISATION",
    }


def _post(url: str, body: bytes, its_signature: str) -> int:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    target = parts.path or "/"
    if parts.query:
        target += f"?{parts.query}"
    headers = {"Content-Type": "application/json", "x-xero-signature": its_signature}
    try:
        connection.request("POST", target, body=body, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()
