"""Runs: what the automation did, and asking for another."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.domain.activity import ActivityKind
from dashboard.domain.runs import Task
from dashboard.domain.users import Role
from dashboard.store.listing_runs import RunPage
from dashboard.web.access import requires
from dashboard.web.language import gettext as _
from dashboard.web.note import note
from dashboard.web.row_ids import row_id
from dashboard.web.services import services
from dashboard.web.words import TASKS

blueprint = Blueprint("runs", __name__)

_PAGE_SIZE: Final = 30


@blueprint.get("/runs")
@requires(Role.WATCHER)
def index() -> ResponseReturnValue:
    """Show the runs, the newest first."""
    with_empty = request.args.get("empty") == "1"
    page = services().runs.page(
        size=_PAGE_SIZE,
        with_empty=with_empty,
        after=request.args.get("after", type=row_id),
        before=request.args.get("before", type=row_id),
    )
    previous_url, next_url = _beside(page, with_empty=with_empty)
    return render_template(
        "runs/index.html",
        runs=page.runs,
        with_empty=with_empty,
        previous_url=previous_url,
        next_url=next_url,
    )


@blueprint.get("/runs/<row_id:run_id>")
@requires(Role.WATCHER)
def show(run_id: int) -> ResponseReturnValue:
    """Show one run with what it did to which orders, and its calls."""
    detail = services().runs.one(run_id)
    if detail is None:
        abort(404)
    return render_template("runs/show.html", detail=detail, listed=detail.listed)


@blueprint.post("/runs")
@requires(Role.WATCHER)
def start() -> ResponseReturnValue:
    """Ask for a run of a task."""
    try:
        task = Task(request.form.get("task", ""))
    except ValueError:
        abort(400)
    run_id = services().start_run(task)
    note(ActivityKind.RUN, "asked for", f"run {run_id}", subject_id=run_id)
    flash(_("Asked for: %(task)s.", task=TASKS[task]), "good")
    return redirect(url_for("runs.show", run_id=run_id))


def _beside(page: RunPage, *, with_empty: bool) -> tuple[str, str]:
    """Return the addresses of the pages before and after this one, if any."""
    if not page.runs:
        return "", ""
    empty = "1" if with_empty else None
    first, last = page.runs[0].run.id, page.runs[-1].run.id
    return (
        url_for("runs.index", empty=empty, before=first) if page.has_previous else "",
        url_for("runs.index", empty=empty, after=last) if page.has_next else "",
    )
