"""What an address asks of the list of runs: tab, task, trigger, and empty ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dashboard.domain.runs import RunState, Task, Trigger
from dashboard.store.listing_runs import RunFilter
from dashboard.web.language import lazy_gettext as _
from dashboard.web.row_ids import optional_row_id


@dataclass(frozen=True, kw_only=True)
class RunTab:
    """A group of states people look for; *key* stands in the address."""

    key: str
    label: str
    states: tuple[RunState, ...]
    bad: bool = False


TABS: Final[tuple[RunTab, ...]] = (
    RunTab(key="", label=_("All"), states=()),
    RunTab(
        key="moving",
        label=_("Under way"),
        states=(RunState.QUEUED, RunState.RUNNING),
    ),
    RunTab(key="done", label=_("Done"), states=(RunState.DONE,)),
    RunTab(key="failed", label=_("Failed"), states=(RunState.FAILED,), bad=True),
    RunTab(key="stopped", label=_("Stopped"), states=(RunState.STOPPED,)),
    RunTab(key="interrupted", label=_("Interrupted"), states=(RunState.INTERRUPTED,)),
)
_BY_KEY: Final[Mapping[str, RunTab]] = {tab.key: tab for tab in TABS}


@dataclass(frozen=True, kw_only=True)
class RunQuery:
    """What the address asks for, every part of it known to be valid."""

    tab: RunTab = TABS[0]
    task: Task | None = None
    trigger: Trigger | None = None
    schedule_id: int | None = None
    with_empty: bool = False
    oldest_first: bool = False

    @property
    def wanted(self) -> RunFilter:
        """The filter for the store."""
        return RunFilter(
            states=self.tab.states,
            task=self.task,
            trigger=self.trigger,
            schedule_id=self.schedule_id,
            with_empty=self.with_empty,
            oldest_first=self.oldest_first,
        )

    @property
    def narrowed(self) -> bool:
        """Whether anything limits the list."""
        whole = RunQuery(with_empty=self.with_empty, oldest_first=self.oldest_first)
        return self != whole

    def args(self) -> dict[str, Any]:
        """Return what stands in the address; what is not asked for is left out."""
        parts = {
            "state": self.tab.key,
            "task": self.task.value if self.task else "",
            "trigger": self.trigger.value if self.trigger else "",
            "schedule": self.schedule_id,
            "empty": "1" if self.with_empty else "",
            "sort": "oldest" if self.oldest_first else "",
        }
        return {name: value for name, value in parts.items() if value}


def read_query(args: Mapping[str, str]) -> RunQuery:
    """Read an address; what makes no sense there is as if it were left out."""
    tasks = {task.value: task for task in Task}
    triggers = {trigger.value: trigger for trigger in Trigger}
    return RunQuery(
        tab=_BY_KEY.get(args.get("state", ""), TABS[0]),
        task=tasks.get(args.get("task", "")),
        trigger=triggers.get(args.get("trigger", "")),
        schedule_id=optional_row_id(args.get("schedule", "")),
        with_empty=args.get("empty") == "1",
        oldest_first=args.get("sort") == "oldest",
    )
