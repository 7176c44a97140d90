"""An order that comes in is kept as it came, planned once, and never lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from dashboard.domain.exchanges import Accepted, Refused
from dashboard.domain.order import OrderPhase
from dashboard.domain.rules import InvoiceWhen
from dashboard.sync.plan import plan_order
from tests.fixtures.builders import (
    RULES,
    a_customer,
    a_problem,
    a_revision,
    an_order,
    an_unread_revision,
    read,
)
from tests.fixtures.company import Company
from tests.fixtures.work import accepted, answer, confirm_next, send_next

EARLY, LATE = (datetime(2026, 11, 21, hour, tzinfo=UTC) for hour in (8, 9))


def test_a_new_order_waits_with_all_it_needs(company: Company) -> None:
    (taken,) = company.take_in(an_order("1042"))

    assert taken.news
    assert company.postings() == {
        "shop-c7": "pending",
        "W-1042": "pending",
        "W-1042-P1": "pending",
    }
    assert company.status() == "queued"


def test_an_order_over_nothing_gets_no_invoice(company: Company) -> None:
    company.take_in(an_order(total="0.00", payments=()))

    assert company.status() == "ignored"
    assert company.postings() == {}


def test_money_for_an_order_over_nothing_is_told_to_a_person(company: Company) -> None:
    company.take_in(an_order(total="0.00", payments=("12.00",)))

    assert company.status() == "needs attention"
    assert company.postings() == {}


def test_the_same_message_again_changes_nothing(company: Company) -> None:
    first, second = company.take_in(an_order(), an_order())

    assert (second.order_id, second.news) == (first.order_id, False)
    assert len(company.story()) == 2  # received, planned


def test_an_older_version_is_kept_but_changes_nothing(company: Company) -> None:
    company.take_in(an_order(total="20.00", modified_at=LATE))

    (taken,) = company.take_in(an_order(total="12.00", modified_at=EARLY))

    assert not taken.news
    assert company.row().total_hundredths == 2000
    assert "older version" in company.story()[-1]


def test_a_change_before_sending_replaces_what_is_sent(company: Company) -> None:
    company.take_in(an_order(total="12.00"))
    company.take_in(an_order(total="20.00"))

    assert '"total": "20.00"' in company.posting("W-1042").draft
    assert len(company.postings()) == 3


def test_a_change_after_booking_stops_for_a_person(company: Company) -> None:
    company.take_in(an_order(total="12.00"))
    confirm_next(company, times=2)

    company.take_in(an_order(total="20.00"))

    assert '"total": "12.00"' in company.posting("W-1042").draft
    assert company.row().cause == "order changed after booking"
    assert company.postings()["W-1042-P1"] == "pending"


def test_a_change_while_on_its_way_is_not_booked_twice(company: Company) -> None:
    company.take_in(an_order(total="12.00"))
    confirm_next(company)
    send_next(company)

    company.take_in(an_order(total="20.00"))

    assert company.postings()["W-1042"] == "in flight"
    assert company.status() == "in progress"


def test_another_customer_before_sending_is_whom_the_invoice_waits_for(
    company: Company,
) -> None:
    company.take_in(an_order(customer=a_customer("7")))
    company.take_in(an_order(customer=a_customer("8")))

    assert confirm_next(company).members[0].natural_key == "shop-c8"
    assert confirm_next(company).members[0].natural_key == "W-1042"


def test_an_order_cancelled_before_sending_is_not_booked(company: Company) -> None:
    company.take_in(an_order())

    company.take_in(an_order(phase=OrderPhase.CANCELLED))

    assert company.postings()["W-1042"] == "cancelled"
    assert company.postings()["W-1042-P1"] == "cancelled"
    assert company.status() == "ignored"


def test_a_cancelled_order_that_comes_back_is_booked(company: Company) -> None:
    company.take_in(an_order())
    company.take_in(an_order(phase=OrderPhase.CANCELLED, modified_at=EARLY))

    company.take_in(an_order(modified_at=LATE))

    assert set(company.postings().values()) == {"pending"}
    assert company.status() == "queued"


def test_an_invoice_is_voided_once_its_order_is_cancelled(company: Company) -> None:
    company.take_in(an_order())
    confirm_next(company, times=2)

    company.take_in(an_order(phase=OrderPhase.CANCELLED))

    assert company.status() == "in progress"
    confirm_next(company)
    assert company.posting("W-1042-VOID").state == "confirmed"
    assert company.posting("W-1042-P1").state == "cancelled"
    assert company.status() == "credited"


def test_two_orders_of_one_customer_share_the_contact(company: Company) -> None:
    company.take_in(an_order("1"), an_order("2"))

    assert list(company.postings()).count("shop-c7") == 1
    confirm_next(company)
    assert [m.natural_key for m in confirm_next(company).members] == ["W-1", "W-2"]


def test_a_number_that_another_order_bears_stops_the_second(company: Company) -> None:
    company.take_in(an_order("1042", external_id="a"))

    company.take_in(an_order("1042", external_id="b", total="99.00"))

    first, second = company.rows()
    assert (first.status, first.cause) == ("queued", "")
    assert (second.status, second.cause) == ("needs attention", "number already taken")
    assert "1042" in second.message


def test_an_order_that_is_not_understood_is_kept_and_later_corrected(
    company: Company,
) -> None:
    company.orders.take_in(company.shop, an_unread_revision(), plan_order)
    assert company.row().cause == "order not understood"

    company.take_in(an_order())

    assert company.status() == "queued"
    assert company.row().cause == ""


def test_an_ignored_order_stays_ignored_when_the_shop_sends_it_again(
    company: Company,
) -> None:
    company.take_in(an_order())
    company.orders.ignore(company.row().id, "a test", actor="Pat")

    company.take_in(an_order(total="20.00"))

    assert company.status() == "ignored"
    assert company.row().reason == "Ignored by Pat: a test"
    assert company.postings()["W-1042"] == "cancelled"


def test_an_order_taken_up_again_is_booked_as_it_is_now(company: Company) -> None:
    company.take_in(an_order())
    company.orders.ignore(company.row().id, "a test", actor="Pat")
    company.take_in(an_order(total="20.00"))

    restored = company.orders.restore(
        company.row().id, read, plan_order, reason="needed", actor="Pat"
    )

    assert restored
    assert company.status() == "queued"
    assert '"total": "20.00"' in company.posting("W-1042").draft


def test_an_order_on_its_way_cannot_be_ignored(company: Company) -> None:
    company.take_in(an_order())
    confirm_next(company)
    send_next(company)

    assert not company.orders.ignore(company.row().id, "a test", actor="Pat")
    assert company.status() == "in progress"


def test_an_order_is_ignored_whose_customer_the_books_refused(
    company: Company,
) -> None:
    company.take_in(an_order("1"), an_order("2"))
    answer(company, send_next(company), [Refused(problem=a_problem())])

    assert company.ignore(company.row("1").id)

    assert company.statuses() == {"1": "ignored", "2": "needs attention"}


def test_an_order_that_waits_for_money_does_not_mind_its_customer(
    company: Company,
) -> None:
    company.take_in(an_order("1"), an_order("2"))
    answer(company, send_next(company), [Refused(problem=a_problem())])

    company.take_in(an_order("1", phase=OrderPhase.FAILED))

    assert company.statuses() == {"1": "awaiting payment", "2": "needs attention"}


def test_an_ignored_order_needs_a_person_again_when_its_invoice_is_there_twice(
    company: Company,
) -> None:
    company.take_in(an_order())
    confirm_next(company)
    claim = send_next(company)
    answer(company, claim, accepted(claim))
    answer(company, claim, [Accepted(document_id="E1")])

    assert company.ignore(company.row().id)
    assert company.status() == "ignored"
    answer(company, claim, [Accepted(document_id="E2")])

    assert company.status() == "needs attention"
    assert "twice" in company.row().message


def test_a_payment_that_comes_later_is_added(company: Company) -> None:
    rules = replace(RULES, invoice_when=InvoiceWhen.ORDERED)
    company.settings.save_rules(rules, expected_version=1)
    company.take_in(an_order(total="12.00", payments=("5.00",)))
    confirm_next(company, times=3)

    company.take_in(an_order(total="12.00", payments=("5.00", "7.00")))

    assert company.postings()["W-1042-P1"] == "confirmed"
    assert company.postings()["W-1042-P2"] == "pending"
    assert company.status() == "in progress"


def test_a_payment_booked_by_its_place_is_not_booked_again_by_its_id(
    company: Company,
) -> None:
    rules = replace(RULES, invoice_when=InvoiceWhen.ORDERED)
    company.settings.save_rules(rules, expected_version=1)
    order = an_order(total="12.00", payments=("5.00",))
    company.take_in(order)
    confirm_next(company, times=3)
    later = an_order(total="12.00", payments=("7.00", "5.00")).payments
    by_id = (
        replace(p, external_id=id_) for p, id_ in zip(later, ("78", "77"), strict=True)
    )

    company.take_in(replace(order, payments=tuple(by_id)))

    assert company.postings()["W-1042-P1"] == "confirmed"
    assert company.postings()["W-1042-P78"] == "pending"
    assert "W-1042-P77" not in company.postings()


def test_the_same_new_order_from_eight_at_once_is_one_order(company: Company) -> None:
    barrier = threading.Barrier(8)

    def take_in(number: int) -> bool:
        revision = a_revision(an_order(note=f"delivery {number}"))
        barrier.wait()
        return company.orders.take_in(company.shop, revision, plan_order).news

    with ThreadPoolExecutor(8) as threads:
        news = list(threads.map(take_in, range(8)))

    assert news == [True] * 8
    assert len(company.rows()) == 1
    assert sorted(company.postings()) == ["W-1042", "W-1042-P1", "shop-c7"]
    assert sum("Order received" in line for line in company.story()) == 1


def test_new_orders_of_one_new_customer_at_once_share_the_contact(
    company: Company,
) -> None:
    barrier = threading.Barrier(8)

    def take_in(number: int) -> None:
        barrier.wait()
        company.take_in(an_order(str(number)))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(take_in, range(8)))

    contacts = [key for key in company.postings() if key == "shop-c7"]
    assert (len(company.rows()), len(contacts)) == (8, 1)
