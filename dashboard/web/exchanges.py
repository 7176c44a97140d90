"""The API log: every exchange with books and shops, found again, read in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.domain.csv_table import Cell
from dashboard.domain.exchanges import ExchangeResult
from dashboard.domain.users import Role
from dashboard.store.listing_exchanges import (
    ExchangeFilter,
    ExchangeSummary,
)
from dashboard.web.access import requires
from dashboard.web.chips import Chip
from dashboard.web.download import csv_download
from dashboard.web.exchange_view import as_curl, pretty
from dashboard.web.language import gettext as _
from dashboard.web.paging import beside
from dashboard.web.row_ids import optional_row_id, row_id
from dashboard.web.searched import searched_text
from dashboard.web.services import services
from dashboard.web.tabs import CountedTab, written_count
from dashboard.web.words import EXCHANGE_RESULTS, PURPOSES

blueprint = Blueprint("exchanges", __name__)

_PAGE_SIZE: Final = 50


@blueprint.get("/exchanges")
@requires(Role.WATCHER)
def index() -> ResponseReturnValue:
    """Show the exchanges the address asks for, the newest first."""
    wanted = _read_filter(request.args)
    page = services().exchanges.page(
        wanted,
        size=_PAGE_SIZE,
        after=request.args.get("after", type=row_id),
        before=request.args.get("before", type=row_id),
    )
    previous_url, next_url = beside(
        "exchanges.index",
        _args(wanted),
        [exchange.id for exchange in page.exchanges],
        has_previous=page.has_previous,
        has_next=page.has_next,
    )
    return render_template(
        "exchanges/index.html",
        wanted=wanted,
        args=_args(wanted),
        exchanges=page.exchanges,
        tabs=_tabs(wanted),
        chips=_chips(wanted),
        previous_url=previous_url,
        next_url=next_url,
    )


@blueprint.get("/exchanges.csv")
@requires(Role.WATCHER)
def export() -> ResponseReturnValue:
    """Send the whole list the address asks for as a file."""
    every = services().exchanges.all(_read_filter(request.args))
    header = (
        _("Number"),
        _("When"),
        _("Purpose"),
        _("Method"),
        _("Address"),
        _("Result"),
        _("Status"),
        _("Error"),
        _("Milliseconds"),
    )
    return csv_download("api-log", header, map(_row, every))


@blueprint.get("/exchanges/<row_id:exchange_id>")
@requires(Role.WATCHER)
def show(exchange_id: int) -> ResponseReturnValue:
    """Show what was sent and what came back; secrets were masked when it was kept."""
    stored = services().exchanges.one(exchange_id)
    if stored is None:
        abort(404)
    orders = (
        services().exchanges.orders_of(stored.request_id) if stored.request_id else ()
    )
    return render_template(
        "exchanges/show.html",
        stored=stored,
        exchange=stored.exchange,
        orders=orders,
        sent=pretty(stored.exchange.request_body),
        answered=pretty(stored.exchange.response_body),
        curl=as_curl(stored.exchange),
    )


@blueprint.get("/exchanges/<row_id:exchange_id>/curl")
@requires(Role.WATCHER)
def command(exchange_id: int) -> ResponseReturnValue:
    """Send an exchange as a command that can be pasted, without its secrets."""
    stored = services().exchanges.one(exchange_id)
    if stored is None:
        abort(404)
    return Response(as_curl(stored.exchange), mimetype="text/plain")


def _row(exchange: ExchangeSummary) -> Sequence[Cell]:
    return (
        exchange.id,
        exchange.at,
        exchange.purpose,
        exchange.method,
        exchange.url,
        str(EXCHANGE_RESULTS[exchange.result].label),
        exchange.status,
        exchange.error,
        exchange.duration_ms,
    )


def _tabs(wanted: ExchangeFilter) -> tuple[CountedTab, ...]:
    counts = {c.result: c.count for c in services().exchanges.counts(wanted)}
    every = CountedTab(
        label=_("All"),
        count=written_count(*counts.values()),
        href=_href(replace(wanted, result=None)),
        here=wanted.result is None,
    )
    return (
        every,
        *(
            CountedTab(
                label=EXCHANGE_RESULTS[result].label,
                count=written_count(count),
                href=_href(replace(wanted, result=result)),
                here=wanted.result is result,
                bad=EXCHANGE_RESULTS[result].tone == "bad" and count > 0,
            )
            for result, count in counts.items()
        ),
    )


def _chips(wanted: ExchangeFilter) -> tuple[Chip, ...]:
    without: list[tuple[str, ExchangeFilter]] = []
    if wanted.number:
        text = _("Number: %(text)s", text=wanted.number)
        without.append((text, replace(wanted, number="")))
    if wanted.purpose:
        purpose = PURPOSES.get(wanted.purpose, wanted.purpose)
        text = _("Purpose: %(purpose)s", purpose=purpose)
        without.append((text, replace(wanted, purpose="")))
    if wanted.slow:
        without.append((_("Slow"), replace(wanted, slow=False)))
    if wanted.run_id:
        text = _("Run %(id)s", id=wanted.run_id)
        without.append((text, replace(wanted, run_id=None)))
    return tuple(Chip(text=text, without=_href(rest)) for text, rest in without)


def _href(wanted: ExchangeFilter) -> str:
    return url_for("exchanges.index", **_args(wanted))


def _args(wanted: ExchangeFilter) -> dict[str, Any]:
    """Return what stands in the address; what is not asked for is left out."""
    parts = {
        "result": wanted.result.value if wanted.result else "",
        "purpose": wanted.purpose,
        "slow": "1" if wanted.slow else "",
        "q": wanted.number,
        "run": wanted.run_id,
        "sort": "oldest" if wanted.oldest_first else "",
    }
    return {name: value for name, value in parts.items() if value}


def _read_filter(args: Mapping[str, str]) -> ExchangeFilter:
    """Read an address; what makes no sense there is as if it were left out."""
    results = {result.value: result for result in ExchangeResult}
    return ExchangeFilter(
        result=results.get(args.get("result", "")),
        purpose=searched_text(args.get("purpose", "")),
        slow=args.get("slow") == "1",
        number=searched_text(args.get("q", "")),
        run_id=optional_row_id(args.get("run", "")),
        oldest_first=args.get("sort") == "oldest",
    )
