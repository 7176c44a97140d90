"""What happens to an order that the shop, or the company, changes later."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dashboard.domain.order import OrderPhase
from dashboard.domain.rules import InvoiceWhen
from dashboard.store.orders import PlannedAgain
from dashboard.store.runs import RunStore
from dashboard.sync.plan import plan_order as plan
from tests.fixtures.builders import RULES, a_customer, a_refund, an_order, read
from tests.fixtures.company import Company
from tests.fixtures.work import confirm_next


def book(company: Company, steps: int) -> None:
    for _ in range(steps):
        confirm_next(company)


def test_a_change_back_to_an_earlier_version_counts(company: Company) -> None:
    company.take_in(an_order())
    company.take_in(an_order(phase=OrderPhase.CANCELLED))

    (taken,) = company.take_in(an_order())

    assert taken.news
    assert company.status() == "queued"


def test_a_payment_that_vanishes_after_booking_needs_a_person(
    company: Company,
) -> None:
    company.take_in(an_order())
    book(company, 3)

    company.take_in(an_order(payments=("5.00",)))

    assert company.status() == "needs attention"
    assert "W-1042-P1 of 12.00 EUR is booked" in company.row().message


def test_a_part_payment_leaves_the_order_invoiced(company: Company) -> None:
    rules = replace(RULES, invoice_when=InvoiceWhen.ORDERED)
    company.settings.save_rules(rules, expected_version=1)
    company.take_in(an_order(total="12.00", payments=("5.00",)))

    book(company, 3)

    assert company.status() == "invoiced"


def test_a_new_rule_reaches_orders_that_wait_in_the_queue(company: Company) -> None:
    company.take_in(an_order())
    rules = replace(RULES, sales_account="299")
    company.settings.save_rules(rules, expected_version=1)

    company.orders.plan_again(company.orders.changeable_order_ids(), read, plan)

    assert '"account": "299"' in company.posting("W-1042").draft


def test_an_ignored_order_comes_back_when_its_refund_grows(company: Company) -> None:
    company.take_in(an_order(refunds=(a_refund("2.00"),)))
    book(company, 3)
    assert company.orders.ignore(company.row().id, "credited by hand", actor="Pat")

    company.take_in(an_order(refunds=(a_refund("3.00"),)))

    assert company.status() == "needs attention"
    assert "The shop gave back 3.00 EUR" in company.row().message


def test_an_ignored_order_that_was_never_booked_stays_ignored(
    company: Company,
) -> None:
    company.take_in(an_order())
    assert company.orders.ignore(company.row().id, "a test order", actor="Pat")

    company.take_in(an_order(total="20.00"))

    assert company.status() == "ignored"


def test_a_contact_that_nobody_wants_any_more_is_no_work(company: Company) -> None:
    company.take_in(an_order(customer=a_customer("7")))
    company.take_in(an_order(customer=a_customer("8")))

    book(company, 3)

    assert company.postings()["shop-c7"] == "pending"
    assert RunStore(company.database, "process").work_due_in_s() is None


def test_a_contact_is_work_for_whoever_still_wants_it(company: Company) -> None:
    company.take_in(an_order("1"), an_order("2"))
    company.take_in(an_order("1", phase=OrderPhase.CANCELLED))

    assert RunStore(company.database, "process").work_due_in_s() == 0


def test_planning_again_tells_nothing_when_nothing_changed(company: Company) -> None:
    company.take_in(an_order(payments=()))
    before = company.story()

    company.orders.plan_again(company.orders.changeable_order_ids(), read, plan)

    assert company.story() == before


def test_one_order_that_cannot_be_planned_does_not_hold_up_the_rest(
    company: Company,
) -> None:
    company.take_in(an_order("1", payments=()), an_order("2", payments=()))
    rules = replace(RULES, invoice_when=InvoiceWhen.ORDERED)
    company.settings.save_rules(rules, expected_version=1)

    def fails_on_the_first(stored: object) -> object:
        if getattr(stored, "number", "") == "1":
            raise KeyError("lines")
        return read(stored)  # type: ignore[arg-type]

    ids = company.orders.changeable_order_ids()
    planned = company.orders.plan_again(ids, fails_on_the_first, plan)  # type: ignore[arg-type]

    assert planned == PlannedAgain(moved=1, failed=1)
    assert company.statuses() == {"1": "awaiting payment", "2": "queued"}


def test_an_order_on_its_way_for_long_is_looked_at_anew(company: Company) -> None:
    company.take_in(an_order())
    company.lose_status()
    company.clock.advance(timedelta(minutes=5).total_seconds())

    company.orders.refresh_lagging()

    assert company.status() == "queued"
