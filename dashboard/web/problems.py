"""Problems: what stands still, grouped by what puts it right."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.domain.users import Role
from dashboard.store.listing_orders import OrderSort
from dashboard.store.listing_problems import ProblemGroup
from dashboard.web.access import requires
from dashboard.web.order_query import OrderQuery, cause_key, cause_of
from dashboard.web.row_ids import row_id
from dashboard.web.services import services

blueprint = Blueprint("problems", __name__)

_PAGE_SIZE: Final = 25


@blueprint.get("/problems")
@requires(Role.WATCHER)
def index() -> ResponseReturnValue:
    """Show the groups, the largest first."""
    groups = services().problems.groups()
    return render_template(
        "problems/index.html", groups=groups, count=sum(g.count for g in groups)
    )


@blueprint.get("/problems/<key>")
@requires(Role.WATCHER)
def group(key: str) -> ResponseReturnValue:
    """Show a group and its orders; gone, it says so: it was put right."""
    cause, about = cause_of(key), request.args.get("about", "")
    if cause is None or "\0" in about:
        abort(404)
    query = OrderQuery(cause=cause, about=about)
    page = services().orders.page(
        query.wanted,
        OrderSort.NEWEST,
        size=_PAGE_SIZE,
        after=request.args.get("after", type=row_id),
        before=request.args.get("before", type=row_id),
    )
    first, last = (page.orders[0].id, page.orders[-1].id) if page.orders else (0, 0)
    here = url_for("problems.group", key=key, about=about)
    return render_template(
        "problems/group.html",
        cause=cause,
        about=about,
        group=services().problems.group(cause, about),
        orders=page.orders,
        query=query,
        here=here,
        previous_url=f"{here}&before={first}" if page.has_previous and first else "",
        next_url=f"{here}&after={last}" if page.has_next and last else "",
    )


def group_href(group: ProblemGroup) -> str:
    """Return the address of a group's page."""
    return url_for("problems.group", key=cause_key(group.cause), about=group.about)
