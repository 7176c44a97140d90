"""Fault rules: which requests are hit, how often, and what happens to them."""

from __future__ import annotations

import itertools
import random
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from mock_accounting.dialect.messages import Call
from mock_accounting.ledger.clock import Clock

API_ROOT = "/api.xro/2.0"
_WRITES = frozenset({"PUT", "POST"})


class FaultKind(StrEnum):
    """What happens to a request that is hit."""

    DELAY = "delay"
    STATUS = "status"
    HTML = "html"
    EXPIRE_TOKEN = "expire_token"  # noqa: S105 - a name
    LOSE_ANSWER = "lose_answer"
    TRUNCATE = "truncate"
    MALFORM = "malform"
    DRIP = "drip"
    FORGET_KEY = "forget_key"
    REFUSE_ELEMENT = "refuse_element"
    CENT_OFF = "cent_off"
    LOCK_PERIOD = "lock_period"
    ARCHIVE_CONTACT = "archive_contact"
    VOID_DOCUMENT = "void_document"
    RENAME_DOCUMENT = "rename_document"
    DOUBLE_WEBHOOK = "double_webhook"
    DELAY_WEBHOOK = "delay_webhook"
    SWAP_WEBHOOKS = "swap_webhooks"

    @property
    def is_of_elements(self) -> bool:
        """Whether it changes elements of a body on their way into the books."""
        return self in {FaultKind.REFUSE_ELEMENT, FaultKind.CENT_OFF}

    @property
    def is_of_books(self) -> bool:
        """Whether it changes the books behind the client's back."""
        return self in {
            FaultKind.LOCK_PERIOD,
            FaultKind.ARCHIVE_CONTACT,
            FaultKind.VOID_DOCUMENT,
            FaultKind.RENAME_DOCUMENT,
        }

    @property
    def is_of_webhooks(self) -> bool:
        """Whether it is about what the mock sends by itself, not about calls."""
        return self in {
            FaultKind.DOUBLE_WEBHOOK,
            FaultKind.DELAY_WEBHOOK,
            FaultKind.SWAP_WEBHOOKS,
        }

    @property
    def is_of_answer(self) -> bool:
        """Whether the client gets another answer than the true one, or none."""
        aside = {FaultKind.DELAY, FaultKind.EXPIRE_TOKEN, FaultKind.FORGET_KEY}
        return not (
            self in aside
            or self.is_of_elements
            or self.is_of_books
            or self.is_of_webhooks
        )


class When(StrEnum):
    """Whether the request is processed before it fails."""

    BEFORE = "before"
    AFTER = "after"


class Break(StrEnum):
    """How a connection ends without an answer."""

    RESET = "reset"
    CLOSE = "close"
    HANG = "hang"


@dataclass(frozen=True, kw_only=True, slots=True)
class FaultSpec:
    """A rule as it was set."""

    kind: FaultKind
    title: str | None = None
    """What people call it, such as the name of its preset."""
    method: str | None = None
    """One, or several with commas between."""
    path: str | None = None
    """Beginning of the path, with or without the API's root."""
    key: str | None = None
    """A word that path, query or body must hold, such as an invoice number."""
    tenant_id: str | None = None
    """Only calls of clients of this organisation."""
    nth: int = 1
    """The first match that is hit, counted from 1."""
    times: int | None = 1
    """How many matches are hit; None for all."""
    probability: float = 1.0
    seed: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    """Exclusive; on the mock's clock, as `starts_at`."""
    seconds: float = 0.0
    up_to_seconds: float | None = None
    """A delay is spread evenly from `seconds` to this."""
    status: int = 503
    retry_after_s: int | None = None
    problem: str | None = None
    when: When = When.AFTER
    how: Break = Break.RESET
    keep_bytes: int | None = None
    """What is sent of a truncated body; None for half of it."""
    chunk_bytes: int = 16
    """What a dripping answer sends at a time."""
    copies: int = 2
    """How often a doubled webhook is sent."""
    element: int | None = None
    """The element of the body that is meant, counted from 1; None goes by key."""
    message: str | None = None
    """Why the element is refused."""
    document: str | None = None
    """Id, number or name of what is changed in the books; None for the key."""
    new_number: str | None = None
    lock_date: date | None = None
    """The last locked day; None for today."""


@dataclass(slots=True)
class FaultRule:
    """A rule and what it has hit."""

    rule_id: int
    spec: FaultSpec
    matched: int = 0
    fired: int = 0
    requests: list[int] = field(default_factory=list)
    """Numbers of the requests hit, as in the request log."""
    in_vain: int = 0
    """How often what it should change was not there."""
    dice: random.Random = field(default_factory=random.Random)

    @property
    def label(self) -> str:
        """The rule in a few words."""
        return f"{self.rule_id}:{self.spec.kind.value}"

    @property
    def outcome(self) -> str:
        """What became of it."""
        if not self.fired:
            return "not fired"
        if not self.in_vain:
            return f"fired {self.fired} times"
        return f"fired {self.fired} times, {self.in_vain} in vain: nothing to change"

    def is_over(self, now: datetime) -> bool:
        """Whether it cannot fire any more."""
        spec = self.spec
        if spec.ends_at is not None and now >= spec.ends_at:
            return True
        return spec.times is not None and self.fired >= spec.times

    def delay_s(self) -> float:
        """How long this hit is to wait; a spread delay throws its dice."""
        spec = self.spec
        if spec.up_to_seconds is None:
            return spec.seconds
        return self.dice.uniform(spec.seconds, spec.up_to_seconds)


class FaultRules:
    """The rules in force."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._rules: dict[int, FaultRule] = {}
        self._changes = 0
        self._expired_tokens: set[str] = set()

    @property
    def any_set(self) -> bool:
        """Whether there is any rule."""
        return bool(self._rules)

    def add(self, spec: FaultSpec) -> FaultRule:
        """Put a rule in force."""
        rule_id = next(self._ids)
        dice = random.Random(spec.seed)  # noqa: S311 - repeatable on purpose
        rule = FaultRule(rule_id=rule_id, spec=spec, dice=dice)
        with self._lock:
            self._rules[rule_id] = rule
            self._changes += 1
        return rule

    def remove(self, rule_id: int) -> bool:
        """Take a rule out; says whether it was there."""
        with self._lock:
            self._changes += 1
            return self._rules.pop(rule_id, None) is not None

    def clear(self, tenant_id: str | None = None) -> None:
        """Take every rule out, or those of one organisation only."""
        with self._lock:
            self._changes += 1
            self._rules = {
                rule_id: rule
                for rule_id, rule in self._rules.items()
                if tenant_id is not None and rule.spec.tenant_id != tenant_id
            }
            if tenant_id is None:
                self._expired_tokens.clear()

    def all(self) -> list[FaultRule]:
        """Every rule, those that are over too, oldest first."""
        with self._lock:
            return list(self._rules.values())

    def active(self) -> list[FaultRule]:
        """The rules that can still fire."""
        now = self._clock.now()
        return [rule for rule in self.all() if not rule.is_over(now)]

    @property
    def version(self) -> str:
        """Another text whenever a rule came, went, fired or ended."""
        return f"{self._changes}-{len(self.active())}"

    def hit(
        self, call: Call, request_id: int, tenant_id: str | None = None
    ) -> Sequence[FaultRule]:
        """The rules that hit this call, counted as fired."""
        hits = self._fired(call, tenant_id, of_webhooks=False)
        for rule in hits:
            rule.requests.append(request_id)
            if rule.spec.kind is FaultKind.EXPIRE_TOKEN:
                self._expired_tokens.add(call.header("Authorization", ""))
        return hits

    def hit_webhook(self, notice: Call, tenant_id: str) -> Sequence[FaultRule]:
        """The rules that hit a notice of a change, counted as fired."""
        return self._fired(notice, tenant_id, of_webhooks=True)

    def has_expired(self, call: Call) -> bool:
        """Whether a rule made the token of this call expire before its time."""
        if not self._expired_tokens:
            return False
        return call.header("Authorization") in self._expired_tokens

    def _fired(
        self, call: Call, tenant_id: str | None, *, of_webhooks: bool
    ) -> Sequence[FaultRule]:
        if not self._rules:
            return ()
        now = self._clock.now()
        with self._lock:
            due = [
                rule
                for rule in self._rules.values()
                if rule.spec.kind.is_of_webhooks is of_webhooks
                and matches(rule.spec, call, tenant_id)
                and _is_due(rule, now)
            ]
            hits = _taking_effect(due)
            for rule in hits:
                rule.fired += 1
            self._changes += len(hits)
        return hits


def matches(spec: FaultSpec, call: Call, tenant_id: str | None = None) -> bool:
    """Whether a rule is about calls like this one."""
    if spec.tenant_id is not None and spec.tenant_id != tenant_id:
        return False
    if not _is_of_kind(spec.kind, call):
        return False
    if spec.method and call.method not in _methods(spec.method):
        return False
    if spec.path:
        path = call.path.lower()
        wanted = spec.path.lower()
        if not path.startswith((wanted, API_ROOT + wanted)):
            return False
    if spec.key:
        return any(
            names(part, spec.key)
            for part in (
                call.path,
                call.query_string,
                call.body.decode(errors="replace"),
            )
        )
    return True


def names(text: str, key: str) -> bool:
    """Whether *text* holds *key* as a word: W-1 is not in W-10, but in W-1-P1."""
    found = re.search(rf"(?<![^\W_]){re.escape(key)}(?![^\W_])", text)
    return found is not None


def _methods(text: str) -> set[str]:
    return {method.strip() for method in text.upper().split(",")}


def _is_of_kind(kind: FaultKind, call: Call) -> bool:
    """Whether a fault of this kind can show on the call at all."""
    is_accounting = call.path.lower().startswith(API_ROOT + "/")
    if kind.is_of_elements:
        return is_accounting and call.method in _WRITES
    if kind.is_of_books:
        return is_accounting
    if kind is FaultKind.EXPIRE_TOKEN:
        return "authorization" in call.headers and is_accounting
    if kind is FaultKind.FORGET_KEY:
        return "idempotency-key" in call.headers and call.method in _WRITES
    return True


def _is_due(rule: FaultRule, now: datetime) -> bool:
    """Whether the rule is to hit this match, which is counted."""
    spec = rule.spec
    if spec.starts_at is not None and now < spec.starts_at:
        return False
    if spec.ends_at is not None and now >= spec.ends_at:
        return False
    rule.matched += 1
    if rule.matched < spec.nth or rule.is_over(now):
        return False
    return spec.probability >= 1 or rule.dice.random() < spec.probability


def _taking_effect(due: Sequence[FaultRule]) -> list[FaultRule]:
    """Of several wrong answers a client can only get one.

    What fails before processing leaves nothing to fail after it; else the
    oldest rule gives the answer, and the others wait for another call.
    """
    wrong = [rule for rule in due if rule.spec.kind.is_of_answer]
    given = sorted(wrong, key=lambda rule: rule.spec.when is When.AFTER)[:1]
    return [rule for rule in due if rule not in wrong or rule in given]
