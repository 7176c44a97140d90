"""One exchange with the books, in full."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from dashboard.domain.users import Role
from dashboard.web.access import requires
from dashboard.web.exchange_view import as_curl, pretty
from dashboard.web.services import services

blueprint = Blueprint("exchanges", __name__)


@blueprint.get("/exchanges/<row_id:exchange_id>")
@requires(Role.WATCHER)
def show(exchange_id: int) -> ResponseReturnValue:
    """Show what was sent and what came back; secrets were masked when it was kept."""
    stored = services().exchanges.one(exchange_id)
    if stored is None:
        abort(404)
    return render_template(
        "exchanges/show.html",
        stored=stored,
        exchange=stored.exchange,
        sent=pretty(stored.exchange.request_body),
        answered=pretty(stored.exchange.response_body),
        curl=as_curl(stored.exchange),
    )
