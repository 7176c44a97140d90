"""What the JSON API and the metrics work with, handed over once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from dashboard.domain.clock import Clock
from dashboard.domain.forecast import Forecast
from dashboard.domain.pace import Pace
from dashboard.domain.rules import Shop
from dashboard.domain.runs import Task
from dashboard.store.activity import ActivityStore
from dashboard.store.alarms import AlarmStore
from dashboard.store.api_tokens import ApiTokenStore
from dashboard.store.company import CompanyStore
from dashboard.store.database import Database
from dashboard.store.figures import FigureReading
from dashboard.store.gate import GateState, gate_state
from dashboard.store.listing_order import OrderReading
from dashboard.store.listing_orders import OrderListing
from dashboard.store.listing_problems import ProblemListing
from dashboard.store.listing_reconciliation import ReconciliationListing
from dashboard.store.listing_runs import RunListing
from dashboard.store.outlook import read_forecast
from dashboard.store.schedules import ScheduleStore
from dashboard.sync.actions import OrderActions

_KEY = "sluice-api"


@dataclass(frozen=True, kw_only=True)
class ApiServices:
    """The stores behind the API and the metrics.

    *gate* tells whether the books may be called, *forecast* when all is done.
    *start_run* asks for a run of a task, of one shop if it is given, wakes the engine
    and returns the run's id.
    """

    clock: Clock
    alarms: AlarmStore
    tokens: ApiTokenStore
    activity: ActivityStore
    company: CompanyStore
    orders: OrderListing
    order: OrderReading
    runs: RunListing
    problems: ProblemListing
    reconciliation: ReconciliationListing
    figures: FigureReading
    schedules: ScheduleStore
    gate: Callable[[], GateState]
    forecast: Callable[[], Forecast]
    start_run: Callable[[Task, Shop | None], int]
    actions: OrderActions


def open_api_services(
    database: Database,
    clock: Clock,
    pace: Pace,
    *,
    company: CompanyStore,
    start_run: Callable[[Task, Shop | None], int],
    actions: OrderActions,
) -> ApiServices:
    """Open the stores the API reads."""
    return ApiServices(
        clock=clock,
        alarms=AlarmStore(database),
        tokens=ApiTokenStore(database, clock),
        activity=ActivityStore(database, clock),
        company=company,
        orders=OrderListing(database),
        order=OrderReading(database),
        runs=RunListing(database),
        problems=ProblemListing(database),
        reconciliation=ReconciliationListing(database),
        figures=FigureReading(database),
        schedules=ScheduleStore(database),
        gate=lambda: gate_state(database, pace),
        forecast=lambda: read_forecast(database, pace),
        start_run=start_run,
        actions=actions,
    )


def keep(app: Flask, services: ApiServices) -> None:
    """Keep *services* with *app*, for its views."""
    app.extensions[_KEY] = services


def services() -> ApiServices:
    """Return what the views of the current application work with."""
    return cast("ApiServices", current_app.extensions[_KEY])
