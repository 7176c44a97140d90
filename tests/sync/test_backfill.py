"""A period is booked afterwards: said first what that comes to, then just that done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, timedelta, tzinfo
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from dashboard.domain.exchanges import Accepted
from dashboard.domain.pace import Pace
from dashboard.domain.reconciliation import Period
from dashboard.domain.rules import PaymentRule, TaxRule, TaxSituation
from dashboard.domain.runs import Trigger
from dashboard.domain.selections import (
    Effort,
    Member,
    Outlook,
    Result,
    Selection,
    SelectionAct,
    SelectionState,
    rate_of,
)
from dashboard.store.foresight import Foresight
from dashboard.store.outlook import read_forecast
from dashboard.store.period_orders import PeriodOrders
from dashboard.store.selections import SelectionStore
from dashboard.sync.actions import OrderActions
from dashboard.sync.backfill import Backfill, BackfillStores
from dashboard.sync.performer import Performer
from tests.fixtures.builders import RULES
from tests.fixtures.company import Company
from tests.fixtures.pulled_shops import PulledShopify, PulledWooCommerce
from tests.fixtures.served_shops import Answer, served
from tests.fixtures.shopify_shop import ShopifyShop
from tests.fixtures.woocommerce_shop import WooCommerceShop, firewall, maintenance
from tests.fixtures.work import answer, confirm_next, send_next
from tests.fixtures.workers import Office

_RATE = TaxRule(
    situation=TaxSituation.RATE, rate_percent=Decimal(21), tax_type="OUTPUT2"
)
_LOW_RATE = replace(_RATE, rate_percent=Decimal(9))


class Latecomer:
    """A company with a shop that had orders before it was connected."""

    def __init__(self, company: Company, shop: WooCommerceShop | ShopifyShop) -> None:
        self.booking = Office(company)
        settings = company.settings
        methods = (
            PaymentRule(method=method, bank_account="090")
            for method in ("stripe", "shopify_payments")
        )
        rules = replace(
            RULES,
            tax_rules=(*RULES.tax_rules, _RATE, _LOW_RATE),
            payment_rules=(*RULES.payment_rules, *methods),
        )
        settings.save_rules(rules, expected_version=settings.rules_version())
        self.company = company
        self.shop = shop
        self.first = company.clock.now().date()
        self.connected: PulledWooCommerce | PulledShopify | None = None
        self.selections = SelectionStore(company.database, "test")
        self.waits = 0
        self.stopping = False
        self.busy_until = company.clock.now()
        self.while_waiting: Callable[[], object] = lambda: None
        self.zone: tzinfo = UTC

    def connect(self) -> PulledWooCommerce | PulledShopify:
        """Connect the shop: orders placed from here on are pulled by themselves."""
        if isinstance(self.shop, ShopifyShop):
            self.connected = PulledShopify(self.company, self.shop)
        else:
            self.connected = PulledWooCommerce(self.company, self.shop)
        self.backfill = Backfill(
            BackfillStores(
                company=self.company.settings,
                orders=self.company.orders,
                pulls=self.connected.pulls,
                selections=self.selections,
                period=PeriodOrders(self.company.database),
                foresight=Foresight(self.company.database),
            ),
            self.connected.puller.reader_since,
            lambda besides: read_forecast(self.company.database, Pace(), besides),
            self.company.clock,
            lambda: self.zone,
        )
        actions = OrderActions(self.company.orders, self._wake)
        self.performer = Performer(self.selections, actions, self.backfill)
        return self.connected

    def place(self, number: int, sample: str = "02_") -> list[int]:
        return [self.shop.place(sample) for _ in range(number)]

    def later(self, days: float = 1) -> None:
        self.company.clock.advance(days * 86400)
        self.shop.tick(days * 86400)

    def know_taxes_of_canada(self) -> None:
        """Have rules by which the order "17_" can be booked."""
        settings = self.company.settings
        rules = settings.rules()
        taxes = tuple(
            TaxRule(
                situation=TaxSituation.RATE,
                rate_percent=Decimal(rate),
                tax_type="CANADA",
            )
            for rate in ("5", "9.975", "14.975")
        )
        settings.save_rules(
            replace(rules, tax_rules=(*rules.tax_rules, *taxes)),
            expected_version=settings.rules_version(),
        )

    def plan(self) -> Selection:
        assert self.connected is not None
        period = Period(first=self.first, last=self.first + timedelta(days=1))
        asked = self.selections.ask_backfill(
            self.connected.here.id, period, "Pat", claim=True
        )
        self.backfill.plan(asked, self._wait)
        planned = self.selections.one(asked.id)
        assert planned is not None
        return planned

    def _wait(self, seconds: float) -> bool:
        self.later(seconds / 86400)
        if self.company.clock.now() >= self.busy_until:
            self.shop.broken = None
        self.while_waiting()
        return self.stopping

    def start(self, planned: Selection) -> Selection:
        assert self.selections.start(planned.id, claim=True)
        return self.performer.perform(planned, self._catch_up)

    def _catch_up(self) -> None:
        """Let the books have what waits, but not for ever."""
        self.waits += 1
        assert self.waits < 100
        self.booking.work_until_done()

    def _wake(self, trigger: Trigger) -> None:
        del trigger


class WooCommerceOffice(Latecomer):
    shop: WooCommerceShop


class ShopifyOffice(Latecomer):
    shop: ShopifyShop


@pytest.fixture
def office(company: Company) -> Iterator[WooCommerceOffice]:
    with served(WooCommerceShop(company.clock.now())) as shop:
        yield WooCommerceOffice(company, shop)


@pytest.fixture
def at_shopify(company: Company) -> Iterator[ShopifyOffice]:
    with served(ShopifyShop(company.clock.now())) as shop:
        yield ShopifyOffice(company, shop)


def test_the_plan_names_every_order_of_the_period_and_books_none(
    office: WooCommerceOffice,
) -> None:
    office.place(3)
    office.place(1, "11_")
    office.place(1, "17_")
    office.later(3)
    office.place(2)
    office.connect()

    planned = office.plan()

    assert planned.state is SelectionState.READY
    assert planned.tally.outlooks == {
        Outlook.CREATES: 3,
        Outlook.SKIPS: 1,
        Outlook.BLOCKED: 1,
    }
    assert planned.effort is not None
    # A contact, the invoices and the payments fill one call each.
    assert planned.effort.calls == 3
    assert office.company.rows() == []
    assert office.company.postings() == {}
    page = office.selections.page(planned.id, Outlook.BLOCKED, size=10)
    assert "has no tax type" in page.members[0].member.why


def test_what_is_started_is_what_was_planned_as_it_is_by_then(
    office: WooCommerceOffice,
) -> None:
    kept, gone, cancelled = office.place(3)
    office.later(2)
    office.connect()
    planned = office.plan()
    office.shop.delete_for_good(gone)
    office.shop.edit(cancelled, status="cancelled")
    office.shop.now -= timedelta(days=2)
    office.place(1)

    ended = office.start(planned)

    assert ended.state is SelectionState.DONE
    assert ended.tally.results == {Result.DONE: 1, Result.SKIPPED: 2}
    assert office.company.statuses() == {
        str(kept): "queued",
        str(cancelled): "ignored",
    }
    page = office.selections.page(ended.id, Result.SKIPPED, size=10)
    assert [each.member.why for each in page.members] == [
        "The shop does not have it any more.",
        "Cancelled in the shop before an invoice was made.",
    ]


def test_what_is_known_and_booked_or_set_aside_is_skipped(company: Company) -> None:
    with served(WooCommerceShop(company.clock.now())) as shop:
        office = Latecomer(company, shop)
        connected = office.connect()
        office.place(1)
        connected.run()
        office.booking.work_until_done()
        office.later(0)
        (aside,) = office.place(1)
        office.place(1)
        connected.run()
        company.orders.ignore(company.row(str(aside)).id, "by hand", actor="Pat")

        planned = office.plan()

    whys = [
        (each.member.outlook, each.member.why)
        for each in office.selections.page(planned.id, None, size=10).members
    ]
    assert whys == [
        (Outlook.SKIPS, "It is in the books already."),
        (Outlook.SKIPS, "Pat has ignored it."),
        (Outlook.SKIPS, "It is on its way into the books."),
    ]


def test_a_known_order_that_todays_rules_would_book_is_booked(
    office: WooCommerceOffice,
) -> None:
    connected = office.connect()
    office.shop.place("17_")
    connected.run()
    assert list(office.company.statuses().values()) == ["needs attention"]
    office.know_taxes_of_canada()

    planned = office.plan()
    ended = office.start(planned)

    assert planned.tally.outlooks == {Outlook.CREATES: 1}
    assert ended.tally.results == {Result.DONE: 1}
    assert list(office.company.statuses().values()) == ["queued"]


def test_what_the_books_made_doubtful_waits_for_a_person(
    office: WooCommerceOffice,
) -> None:
    connected = office.connect()
    office.place(1)
    connected.run()
    confirm_next(office.company)
    invoice = send_next(office.company)
    other = Accepted(document_id="D1", total=Decimal("0.01"))
    answer(office.company, invoice, [other])
    assert list(office.company.statuses().values()) == ["needs attention"]

    planned = office.plan()
    ended = office.start(planned)

    assert planned.tally.outlooks == {Outlook.BLOCKED: 1}
    assert ended.tally.results == {}
    assert list(office.company.statuses().values()) == ["needs attention"]


def test_what_became_doubtful_after_the_plan_waits_too(
    office: WooCommerceOffice,
) -> None:
    connected = office.connect()
    office.place(1)
    connected.run()
    confirm_next(office.company)
    invoice = send_next(office.company)
    answer(
        office.company,
        invoice,
        [Accepted(document_id="D1", total=Decimal("0.01"))],
    )
    (order,) = office.company.rows()
    frozen = office.selections.freeze(SelectionAct.BACKFILL, [order.id], "Pat")

    ended = office.start(frozen)

    assert ended.tally.results == {Result.STOPPED: 1}
    assert list(office.company.statuses().values()) == ["needs attention"]


def test_who_plans_no_more_adds_nothing_to_the_plan_of_another(
    office: WooCommerceOffice,
) -> None:
    shop = office.connect().here
    period = Period(first=office.first, last=office.first)
    asked = office.selections.ask_backfill(shop.id, period, "Pat", claim=True)
    office.later()
    another = SelectionStore(office.company.database, "another")
    assert another.take() is not None
    member = Member(position=1, order_id=None, external_id="1", number="1")

    assert not office.selections.add_members(asked.id, [member])
    office.selections.set_ready(asked.id, Effort(calls=1, lasts=timedelta()))
    office.selections.fail(asked.id, "The shop is away.")

    planning = another.one(asked.id)
    assert planning is not None
    assert planning.state is SelectionState.PLANNING
    assert planning.tally.total == 0


def test_no_more_is_taken_up_than_the_books_can_follow(
    office: WooCommerceOffice,
) -> None:
    office.place(130)
    office.later(2)
    office.connect()

    ended = office.start(office.plan())

    assert ended.tally.results == {Result.DONE: 130}
    assert office.waits >= 1


def test_a_shop_that_is_away_pauses_it_and_says_so(office: WooCommerceOffice) -> None:
    office.place(2)
    office.later(2)
    office.connect()
    planned = office.plan()
    office.shop.broken = maintenance()

    paused = office.start(planned)
    assert paused.state is SelectionState.PAUSED
    assert paused.message
    assert office.company.rows() == []

    office.shop.broken = None
    assert office.selections.resume(planned.id)
    ended = office.performer.perform(planned, lambda: None)

    assert ended.state is SelectionState.DONE
    assert ended.message == ""
    assert ended.tally.results == {Result.DONE: 2}


def test_what_was_done_before_the_shop_fell_silent_counts_as_done(
    office: WooCommerceOffice,
) -> None:
    office.place(2)
    office.later(0.1)
    connected = office.connect()
    office.shop.place("17_")
    connected.run()
    office.know_taxes_of_canada()
    planned = office.plan()
    assert planned.tally.outlooks == {Outlook.CREATES: 3}
    office.shop.broken = maintenance()

    paused = office.start(planned)

    assert paused.state is SelectionState.PAUSED
    assert paused.tally.results == {Result.DONE: 1, Result.WAITING: 2}
    office.shop.broken = None
    assert office.selections.resume(planned.id)
    ended = office.performer.perform(planned, lambda: None)
    assert ended.tally.results == {Result.DONE: 3}


def test_a_plan_of_a_shop_that_is_away_fails_and_says_why(
    office: WooCommerceOffice,
) -> None:
    office.connect()
    office.shop.broken = maintenance()

    planned = office.plan()

    assert planned.state is SelectionState.FAILED
    assert planned.message


def test_the_days_of_a_period_are_those_of_the_company(
    office: WooCommerceOffice,
) -> None:
    office.zone = ZoneInfo("America/New_York")
    noon = office.company.clock.now().replace(hour=12, minute=0)
    placed = {}
    for hours, place in ((-9, "before"), (-7, "first"), (40, "last"), (41, "after")):
        office.shop.now = noon + timedelta(hours=hours)
        (placed[place],) = office.place(1)
    office.later(3)
    office.connect()

    planned = office.plan()

    page = office.selections.page(planned.id, None, size=10)
    found = [each.member.external_id for each in page.members]
    assert found == [str(placed["first"]), str(placed["last"])]


def test_a_shop_that_falls_silent_half_way_goes_on_where_it_was(
    office: WooCommerceOffice,
) -> None:
    office.place(130)
    office.later(2)
    office.connect()
    planned = office.plan()
    asked = len(office.shop.asked)
    office.shop.silent_after = asked + 60

    paused = office.start(planned)

    assert paused.state is SelectionState.PAUSED
    taken = len(office.company.rows())
    assert 0 < taken < 130
    office.shop.silent_after = None
    assert office.selections.resume(planned.id)
    ended = office.performer.perform(planned, office._catch_up)
    assert ended.tally.results == {Result.DONE: 130}
    assert len(office.company.rows()) == 130


def test_a_shop_that_asks_to_be_left_alone_while_the_plan_is_made_is_waited_for(
    office: WooCommerceOffice,
) -> None:
    office.place(130)
    office.later(2)
    office.connect()

    def busy_once() -> None:
        office.shop.broken = firewall(429, Retry_After="30")
        office.shop.before_list = lambda: None

    office.shop.before_list = busy_once
    planned = office.plan()

    assert planned.state is SelectionState.READY, planned.message
    assert planned.tally.outlooks == {Outlook.CREATES: 130}


def a_busy_shop(office: WooCommerceOffice, wait_s: int) -> None:
    """Have a shop ask, when the plan comes to its list, to be left alone."""
    office.place(3)
    office.later(2)
    office.connect()

    def busy_once() -> None:
        office.shop.broken = firewall(429, Retry_After=str(wait_s))
        office.shop.before_list = lambda: None
        office.busy_until = office.company.clock.now() + timedelta(seconds=wait_s)

    office.shop.before_list = busy_once


def test_no_other_process_takes_up_a_plan_that_waits_for_the_shop(
    office: WooCommerceOffice,
) -> None:
    a_busy_shop(office, wait_s=300)
    other = SelectionStore(office.company.database, "other")
    taken: list[Selection | None] = []
    office.while_waiting = lambda: taken.append(other.take())

    planned = office.plan()

    assert planned.state is SelectionState.READY, planned.message
    assert taken
    assert not any(taken)


def test_to_wait_for_the_shop_does_not_make_its_answers_seem_slow(
    office: WooCommerceOffice,
) -> None:
    a_busy_shop(office, wait_s=300)

    effort = office.plan().effort

    assert effort is not None
    assert effort.lasts < timedelta(minutes=1)


def test_a_plan_that_waits_for_the_shop_can_be_stopped(
    office: WooCommerceOffice,
) -> None:
    a_busy_shop(office, wait_s=300)
    began = office.company.clock.now()

    office.while_waiting = partial(office.selections.stop, 1)

    assert office.plan().state is SelectionState.STOPPED
    assert office.company.clock.now() - began < timedelta(minutes=1)


# A shop at Shopify --------------------------------------------------------------------


def test_orders_of_shopify_are_planned_and_taken_in(at_shopify: ShopifyOffice) -> None:
    first, second = at_shopify.shop.place(), at_shopify.shop.place("12_")
    at_shopify.shop.place("14_")
    at_shopify.later(3)
    at_shopify.shop.place()
    at_shopify.connect()

    planned = at_shopify.plan()
    ended = at_shopify.start(planned)

    assert planned.tally.outlooks == {Outlook.CREATES: 1, Outlook.SKIPS: 2}
    assert ended.tally.results == {Result.DONE: 1}
    assert [row.external_id for row in at_shopify.company.rows()] == [str(first)]
    page = at_shopify.selections.page(planned.id, Outlook.SKIPS, size=10)
    assert str(second) in {each.member.external_id for each in page.members}


def test_orders_that_shopify_prepares_for_long_are_waited_for(
    at_shopify: ShopifyOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.shops.shopify.reader._BULK_FROM", 5)
    for _ in range(12):
        at_shopify.shop.place()
    at_shopify.later(1)
    at_shopify.connect()
    at_shopify.shop.bulk_polls = 20

    planned = at_shopify.plan()

    assert planned.state is SelectionState.READY, planned.message
    assert planned.tally.outlooks == {Outlook.CREATES: 12}


def test_a_plan_that_a_process_left_half_way_is_made_by_the_next(
    at_shopify: ShopifyOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.shops.shopify.reader._BULK_FROM", 5)
    for _ in range(12):
        at_shopify.shop.place()
    at_shopify.later(1)
    at_shopify.connect()
    at_shopify.shop.bulk_polls = 20
    at_shopify.stopping = True

    planned = at_shopify.plan()

    assert planned.state is SelectionState.PLANNING


def test_a_shop_at_shopify_that_falls_silent_pauses_the_backfill(
    at_shopify: ShopifyOffice,
) -> None:
    at_shopify.shop.place()
    at_shopify.later(1)
    at_shopify.connect()
    planned = at_shopify.plan()
    at_shopify.shop.broken = Answer(503, b"")

    paused = at_shopify.start(planned)
    assert (paused.state, at_shopify.company.rows()) == (SelectionState.PAUSED, [])

    at_shopify.shop.broken = None
    assert at_shopify.selections.resume(planned.id)
    ended = at_shopify.performer.perform(planned, lambda: None)
    assert ended.tally.results == {Result.DONE: 1}


def test_the_rate_counts_from_when_it_last_went_on(office: WooCommerceOffice) -> None:
    selection = Selection(
        id=1,
        act=SelectionAct.BACKFILL,
        state=SelectionState.RUNNING,
        asked_by="Pat",
        created_at=office.company.clock.now(),
        resumed_at=office.company.clock.now(),
        handled_before=10,
    )
    selection.tally.results.update({Result.DONE: 40, Result.WAITING: 60})

    rate = rate_of(selection, office.company.clock.now() + timedelta(minutes=1))

    assert rate is not None
    assert rate.a_minute == 30
    assert rate.finish_at == office.company.clock.now() + timedelta(minutes=3)
