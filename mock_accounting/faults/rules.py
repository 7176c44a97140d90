"""Fault rules: which requests are hit, how often, and what happens to them."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mock_accounting.dialect.messages import Call

API_ROOT = "/api.xro/2.0"


class FaultKind(StrEnum):
    """What happens to a request that is hit."""

    DELAY = "delay"
    STATUS = "status"
    LOSE_ANSWER = "lose_answer"
    TRUNCATE = "truncate"


class When(StrEnum):
    """Whether the request is processed before it fails."""

    BEFORE = "before"
    AFTER = "after"


class Break(StrEnum):
    """How a connection ends without an answer."""

    RESET = "reset"
    CLOSE = "close"


@dataclass(frozen=True, kw_only=True, slots=True)
class FaultSpec:
    """A rule as it was set."""

    kind: FaultKind
    method: str | None = None
    path: str | None = None
    """Beginning of the path, with or without the API's root."""
    key: str | None = None
    """Text that path, query or body must hold, such as an invoice number."""
    nth: int = 1
    """The first match that is hit, counted from 1."""
    times: int | None = 1
    """How many matches are hit; None for all."""
    probability: float = 1.0
    seed: int = 0
    seconds: float = 0.0
    status: int = 503
    retry_after_s: int | None = None
    problem: str | None = None
    when: When = When.AFTER
    how: Break = Break.RESET
    keep_bytes: int | None = None
    """What is sent of a truncated body; None for half of it."""


@dataclass(slots=True)
class FaultRule:
    """A rule and what it has hit."""

    rule_id: int
    spec: FaultSpec
    matched: int = 0
    fired: int = 0
    requests: list[int] = field(default_factory=list)
    """Numbers of the requests hit, as in the request log."""
    dice: random.Random = field(default_factory=random.Random)

    @property
    def label(self) -> str:
        """The rule in a few words."""
        return f"{self.rule_id}:{self.spec.kind.value}"


class FaultRules:
    """The rules in force."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._rules: dict[int, FaultRule] = {}

    def add(self, spec: FaultSpec) -> FaultRule:
        """Put a rule in force."""
        rule_id = next(self._ids)
        dice = random.Random(spec.seed)  # noqa: S311 - repeatable on purpose
        rule = FaultRule(rule_id=rule_id, spec=spec, dice=dice)
        with self._lock:
            self._rules[rule_id] = rule
        return rule

    def remove(self, rule_id: int) -> bool:
        """Take a rule out; says whether it was there."""
        with self._lock:
            return self._rules.pop(rule_id, None) is not None

    def clear(self) -> None:
        """Take every rule out."""
        with self._lock:
            self._rules.clear()

    def all(self) -> list[FaultRule]:
        """The rules in force, oldest first."""
        with self._lock:
            return list(self._rules.values())

    def hit(self, call: Call, request_id: int) -> Sequence[FaultRule]:
        """The rules that hit this call, counted as fired."""
        if not self._rules:
            return ()
        with self._lock:
            return [
                rule
                for rule in self._rules.values()
                if matches(rule.spec, call) and _fires(rule, request_id)
            ]


def matches(spec: FaultSpec, call: Call) -> bool:
    """Whether a rule is about calls like this one."""
    if spec.method and spec.method.upper() != call.method:
        return False
    if spec.path:
        path = call.path.lower()
        wanted = spec.path.lower()
        if not path.startswith((wanted, API_ROOT + wanted)):
            return False
    if spec.key:
        named = spec.key in call.path or spec.key in call.query_string
        return named or spec.key.encode() in call.body
    return True


def _fires(rule: FaultRule, request_id: int) -> bool:
    spec = rule.spec
    rule.matched += 1
    if rule.matched < spec.nth:
        return False
    if spec.times is not None and rule.fired >= spec.times:
        return False
    if spec.probability < 1 and rule.dice.random() >= spec.probability:
        return False
    rule.fired += 1
    rule.requests.append(request_id)
    return True
