"""The form in which people say when a schedule is due."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from wtforms import IntegerField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from dashboard.domain.runs import Schedule, ScheduleKind
from dashboard.web.forms import PageForm, VersionField, labelled
from dashboard.web.language import lazy_gettext as _

_UNITS: Final = ((86400, _("days")), (3600, _("hours")), (60, _("minutes")))
_SECONDS: Final = _("seconds")


class ScheduleForm(PageForm):
    """When a schedule is due: every so often, or by a cron line."""

    version = VersionField()
    kind = RadioField(
        _("When"),
        choices=labelled(
            (ScheduleKind.INTERVAL.value, _("Every so often")),
            (ScheduleKind.CRON.value, _("At certain times (cron)")),
        ),
    )
    every = IntegerField(_("Every"), [Optional(), NumberRange(min=1, max=999_999)])
    unit = SelectField(
        _("Unit"),
        coerce=int,
        choices=labelled((1, _SECONDS), *reversed(_UNITS)),
    )
    cron = StringField(_("Cron line"), [Optional(), Length(max=100)])
    timezone = StringField(_("Time zone"), [InputRequired(), Length(max=60)])

    @classmethod
    def of(cls, schedule: Schedule) -> ScheduleForm:
        """Return the form filled in with what a schedule says now."""
        interval = schedule.kind is ScheduleKind.INTERVAL
        seconds = int(schedule.spec) if interval else 0
        unit = next((size for size, _name in _UNITS if not seconds % size), 1)
        return cls(
            None,
            version=schedule.version,
            kind=schedule.kind.value,
            every=seconds // unit if interval else 5,
            unit=unit if interval else 60,
            cron="" if interval else schedule.spec,
            timezone=schedule.timezone,
        )

    def applied_to(self, schedule: Schedule) -> Schedule:
        """Return *schedule* as the form says; whether it can be is checked later."""
        kind = ScheduleKind(self.kind.data)
        interval = str((self.every.data or 0) * (self.unit.data or 1))
        cron = " ".join((self.cron.data or "").split())
        return replace(
            schedule,
            kind=kind,
            spec=interval if kind is ScheduleKind.INTERVAL else cron,
            timezone=(self.timezone.data or "").strip(),
        )
