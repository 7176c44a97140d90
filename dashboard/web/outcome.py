"""Says on the next page what an action did, with what it left alone."""

from __future__ import annotations

from flask import flash

from dashboard.sync.actions import Outcome
from dashboard.web.language import ngettext


def tell_outcome(outcome: Outcome, *, done: str) -> None:
    """Say *done*, and how many were skipped because they had moved on."""
    parts = [done] if outcome.done else []
    if outcome.skipped:
        parts.append(
            ngettext(
                "%(num)s had moved on meanwhile and was left alone.",
                "%(num)s had moved on meanwhile and were left alone.",
                outcome.skipped,
            )
        )
    flash(" ".join(parts), "good" if outcome.done else "quiet")
