"""Figures: what was booked over time, how long it took, what waits and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.domain.problems import TITLES
from dashboard.domain.users import Role
from dashboard.store.listing_figures import DAY, HOUR
from dashboard.web.access import requires
from dashboard.web.chart import Column, Share, column_chart, shares
from dashboard.web.language import lazy_gettext, said
from dashboard.web.order_query import cause_key
from dashboard.web.services import services

blueprint = Blueprint("figures", __name__)


@dataclass(frozen=True, kw_only=True)
class Span:
    """What the charts look back at: *count* parts of *length*."""

    key: str
    label: str
    length: timedelta
    count: int


_SPANS: Final = (
    Span(key="", label=lazy_gettext("24 hours"), length=HOUR, count=24),
    Span(key="month", label=lazy_gettext("30 days"), length=DAY, count=30),
)
_AGES: Final = (
    lazy_gettext("Up to 5 minutes"),
    lazy_gettext("Up to an hour"),
    lazy_gettext("Up to 6 hours"),
    lazy_gettext("Up to a day"),
    lazy_gettext("Longer than a day"),
)


@blueprint.get("/figures")
@requires(Role.WATCHER)
def show() -> ResponseReturnValue:
    """Show the charts of the last day or month."""
    now = services().clock.now()
    asked = request.args.get("span", "")
    span = next((span for span in _SPANS if span.key == asked), _SPANS[0])
    booked = services().figures.booked(now, span.length, span.count)
    chart = column_chart(
        [Column(start=part.start, value=part.waits.count) for part in booked],
        daily=span.length == DAY,
    )
    waits = column_chart(
        [
            Column(
                start=part.start,
                value=round(part.waits.p95_s),
                lower=round(part.waits.median_s),
            )
            for part in booked
        ],
        daily=span.length == DAY,
    )
    return render_template(
        "figures/show.html",
        spans=_SPANS,
        span=span,
        daily=span.length == DAY,
        booked=booked,
        chart=chart,
        waits=waits,
        backlog=_backlog(services().figures.waiting_by_age(now)),
        causes=_causes(),
    )


def _backlog(counts: Sequence[int]) -> tuple[Share, ...]:
    return shares(
        (str(age), count, "") for age, count in zip(_AGES, counts, strict=True)
    )


def _causes() -> tuple[Share, ...]:
    return shares(
        (
            str(said(TITLES[group.cause])),
            group.count,
            url_for("orders.index", cause=cause_key(group.cause)),
        )
        for group in services().problems.causes()
    )
