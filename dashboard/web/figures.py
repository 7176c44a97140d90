"""Figures: what was booked over time, how long it took, what waits and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.domain.problems import TITLES
from dashboard.domain.timespans import last_days, last_hours
from dashboard.domain.users import Role
from dashboard.domain.waits import Waits
from dashboard.store.listing_figures import Booked
from dashboard.web.access import requires
from dashboard.web.chart import Column, Share, column_chart, shares
from dashboard.web.language import lazy_gettext, said
from dashboard.web.order_query import booked_key, cause_key
from dashboard.web.services import services
from dashboard.web.words import AGES

blueprint = Blueprint("figures", __name__)


@dataclass(frozen=True, kw_only=True)
class Span:
    """What the charts look back at: *count* hours, or days."""

    key: str
    label: str
    count: int
    daily: bool


@dataclass(frozen=True, kw_only=True)
class Part:
    """What was booked in an hour or a day, when that was there, and its orders."""

    at: datetime
    waits: Waits
    href: str


_SPANS: Final = (
    Span(key="", label=lazy_gettext("24 hours"), count=24, daily=False),
    Span(key="month", label=lazy_gettext("30 days"), count=30, daily=True),
)


@blueprint.get("/figures")
@requires(Role.WATCHER)
def show() -> ResponseReturnValue:
    """Show the charts of the last day or month."""
    now = services().clock.now()
    asked = request.args.get("span", "")
    span = next((span for span in _SPANS if span.key == asked), _SPANS[0])
    zone = services().watch.zone()
    spans = (last_days if span.daily else last_hours)(zone, now, span.count)
    parts = [
        _part(booked, zone, daily=span.daily)
        for booked in services().figures.booked(spans, now)
    ]
    chart = column_chart(
        [Column(start=part.at, value=part.waits.count) for part in parts],
        daily=span.daily,
    )
    waits = column_chart(
        [
            Column(
                start=part.at,
                value=round(part.waits.p95_s),
                lower=round(part.waits.median_s),
            )
            for part in parts
        ],
        daily=span.daily,
    )
    return render_template(
        "figures/show.html",
        spans=_SPANS,
        span=span,
        daily=span.daily,
        zone=zone.key,
        parts=parts,
        chart=chart,
        waits=waits,
        backlog=_backlog(services().figures.waiting_by_age(now)),
        causes=_causes(),
    )


def _part(booked: Booked, zone: ZoneInfo, *, daily: bool) -> Part:
    at = booked.span.start.astimezone(zone)
    when = booked_key(at.date() if daily else at)
    return Part(at=at, waits=booked.waits, href=url_for("orders.index", booked=when))


def _backlog(counts: Sequence[int]) -> tuple[Share, ...]:
    return shares(
        (str(age), count, url_for("orders.index", status="moving", age=place))
        for place, (age, count) in enumerate(zip(AGES, counts, strict=True))
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
