"""The routes of the JSON API; docs/api.md tells how to use them."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, abort, g, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.api.bearer import ask_for_token, token_holder
from dashboard.api.services import services
from dashboard.api.v1 import shapes
from dashboard.api.v1.openapi import description
from dashboard.api.v1.questions import (
    MAX_ID,
    QuestionWrong,
    no_such_shop,
    read_difference_kind,
    read_filter,
    read_run,
    read_slice,
)
from dashboard.domain.activity import Act, ActivityKind
from dashboard.domain.sentences import say
from dashboard.store.listing_runs import RunFilter
from dashboard.store.order_filter import OrderFilter, OrderSort

blueprint = Blueprint("api_v1", __name__, url_prefix="/api/v1")

_MAX_BODY: Final = 10_000
_RUN_EVENTS: Final = 200
_OPEN: Final = {"api_v1.openapi"}


@blueprint.before_request
def require_token() -> ResponseReturnValue | None:
    """Let nobody in without a token, but to read what the API is."""
    if request.endpoint in _OPEN:
        return None
    g.token_holder = token_holder(services().tokens)
    return ask_for_token() if g.token_holder is None else None


@blueprint.errorhandler(QuestionWrong)
def answer_wrong(error: QuestionWrong) -> ResponseReturnValue:
    """Say what is wrong, and with which field."""
    fields = [{"path": f.path, "message": f.message} for f in error.fields]
    return jsonify(error=error.message, fields=fields), error.code


@blueprint.get("/orders")
def orders() -> ResponseReturnValue:
    """List orders, the newest first."""
    wanted, part = read_filter(request.args), read_slice(request.args)
    page = services().orders.page(
        wanted, OrderSort.NEWEST, size=part.limit, after=part.after
    )
    return jsonify(
        orders=[shapes.order_shape(order) for order in page.orders],
        next_after=page.orders[-1].id if page.has_next else None,
    )


@blueprint.get(f"/orders/<int(max={MAX_ID}):order_id>")
def order(order_id: int) -> ResponseReturnValue:
    """Show one order with its postings and its story."""
    detail = services().order.one(order_id)
    if detail is None:
        abort(404, f"There is no order with the id {order_id}.")
    return jsonify(shapes.order_detail_shape(detail))


@blueprint.post(f"/orders/<int(max={MAX_ID}):order_id>/retry")
def retry_order(order_id: int) -> ResponseReturnValue:
    """Try an order again that needs a person; 409 when it needs none."""
    request.max_content_length = _MAX_BODY
    found = services().order.one(order_id)
    if found is None:
        abort(404, f"There is no order with the id {order_id}.")
    outcome = services().actions.retry([order_id], f"token {g.token_holder}")
    if outcome.skipped:
        message = f"Order {found.summary.number} does not stand still: no retry."
        return jsonify(error=message), 409
    services().activity.add(
        Act(
            kind=ActivityKind.ORDER,
            actor=say("token %(name)s", name=g.token_holder),
            action="retried",
            subject=say("order %(number)s", number=found.summary.number),
            subject_id=order_id,
            address=request.remote_addr or "",
        )
    )
    (now,) = services().orders.some([order_id])
    where = url_for("api_v1.order", order_id=order_id)
    return jsonify(shapes.order_shape(now)), 202, {"Location": where}


@blueprint.get("/runs")
def runs() -> ResponseReturnValue:
    """List runs, the newest first."""
    part = read_slice(request.args)
    page = services().runs.page(
        RunFilter(with_empty=True), size=part.limit, after=part.after
    )
    return jsonify(
        runs=[shapes.run_shape(listed) for listed in page.runs],
        next_after=page.runs[-1].run.id if page.has_next else None,
    )


@blueprint.get(f"/runs/<int(max={MAX_ID}):run_id>")
def run(run_id: int) -> ResponseReturnValue:
    """Show one run with what it did."""
    detail = services().runs.one(run_id)
    if detail is None:
        abort(404, f"There is no run with the id {run_id}.")
    events = services().runs.events(run_id, None, size=_RUN_EVENTS).events
    return jsonify(shapes.run_detail_shape(detail.listed, events))


@blueprint.post("/runs")
def start_run() -> ResponseReturnValue:
    """Ask for a run, of one shop if it is named; one that waits serves as well."""
    request.max_content_length = _MAX_BODY
    task, slug = read_run(request.get_data())
    shop = services().company.shop(slug) if slug else None
    if slug and shop is None:
        raise no_such_shop(slug)
    run_id = services().start_run(task, shop)
    services().activity.add(
        Act(
            kind=ActivityKind.RUN,
            actor=say("token %(name)s", name=g.token_holder),
            action="asked for",
            subject=say("run %(run_id)s", run_id=run_id),
            subject_id=run_id,
            address=request.remote_addr or "",
        )
    )
    where = url_for("api_v1.run", run_id=run_id)
    return jsonify(id=run_id, task=task.value), 202, {"Location": where}


@blueprint.get("/summary")
def summary() -> ResponseReturnValue:
    """Show how everything stands."""
    stores, now = services(), services().clock.now()
    return jsonify(
        orders=shapes.status_shape(stores.orders.counts(OrderFilter())),
        sums=[shapes.sum_shape(total) for total in stores.figures.sums()],
        problems=[
            shapes.problem_group_shape(group) for group in stores.problems.groups()
        ],
        backlog=shapes.backlog_shape(stores.figures.backlog(now), stores.forecast()),
        schedules=[shapes.schedule_shape(each) for each in stores.schedules.all()],
        gate=shapes.gate_shape(stores.gate()),
    )


@blueprint.get("/reconciliation")
def reconciliation() -> ResponseReturnValue:
    """Show the newest comparison, and what differs now."""
    part, listing = read_slice(request.args), services().reconciliation
    found = listing.open(
        read_difference_kind(request.args), limit=part.limit + 1, after=part.after or 0
    )
    shown = found[: part.limit]
    last = listing.last_done()
    return jsonify(
        last=None if last is None else shapes.pass_shape(last.done),
        totals=[] if last is None else [shapes.total_shape(t) for t in last.totals],
        open=shapes.difference_counts_shape(listing.counts_open()),
        differences=[shapes.finding_shape(finding) for finding in shown],
        next_after=shown[-1].id if len(found) > part.limit else None,
    )


@blueprint.get("/openapi.json")
def openapi() -> ResponseReturnValue:
    """Describe the API, for people and for programs that make clients."""
    return jsonify(description(request.script_root))
