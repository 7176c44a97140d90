"""What happens to an order that the shop, or the company, changes later."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dashboard.domain.order import OrderPhase
from dashboard.domain.rules import Correction, InvoiceWhen
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


def test_a_refund_is_credited_and_paid_out_one_after_the_other(
    company: Company,
) -> None:
    company.take_in(an_order())
    book(company, 3)
    company.take_in(an_order(refunds=(a_refund("2.00"),)))

    book(company, 2)

    assert company.posting("W-1042-CN1").state == "confirmed"
    assert company.posting("W-1042-CN1-R").state == "confirmed"
    assert company.status() == "paid"


def test_a_credit_note_is_for_the_contact_of_its_invoice(company: Company) -> None:
    company.take_in(an_order(customer=a_customer("7")))
    book(company, 3)
    other = a_customer("8")
    company.take_in(an_order(customer=other, refunds=(a_refund("2.00"),)))

    claim = confirm_next(company)

    (note,) = claim.members
    contact, invoice = company.posting("shop-c7"), company.posting("W-1042")
    assert note.natural_key == "W-1042-CN1"
    assert note.required_document_id == invoice.document_id
    assert note.also_required_document_id == contact.document_id


def test_each_allocation_is_a_request_of_its_own(company: Company) -> None:
    rules = replace(RULES, invoice_when=InvoiceWhen.ORDERED)
    company.settings.save_rules(rules, expected_version=1)
    refunds = (a_refund("2.00"),)
    company.take_in(*(an_order(n, payments=(), refunds=refunds) for n in ("1", "2")))
    book(company, 3)

    first, second = confirm_next(company), confirm_next(company)

    assert [m.natural_key for m in first.members] == ["W-1-CN1-A1"]
    assert [m.natural_key for m in second.members] == ["W-2-CN1-A1"]


def test_a_changed_order_goes_on_as_a_person_chose(company: Company) -> None:
    company.take_in(an_order())
    book(company, 3)
    company.take_in(an_order(total="20.00"))
    assert company.status() == "needs attention"
    row = company.row()
    options = company.orders.options(row.id, read, plan)
    assert options is not None
    assert [p.natural_key for p in options.postings[Correction.RENEW]] == [
        "W-1042-CNX",
        "shop-c7",
        "W-1042-2",
        "W-1042-CNX-A1",
    ]

    assert company.orders.correct(
        row.id, options.revision_id, Correction.RENEW, read, plan, actor="Pat"
    )

    book(company, 3)
    assert company.row().invoice_number == "W-1042-2"
    assert company.status() == "invoiced"


def test_a_difference_that_was_to_be_invoiced_can_become_a_credit_note(
    company: Company,
) -> None:
    rules = replace(RULES, correction=Correction.ADJUST)
    company.settings.save_rules(rules, expected_version=1)
    company.take_in(an_order())
    book(company, 3)
    company.take_in(an_order(total="20.00"))

    company.take_in(an_order(total="8.00"))

    assert company.posting("W-1042-C1").kind == "credit note"
    claim = confirm_next(company)
    assert [m.natural_key for m in claim.members] == ["W-1042-C1"]


def test_a_credit_note_after_another_is_for_the_contact_of_the_invoice(
    company: Company,
) -> None:
    company.take_in(an_order(customer=a_customer("7")))
    book(company, 3)
    refunds = (a_refund("2.00", "1"), a_refund("3.00", "2"))
    company.take_in(an_order(customer=a_customer("8"), refunds=refunds))

    first, second = confirm_next(company), confirm_next(company)

    contact = company.posting("shop-c7")
    assert [m.natural_key for m in first.members] == ["W-1042-CN1"]
    assert [m.natural_key for m in second.members] == ["W-1042-CN2"]
    assert second.members[0].also_required_document_id == contact.document_id


def test_a_choice_for_an_older_version_of_the_order_does_not_count(
    company: Company,
) -> None:
    company.take_in(an_order())
    book(company, 3)
    company.take_in(an_order(total="20.00"))
    seen = company.row().revision_id
    assert seen is not None
    company.take_in(an_order(total="30.00"))

    chosen = company.orders.correct(
        company.row().id, seen, Correction.RENEW, read, plan, actor="Pat"
    )

    assert not chosen
    assert company.status() == "needs attention"


def test_an_ignored_order_asks_again_when_its_refund_grows(company: Company) -> None:
    company.take_in(an_order(payments=("5.00",)))
    company.settings.save_rules(
        replace(RULES, invoice_when=InvoiceWhen.ORDERED), expected_version=1
    )
    company.orders.plan_again(company.orders.changeable_order_ids(), read, plan)
    book(company, 3)
    company.take_in(an_order(payments=("5.00",), refunds=(a_refund("2.00"),)))
    assert company.orders.ignore(company.row().id, "credited by hand", actor="Pat")

    company.take_in(an_order(payments=("5.00",), refunds=(a_refund("3.00"),)))

    assert company.status() == "needs attention"
    assert "was ignored by Pat (credited by hand)" in company.row().message
    company.retry("1042")
    assert company.status() == "in progress"


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


def test_orders_that_truly_are_on_their_way_for_long_hide_no_other(
    company: Company,
) -> None:
    company.take_in(*(an_order(number) for number in ("1", "2", "3")))
    company.lose_status("3")
    company.clock.advance(timedelta(minutes=5).total_seconds())

    after = company.orders.refresh_lagging(at_once=2)
    after = company.orders.refresh_lagging(after, at_once=2)

    assert company.statuses() == {"1": "queued", "2": "queued", "3": "queued"}
    assert after == 0
