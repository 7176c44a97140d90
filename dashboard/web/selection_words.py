"""What acts on many orders, their states and results are called, and how they look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dashboard.domain.selections import (
    Outlook,
    Result,
    Selection,
    SelectionAct,
    SelectionState,
)
from dashboard.web.language import lazy_gettext
from dashboard.web.words import Look

ACTS: Final[Mapping[SelectionAct, str]] = {
    SelectionAct.RETRY: lazy_gettext("Retry"),
    SelectionAct.IGNORE: lazy_gettext("Ignore"),
    SelectionAct.RESTORE: lazy_gettext("Restore"),
    SelectionAct.BACKFILL: lazy_gettext("Backfill"),
}
SELECTION_STATES: Final[Mapping[SelectionState, Look]] = {
    SelectionState.PLANNING: Look(
        label=lazy_gettext("Planning"), tone="moving", icon="search"
    ),
    SelectionState.READY: Look(
        label=lazy_gettext("Planned"), tone="waiting", icon="clipboard"
    ),
    SelectionState.RUNNING: Look(
        label=lazy_gettext("Running"), tone="moving", icon="arrow-repeat"
    ),
    SelectionState.PAUSED: Look(
        label=lazy_gettext("Paused"), tone="waiting", icon="pause-fill"
    ),
    SelectionState.DONE: Look(
        label=lazy_gettext("Done"), tone="good", icon="check-circle-fill"
    ),
    SelectionState.STOPPED: Look(
        label=lazy_gettext("Stopped"), tone="quiet", icon="x-lg"
    ),
    SelectionState.FAILED: Look(
        label=lazy_gettext("Failed"), tone="bad", icon="x-circle-fill"
    ),
}
OUTLOOKS: Final[Mapping[Outlook, str]] = {
    Outlook.CREATES: lazy_gettext("Creates"),
    Outlook.SKIPS: lazy_gettext("Skips"),
    Outlook.BLOCKED: lazy_gettext("Blocked"),
}
RESULTS: Final[Mapping[Result, Look]] = {
    Result.WAITING: Look(label=lazy_gettext("Waiting"), tone="quiet", icon="clock"),
    Result.DONE: Look(
        label=lazy_gettext("Done"), tone="good", icon="check-circle-fill"
    ),
    Result.SKIPPED: Look(
        label=lazy_gettext("Left alone"), tone="quiet", icon="slash-circle"
    ),
    Result.STOPPED: Look(
        label=lazy_gettext("Still stops"),
        tone="bad",
        icon="exclamation-triangle-fill",
    ),
    Result.FAILED: Look(label=lazy_gettext("Failed"), tone="bad", icon="x-circle-fill"),
}
_NOT_DONE: Final = Look(label=lazy_gettext("Not done"), tone="quiet", icon="x-lg")


def results_of(selection: Selection) -> Mapping[Result, Look]:
    """Return the words for what became of orders; nothing waits once it is over."""
    if selection.finished_at is None:
        return RESULTS
    return {**RESULTS, Result.WAITING: _NOT_DONE}
