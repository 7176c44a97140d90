"""Due postings become a request: whole, in order, and with its bytes fixed (T1)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from dashboard.domain.exchanges import FrozenRequest, Refused
from dashboard.domain.order import OrderPhase
from dashboard.domain.postings import Posting, PostingKind
from dashboard.domain.problems import Cause
from tests.fixtures.builders import a_customer, a_problem, an_order
from tests.fixtures.company import Company
from tests.fixtures.fake_books import freeze
from tests.fixtures.work import accepted, answer, claim_next, confirm_next, send_next


def test_contacts_go_first_then_invoices_then_payments(company: Company) -> None:
    company.take_in(an_order())

    kinds = [confirm_next(company).kind for _ in range(3)]

    assert kinds == [PostingKind.CONTACT, PostingKind.INVOICE, PostingKind.PAYMENT]
    assert company.status() == "paid"


def test_nothing_is_prepared_before_what_it_builds_on_is_confirmed(
    company: Company,
) -> None:
    company.take_in(an_order())
    send_next(company)

    assert not company.queue().prepare(freeze)


def test_a_batch_carries_fifty_at_most(company: Company) -> None:
    orders = (an_order(str(n), customer=a_customer(str(n))) for n in range(53))
    company.take_in(*orders)

    sizes = [len(confirm_next(company).members) for _ in range(4)]

    assert sizes == [50, 3, 50, 3]


def test_orders_that_stopped_are_left_out(company: Company) -> None:
    company.take_in(an_order("1"), an_order("2"))
    company.take_in(an_order("2", total="-5.00"))

    confirm_next(company)
    claim = confirm_next(company)

    assert [member.natural_key for member in claim.members] == ["W-1"]


def test_a_customer_that_no_order_needs_any_more_is_left_out(company: Company) -> None:
    company.take_in(an_order())
    company.take_in(an_order(phase=OrderPhase.CANCELLED))

    assert company.queue().due() is None
    assert not company.queue().prepare(freeze)


def test_what_a_person_asked_for_goes_before_all_that_waits(company: Company) -> None:
    company.take_in(an_order("1"))
    confirm_next(company)
    refused = send_next(company)
    answer(company, refused, [Refused(problem=a_problem())])
    company.take_in(
        *(an_order(str(n), customer=a_customer(f"c{n}")) for n in range(2, 60))
    )
    due = company.queue().due()
    assert due is not None
    assert (due.kinds[0], due.urgent) == (PostingKind.CONTACT, False)

    company.retry("1")

    due = company.queue().due()
    assert due is not None
    assert (due.kinds[0], due.urgent) == (PostingKind.INVOICE, True)
    claim = company.queue().prepare(freeze, due.kinds)
    assert claim is not None
    assert claim.urgent
    assert [member.natural_key for member in claim.members] == ["W-1"]


def test_a_request_knows_the_document_it_builds_on(company: Company) -> None:
    company.take_in(an_order())
    confirm_next(company)

    (member,) = claim_next(company).members

    assert member.required_document_id == "D-shop-c7"


def test_the_same_content_tried_again_has_another_key(company: Company) -> None:
    company.take_in(an_order())
    refused = send_next(company)
    answer(company, refused, [Refused(problem=a_problem())])
    company.retry("1042")

    again = claim_next(company)

    assert again.body == refused.body
    assert again.idempotency_key != refused.idempotency_key


def test_the_bytes_stay_as_they_were_frozen(company: Company) -> None:
    company.take_in(an_order(total="12.00"))
    confirm_next(company)
    first = claim_next(company)

    company.take_in(an_order(total="20.00"))

    (request,) = [r for r in company.requests() if r.state != "done"]
    assert request.body == first.body
    assert "12.00" in json.loads(first.body)[0]["draft"]


def test_one_that_cannot_be_written_down_does_not_hold_up_the_others(
    company: Company,
) -> None:
    company.take_in(an_order("1"), an_order("2", note="poison"), an_order("3"))
    confirm_next(company)

    def picky(kind: PostingKind, postings: Sequence[Posting]) -> FrozenRequest:
        if any(posting.natural_key == "W-2" for posting in postings):
            raise ValueError("poison")
        return freeze(kind, postings)

    queue = company.queue()
    claim = queue.prepare(picky)

    assert company.row("2").cause == Cause.NOT_WRITABLE.value
    assert claim is not None
    assert queue.start_sending(claim)
    answer(company, claim, accepted(claim))
    assert company.postings()["W-1"] == company.postings()["W-3"] == "confirmed"
