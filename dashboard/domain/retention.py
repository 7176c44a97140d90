"""For how long what nothing follows from any more is kept. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class RetentionRules:
    """How many days things are kept; 0 is for ever.

    *exchange_days* are for exchanges that went well, *failure_days* for those that did
    not, *activity_days* for who did what and for finished acts on many orders.
    """

    exchange_days: int = 90
    failure_days: int = 365
    activity_days: int = 730


@dataclass(frozen=True, kw_only=True)
class Cutoffs:
    """What is older may go; None keeps all of it."""

    exchanges: datetime | None
    failures: datetime | None
    activity: datetime | None


def cutoffs(rules: RetentionRules, now: datetime) -> Cutoffs:
    """Return from when on things are kept."""
    return Cutoffs(
        exchanges=_before(rules.exchange_days, now),
        failures=_before(rules.failure_days, now),
        activity=_before(rules.activity_days, now),
    )


def _before(days: int, now: datetime) -> datetime | None:
    return now - timedelta(days=days) if days else None
