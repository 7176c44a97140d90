"""What the pages work with, handed over once when the application is put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from flask import Flask, current_app

from dashboard.domain.clock import Clock
from dashboard.domain.forecast import Forecast
from dashboard.domain.organisations import FIRST, Organisation, Standing
from dashboard.domain.pace import Pace
from dashboard.domain.reconciliation import PassKind, Period
from dashboard.domain.rules import Shop
from dashboard.domain.runs import Task
from dashboard.lab.client import Lab
from dashboard.shops.protocol import ShopFacts
from dashboard.store.activity import ActivityStore
from dashboard.store.change_marks import ChangeMark, read_change_mark
from dashboard.store.company import CompanyStore, Connection
from dashboard.store.database import Database
from dashboard.store.listing_exchanges import ExchangeListing
from dashboard.store.listing_figures import FigureListing
from dashboard.store.listing_order import OrderReading
from dashboard.store.listing_orders import OrderListing
from dashboard.store.listing_overview import OverviewReading
from dashboard.store.listing_problems import ProblemListing
from dashboard.store.listing_processes import ProcessListing
from dashboard.store.listing_reconciliation import ReconciliationListing
from dashboard.store.listing_runs import RunListing
from dashboard.store.listing_selections import SelectionListing
from dashboard.store.outlook import read_forecast
from dashboard.store.password_links import PasswordLinkStore
from dashboard.store.passwords import Passwords
from dashboard.store.pulls import PullStore
from dashboard.store.retention import RetentionStore
from dashboard.store.saved_views import SavedViewStore
from dashboard.store.schedules import ScheduleStore
from dashboard.store.selections import SelectionStore
from dashboard.store.sign_in_throttle import SignInThrottle
from dashboard.store.user_sessions import (
    DEMO_LIMITS,
    LAB_LIMITS,
    NORMAL_LIMITS,
    SessionLimits,
    UserSessionStore,
)
from dashboard.store.users import UserStore
from dashboard.sync.actions import OrderActions
from dashboard.sync.performer import Performer
from dashboard.sync.preview import OrderPreview
from dashboard.sync.upload import Uploads
from dashboard.sync.watch import Watch

_KEY = "sluice-pages"

AddOrganisation = Callable[[Organisation], str | None]
HolderOfBooks = Callable[[Connection], Organisation | None]


def nobody(_given: Connection) -> None:
    """Return which other organisation has given books, where there is no other."""


@dataclass(frozen=True, kw_only=True)
class DemoLab:
    """The lab of a demonstration.

    *advance* moves its clock and ours by seconds; *ahead* tells by how much ours is
    ahead of the machine's.
    """

    lab: Lab
    advance: Callable[[int], None]
    ahead: Callable[[], timedelta]


@dataclass(frozen=True, kw_only=True)
class Services:
    """The stores and actions behind the pages.

    *start_run* asks for a run of a task, wakes the engine and returns the run's id;
    *pull_shop* does so for the orders of one shop;
    *stop_run* lets one end after the batch it is at, in a person's name.
    *test_shop* asks a shop and raises `ShopSilent` with what is wrong, *check_address*
    raises `AddressRefused` for one the program may not call.
    *meet_books* signs in to the books, returns what they are called and raises
    `BooksSilent` with what is wrong; *identify_books* adds to a connection which
    organisation of the books its sign-in opens; *holder_of_books* tells which other
    one of ours has the books of a connection already.
    *replan* plans the stopped orders anew after a change of the rules and returns how
    many move. *forecast* tells when all that waits is done. *change_mark* tells whether
    anything may have changed. *ask_pass* asks for a
    comparison in a person's name and returns its id; *usual_period* are the days it
    looks at if nobody says which. *https* tells whether
    browsers reach us over TLS. *demo_lab* is there in a demonstration alone.
    *standings* tells of all organisations, *organisation* among them; nothing where
    there is only this one. *add_organisation* makes a further one and returns the token
    of its first link, None if somebody can sign in there; the first organisation alone
    has it.
    """

    clock: Clock
    users: UserStore
    password_links: PasswordLinkStore
    user_sessions: UserSessionStore
    throttle: SignInThrottle
    activity: ActivityStore
    orders: OrderListing
    order: OrderReading
    runs: RunListing
    processes: ProcessListing
    exchanges: ExchangeListing
    overview: OverviewReading
    figures: FigureListing
    problems: ProblemListing
    company: CompanyStore
    pulls: PullStore
    uploads: Uploads
    schedules: ScheduleStore
    actions: OrderActions
    preview: OrderPreview
    selections: SelectionStore
    selection_list: SelectionListing
    perform: Performer
    retention: RetentionStore
    saved_views: SavedViewStore
    watch: Watch
    start_run: Callable[[Task], int]
    pull_shop: Callable[[Shop], int]
    stop_run: Callable[[int, str], bool]
    replan: Callable[[], int]
    test_shop: Callable[[Shop], ShopFacts]
    check_address: Callable[[str], None]
    meet_books: Callable[[], str]
    identify_books: Callable[[Connection], Connection]
    reconciliation: ReconciliationListing
    ask_pass: Callable[[PassKind, Period | None, str], int]
    usual_period: Callable[[], Period]
    forecast: Callable[[], Forecast]
    change_mark: Callable[[], ChangeMark]
    demo: bool = False
    https: bool = False
    demo_lab: DemoLab | None = None
    organisation: Organisation = FIRST
    standings: Callable[[], Sequence[Standing]] = tuple
    holder_of_books: HolderOfBooks = nobody
    add_organisation: AddOrganisation | None = None


def open_services(  # noqa: PLR0913 - the wiring of the pages
    database: Database,
    clock: Clock,
    *,
    company: CompanyStore,
    pulls: PullStore,
    uploads: Uploads,
    schedules: ScheduleStore,
    actions: OrderActions,
    preview: OrderPreview,
    selections: SelectionStore,
    perform: Performer,
    retention: RetentionStore,
    watch: Watch,
    start_run: Callable[[Task], int],
    pull_shop: Callable[[Shop], int],
    stop_run: Callable[[int, str], bool],
    replan: Callable[[], int],
    test_shop: Callable[[Shop], ShopFacts],
    check_address: Callable[[str], None],
    meet_books: Callable[[], str],
    identify_books: Callable[[Connection], Connection],
    ask_pass: Callable[[PassKind, Period | None, str], int],
    usual_period: Callable[[], Period],
    pace: Pace,
    demo: bool = False,
    https: bool = False,
    demo_lab: DemoLab | None = None,
    organisation: Organisation = FIRST,
    standings: Callable[[], Sequence[Standing]] = tuple,
    holder_of_books: HolderOfBooks = nobody,
    add_organisation: AddOrganisation | None = None,
) -> Services:
    """Add to what the engine shares the stores that only the pages need."""
    passwords = Passwords()
    return Services(
        clock=clock,
        users=UserStore(database, clock, passwords),
        password_links=PasswordLinkStore(database, clock, passwords),
        user_sessions=UserSessionStore(
            database, clock, _session_limits(demo=demo, lab=demo_lab is not None)
        ),
        throttle=SignInThrottle(database, clock),
        activity=ActivityStore(database, clock),
        orders=OrderListing(database),
        order=OrderReading(database),
        runs=RunListing(database),
        processes=ProcessListing(database),
        exchanges=ExchangeListing(database),
        overview=OverviewReading(database),
        figures=FigureListing(database),
        problems=ProblemListing(database),
        company=company,
        pulls=pulls,
        uploads=uploads,
        schedules=schedules,
        actions=actions,
        preview=preview,
        selections=selections,
        selection_list=SelectionListing(database),
        perform=perform,
        retention=retention,
        saved_views=SavedViewStore(database),
        watch=watch,
        start_run=start_run,
        pull_shop=pull_shop,
        stop_run=stop_run,
        replan=replan,
        test_shop=test_shop,
        check_address=check_address,
        meet_books=meet_books,
        identify_books=identify_books,
        reconciliation=ReconciliationListing(database),
        ask_pass=ask_pass,
        usual_period=usual_period,
        forecast=lambda: read_forecast(database, pace),
        change_mark=lambda: read_change_mark(database),
        demo=demo,
        https=https,
        demo_lab=demo_lab,
        organisation=organisation,
        standings=standings,
        holder_of_books=holder_of_books,
        add_organisation=add_organisation,
    )


def _session_limits(*, demo: bool, lab: bool) -> SessionLimits:
    if lab:
        return LAB_LIMITS
    return DEMO_LIMITS if demo else NORMAL_LIMITS


def keep(app: Flask, services: Services) -> None:
    """Keep *services* with *app*, for its views."""
    app.extensions[_KEY] = services


def services() -> Services:
    """Return what the views of the current application work with."""
    return cast("Services", current_app.extensions[_KEY])
