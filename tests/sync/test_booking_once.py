"""Whatever the books answer and whoever sleeps, every order is booked exactly once.

Who dies where, and hundreds of bad days: `tests/simulation`.
"""

from __future__ import annotations

import pytest

from dashboard.domain.books import ContactDraft
from tests.fixtures.builders import a_customer, an_order
from tests.fixtures.fake_books import Answer
from tests.fixtures.workers import Office


def part_paid_orders() -> list[object]:
    """Two orders of 12.00 with 5.00 paid: a second 5.00 would be accepted."""
    return [an_order(number, payments=("5.00",)) for number in ("1", "2")]


def test_an_order_becomes_a_contact_an_invoice_and_payments(office: Office) -> None:
    office.company.take_in(an_order("1", total="12.00", payments=("5.00", "7.00")))

    office.work_until_done()

    office.assert_booked_once("1")
    assert office.books.count(ContactDraft) == {"shop-c7": 1}
    assert len(office.books.sent) == 3


def test_sixty_orders_go_in_few_requests(office: Office) -> None:
    orders = [an_order(str(n), customer=a_customer(str(n))) for n in range(60)]
    office.company.take_in(*orders)

    office.work_until_done()

    office.assert_booked_once(*(str(n) for n in range(60)))
    assert len(office.books.sent) == 6


@pytest.mark.parametrize("answer", list(Answer))
@pytest.mark.parametrize("at", [0, 1, 2], ids=["contact", "invoice", "payment"])
def test_any_answer_at_any_step_books_once(
    office: Office, answer: Answer, at: int
) -> None:
    office.company.take_in(*part_paid_orders())
    office.books.answers.extend([Answer.OK] * at + [answer])

    office.work_until_done()
    for number in ("1", "2"):
        office.company.retry(number)
    office.work_until_done()

    office.assert_booked_once("1", "2")


@pytest.mark.parametrize("first", [Answer.LOST_AFTER, Answer.HALF, Answer.HALF_LATE])
@pytest.mark.parametrize("second", [Answer.LOST_AFTER, Answer.HALF, Answer.TOO_MANY])
def test_two_bad_answers_in_a_row_book_once(
    office: Office, first: Answer, second: Answer
) -> None:
    office.company.take_in(*part_paid_orders())
    office.books.answers.extend([Answer.OK, Answer.OK, first, second])
    office.books.silent_look_ups = 2

    office.work_until_done()

    office.assert_booked_once("1", "2")


def test_a_worker_that_wakes_up_late_does_no_harm(office: Office) -> None:
    office.company.take_in(*part_paid_orders())
    other = office.worker("other")

    def sleep_while_others_work() -> None:
        office.books.while_sending = lambda: None
        office.company.clock.advance(500)
        while office.step(other):
            office.company.clock.advance(1)

    for _ in range(3):
        office.books.while_sending = sleep_while_others_work
        office.work_until_done()

    office.assert_booked_once("1", "2")


def test_a_machine_that_slept_just_before_sending_does_not_send(
    office: Office,
) -> None:
    office.company.take_in(*part_paid_orders())
    sleepy, other = office.worker("sleepy"), office.worker("other")

    def sleep_while_others_work() -> None:
        office.company.clock.advance(500)
        while office.step(other):
            office.company.clock.advance(1)
        already_sent.extend(office.books.sent)

    already_sent: list[object] = []
    office.fate.pauses["after", "start_sending"] = sleep_while_others_work
    office.step(sleepy)
    office.step(sleepy)

    assert office.books.sent == already_sent
    office.work_until_done()
    office.assert_booked_once("1", "2")


def test_two_customers_of_one_name_become_two_contacts(office: Office) -> None:
    for number in ("1", "2"):
        customer = a_customer(number, company="Smith Ltd")
        office.company.take_in(an_order(number, customer=customer))

    office.work_until_done()
    statuses = office.company.statuses()

    assert statuses["1"] == "paid"
    assert office.books.count(ContactDraft)["shop-c1"] == 1
