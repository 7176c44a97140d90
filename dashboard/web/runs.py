"""Runs: what the automation did, and asking for another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.domain.activity import ActivityKind
from dashboard.domain.csv_table import Cell
from dashboard.domain.runs import RunState, Task
from dashboard.domain.sentences import say
from dashboard.domain.users import Role
from dashboard.store.listing_runs import ListedRun
from dashboard.web.access import requires
from dashboard.web.chips import Chip
from dashboard.web.download import csv_download
from dashboard.web.language import gettext as _
from dashboard.web.note import note
from dashboard.web.paging import beside
from dashboard.web.row_ids import row_id
from dashboard.web.run_query import TABS, RunQuery, read_query
from dashboard.web.services import services
from dashboard.web.tabs import CountedTab, written_count
from dashboard.web.words import RUN_STATES, TASKS, TRIGGERS

blueprint = Blueprint("runs", __name__)

_PAGE_SIZE: Final = 30


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
        _("Result"),
        _("Asked for"),
        _("Started"),
        _("Ended"),
        _("Orders"),
        _("Contacts"),
        _("Invoices"),
        _("Payments"),
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
    under_way = detail.listed.run.finished_at is None
    return render_template(
        "runs/show.html",
        detail=detail,
        listed=detail.listed,
        forecast=services().forecast() if under_way else None,
    )


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


def _row(listed: ListedRun) -> Sequence[Cell]:
    run, counts = listed.run, listed.run.counts
    return (
        run.id,
        str(TASKS[run.task]),
        str(TRIGGERS[run.trigger]),
        listed.schedule,
        str(RUN_STATES[run.state].label),
        run.created_at,
        run.started_at,
        run.finished_at,
        counts.orders,
        counts.contacts,
        counts.invoices,
        counts.payments,
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
    return tuple(chips)


def _href(query: RunQuery) -> str:
    return url_for("runs.index", **query.args())
