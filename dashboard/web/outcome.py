"""Says on the next page what an action did, with what it left alone."""

from __future__ import annotations

from flask import flash

from dashboard.sync.actions import Outcome
from dashboard.web.language import ngettext


def moved_on(orders: int) -> list[str]:
    """Return the sentence on how many stopped orders a change set going, if any."""
    if not orders:
        return []
    return [
        ngettext(
            "%(num)s order that was stopped goes on.",
            "%(num)s orders that were stopped go on.",
            orders,
        )
    ]


def tell_outcome(outcome: Outcome, *, done: str) -> None:
    """Say *done*, and how many still stop, failed, or had moved on."""
    parts = [done] if outcome.done else []
    if outcome.stopped:
        parts.append(
            ngettext(
                "%(num)s still cannot be booked and says why.",
                "%(num)s still cannot be booked and say why.",
                outcome.stopped,
            )
        )
    if outcome.failed:
        parts.append(
            ngettext(
                "%(num)s could not be tried; the log says why.",
                "%(num)s could not be tried; the log says why.",
                outcome.failed,
            )
        )
    if outcome.skipped:
        parts.append(
            ngettext(
                "%(num)s had moved on meanwhile and was left alone.",
                "%(num)s had moved on meanwhile and were left alone.",
                outcome.skipped,
            )
        )
    flash(" ".join(parts), "good" if outcome.done else "quiet")
