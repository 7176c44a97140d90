"""Failures ready to be switched on, under names that need no explanation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mock_accounting.faults.rules import API_ROOT, Break, FaultKind, FaultSpec, When

_WRITES = "PUT,POST"


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """Rules that together make one failure people know."""

    title: str
    shows: str
    """What can be seen with it."""
    rules: tuple[FaultSpec, ...]
    lasts_s: int | None = None
    """How long it lasts on the mock's clock; None until it is cleared or used up."""


def _rule(kind: FaultKind, **fields: object) -> FaultSpec:
    return replace(FaultSpec(kind=kind, path=API_ROOT), **fields)  # type: ignore[arg-type]


def _failing(status: int, **fields: object) -> FaultSpec:
    return _rule(FaultKind.STATUS, status=status, when=When.BEFORE, **fields)


_BAD_DAY = {"times": None, "probability": 0.15}

PRESETS: Mapping[str, Preset] = {
    "down": Preset(
        title="The package is down for two minutes",
        shows="Every call fails with 503 and nothing is booked; then all is well.",
        rules=(_failing(503, times=None),),
        lasts_s=120,
    ),
    "answers-lost": Preset(
        title="Answers get lost",
        shows="Half of what is written is booked, but the connection breaks before "
        "the answer: nobody may book it twice.",
        rules=(
            _rule(FaultKind.LOSE_ANSWER, method=_WRITES, times=None, probability=0.5),
        ),
    ),
    "hangs": Preset(
        title="The line goes dead",
        shows="The next write is booked, then nothing comes for a minute.",
        rules=(
            _rule(FaultKind.LOSE_ANSWER, method=_WRITES, how=Break.HANG, seconds=60.0),
        ),
    ),
    "slow": Preset(
        title="Everything is slow",
        shows="Every call takes two to six seconds.",
        rules=(_rule(FaultKind.DELAY, times=None, seconds=2.0, up_to_seconds=6.0),),
    ),
    "month-closed": Preset(
        title="The month is closed",
        shows="Documents dated up to today are refused: the period is locked.",
        rules=(_rule(FaultKind.LOCK_PERIOD, times=None, when=When.BEFORE),),
    ),
    "too-many-calls": Preset(
        title="Too many calls this minute",
        shows="Every call gets 429 with Retry-After for half a minute.",
        rules=(_failing(429, times=None, problem="minute", retry_after_s=30),),
        lasts_s=30,
    ),
    "day-used-up": Preset(
        title="The day's calls are used up",
        shows="Every call gets 429 of the day's limit with an hour to wait.",
        rules=(_failing(429, times=None, problem="day", retry_after_s=3600),),
    ),
    "token-expires": Preset(
        title="The sign-in expires early",
        shows="The token of the next call is no good any more; a new one is.",
        rules=(_rule(FaultKind.EXPIRE_TOKEN),),
    ),
    "disconnected": Preset(
        title="Somebody disconnected the app",
        shows="Every call gets 403 until the app is connected again.",
        rules=(_failing(403, times=None),),
    ),
    "maintenance-page": Preset(
        title="A web page instead of answers",
        shows="For a minute every call gets an HTML page with status 200.",
        rules=(_rule(FaultKind.HTML, times=None, status=200, when=When.BEFORE),),
        lasts_s=60,
    ),
    "garbled": Preset(
        title="Answers arrive broken",
        shows="The next three writes are booked, and answered with broken JSON.",
        rules=(_rule(FaultKind.MALFORM, method=_WRITES, times=3),),
    ),
    "one-refused": Preset(
        title="One of a batch is refused",
        shows="The first element of the next write is refused, the others are booked.",
        rules=(_rule(FaultKind.REFUSE_ELEMENT, method=_WRITES, element=1),),
    ),
    "cent-off": Preset(
        title="Totals are a cent off",
        shows="The next three writes of invoices come out a cent dearer.",
        rules=(
            _rule(
                FaultKind.CENT_OFF,
                method=_WRITES,
                path=f"{API_ROOT}/Invoices",
                times=3,
            ),
        ),
    ),
    "webhooks-twice": Preset(
        title="Notices come twice",
        shows="Every webhook is sent a second time.",
        rules=(_rule(FaultKind.DOUBLE_WEBHOOK, times=None),),
    ),
    "webhooks-late": Preset(
        title="Notices come late",
        shows="Every webhook is sent one to five minutes after the change.",
        rules=(
            _rule(
                FaultKind.DELAY_WEBHOOK, times=None, seconds=60.0, up_to_seconds=300.0
            ),
        ),
    ),
    "webhooks-swapped": Preset(
        title="Notices overtake each other",
        shows="Of two webhooks the later one is sent first.",
        rules=(_rule(FaultKind.SWAP_WEBHOOKS, times=None, seconds=30.0),),
    ),
    "bad-day": Preset(
        title="A bad day",
        shows="Delays, 503, 429 and lost answers now and then, the same ones each "
        "time.",
        rules=(
            _rule(FaultKind.DELAY, seconds=0.5, up_to_seconds=3.0, seed=1, **_BAD_DAY),
            _failing(503, seed=2, **_BAD_DAY),
            _failing(429, seed=3, problem="minute", retry_after_s=5, **_BAD_DAY),
            _rule(FaultKind.LOSE_ANSWER, method=_WRITES, seed=4, **_BAD_DAY),
        ),
    ),
}


def rules_of(
    preset: Preset, now: datetime, *, key: str | None, tenant_id: str | None
) -> list[FaultSpec]:
    """The rules to set at *now*, about one document or organisation if named."""
    ends_at = None
    if preset.lasts_s is not None:
        ends_at = now + timedelta(seconds=preset.lasts_s)
    return [
        replace(spec, title=preset.title, key=key, tenant_id=tenant_id, ends_at=ends_at)
        for spec in preset.rules
    ]
