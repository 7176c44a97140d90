"""Overview: is everything booked, and what needs me."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from dashboard.domain.status import OrderStatus
from dashboard.domain.timespans import day_in, last_hours
from dashboard.domain.users import Role
from dashboard.store.listing_runs import RunFilter
from dashboard.store.order_filter import OrderFilter, OrderSort
from dashboard.web.access import requires
from dashboard.web.chart import BarChart, Column, column_chart
from dashboard.web.language import gettext as _
from dashboard.web.order_query import GROUPS, TABS, Tab, booked_key
from dashboard.web.services import services
from dashboard.web.summary import headline

blueprint = Blueprint("overview", __name__)

_HOURS = 24
_ORDERS = 6
_RUNS = 3
_GROUPS = 5
_TABS = {tab.key: tab for tab in (*TABS, *GROUPS)}


@dataclass(frozen=True, kw_only=True)
class Counter:
    """A figure with the list it counts."""

    name: str
    icon: str
    count: int
    href: str
    tone: str = ""


@blueprint.get("/")
@requires(Role.WATCHER)
def show() -> ResponseReturnValue:
    """Show the overview."""
    stores = services()
    now = stores.clock.now()
    counts = {c.status: c.count for c in stores.orders.counts(OrderFilter())}
    zone = stores.watch.zone()
    day = now.astimezone(zone).date()
    any_shop = bool(counts) or bool(stores.company.shops())
    today = stores.orders.counts(OrderFilter(received=day_in(zone, day)))
    return render_template(
        "overview/show.html",
        headline=headline(stores.overview.pulse(now), counts, now, any_shop=any_shop),
        any_shop=any_shop,
        counters=(
            Counter(
                name=_("Orders today"),
                icon="box-arrow-in-down",
                count=sum(c.count for c in today),
                href=url_for("orders.index", day=day.isoformat()),
            ),
            _counter(counts, "booked", _("Booked"), "check-circle-fill"),
            _counter(counts, "moving", _("In progress"), "arrow-repeat"),
            _counter(counts, "awaiting", _("Awaiting payment"), "hourglass-split"),
            _counter(
                counts,
                "attention",
                _("Needs attention"),
                "exclamation-triangle-fill",
            ),
        ),
        forecast=stores.forecast(),
        problems=stores.problems.groups(size=_GROUPS),
        chart=_booked_chart(zone, now),
        zone=zone.key,
        booked_key=booked_key,
        orders=stores.orders.page(OrderFilter(), OrderSort.NEWEST, size=_ORDERS).orders,
        runs=stores.runs.page(RunFilter(), size=_RUNS).runs,
    )


def _booked_chart(zone: ZoneInfo, now: datetime) -> BarChart:
    """Lay out the orders booked in each of the last hours, as clocks there strike."""
    parts = services().figures.booked(last_hours(zone, now, _HOURS), now)
    return column_chart(
        [
            Column(start=part.span.start.astimezone(zone), value=part.waits.count)
            for part in parts
        ]
    )


def _counter(
    counts: Mapping[OrderStatus, int], key: str, name: str, icon: str
) -> Counter:
    tab: Tab = _TABS[key]
    count = sum(counts.get(status, 0) for status in tab.statuses)
    return Counter(
        name=name,
        icon=icon,
        count=count,
        href=url_for("orders.index", status=key),
        tone=tab.tone if count else "",
    )
