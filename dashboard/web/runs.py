"""Runs: what the automation did, and asking for another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.domain.activity import ActivityKind
from dashboard.domain.csv_table import Cell
from dashboard.domain.runs import STOPPABLE, Run, RunPart, RunState, Task
from dashboard.domain.sentences import say
from dashboard.domain.users import Role
from dashboard.store.listing_runs import ListedRun
from dashboard.web.access import requires, signed_in
from dashboard.web.chips import Chip
from dashboard.web.download import csv_download
from dashboard.web.language import gettext as _
from dashboard.web.note import note
from dashboard.web.paging import beside
from dashboard.web.row_ids import row_id
from dashboard.web.run_query import TABS, RunQuery, read_query
from dashboard.web.services import services
from dashboard.web.tabs import CountedTab, written_count
from dashboard.web.words import RUN_PARTS, RUN_STATES, TASKS, TRIGGERS

blueprint = Blueprint("runs", __name__)

_PAGE_SIZE: Final = 30
_EVENTS_SHOWN: Final = 50
_PARTS: Final = {part.value: part for part in RunPart}


@blueprint.get("/runs")
@requires(Role.WATCHER)
def index() -> ResponseReturnValue:
    """Show the runs the address asks for, the newest first."""
    query = read_query(request.args)
    page = services().runs.page(
        query.wanted,
        size=_PAGE_SIZE,
        after=request.args.get("after", type=row_id),
        before=request.args.get("before", type=row_id),
    )
    previous_url, next_url = beside(
        "runs.index",
        query.args(),
        [listed.run.id for listed in page.runs],
        has_previous=page.has_previous,
        has_next=page.has_next,
    )
    return render_template(
        "runs/index.html",
        query=query,
        runs=page.runs,
        run_parts=RUN_PARTS,
        tabs=_tabs(query),
        chips=_chips(query),
        previous_url=previous_url,
        next_url=next_url,
    )


@blueprint.get("/runs.csv")
@requires(Role.WATCHER)
def export() -> ResponseReturnValue:
    """Send the whole list the address asks for as a file."""
    every = services().runs.all(read_query(request.args).wanted)
    header = (
        _("Run"),
        _("Task"),
        _("Started by"),
        _("Schedule"),
        _("Shop"),
        _("Result"),
        _("Asked for"),
        _("Started"),
        _("Ended"),
        _("Orders"),
        _("Contacts"),
        _("Invoices"),
        _("Payments"),
        _("Credits"),
        _("Refused"),
        _("Calls"),
        _("Message"),
    )
    return csv_download("runs", header, map(_row, every))


@blueprint.get("/runs/<row_id:run_id>")
@requires(Role.WATCHER)
def show(run_id: int) -> ResponseReturnValue:
    """Show one run with what it did to which orders, and its calls."""
    detail = services().runs.one(run_id)
    if detail is None:
        abort(404)
    run = detail.listed.run
    part = _PARTS.get(request.args.get("of", ""))
    page = services().runs.events(
        run_id,
        part,
        size=_EVENTS_SHOWN,
        after=request.args.get("after", type=row_id),
        before=request.args.get("before", type=row_id),
    )
    previous_url, next_url = beside(
        "runs.show",
        {"run_id": run_id, "of": part.value if part else None},
        [event.id for event in page.events],
        has_previous=page.has_previous,
        has_next=page.has_next,
    )
    under_way = run.finished_at is None
    return render_template(
        "runs/show.html",
        detail=detail,
        listed=detail.listed,
        events=page.events,
        part=part,
        run_parts=RUN_PARTS,
        previous_url=previous_url,
        next_url=next_url,
        forecast=services().forecast() if under_way else None,
        rate=_orders_a_minute(run),
        may_stop=under_way and run.task in STOPPABLE and not run.stopped_by,
    )


@blueprint.post("/runs/<row_id:run_id>/stop")
@requires(Role.WATCHER)
def stop(run_id: int) -> ResponseReturnValue:
    """Let a run end after the batch it is at."""
    if services().runs.one(run_id) is None:
        abort(404)
    if services().stop_run(run_id, signed_in().name):
        note(
            ActivityKind.RUN,
            "stopped",
            say("run %(run_id)s", run_id=run_id),
            subject_id=run_id,
        )
        flash(_("The run ends after what it is at."), "good")
    else:
        flash(_("The run has ended already."), "quiet")
    return redirect(url_for("runs.show", run_id=run_id))


@blueprint.post("/runs")
@requires(Role.WATCHER)
def start() -> ResponseReturnValue:
    """Ask for a run of a task."""
    try:
        task = Task(request.form.get("task", ""))
    except ValueError:
        abort(400)
    run_id = services().start_run(task)
    note(
        ActivityKind.RUN,
        "asked for",
        say("run %(run_id)s", run_id=run_id),
        subject_id=run_id,
    )
    flash(_("Asked for: %(task)s.", task=TASKS[task]), "good")
    return redirect(url_for("runs.show", run_id=run_id))


def _orders_a_minute(run: Run) -> float | None:
    """Return how fast a run under way goes; None while nobody can tell."""
    if run.started_at is None or run.finished_at is not None or not run.counts.orders:
        return None
    passed_s = (services().clock.now() - run.started_at).total_seconds()
    return run.counts.orders * 60 / passed_s if passed_s > 0 else None


def _row(listed: ListedRun) -> Sequence[Cell]:
    run, counts = listed.run, listed.run.counts
    return (
        run.id,
        str(TASKS[run.task]),
        str(TRIGGERS[run.trigger]),
        listed.schedule,
        listed.shop,
        str(RUN_STATES[run.state].label),
        run.created_at,
        run.started_at,
        run.finished_at,
        counts.orders,
        counts.contacts,
        counts.invoices,
        counts.payments,
        counts.credits,
        counts.refused,
        counts.calls,
        run.message,
    )


def _tabs(query: RunQuery) -> tuple[CountedTab, ...]:
    counts = services().runs.counts(query.wanted)
    held = {tab.key: [counts[s] for s in tab.states or RunState] for tab in TABS}
    return tuple(
        CountedTab(
            label=tab.label,
            count=written_count(*held[tab.key]),
            href=_href(replace(query, tab=tab)),
            here=tab == query.tab,
            bad=tab.bad and sum(held[tab.key]) > 0,
        )
        for tab in TABS
    )


def _chips(query: RunQuery) -> tuple[Chip, ...]:
    chips: list[Chip] = []
    if query.task:
        text = str(TASKS[query.task])
        chips.append(Chip(text=text, without=_href(replace(query, task=None))))
    if query.trigger:
        text = str(TRIGGERS[query.trigger])
        chips.append(Chip(text=text, without=_href(replace(query, trigger=None))))
    if query.schedule_id:
        schedule = services().schedules.get(query.schedule_id)
        name = schedule.name if schedule else str(query.schedule_id)
        text = _("Schedule: %(name)s", name=name)
        chips.append(Chip(text=text, without=_href(replace(query, schedule_id=None))))
    return tuple(chips)


def _href(query: RunQuery) -> str:
    return url_for("runs.index", **query.args())
