"""`/metrics`: figures for Prometheus. No names, no secrets, nothing of an order."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from dashboard.api.bearer import ask_for_token, token_holder
from dashboard.api.services import ApiServices
from dashboard.domain.alarms import Alarm, AlarmKind
from dashboard.domain.forecast import Forecast
from dashboard.domain.status import OrderStatus
from dashboard.store.figures import FigureReading
from dashboard.store.gate import GateState
from dashboard.store.listing_orders import OrderListing
from dashboard.store.order_filter import OrderFilter

_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_RECENTLY = timedelta(hours=1)
_ANSWERS = ("2xx", "3xx", "4xx", "5xx", "none")
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")


@dataclass(frozen=True, kw_only=True)
class _Metric:
    """A gauge with one value for each label, or one without."""

    name: str
    about: str
    label: str = ""
    values: Mapping[str, float]


def metrics_blueprint(services: ApiServices) -> Blueprint:
    """Return `/metrics`: open to this machine, others need a token of the API."""
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    def metrics() -> ResponseReturnValue:
        if not _from_this_machine() and token_holder(services.tokens) is None:
            return ask_for_token()
        lines = (line for each in _metrics(services) for line in _lines(each))
        return Response("".join(lines), content_type=_CONTENT_TYPE)

    return blueprint


def _from_this_machine() -> bool:
    """Tell whether the caller itself is on this machine, not only a proxy."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _metrics(services: ApiServices) -> Iterator[_Metric]:
    now = services.clock.now()
    yield _Metric(
        name="sluice_build_info",
        about="The version that runs.",
        label="version",
        values={version("sluice"): 1},
    )
    yield _orders(services.orders)
    yield from _backlog(services.figures, now)
    calls = services.figures.calls_since(now - _RECENTLY)
    yield _Metric(
        name="sluice_exchanges_last_hour",
        about="Calls to the books in the last hour by class of answer.",
        label="answer",
        values={answer: calls.get(answer, 0) for answer in _ANSWERS},
    )
    yield from _gate(services.gate())
    yield from _forecast(services.forecast(), now)
    yield from _heartbeats(services.figures, now)
    yield _alarms(services.alarms.shown(now))


def _orders(orders: OrderListing) -> _Metric:
    counts = {each.status: each.count for each in orders.counts(OrderFilter())}
    return _Metric(
        name="sluice_orders",
        about="Orders by status.",
        label="status",
        values={status.value: counts.get(status, 0) for status in OrderStatus},
    )


def _backlog(figures: FigureReading, now: datetime) -> Iterator[_Metric]:
    backlog = figures.backlog(now)
    yield _Metric(
        name="sluice_requests",
        about="Requests to the books that are not done, by state.",
        label="state",
        values={state.value: count for state, count in backlog.requests.items()},
    )
    yield _Metric(
        name="sluice_pending_postings",
        about="Documents that are not yet part of a request.",
        values={"": backlog.pending},
    )
    yield _Metric(
        name="sluice_oldest_due_request_age_seconds",
        about="How long the oldest request waits that could go; 0 when none does.",
        values={"": _age_s(backlog.due_since, now)},
    )


def _gate(gate: GateState) -> Iterator[_Metric]:
    yield _Metric(
        name="sluice_gate_closed",
        about="1 while the books may not be called.",
        values={"": gate.closed_until is not None},
    )
    yield _Metric(
        name="sluice_calls_left",
        about="Calls the books still allow this minute; no value without a limit.",
        values={} if gate.calls_left is None else {"": gate.calls_left},
    )
    yield _Metric(
        name="sluice_calls_left_today",
        about="Calls the books still allow today; no value without a limit.",
        values={} if gate.calls_left_today is None else {"": gate.calls_left_today},
    )


def _forecast(forecast: Forecast, now: datetime) -> Iterator[_Metric]:
    yield _Metric(
        name="sluice_backlog_calls",
        about="Calls to the books that what waits takes.",
        values={"": forecast.calls},
    )
    left = forecast.finish_at
    yield _Metric(
        name="sluice_backlog_seconds",
        about="How long until all that waits should be in the books; 0: nothing waits.",
        values={"": 0 if left is None else max(0.0, (left - now).total_seconds())},
    )


def _heartbeats(figures: FigureReading, now: datetime) -> Iterator[_Metric]:
    heartbeats = figures.heartbeats()
    yield _Metric(
        name="sluice_heartbeat_age_seconds",
        about="Time since any process playing a role said that it is alive.",
        label="role",
        values={beat.role: _age_s(beat.seen_at, now) for beat in heartbeats},
    )
    yield _Metric(
        name="sluice_processes",
        about="Processes that play a role.",
        label="role",
        values={beat.role: beat.processes for beat in heartbeats},
    )


def _alarms(alarms: Sequence[Alarm]) -> _Metric:
    counts = Counter(alarm.kind for alarm in alarms)
    return _Metric(
        name="sluice_alarms",
        about="Alarms that hold, by kind.",
        label="kind",
        values={kind.value: counts[kind] for kind in AlarmKind},
    )


def _age_s(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _lines(metric: _Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.about}\n"
    yield f"# TYPE {metric.name} gauge\n"
    for value_of, value in metric.values.items():
        # Every label is a word of ours, so none needs escaping.
        label = f'{{{metric.label}="{value_of}"}}' if metric.label else ""
        yield f"{metric.name}{label} {float(value):.15g}\n"
