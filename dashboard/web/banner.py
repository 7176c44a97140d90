"""The banner of every page: what somebody has to look at, the most urgent first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import request, url_for

from dashboard.domain.alarms import Alarm, AlarmKind
from dashboard.domain.pauses import ConnectionPause
from dashboard.store.listing_overview import Pulse
from dashboard.web.advice import pause_words
from dashboard.web.language import gettext as _
from dashboard.web.language import lazy_gettext, ngettext, said
from dashboard.web.words import ALARMS

_Place = tuple[str, Callable[[], str]]

# Pages that show what needs a person by themselves, all of it.
_SHOW_PROBLEMS: Final = {"overview.show", "problems.index", "problems.group"}
# Where each is looked into; what works in the background has no page.
_PLACES: Final[Mapping[AlarmKind, _Place]] = {
    AlarmKind.SCHEDULE_LATE: (
        lazy_gettext("Schedules"),
        lambda: url_for("schedules.index"),
    ),
    AlarmKind.WEBHOOK_OFF: (
        lazy_gettext("Shops"),
        lambda: url_for("settings.show", _anchor="shops"),
    ),
    AlarmKind.NO_ORDERS: (lazy_gettext("Orders"), lambda: url_for("orders.index")),
    AlarmKind.NO_BOOKINGS: (lazy_gettext("Runs"), lambda: url_for("runs.index")),
    AlarmKind.NOT_DELIVERED: (
        lazy_gettext("Notifications"),
        lambda: url_for("notifications.index"),
    ),
    AlarmKind.NEEDS_PERSON: (
        lazy_gettext("Problems"),
        lambda: url_for("problems.index"),
    ),
}


def alarm_address(kind: AlarmKind) -> str:
    """Return the page on which alarms of a kind are looked into.

    What has none is told on every page.
    """
    _name, address = _PLACES.get(kind, ("", lambda: url_for("overview.show")))
    return address()


@dataclass(frozen=True, kw_only=True)
class BannerLine:
    """One thing to look at.

    *title* and *text* are sentences. *until* is when it is tried whether it is over.
    *href* is where to look, *place* what that is called; both may be empty. *may_try*
    is True where asking before *until* may find that it is over.
    """

    tone: str
    icon: str
    title: str
    text: str
    since: datetime | None = None
    until: datetime | None = None
    place: str = ""
    href: str = ""
    may_try: bool = False


def banner_lines(pulse: Pulse, alarms: Sequence[Alarm]) -> tuple[BannerLine, ...]:
    """Return what the banner says; nothing when all is well."""
    lines = _lines(pulse, alarms)
    return tuple(sorted(lines, key=lambda line: line.tone != "bad"))


def _lines(pulse: Pulse, alarms: Sequence[Alarm]) -> Iterator[BannerLine]:
    if not pulse.connected:
        yield _unconnected()
    elif pulse.pause is not None:
        yield _paused(pulse.pause)
    # A pause is shown from its first moment on, so its alarm says nothing new.
    apart = {AlarmKind.NEEDS_PERSON, AlarmKind.BOOKS_PAUSED}
    yield from (
        _line(a.kind, a.message, a.since) for a in alarms if a.kind not in apart
    )
    problems = [a for a in alarms if a.kind is AlarmKind.NEEDS_PERSON]
    if problems and request.endpoint not in _SHOW_PROBLEMS:
        yield _problems(problems)


def _line(kind: AlarmKind, text: str, since: datetime) -> BannerLine:
    look = ALARMS[kind]
    name, address = _PLACES.get(kind, ("", str))
    return BannerLine(
        tone=look.tone,
        icon=look.icon,
        title=f"{look.label}.",
        text=text,
        since=since,
        place=str(name),
        href=address(),
    )


def _problems(problems: Sequence[Alarm]) -> BannerLine:
    text, more = str(said(problems[0].message)), len(problems) - 1
    if more:
        others = ngettext("%(num)s other cause.", "%(num)s other causes.", more)
        text = f"{text} {others}"
    since = min(alarm.since for alarm in problems)
    return _line(AlarmKind.NEEDS_PERSON, text, since)


def _unconnected() -> BannerLine:
    return BannerLine(
        tone="waiting",
        icon="plug",
        title=_("No accounting package is connected yet."),
        text=_("Orders are received and wait."),
        place=_("Connection"),
        href=url_for("settings.show", _anchor="connection"),
    )


def _paused(pause: ConnectionPause) -> BannerLine:
    words = pause_words(pause)
    rest = _("Orders wait, and go on by themselves.")
    return BannerLine(
        tone="bad" if words.section else "waiting",
        icon="cloud-slash",
        title=_("%(what)s: nothing is booked for now.", what=words.title),
        text=f"{said(pause.reason).rstrip('.')}. {words.to_do} {rest}",
        since=pause.since,
        until=pause.until,
        place=_("Connection") if words.section else _("Runs"),
        href=(
            url_for("settings.show", _anchor=words.section)
            if words.section
            else url_for("runs.index")
        ),
        may_try=pause.pause.may_be_over,
    )
