"""What an address asks of the list of selections: tab, act, person and sorting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dashboard.domain.selections import SelectionAct, SelectionState
from dashboard.store.listing_selections import SelectionFilter
from dashboard.web.language import lazy_gettext as _

_MAX_NAME: Final = 120


@dataclass(frozen=True, kw_only=True)
class SelectionTab:
    """A group of states people look for; *key* stands in the address."""

    key: str
    label: str
    states: tuple[SelectionState, ...]
    bad: bool = False


TABS: Final[tuple[SelectionTab, ...]] = (
    SelectionTab(key="", label=_("All"), states=()),
    SelectionTab(
        key="moving",
        label=_("Under way"),
        states=(
            SelectionState.PLANNING,
            SelectionState.RUNNING,
            SelectionState.PAUSED,
        ),
    ),
    SelectionTab(key="ready", label=_("Planned"), states=(SelectionState.READY,)),
    SelectionTab(key="done", label=_("Done"), states=(SelectionState.DONE,)),
    SelectionTab(key="stopped", label=_("Stopped"), states=(SelectionState.STOPPED,)),
    SelectionTab(
        key="failed", label=_("Failed"), states=(SelectionState.FAILED,), bad=True
    ),
)
_BY_KEY: Final[Mapping[str, SelectionTab]] = {tab.key: tab for tab in TABS}


@dataclass(frozen=True, kw_only=True)
class SelectionQuery:
    """What the address asks for, every part of it known to be valid."""

    tab: SelectionTab = TABS[0]
    act: SelectionAct | None = None
    asked_by: str = ""
    oldest_first: bool = False

    @property
    def wanted(self) -> SelectionFilter:
        """The filter for the store."""
        return SelectionFilter(
            states=self.tab.states,
            act=self.act,
            asked_by=self.asked_by,
            oldest_first=self.oldest_first,
        )

    @property
    def narrowed(self) -> bool:
        """Whether anything limits the list."""
        return self != SelectionQuery(oldest_first=self.oldest_first)

    def args(self) -> dict[str, Any]:
        """Return what stands in the address; what is not asked for is left out."""
        parts = {
            "state": self.tab.key,
            "act": self.act.value if self.act else "",
            "by": self.asked_by,
            "sort": "oldest" if self.oldest_first else "",
        }
        return {name: value for name, value in parts.items() if value}


def read_query(args: Mapping[str, str]) -> SelectionQuery:
    """Read an address; what makes no sense there is as if it were left out."""
    acts = {act.value: act for act in SelectionAct}
    return SelectionQuery(
        tab=_BY_KEY.get(args.get("state", ""), TABS[0]),
        act=acts.get(args.get("act", "")),
        asked_by=args.get("by", "").replace("\0", "")[:_MAX_NAME],
        oldest_first=args.get("sort") == "oldest",
    )
