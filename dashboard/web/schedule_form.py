"""The form in which people say when a schedule is due."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import time
from enum import StrEnum
from typing import Final

from wtforms import (
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.fields import Field
from wtforms.form import BaseForm
from wtforms.validators import (
    InputRequired,
    Length,
    NumberRange,
    Optional,
    StopValidation,
)
from wtforms.widgets import CheckboxInput

from dashboard.domain.runs import Schedule, ScheduleKind
from dashboard.web.forms import PageForm, VersionField, labelled
from dashboard.web.language import lazy_gettext as _

_UNITS: Final = ((86400, _("days")), (3600, _("hours")), (60, _("minutes")))
_SECONDS: Final = _("seconds")
# As cron counts them, the first day of the week first.
_WEEKDAYS: Final = (
    ("1", _("Monday")),
    ("2", _("Tuesday")),
    ("3", _("Wednesday")),
    ("4", _("Thursday")),
    ("5", _("Friday")),
    ("6", _("Saturday")),
    ("0", _("Sunday")),
)
_EVERY_DAY: Final = [number for number, _name in _WEEKDAYS]
# The cron lines that days and a time of day say as well: "30 7 * * 1-5".
_ON_DAYS: Final = re.compile(
    r"(?P<minute>[0-5]?\d) (?P<hour>[01]?\d|2[0-3]) \* \* "
    r"(?P<days>\*|1-5|[0-6](,[0-6])*)",
    re.ASCII,
)


class Way(StrEnum):
    """How people say when a schedule is due."""

    INTERVAL = "interval"
    DAYS = "days"
    CRON = "cron"


class NeededFor:
    """Ask for a field where the schedule is said this way, and ignore it elsewhere."""

    def __init__(self, way: Way, wrong: str) -> None:
        """Say what is *wrong* when nothing was entered."""
        self._way = way
        self._wrong = wrong

    def __call__(self, form: BaseForm, field: Field) -> None:
        """Look at the field.

        Raises:
            StopValidation: With what is wrong, or without where it does not count.
        """
        if form["kind"].data != self._way:
            field.errors = []
            raise StopValidation
        if not field.errors and field.data in (None, []):
            raise StopValidation(self._wrong)


class ScheduleForm(PageForm):
    """When a schedule is due: every so often, on days at a time, or by a cron line."""

    version = VersionField()
    kind = RadioField(
        _("When"),
        choices=labelled(
            (Way.INTERVAL.value, _("Every so often")),
            (Way.DAYS.value, _("On days of the week, at a time")),
            (Way.CRON.value, _("By a cron line")),
        ),
    )
    every = IntegerField(
        _("Every"),
        [
            NeededFor(Way.INTERVAL, _("Enter a number.")),
            NumberRange(min=1, max=999_999),
        ],
    )
    unit = SelectField(
        _("Unit"),
        coerce=int,
        choices=labelled((1, _SECONDS), *reversed(_UNITS)),
    )
    days = SelectMultipleField(
        _("Days"),
        [NeededFor(Way.DAYS, _("Choose a day."))],
        choices=labelled(*_WEEKDAYS),
        option_widget=CheckboxInput(),
    )
    at = TimeField(_("Time"), [NeededFor(Way.DAYS, _("Enter a time of day."))])
    cron = StringField(_("Cron line"), [Optional(), Length(max=100)])
    timezone = StringField(_("Time zone"), [InputRequired(), Length(max=60)])

    @classmethod
    def of(cls, schedule: Schedule) -> ScheduleForm:
        """Return the form filled in with what a schedule says now."""
        interval = schedule.kind is ScheduleKind.INTERVAL
        seconds = int(schedule.spec) if interval else 0
        unit = next((size for size, _name in _UNITS if not seconds % size), 1)
        on_days = None if interval else _ON_DAYS.fullmatch(schedule.spec)
        return cls(
            None,
            version=schedule.version,
            kind=Way.DAYS if on_days else Way(schedule.kind.value),
            every=seconds // unit if interval else 5,
            unit=unit if interval else 60,
            days=_days_of(on_days["days"]) if on_days else _EVERY_DAY,
            at=time(int(on_days["hour"]), int(on_days["minute"])) if on_days else None,
            cron="" if interval else schedule.spec,
            timezone=schedule.timezone,
        )

    def applied_to(self, schedule: Schedule) -> Schedule:
        """Return *schedule* as the form says; whether it can be is checked later."""
        kind, spec = self._said()
        return replace(
            schedule,
            kind=kind,
            spec=spec,
            timezone=(self.timezone.data or "").strip(),
        )

    def _said(self) -> tuple[ScheduleKind, str]:
        match Way(self.kind.data):
            case Way.INTERVAL:
                seconds = (self.every.data or 0) * (self.unit.data or 1)
                return ScheduleKind.INTERVAL, str(seconds)
            case Way.DAYS:
                at = self.at.data or time()
                days = _as_cron(self.days.data or [])
                return ScheduleKind.CRON, f"{at.minute} {at.hour} * * {days}"
            case Way.CRON:
                return ScheduleKind.CRON, " ".join((self.cron.data or "").split())


def _days_of(field: str) -> list[str]:
    if field == "*":
        return _EVERY_DAY
    return _EVERY_DAY[:5] if field == "1-5" else field.split(",")


def _as_cron(days: list[str]) -> str:
    """Write days as cron does, the way `_days_of` reads them."""
    chosen = [day for day in _EVERY_DAY if day in days]
    if chosen == _EVERY_DAY:
        return "*"
    return "1-5" if chosen == _EVERY_DAY[:5] else ",".join(chosen)
