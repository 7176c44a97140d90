"""What would be sent next for an order: the very bytes, and the rules behind them."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from dashboard.domain.users import Role
from dashboard.sync.preview import Standing
from dashboard.web.access import requires
from dashboard.web.order_query import read_query
from dashboard.web.services import services

blueprint = Blueprint("preview", __name__)


@blueprint.get("/orders/<row_id:order_id>/preview")
@requires(Role.WATCHER)
def show(order_id: int) -> ResponseReturnValue:
    """Show what would be sent next; nothing is sent."""
    order = services().order.one(order_id)
    if order is None:
        abort(404)
    return render_template(
        "order/preview.html",
        summary=order.summary,
        preview=services().preview.of(order_id, ignored=bool(order.ignored_by)),
        query=read_query(request.args),
        Standing=Standing,
    )
