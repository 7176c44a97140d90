"""Activity: who did what, when and to what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.domain.activity import Act, ActivityKind
from dashboard.domain.csv_table import Cell
from dashboard.domain.timespans import start_of
from dashboard.domain.users import Role
from dashboard.store.activity import Activity, ActivityFilter, SoughtWord
from dashboard.web.access import requires, signed_in
from dashboard.web.chips import Chip
from dashboard.web.download import csv_download
from dashboard.web.language import day as written_day
from dashboard.web.language import gettext as _
from dashboard.web.paging import beside
from dashboard.web.row_ids import row_id
from dashboard.web.searched import searched_text
from dashboard.web.services import services
from dashboard.web.words import ACTIVITY_KINDS

blueprint = Blueprint("activity", __name__)

_PAGE_SIZE: Final = 50
_MAX_WORDS: Final = 6
_PAGES: Final[Mapping[ActivityKind, Callable[[int], str]]] = {
    ActivityKind.ORDER: lambda key: url_for("order.show", order_id=key),
    ActivityKind.SELECTION: lambda key: url_for("selections.show", selection_id=key),
    ActivityKind.UPLOAD: lambda key: url_for("uploads.show", upload_id=key),
    ActivityKind.RUN: lambda key: url_for("runs.show", run_id=key),
    ActivityKind.SCHEDULE: lambda _key: url_for("schedules.index"),
    ActivityKind.USER: lambda key: url_for("users.show", user_id=key),
}

_FOR: Final[Mapping[ActivityKind, Role]] = {
    ActivityKind.UPLOAD: Role.MANAGER,
    ActivityKind.USER: Role.ADMINISTRATOR,
}


@dataclass(frozen=True, kw_only=True)
class ActivityQuery:
    """What the address asks for; days are inclusive and in the reader's zone."""

    kind: ActivityKind | None = None
    person: int | None = None
    since: date | None = None
    until: date | None = None
    search: str = ""
    oldest_first: bool = False

    def wanted(self, zone: ZoneInfo) -> ActivityFilter:
        """Return the filter for the store."""
        after_last = self.until + timedelta(days=1) if self.until else None
        return ActivityFilter(
            kind=self.kind,
            user_id=self.person,
            since=_start(self.since, zone),
            until=_start(after_last, zone),
            words=_sought(self.search),
            oldest_first=self.oldest_first,
        )

    def args(self) -> dict[str, Any]:
        """Return what stands in the address; what is not asked for is left out."""
        parts = {
            "q": self.search,
            "kind": self.kind.value if self.kind else "",
            "person": self.person,
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "sort": "oldest" if self.oldest_first else "",
        }
        return {name: value for name, value in parts.items() if value}


@blueprint.get("/activity")
@requires(Role.WATCHER)
def index() -> ResponseReturnValue:
    """Show what people did, the newest first."""
    query = _read_query(request.args)
    page = services().activity.page(
        query.wanted(_zone()),
        size=_PAGE_SIZE,
        after=request.args.get("after", type=row_id),
        before=request.args.get("before", type=row_id),
    )
    people = {user.id: user.name for user in services().users.all()}
    previous_url, next_url = beside(
        "activity.index",
        query.args(),
        [activity.id for activity in page.activities],
        has_previous=page.has_previous,
        has_next=False,
    )
    if page.goes_on_after is not None:
        args = query.args() | {"after": page.goes_on_after}
        next_url = url_for("activity.index", **args)
    return render_template(
        "activity/index.html",
        query=query,
        activities=page.activities,
        people=people,
        chips=_chips(query, people),
        zone=_zone().key,
        href=_href,
        previous_url=previous_url,
        next_url=next_url,
    )


@blueprint.get("/activity.csv")
@requires(Role.WATCHER)
def export() -> ResponseReturnValue:
    """Send the whole list the address asks for as a file."""
    every = services().activity.all(_read_query(request.args).wanted(_zone()))
    header = (_("When"), _("Who"), _("Kind"), _("What"), _("To what"), _("Detail"))
    return csv_download("activity", header, map(_row, every))


def _row(activity: Activity) -> Sequence[Cell]:
    act = activity.act
    kind = str(ACTIVITY_KINDS[act.kind].label)
    return (activity.at, act.actor, kind, _(act.action), act.subject, act.detail)


def _href(act: Act) -> str:
    """Return the page of what an act was done to, empty if the reader has none."""
    page = _PAGES.get(act.kind)
    if page is None or act.subject_id is None:
        return ""
    if signed_in().role < _FOR.get(act.kind, Role.WATCHER):
        return ""
    return page(act.subject_id)


def _chips(query: ActivityQuery, people: Mapping[int, str]) -> tuple[Chip, ...]:
    without: list[tuple[str, ActivityQuery]] = []
    if query.search:
        text = _("Search: %(text)s", text=query.search)
        without.append((text, replace(query, search="")))
    if query.person:
        name = people.get(query.person, str(query.person))
        without.append((_("Person: %(name)s", name=name), replace(query, person=None)))
    if query.kind:
        label = ACTIVITY_KINDS[query.kind].label
        without.append((_("Kind: %(kind)s", kind=label), replace(query, kind=None)))
    if query.since:
        text = _("From %(day)s", day=written_day(query.since))
        without.append((text, replace(query, since=None)))
    if query.until:
        text = _("Up to %(day)s", day=written_day(query.until))
        without.append((text, replace(query, until=None)))
    return tuple(
        Chip(text=text, without=url_for("activity.index", **rest.args()))
        for text, rest in without
    )


def _read_query(args: Mapping[str, str]) -> ActivityQuery:
    """Read an address; what makes no sense there is as if it were left out."""
    kinds = {kind.value: kind for kind in ActivityKind}
    return ActivityQuery(
        kind=kinds.get(args.get("kind", "")),
        person=request.args.get("person", type=row_id),
        since=_day(args.get("since", "")),
        until=_day(args.get("until", "")),
        search=searched_text(args.get("q", "")),
        oldest_first=args.get("sort") == "oldest",
    )


def _sought(search: str) -> tuple[SoughtWord, ...]:
    """Return the words to look for, with the actions that say each to the reader."""
    words = search.split()[:_MAX_WORDS]
    if not words:
        return ()
    told = {action: _(action).casefold() for action in services().activity.actions()}
    return tuple(
        SoughtWord(
            text=word,
            actions=frozenset(a for a, text in told.items() if word.casefold() in text),
        )
        for word in words
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # A zone may move the first and the last day there is beyond what a date can be.
    return day if date.min.year < day.year < date.max.year else None


def _start(day: date | None, zone: ZoneInfo) -> datetime | None:
    """Return when a day begins."""
    return None if day is None else start_of(zone, day)


def _zone() -> ZoneInfo:
    """Return the reader's zone; the company's for who goes by the browser's."""
    own = signed_in().time_zone
    return ZoneInfo(own) if own else services().watch.zone()
