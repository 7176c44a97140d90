"""Fault rules as JSON: read with care, shown so that they can be read again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from mock_accounting.control.fields import BadControl, Fields
from mock_accounting.dialect.jsontext import JsonObject, JsonValue
from mock_accounting.faults.rules import Break, FaultKind, FaultRule, FaultSpec, When

_FAILURES = range(400, 600)
_STATUSES = range(200, 600)
_LONGEST_S = 3600
_SECONDS = {
    FaultKind.LOSE_ANSWER: 60,
    FaultKind.DELAY_WEBHOOK: 60,
    FaultKind.SWAP_WEBHOOKS: 30,
}
"""What `seconds` is if it is not given, by kind; 0 for the others."""
_COPIES = range(2, 11)
_BEFORE = frozenset(
    {
        FaultKind.STATUS,
        FaultKind.HTML,
        FaultKind.LOCK_PERIOD,
        FaultKind.ARCHIVE_CONTACT,
        FaultKind.VOID_DOCUMENT,
        FaultKind.RENAME_DOCUMENT,
    }
)
_NAMED = _BEFORE - {FaultKind.STATUS, FaultKind.HTML, FaultKind.LOCK_PERIOD}
_OPTIONS: dict[FaultKind, tuple[str, ...]] = {
    FaultKind.DELAY: ("seconds", "up_to_seconds"),
    FaultKind.STATUS: ("status", "when", "retry_after", "problem"),
    FaultKind.HTML: ("status", "when"),
    FaultKind.EXPIRE_TOKEN: (),
    FaultKind.LOSE_ANSWER: ("how", "when", "seconds"),
    FaultKind.TRUNCATE: ("keep_bytes",),
    FaultKind.MALFORM: (),
    FaultKind.DRIP: ("seconds", "chunk_bytes"),
    FaultKind.FORGET_KEY: (),
    FaultKind.REFUSE_ELEMENT: ("element", "message"),
    FaultKind.CENT_OFF: ("element",),
    FaultKind.LOCK_PERIOD: ("until",),
    FaultKind.ARCHIVE_CONTACT: ("document", "when"),
    FaultKind.VOID_DOCUMENT: ("document", "when"),
    FaultKind.RENAME_DOCUMENT: ("document", "when", "number"),
    FaultKind.DOUBLE_WEBHOOK: ("copies",),
    FaultKind.DELAY_WEBHOOK: ("seconds", "up_to_seconds"),
    FaultKind.SWAP_WEBHOOKS: ("seconds",),
}
_SHOWN: dict[str, Callable[[FaultSpec], JsonValue]] = {
    "seconds": lambda spec: _exact(spec.seconds),
    "up_to_seconds": lambda spec: (
        None if spec.up_to_seconds is None else _exact(spec.up_to_seconds)
    ),
    "status": lambda spec: spec.status,
    "when": lambda spec: spec.when.value,
    "retry_after": lambda spec: spec.retry_after_s,
    "problem": lambda spec: spec.problem,
    "how": lambda spec: spec.how.value,
    "keep_bytes": lambda spec: spec.keep_bytes,
    "chunk_bytes": lambda spec: spec.chunk_bytes,
    "copies": lambda spec: spec.copies,
    "element": lambda spec: spec.element,
    "message": lambda spec: spec.message,
    "until": lambda spec: spec.lock_date.isoformat() if spec.lock_date else None,
    "document": lambda spec: spec.document,
    "number": lambda spec: spec.new_number,
}


def read_fault(content: object, now: datetime) -> FaultSpec:
    """A fault rule; a window of so many seconds begins at *now*.

    Raises:
        BadControl: If it makes no sense.
    """
    fields = Fields(content)
    match, options = fields.child("match"), fields.child("options")
    kind = fields.choice("kind", FaultKind)
    starts_at, ends_at = _read_window(fields.child("window"), now)
    forever = "times" in fields and fields.get("times") is None
    plain = FaultSpec(
        kind=kind,
        title=fields.text("title"),
        method=match.text("method"),
        path=match.text("path"),
        key=match.text("key"),
        tenant_id=match.text("organisation"),
        nth=max(1, fields.whole("nth", 1)),
        times=None if forever else fields.whole("times", 1),
        probability=fields.number("probability", 1),
        seed=fields.whole("seed", 0),
        starts_at=starts_at,
        ends_at=ends_at,
    )
    spec = _with_options(plain, options)
    fields.done()
    match.done()
    options.done(_OPTIONS[kind])
    _check(spec)
    return spec


def show_spec(spec: FaultSpec) -> JsonObject:
    """A rule as `read_fault` reads it; what was not given is left out."""
    content: JsonObject = {"kind": spec.kind.value}
    if spec.title:
        content["title"] = spec.title
    match = {
        "method": spec.method,
        "path": spec.path,
        "key": spec.key,
        "organisation": spec.tenant_id,
    }
    content |= {
        "match": {name: value for name, value in match.items() if value is not None},
        "nth": spec.nth,
        "times": spec.times,
        "probability": _exact(spec.probability),
        "seed": spec.seed,
    }
    window = {"from": spec.starts_at, "until": spec.ends_at}
    if any(window.values()):
        content["window"] = {
            name: moment.isoformat() for name, moment in window.items() if moment
        }
    content["options"] = {name: _SHOWN[name](spec) for name in _OPTIONS[spec.kind]}
    return content


def show_fault(rule: FaultRule, now: datetime) -> JsonObject:
    """A rule and what it has hit."""
    shown = {"id": rule.rule_id} | show_spec(rule.spec)
    return shown | {
        "matched": rule.matched,
        "fired": rule.fired,
        "requests": list(rule.requests),
        "in_vain": rule.in_vain,
        "active": not rule.is_over(now),
        "outcome": rule.outcome,
    }


def _read_window(
    window: Fields, now: datetime
) -> tuple[datetime | None, datetime | None]:
    starts_at = window.moment("from") if window.get("from") else None
    ends_at = window.moment("until") if window.get("until") else None
    if window.get("for_s") is not None:
        ends_at = (starts_at or now) + timedelta(seconds=window.number("for_s", 0))
    window.done()
    return starts_at, ends_at


def _with_options(plain: FaultSpec, options: Fields) -> FaultSpec:
    kind = plain.kind
    return replace(
        plain,
        seconds=options.number("seconds", _SECONDS.get(kind, 0)),
        up_to_seconds=options.maybe_number("up_to_seconds"),
        status=options.whole("status", 200 if kind is FaultKind.HTML else 503),
        retry_after_s=options.maybe_whole("retry_after"),
        problem=options.text("problem"),
        when=options.choice(
            "when", When, When.BEFORE if kind in _BEFORE else When.AFTER
        ),
        how=options.choice("how", Break, Break.RESET),
        keep_bytes=options.maybe_whole("keep_bytes"),
        chunk_bytes=options.whole("chunk_bytes", plain.chunk_bytes),
        copies=options.whole("copies", plain.copies),
        element=options.maybe_whole("element"),
        message=options.text("message"),
        document=options.text("document"),
        new_number=options.text("number"),
        lock_date=options.day("until"),
    )


def _check(spec: FaultSpec) -> None:
    if spec.probability > 1:
        raise BadControl("probability must be between 0 and 1.")
    if max(spec.seconds, spec.up_to_seconds or 0) > _LONGEST_S:
        raise BadControl(f"seconds must be {_LONGEST_S} at most.")
    if spec.up_to_seconds is not None and spec.up_to_seconds < spec.seconds:
        raise BadControl("up_to_seconds must not be less than seconds.")
    if spec.kind is FaultKind.STATUS and spec.status not in _FAILURES:
        raise BadControl("status must be between 400 and 599.")
    if spec.kind is FaultKind.HTML and spec.status not in _STATUSES:
        raise BadControl("status must be between 200 and 599.")
    if spec.copies not in _COPIES:
        raise BadControl(f"copies must be from {_COPIES[0]} to {_COPIES[-1]}.")
    if spec.kind.is_of_webhooks and spec.method:
        raise BadControl("match.method means nothing for webhooks: leave it out.")
    if spec.kind in _NAMED and not (spec.document or spec.key):
        raise BadControl("Name what is to change: options.document or match.key.")


def _exact(number: float) -> Decimal:
    return Decimal(str(number))
