"""Schedules: when runs start, in words; changing, pausing and running them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import available_timezones

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from dashboard.domain.activity import ActivityKind
from dashboard.domain.rules import Shop
from dashboard.domain.runs import Schedule, Task
from dashboard.domain.sentences import say
from dashboard.domain.users import Role
from dashboard.scheduling.plan import ScheduleWrong, in_words, next_due, next_runs
from dashboard.store.company import ChangedMeanwhile
from dashboard.store.listing_runs import ListedRun
from dashboard.web.access import requires, signed_in
from dashboard.web.chart import Strip, history_strip
from dashboard.web.forms import PageForm
from dashboard.web.language import gettext as _
from dashboard.web.language import lazy_gettext, ngettext, said_of
from dashboard.web.note import note
from dashboard.web.schedule_form import ScheduleForm
from dashboard.web.services import services

blueprint = Blueprint("schedules", __name__)

_STRIP_PLACES: Final = 30
_PREVIEWED: Final = 5
# As an order meets them.
_JOURNEY: Final = (Task.PULL, Task.SYNC, Task.RECONCILE, Task.PRUNE)


class PauseForm(PageForm):
    """Why a schedule is paused."""

    reason = StringField(
        lazy_gettext("Reason"), [InputRequired(), Length(min=3, max=300)]
    )


@dataclass(frozen=True, kw_only=True)
class ShownSchedule:
    """A schedule with what is known of it, and the shop it is of, if it is of one."""

    schedule: Schedule
    shop: Shop | None
    words: str
    strip: Strip
    last: ListedRun | None


@blueprint.get("/schedules")
@requires(Role.WATCHER)
def index() -> ResponseReturnValue:
    """Show all schedules."""
    shops = {shop.id: shop for shop in services().company.shops()}
    return render_template(
        "schedules/index.html",
        shown=tuple(
            _shown(schedule, shops.get(schedule.shop_id or 0))
            for schedule in sorted(services().schedules.all(), key=_turn)
        ),
        pause_form=PauseForm(),
    )


@blueprint.get("/schedules/<row_id:schedule_id>")
@requires(Role.MANAGER)
def edit(schedule_id: int) -> ResponseReturnValue:
    """Show the form to change when a schedule is due."""
    schedule = _found(schedule_id)
    return _form_page(schedule, ScheduleForm.of(schedule), _preview(schedule))


@blueprint.post("/schedules/<row_id:schedule_id>")
@requires(Role.MANAGER)
def change(schedule_id: int) -> ResponseReturnValue:
    """Preview or save what the form says."""
    schedule = _found(schedule_id)
    entered = ScheduleForm()
    if not entered.validate():
        return _form_page(schedule, entered, (), status=422)
    wanted = entered.applied_to(schedule)
    try:
        preview = _preview(wanted)
    except ScheduleWrong as error:
        return _form_page(schedule, entered, (), wrong=said_of(error), status=422)
    if "preview" in request.form:
        return _form_page(schedule, entered, preview)
    wanted = replace(wanted, next_due_at=preview[0])
    if _save(wanted, entered.version.number):
        _note("changed", wanted, in_words(wanted.kind, wanted.spec, wanted.timezone))
        flash(_("The schedule is changed."), "good")
    return redirect(url_for("schedules.index"))


@blueprint.post("/schedules/<row_id:schedule_id>/pause")
@requires(Role.MANAGER)
def pause(schedule_id: int) -> ResponseReturnValue:
    """Let a schedule start nothing until it is resumed."""
    schedule = _found(schedule_id)
    if _pause([schedule]):
        flash(_("The schedule is paused."), "good")
    return redirect(url_for("schedules.index"))


@blueprint.post("/schedules/pause")
@requires(Role.MANAGER)
def pause_all() -> ResponseReturnValue:
    """Let no schedule start anything until they are resumed."""
    every = services().schedules.all()
    paused = _pause([schedule for schedule in every if schedule.active])
    if paused:
        flash(
            ngettext(
                "%(num)s schedule is paused.", "%(num)s schedules are paused.", paused
            ),
            "good",
        )
    return redirect(url_for("schedules.index"))


@blueprint.post("/schedules/resume")
@requires(Role.MANAGER)
def resume_all() -> ResponseReturnValue:
    """Let all paused schedules start runs again, each from its next time on."""
    every = services().schedules.all()
    resumed = sum(_resume(schedule) for schedule in every if not schedule.active)
    if resumed:
        flash(
            ngettext("%(num)s schedule goes on.", "%(num)s schedules go on.", resumed),
            "good",
        )
    return redirect(url_for("schedules.index"))


@blueprint.post("/schedules/<row_id:schedule_id>/resume")
@requires(Role.MANAGER)
def resume(schedule_id: int) -> ResponseReturnValue:
    """Let a paused schedule start runs again, from its next time on."""
    if _resume(_found(schedule_id)):
        flash(_("The schedule goes on."), "good")
    return redirect(url_for("schedules.index"))


def _pause(schedules: Sequence[Schedule]) -> int:
    """Pause schedules for the reason that was entered; return how many are paused."""
    entered = PauseForm()
    if not entered.validate():
        flash(_("Say in a few words why the schedule is paused."), "bad")
        return 0
    reason = f"{(entered.reason.data or '').strip()} ({signed_in().name})"
    paused = 0
    for schedule in schedules:
        wanted = replace(schedule, active=False, paused_reason=reason)
        if _save(wanted, schedule.version):
            _note("paused", schedule, reason)
            paused += 1
    return paused


def _resume(schedule: Schedule) -> bool:
    due = next_due(
        schedule.kind, schedule.spec, schedule.timezone, services().clock.now()
    )
    resumed = replace(schedule, active=True, paused_reason="", next_due_at=due)
    if not _save(resumed, schedule.version):
        return False
    _note("resumed", schedule)
    return True


def _found(schedule_id: int) -> Schedule:
    schedule = services().schedules.get(schedule_id)
    if schedule is None:
        abort(404)
    return schedule


def _save(schedule: Schedule, version: int) -> bool:
    try:
        services().schedules.change(schedule, expected_version=version)
    except ChangedMeanwhile:
        flash(_("Somebody else changed the schedule meanwhile. Look again."), "bad")
        return False
    return True


def _shown(schedule: Schedule, shop: Shop | None) -> ShownSchedule:
    runs = services().runs.newest_of(schedule.id, _STRIP_PLACES)
    return ShownSchedule(
        schedule=schedule,
        shop=shop,
        words=in_words(schedule.kind, schedule.spec, schedule.timezone),
        strip=history_strip(runs, _STRIP_PLACES),
        last=runs[-1] if runs else None,
    )


def _turn(schedule: Schedule) -> tuple[int, str]:
    return _JOURNEY.index(schedule.task), schedule.name


def _preview(schedule: Schedule) -> Sequence[datetime]:
    now = services().clock.now()
    return next_runs(schedule.kind, schedule.spec, schedule.timezone, now, _PREVIEWED)


def _form_page(
    schedule: Schedule,
    entered: ScheduleForm,
    preview: Sequence[datetime],
    *,
    wrong: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    shown = entered.applied_to(schedule) if preview else schedule
    page = render_template(
        "schedules/edit.html",
        schedule=schedule,
        form=entered,
        preview=preview,
        words=in_words(shown.kind, shown.spec, shown.timezone),
        wrong=wrong,
        zones=sorted(available_timezones()),
    )
    return page, status


def _note(action: str, schedule: Schedule, detail: str = "") -> None:
    note(
        ActivityKind.SCHEDULE,
        action,
        say("schedule %(name)s", name=schedule.name),
        subject_id=schedule.id,
        detail=detail,
    )
