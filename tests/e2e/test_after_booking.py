"""What the shop does after an order is booked, followed into the books."""

from __future__ import annotations

from decimal import Decimal

from tests.e2e.books import Books
from tests.e2e.company import Company
from tests.e2e.woocommerce import an_order

LATER = {"date_modified_gmt": "2026-11-23T09:00:00"}


def test_a_refund_becomes_a_credit_note_that_is_paid_out(
    serving: Company, books: Books
) -> None:
    serving.push(an_order(1042))
    serving.wait_for("1042", "paid", within_s=10)

    refund = {"id": 77, "reason": "Too small", "total": "-2.08"}
    serving.push(an_order(1042, refunds=[refund], **LATER))
    serving.wait_until_settled(within_s=10)

    note = books.credit_notes()["W-1042-CN77"]
    assert (note.total, note.left) == (Decimal("2.08"), 0)
    assert [(p.reference, p.amount) for p in note.paid_out] == [
        ("W-1042-CN77-R", Decimal("2.08"))
    ]
    assert serving.orders()["1042"].status == "paid"
    books.check(["W-1042"], ["W-1042"])


def test_a_cancelled_order_that_nobody_paid_has_its_invoice_voided(
    serving: Company, books: Books
) -> None:
    serving.cli("rules", "set", "--invoice-when", "ordered")
    unpaid = {"status": "on-hold", "date_paid": None, "date_paid_gmt": None}
    serving.push(an_order(1042, **unpaid))
    serving.wait_for("1042", "invoiced", within_s=10)

    serving.push(an_order(1042, **{**unpaid, "status": "cancelled"}, **LATER))
    serving.wait_for("1042", "credited", within_s=10)

    (invoice,) = books.invoices()
    assert invoice.status == "VOIDED"


def test_a_cancelled_order_that_was_paid_is_credited_and_its_return_paid_from_that(
    serving: Company, books: Books
) -> None:
    serving.push(an_order(1042))
    serving.wait_for("1042", "paid", within_s=10)

    serving.push(an_order(1042, status="cancelled", **LATER))
    serving.wait_for("1042", "credited", within_s=10)
    serving.push(an_order(1042, date_modified_gmt="2026-11-24T09:00:00"))
    serving.wait_for("1042", "paid", within_s=10)

    note = books.credit_notes()["W-1042-CNX"]
    assert note.allocated == (("W-1042-2", Decimal("12.08")),)
    again = next(i for i in books.invoices() if i.number == "W-1042-2")
    assert (again.status, again.due) == ("PAID", 0)


def test_a_refund_whose_answers_are_lost_is_booked_once(
    serving: Company, books: Books
) -> None:
    serving.push(an_order(1042))
    serving.wait_for("1042", "paid", within_s=10)
    for path in ("/CreditNotes", "/Payments"):
        books.fault(
            "lose_answer",
            options={"how": "reset", "when": "after"},
            match={"method": "PUT", "path": path},
            times=1,
        )

    refund = {"id": 77, "reason": "", "total": "-12.08"}
    serving.push(an_order(1042, refunds=[refund], **LATER))
    serving.wait_for("1042", "credited", within_s=30)

    note = books.credit_notes()["W-1042-CN77"]
    assert len(note.paid_out) == 1
    assert note.left == 0
