"""Puts the floors together: stores, engine, schedules and the Flask application."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from dashboard.accounting.protocol import Books, BooksSilent, Pacer
from dashboard.accounting.xero.client import Access, XeroBooks
from dashboard.accounting.xero.encode import freeze
from dashboard.api.health import health_blueprint
from dashboard.api.intake import IntakeServices, intake_blueprint
from dashboard.api.metrics import metrics_blueprint
from dashboard.api.services import keep, open_api_services
from dashboard.api.v1.routes import blueprint as api_v1
from dashboard.config import Settings
from dashboard.domain.clock import Clock, DemoClock, SystemClock
from dashboard.domain.exchanges import NotProcessed
from dashboard.domain.organisations import FIRST, Organisation, Standing
from dashboard.domain.pace import Pace
from dashboard.domain.pauses import Pause
from dashboard.domain.rules import Shop
from dashboard.domain.runs import Task, Trigger
from dashboard.domain.timing import Timing
from dashboard.lab.client import Lab
from dashboard.logs import working_for
from dashboard.notices.courier import Courier
from dashboard.outbound.address import AddressRefused, check_address
from dashboard.outbound.transport import Transport
from dashboard.scheduling.mirror import ScheduleMirror, install_defaults
from dashboard.shops.protocol import Log, ShopAccess, ShopReader, ShopSilent
from dashboard.shops.registry import READERS
from dashboard.store.activity import ActivityStore
from dashboard.store.alarms import AlarmStore
from dashboard.store.api_tokens import ApiTokenStore
from dashboard.store.channels import ChannelStore
from dashboard.store.company import CompanyStore, Connection
from dashboard.store.database import Database, engine_options, install
from dashboard.store.exchanges import ExchangeStore
from dashboard.store.foresight import Foresight
from dashboard.store.listing_orders import OrderListing
from dashboard.store.notices import NoticeStore
from dashboard.store.orders import OrderStore
from dashboard.store.organisations import home_of
from dashboard.store.outlook import read_forecast
from dashboard.store.password_links import PasswordLinkStore
from dashboard.store.passwords import Passwords
from dashboard.store.period_orders import PeriodOrders
from dashboard.store.pulls import ApiKeys, PullStore
from dashboard.store.retention import RetentionStore
from dashboard.store.schedules import ScheduleStore
from dashboard.store.selections import SelectionStore
from dashboard.store.shop_webhooks import ShopWebhookStore
from dashboard.store.sightings import Sightings
from dashboard.store.uploads import UploadStore
from dashboard.store.users import UserStore
from dashboard.store.vault import Vault
from dashboard.sync.actions import OrderActions
from dashboard.sync.backfill import Backfill, BackfillStores
from dashboard.sync.engine import Engine, OpenBooks, Stores
from dashboard.sync.intake import Intake
from dashboard.sync.performer import Performer
from dashboard.sync.preview import OrderPreview
from dashboard.sync.processes import process_name
from dashboard.sync.pruner import Pruner
from dashboard.sync.puller import Puller, PullStores
from dashboard.sync.reconciler import Reconciler, ReconcilerStores
from dashboard.sync.setup import plan_waiting
from dashboard.sync.upload import Uploads
from dashboard.sync.watch import Watch, WatchStores
from dashboard.web import register_pages
from dashboard.web.services import (
    AddOrganisation,
    DemoLab,
    HolderOfBooks,
    Services,
    nobody,
    open_services,
)

# An address that may not be called stays so until a person changes it.
_PAUSE_S = 300.0
_WEBHOOK_DEADLINE_S = 30.0
# A shop on a small host takes its time for a hundred orders, but not for ever.
_SHOP_DEADLINE_S = 40.0
_LAB_DEADLINE_S = 15.0


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What the pages of an organisation tell of all those of the installation.

    *standings* has an element for each, this one too; none where there is only one.
    *health* gives the status of each further one, by slug, as `/healthz` does;
    *holder* tells which other one has given books already; *add* makes one.
    """

    standings: Callable[[], Sequence[Standing]] = tuple
    health: Callable[[], Mapping[str, str]] = dict
    holder: HolderOfBooks = nobody
    add: AddOrganisation | None = None


ALONE = Beside()


@dataclass(frozen=True, kw_only=True)
class Program:
    """All that one organisation needs of a process, put together; nothing runs yet."""

    settings: Settings
    organisation: Organisation
    app: Flask
    database: Database
    company: CompanyStore
    orders: OrderStore
    users: UserStore
    password_links: PasswordLinkStore
    tokens: ApiTokenStore
    activity: ActivityStore
    listing: OrderListing
    actions: OrderActions
    engine: Engine
    puller: Puller
    pulls: PullStore
    uploads: Uploads
    reconciler: Reconciler
    selections: SelectionStore
    performer: Performer
    retention: RetentionStore
    pruner: Pruner
    mirror: ScheduleMirror
    watch: Watch
    clock: Clock

    def start(self) -> None:
        """Begin to work in the background: the engine and the schedules."""
        with working_for(self.organisation.slug):
            self.engine.start()
            self.puller.start()
            self.reconciler.start()
            self.performer.start()
            self.pruner.start()
            install_defaults(ScheduleStore(self.database), self.clock.now())
            self.mirror.start()
            self.watch.start()

    def start_watch(self) -> None:
        """Begin to notice what needs somebody, where others do the work."""
        with working_for(self.organisation.slug):
            self.watch.start()

    def stop(self) -> None:
        """Let calls under way end and begin nothing new."""
        self.watch.stop()
        self.mirror.stop()
        self.puller.stop()
        self.pruner.stop()
        self.performer.stop()
        self.reconciler.stop()
        self.engine.stop()

    def close(self) -> None:
        """Let the database go, once nothing works any more."""
        self.database.close()

    def start_run(self, task: Task, shop: Shop | None = None) -> int:
        """Ask for a run in a person's name, of one shop if given; return its id."""
        run_id = self.engine.runs.queue(task, Trigger.PERSON, shop)
        self.engine.wake(Trigger.PERSON)
        self.puller.wake()
        self.reconciler.wake()
        self.pruner.wake()
        return run_id


def build(
    settings: Settings,
    clock: Clock | None = None,
    organisation: Organisation = FIRST,
) -> Program:
    """Put a process together from its settings, for one organisation."""
    clock = clock or _clock_of(settings)
    home = home_of(organisation, settings.database_url, settings.data_dir)
    app = Flask("dashboard")
    app.config.update(
        SQLALCHEMY_DATABASE_URI=home.url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(home.url),
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.old_secret_keys),
        TRUSTED_HOSTS=list(settings.trusted_hosts) or None,
    )
    database = install(app, clock, schema=home.schema)
    company = CompanyStore(database, vault_of(settings))
    orders = OrderStore(database)
    open_books = _books_opener(settings, clock)
    engine = _engine(settings, database, company, orders, open_books, clock)
    reconciler = Reconciler(
        ReconcilerStores(
            database=database, company=company, exchanges=ExchangeStore(database)
        ),
        open_books,
        engine.runs,
        clock,
        pace=pace_of(settings),
        process=process_name(),
    )
    passwords = Passwords()
    pulls = PullStore(database, vault_of(settings))
    front = f"{settings.public_url}{organisation.path}"
    puller = _puller(settings, company, orders, pulls, engine, database, clock, front)
    actions = OrderActions(orders, engine.wake)
    selections = SelectionStore(database, process_name())
    watch = _watch(settings, database, company, clock, organisation)
    backfill = Backfill(
        BackfillStores(
            company=company,
            orders=orders,
            pulls=pulls,
            selections=selections,
            period=PeriodOrders(database),
            foresight=Foresight(database),
        ),
        puller.reader_since,
        lambda besides: read_forecast(database, pace_of(settings), besides),
        clock,
        watch.zone,
    )

    retention = RetentionStore(database)
    pruner = Pruner(retention, engine.runs, clock)

    def wake(trigger: Trigger) -> None:
        engine.wake(trigger)
        puller.wake()
        reconciler.wake()
        pruner.wake()

    return Program(
        settings=settings,
        organisation=organisation,
        app=app,
        database=database,
        company=company,
        orders=orders,
        users=UserStore(database, clock, passwords),
        password_links=PasswordLinkStore(database, clock, passwords),
        tokens=ApiTokenStore(database, clock),
        activity=ActivityStore(database, clock),
        listing=OrderListing(database),
        actions=actions,
        engine=engine,
        reconciler=reconciler,
        selections=selections,
        performer=Performer(selections, actions, backfill),
        retention=retention,
        pruner=pruner,
        watch=watch,
        puller=puller,
        pulls=pulls,
        uploads=Uploads(UploadStore(database), company, pulls, engine.wake, clock),
        mirror=ScheduleMirror(ScheduleStore(database), engine.runs, wake),
        clock=clock,
    )


def _clock_of(settings: Settings) -> Clock:
    if settings.demo:
        return DemoClock(timedelta(seconds=settings.demo_ahead_s))
    return SystemClock()


def _books_opener(settings: Settings, clock: Clock) -> OpenBooks:
    """Return what makes the connector to the books of a connection."""
    transport = Transport(
        clock, Timing().deadline_s, allow_inner=settings.allow_loopback_api
    )

    def open_books(connection: Connection, pacer: Pacer) -> Books:
        try:
            check_address(connection.base_url, allow_inner=settings.allow_loopback_api)
        except AddressRefused as error:
            refused = NotProcessed(
                reason=str(error), wait_s=_PAUSE_S, pause=Pause.WRONG_ADDRESS
            )
            raise BooksSilent(refused) from error
        access = Access(
            base_url=connection.base_url.rstrip("/"),
            client_id=connection.client_id,
            client_secret=connection.client_secret,
            tenant_id=connection.tenant_id,
        )
        return XeroBooks(access, transport, clock, pacer)

    return open_books


def _engine(
    settings: Settings,
    database: Database,
    company: CompanyStore,
    orders: OrderStore,
    open_books: OpenBooks,
    clock: Clock,
) -> Engine:
    stores = Stores(
        database=database,
        company=company,
        orders=orders,
        exchanges=ExchangeStore(database),
    )
    return Engine(
        stores,
        open_books,
        clock,
        timing=Timing(settle_s=settings.settle_s),
        pace=pace_of(settings),
        workers=settings.workers or 1,
        process=process_name(),
    )


def vault_of(settings: Settings) -> Vault:
    """Return what encrypts with the settings' key, and reads by the old ones too."""
    return Vault(settings.secret_key, *settings.old_secret_keys)


def pace_of(settings: Settings) -> Pace:
    """Return the pace that the settings allow."""
    return Pace(calls=settings.calls_a_minute, calls_a_day=settings.calls_a_day)


def _watch(
    settings: Settings,
    database: Database,
    company: CompanyStore,
    clock: Clock,
    organisation: Organisation,
) -> Watch:
    inner = settings.allow_loopback_api
    channels = ChannelStore(database, vault_of(settings))
    stores = WatchStores(
        company=company,
        sightings=Sightings(database),
        alarms=AlarmStore(database),
        channels=channels,
        notices=NoticeStore(database, channels),
    )
    transport = Transport(clock, _WEBHOOK_DEADLINE_S, allow_inner=inner)
    public = settings.public_url
    pages = f"{public}{organisation.path}" if public else ""
    return Watch(stores, Courier(transport, allow_inner=inner), clock, pages=pages)


def _puller(  # noqa: PLR0913, PLR0917 - the wiring of a process
    settings: Settings,
    company: CompanyStore,
    orders: OrderStore,
    pulls: PullStore,
    engine: Engine,
    database: Database,
    clock: Clock,
    front: str,
) -> Puller:
    inner = settings.allow_loopback_api
    transport = Transport(clock, _SHOP_DEADLINE_S, allow_inner=inner)

    def open_shop(shop: Shop, keys: ApiKeys, log: Log) -> ShopReader:
        try:
            check_address(shop.base_url, allow_inner=inner)
        except AddressRefused as error:
            raise ShopSilent(str(error)) from error
        access = ShopAccess(
            base_url=shop.base_url,
            key=keys.key,
            secret=keys.secret,
            orders_since=keys.orders_since,
            token=keys.token,
            keep_token=partial(pulls.keep_token, shop, keys),
        )
        return READERS[shop.kind](access, transport, clock, log)

    stores = PullStores(
        company=company,
        pulls=pulls,
        orders=orders,
        exchanges=ExchangeStore(database),
        webhooks=ShopWebhookStore(database),
        runs=engine.runs,
        schedules=ScheduleStore(database),
    )
    return Puller(stores, open_shop, clock, engine.wake, front)


def open_pages(program: Program, beside: Beside = ALONE) -> Flask:
    """Put everything that answers requests into the program's Flask application.

    *beside* tells of the other organisations of the installation.
    """
    app, database, settings = program.app, program.database, program.settings
    register_pages(app, _page_services(program, beside))
    intake = intake_blueprint(
        IntakeServices(
            company=program.company,
            intake=Intake(
                program.company, program.orders, program.pulls, program.clock
            ),
            wake=program.engine.wake,
            look=program.puller.wake,
        )
    )
    api = open_api_services(
        database,
        program.clock,
        pace_of(settings),
        company=program.company,
        start_run=program.start_run,
        actions=program.actions,
    )
    keep(app, api)
    # Signed by the shop or bearing a token, not sent by a browser with a session.
    for blueprint in (intake, api_v1):
        app.extensions["csrf"].exempt(blueprint)
        app.register_blueprint(blueprint)
    alarms = program.watch.stores.alarms
    app.register_blueprint(health_blueprint(database, alarms, beside.health))
    app.register_blueprint(metrics_blueprint(api))
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops)  # type: ignore[method-assign]
    return app


def _page_services(program: Program, beside: Beside) -> Services:
    return open_services(
        program.database,
        program.clock,
        company=program.company,
        pulls=program.pulls,
        uploads=program.uploads,
        schedules=ScheduleStore(program.database),
        actions=program.actions,
        preview=OrderPreview(Foresight(program.database), freeze),
        selections=program.selections,
        perform=program.performer,
        retention=program.retention,
        watch=program.watch,
        start_run=program.start_run,
        pull_shop=partial(program.start_run, Task.PULL),
        stop_run=program.engine.runs.ask_to_stop,
        replan=lambda: plan_waiting(program.orders),
        test_shop=program.puller.test,
        check_address=lambda url: check_address(
            url, allow_inner=program.settings.allow_loopback_api
        ),
        ask_pass=program.reconciler.ask,
        usual_period=program.reconciler.last_days,
        pace=pace_of(program.settings),
        demo=program.settings.demo,
        https=program.settings.https,
        demo_lab=_demo_lab(program),
        organisation=program.organisation,
        standings=beside.standings,
        meet_books=program.engine.meet_books,
        identify_books=program.engine.identified,
        holder_of_books=beside.holder,
        add_organisation=beside.add,
    )


def _demo_lab(program: Program) -> DemoLab | None:
    """Return the lab this dashboard was started by; None outside a demonstration."""
    settings, clock = program.settings, program.clock
    if not settings.demo_lab_url or not isinstance(clock, DemoClock):
        return None
    check_address(settings.demo_lab_url, allow_inner=settings.allow_loopback_api)
    transport = Transport(
        clock, _LAB_DEADLINE_S, allow_inner=settings.allow_loopback_api
    )
    lab = Lab(settings.demo_lab_url, settings.demo_lab_token, transport)
    return DemoLab(
        lab=lab,
        advance=_advancer(program, lab, clock),
        ahead=lambda: clock.ahead,
    )


def _advancer(program: Program, lab: Lab, clock: DemoClock) -> Callable[[int], None]:
    """Return what moves the clock of the whole demonstration forward."""

    def advance(seconds: int) -> None:
        clock.move_to(timedelta(seconds=lab.advance(seconds)))
        # They are alive, whatever the time of their last sign of it has become.
        for role in ("engine", "scheduler"):
            program.engine.runs.beat(role)
        program.mirror.wake()
        program.engine.wake(Trigger.PERSON)
        program.puller.wake()
        program.reconciler.wake()

    return advance
