"""A period is booked afterwards: said first what that comes to, then just that done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

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
from tests.fixtures.woocommerce_shop import WooCommerceShop, maintenance, served
from tests.fixtures.work import answer, confirm_next, send_next
from tests.fixtures.workers import Office
from tests.sync.test_pulling import Pulled

_RATE = TaxRule(
    situation=TaxSituation.RATE, rate_percent=Decimal(21), tax_type="OUTPUT2"
)


class Latecomer:
    """A company with a shop that had orders before it was connected."""

    def __init__(self, company: Company, shop: WooCommerceShop) -> None:
        self.booking = Office(company)
        settings = company.settings
        methods = PaymentRule(method="stripe", bank_account="090")
        rules = replace(
            RULES,
            tax_rules=(*RULES.tax_rules, _RATE),
            payment_rules=(*RULES.payment_rules, methods),
        )
        settings.save_rules(rules, expected_version=settings.rules_version())
        self.company = company
        self.shop = shop
        self.first = company.clock.now().date()
        self.connected: Pulled | None = None
        self.selections = SelectionStore(company.database, "test")
        self.waits = 0

    def connect(self) -> Pulled:
        """Connect the shop: orders placed from here on are pulled by themselves."""
        self.connected = Pulled(self.company, self.shop)
        backfill = Backfill(
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
        )
        actions = OrderActions(self.company.orders, self._wake)
        self.performer = Performer(self.selections, actions, backfill)
        return self.connected

    def place(self, number: int, sample: str = "02_") -> list[int]:
        return [self.shop.place(sample) for _ in range(number)]

    def later(self, days: int = 1) -> None:
        self.company.clock.advance(days * 86400)
        self.shop.tick(days * 86400)

    def plan(self) -> Selection:
        assert self.connected is not None
        period = Period(first=self.first, last=self.first + timedelta(days=1))
        asked = self.selections.ask_backfill(
            self.connected.here.id, period, "Pat", claim=True
        )
        return self.performer.plan(asked)

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


@pytest.fixture
def office(company: Company) -> Iterator[Latecomer]:
    with served(WooCommerceShop(company.clock.now())) as shop:
        yield Latecomer(company, shop)


def test_the_plan_names_every_order_of_the_period_and_books_none(
    office: Latecomer,
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
    office: Latecomer,
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
    office: Latecomer,
) -> None:
    connected = office.connect()
    office.shop.place("17_")
    connected.run()
    assert list(office.company.statuses().values()) == ["needs attention"]
    settings = office.company.settings
    rules = settings.rules()
    taxes = tuple(
        TaxRule(
            situation=TaxSituation.RATE, rate_percent=Decimal(rate), tax_type="CANADA"
        )
        for rate in ("5", "9.975", "14.975")
    )
    settings.save_rules(
        replace(rules, tax_rules=(*rules.tax_rules, *taxes)),
        expected_version=settings.rules_version(),
    )

    planned = office.plan()
    ended = office.start(planned)

    assert planned.tally.outlooks == {Outlook.CREATES: 1}
    assert ended.tally.results == {Result.DONE: 1}
    assert list(office.company.statuses().values()) == ["queued"]


def test_what_the_books_made_doubtful_waits_for_a_person(office: Latecomer) -> None:
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


def test_what_became_doubtful_after_the_plan_waits_too(office: Latecomer) -> None:
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
    office: Latecomer,
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


def test_no_more_is_taken_up_than_the_books_can_follow(office: Latecomer) -> None:
    office.place(130)
    office.later(2)
    office.connect()

    ended = office.start(office.plan())

    assert ended.tally.results == {Result.DONE: 130}
    assert office.waits >= 1


def test_a_shop_that_is_away_pauses_it_and_says_so(office: Latecomer) -> None:
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


def test_a_plan_of_a_shop_that_is_away_fails_and_says_why(office: Latecomer) -> None:
    office.connect()
    office.shop.broken = maintenance()

    planned = office.plan()

    assert planned.state is SelectionState.FAILED
    assert planned.message


def test_the_rate_counts_from_when_it_last_went_on(office: Latecomer) -> None:
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
