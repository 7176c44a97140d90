"""Orders: find them, and act on many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.domain.csv_table import Cell
from dashboard.domain.users import Role
from dashboard.store.order_counts import StatusCount
from dashboard.store.order_filter import OrderSort
from dashboard.store.order_summaries import OrderSummary
from dashboard.web.access import requires
from dashboard.web.chips import Chip
from dashboard.web.download import csv_download
from dashboard.web.language import day, lazy_gettext
from dashboard.web.language import gettext as _
from dashboard.web.order_query import GROUPS, SIZES, TABS, OrderQuery, Tab, read_query
from dashboard.web.paging import beside
from dashboard.web.problem_titles import problem_title
from dashboard.web.row_ids import row_id
from dashboard.web.saved_views import LONGEST_NAME, view_links
from dashboard.web.services import services
from dashboard.web.words import AGES, STATUSES

blueprint = Blueprint("orders", __name__)

_SORTS: Final[Mapping[OrderSort, str]] = {
    OrderSort.NEWEST: lazy_gettext("Newest first"),
    OrderSort.OLDEST: lazy_gettext("Oldest first"),
    OrderSort.HIGHEST: lazy_gettext("Highest total"),
    OrderSort.LOWEST: lazy_gettext("Lowest total"),
}


@dataclass(frozen=True, kw_only=True)
class TabLink:
    """A tab with how many orders it holds under the current filter.

    *at_least* says that not all that a search finds was counted.
    """

    tab: Tab
    count: int
    at_least: bool
    href: str
    here: bool


@blueprint.get("/orders")
@requires(Role.WATCHER)
def index() -> ResponseReturnValue:
    """Show the list of orders the address asks for."""
    query = read_query(request.args)
    page, counts = services().orders.page_and_counts(
        query.wanted,
        query.sort,
        size=query.size,
        after=request.args.get("after", type=row_id),
        before=request.args.get("before", type=row_id),
    )
    previous_url, next_url = beside(
        "orders.index",
        query.args(),
        [order.id for order in page.orders],
        has_previous=page.has_previous,
        has_next=page.has_next,
    )
    return render_template(
        "orders/index.html",
        query=query,
        orders=page.orders,
        tabs=_tabs(query, counts),
        matching=_held(query.tab, counts),
        all_counted=not any(c.at_least for c in counts),
        chips=_chips(query),
        shops=services().company.shops(),
        sorts=_SORTS,
        sizes=SIZES,
        views=view_links(query),
        plain=query == OrderQuery(),
        longest_name=LONGEST_NAME,
        any_orders=bool(counts) or query.narrowed,
        previous_url=previous_url,
        next_url=next_url,
        here=url_for("orders.index", **query.args()),
    )


@blueprint.get("/orders.csv")
@requires(Role.WATCHER)
def export() -> ResponseReturnValue:
    """Send the whole list the address asks for as a file."""
    query = read_query(request.args)
    every = services().orders.all(query.wanted, query.sort)
    header = (
        _("Order"),
        _("Shop"),
        _("Customer"),
        _("E-mail"),
        _("Currency"),
        _("Total"),
        _("Status"),
        _("Why"),
        _("Invoice"),
        _("Received"),
    )
    return csv_download("orders", header, map(_row, every))


def _row(order: OrderSummary) -> Sequence[Cell]:
    return (
        order.number,
        order.shop,
        order.customer_name,
        order.customer_email,
        order.currency,
        order.total,
        str(STATUSES[order.status].label),
        order.message or order.reason,
        order.invoice_number,
        order.received_at,
    )


def _tabs(query: OrderQuery, counts: Sequence[StatusCount]) -> tuple[TabLink, ...]:
    return tuple(
        TabLink(
            tab=tab,
            count=_held(tab, counts),
            at_least=any(c.at_least for c in counts),
            href=url_for("orders.index", **query.on_tab(tab).args()),
            here=tab == query.tab,
        )
        for tab in TABS
    )


def _hour(start: datetime) -> str:
    """Write when an hour begins as the company's clock shows it."""
    there = start.astimezone(services().watch.zone())
    return f"{day(there)}, {there:%H:%M}"


def _held(tab: Tab, counts: Sequence[StatusCount]) -> int:
    return sum(c.count for c in counts if not tab.statuses or c.status in tab.statuses)


def _chips(query: OrderQuery) -> tuple[Chip, ...]:
    """Return what limits the list, each with the way to lift it."""
    without: list[tuple[str, OrderQuery]] = []
    if query.tab in GROUPS:
        without.append((query.tab.label, query.on_tab(TABS[0])))
    if query.search:
        text = _("Search: %(text)s", text=query.search)
        without.append((text, replace(query, search="")))
    if query.shop:
        shops = {shop.slug: shop.name for shop in services().company.shops()}
        name = shops.get(query.shop, query.shop)
        without.append((_("Shop: %(name)s", name=name), replace(query, shop="")))
    if query.cause:
        cause = problem_title(query.cause, query.about or "")
        text = _("Cause: %(cause)s", cause=cause)
        without.append((text, replace(query, cause=None, about=None)))
    if query.day:
        text = _("Received on %(day)s", day=day(query.day))
        without.append((text, replace(query, day=None)))
    if query.age is not None:
        text = _("Age: %(age)s", age=AGES[query.age])
        without.append((text, replace(query, age=None)))
    if isinstance(query.booked, datetime):
        text = _("Booked in the hour from %(time)s", time=_hour(query.booked))
        without.append((text, replace(query, booked=None)))
    elif query.booked:
        text = _("Booked on %(day)s", day=day(query.booked))
        without.append((text, replace(query, booked=None)))
    if query.run_id:
        text = _("Touched by run %(id)s", id=query.run_id)
        without.append((text, replace(query, run_id=None)))
    return tuple(
        Chip(text=text, without=url_for("orders.index", **rest.args()))
        for text, rest in without
    )
