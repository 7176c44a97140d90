"""An order beside its documents: what differs is named with its cause, nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dashboard.domain.booked import (
    AppliedCredit,
    BookedDocument,
    BookedLine,
    BookedPayment,
    DocumentKind,
    DocumentState,
)
from dashboard.domain.books import (
    CreditNoteDraft,
    Draft,
    InvoiceDraft,
    PaymentDraft,
    RefundDraft,
    VoidDraft,
)
from dashboard.domain.order import LineItem, LineKind, LineTax, Order
from dashboard.domain.postings import Posting, PostingKind, PostingState
from dashboard.domain.reconciliation import Axis
from dashboard.domain.rules import (
    CompanyRules,
    PaymentRule,
    Shop,
    TaxRule,
    TaxSituation,
)
from dashboard.domain.status import Decision
from dashboard.mapping.documents import Documents, draft_documents
from dashboard.sync.comparison import OrderToCompare, compare, stand
from dashboard.sync.totals import Totals
from tests.fixtures.builders import ORDERED_AT, an_order

RULES = CompanyRules(
    shipping_account="260",
    fee_account="270",
    tax_rules=(
        TaxRule(
            situation=TaxSituation.RATE, rate_percent=Decimal(21), tax_type="OUTPUT2"
        ),
    ),
    payment_rules=(PaymentRule(method="card", bank_account="090"),),
)
SHOP = Shop(id=1, slug="shop", name="Shop", kind="json", prefix="W-")
DAY = date(2026, 11, 20)


def a_line(kind: LineKind, what: str, net: str, discount: str = "0.00") -> LineItem:
    tax = (Decimal(net) * Decimal("0.21")).quantize(Decimal("0.01"))
    return LineItem(
        kind=kind,
        description=what,
        net=Decimal(net),
        discount=Decimal(discount),
        taxes=(LineTax(rate_percent=Decimal(21), amount=tax),),
    )


LINES = (
    a_line(LineKind.PRODUCT, "Mug", "8.00", "2.00"),
    a_line(LineKind.PRODUCT, "Towel", "8.00"),
    a_line(LineKind.SHIPPING, "Post", "5.00"),
    a_line(LineKind.FEE, "Wrapping", "2.00"),
)


def the_order(**fields: Any) -> Order:
    """An order over 27.83, paid by card."""
    return an_order(total="27.83", **{"lines": LINES, **fields})


class Booked:
    """The order as it was booked, and its documents as they stand in the books."""

    def __init__(self, **fields: Any) -> None:
        order = the_order(**fields)
        documents = draft_documents(order, SHOP, RULES)
        assert isinstance(documents, Documents)
        self.order = order_to_compare(order, documents)
        self.invoice = as_booked(documents.invoice, documents.payments)

    def told(self, **fields: Any) -> OrderToCompare:
        """What the shop tells today, with the booking as it was."""
        now = replace(self.order.order or the_order(), **fields)
        return replace(
            self.order,
            order=now,
            total=now.total,
            paid=now.paid,
            refunded=now.refunded,
        )

    def line(self, place: int, **fields: Any) -> BookedDocument:
        """Return the invoice with one line changed, and the total with it."""
        lines = list(self.invoice.lines)
        lines[place] = replace(lines[place], **fields)
        return with_lines(self.invoice, *lines)


def order_to_compare(order: Order, documents: Documents) -> OrderToCompare:
    invoice = posting(1, PostingKind.INVOICE, documents.invoice, "I1", "C1")
    payments = (
        posting(place, PostingKind.PAYMENT, draft, f"P{place}", "I1")
        for place, draft in enumerate(documents.payments, start=2)
    )
    return OrderToCompare(
        id=7,
        shop=SHOP,
        number=order.number,
        day=order.day,
        currency=order.currency,
        total=order.total,
        paid=order.paid,
        refunded=order.refunded,
        gone=False,
        decision=Decision.BOOK,
        order=order,
        postings=(invoice, *payments),
    )


def posting(
    id: int,  # noqa: A002 - it is one
    kind: PostingKind,
    draft: Draft,
    document_id: str,
    required: str,
) -> Posting:
    key = getattr(draft, "number", "") or getattr(draft, "reference", "")
    return Posting(
        id=id,
        order_id=7,
        kind=kind,
        natural_key=key,
        draft=draft,
        state=PostingState.CONFIRMED,
        document_id=document_id,
        required_document_id=required,
        updated_at=ORDERED_AT,
    )


def as_booked(
    draft: InvoiceDraft, payments: tuple[PaymentDraft, ...]
) -> BookedDocument:
    return BookedDocument(
        kind=DocumentKind.INVOICE,
        id="I1",
        number=draft.number,
        reference=draft.reference,
        state=DocumentState.LIVE,
        contact_id="C1",
        issued_on=draft.issued_on,
        currency=draft.currency,
        total=draft.total,
        lines=tuple(
            BookedLine(
                description=line.description,
                net=line.net,
                tax=line.tax,
                tax_type=line.tax_type,
                account=line.account,
                discount=line.discount,
            )
            for line in draft.lines
        ),
        payments=tuple(
            BookedPayment(
                id=f"P{place}",
                reference=payment.reference,
                amount=payment.amount,
                paid_on=payment.paid_on,
            )
            for place, payment in enumerate(payments, start=2)
        ),
    )


def with_lines(document: BookedDocument, *lines: BookedLine) -> BookedDocument:
    total = sum((line.net + line.tax for line in lines), Decimal(0))
    return replace(document, lines=lines, total=total)


def a_copy(document: BookedDocument, **fields: Any) -> BookedDocument:
    return replace(document, **{"id": "I2", "number": "INV-7", "payments": ()} | fields)


def found(
    order: OrderToCompare, *documents: BookedDocument, **banks: str
) -> list[tuple[str, str]]:
    """Return kind and reason of everything that differs."""
    return [
        (each.kind.value, each.reason.value)
        for each in compare(order, documents, banks, RULES)
    ]


def test_what_is_as_it_was_booked_is_no_difference() -> None:
    booked = Booked()

    assert found(booked.order, booked.invoice, P2="090") == []


def test_invoice_that_is_not_there_is_missing() -> None:
    assert found(Booked().order) == [("missing", "not there")]


def test_invoice_voided_by_hand_is_told_while_the_shop_still_asks_for_it() -> None:
    booked = Booked()
    voided = replace(booked.invoice, state=DocumentState.DEAD)

    assert found(booked.order, voided) == [("voided", "voided")]
    assert found(replace(booked.order, gone=True), voided) == []


def test_invoice_made_anew_by_hand_takes_the_place_of_a_voided_one() -> None:
    booked = Booked(payments=())
    voided = replace(booked.invoice, state=DocumentState.DEAD)

    assert found(booked.order, voided, a_copy(booked.invoice)) == []


def test_second_invoice_of_an_order_is_a_double_unless_it_makes_up_the_total() -> None:
    booked = Booked(payments=())
    more = booked.told(total=Decimal("30.00"))
    rest = a_copy(booked.invoice, total=Decimal("2.17"), lines=())

    assert found(booked.order, booked.invoice, a_copy(booked.invoice)) == [
        ("double", "same order")
    ]
    assert found(more, booked.invoice, rest) == []


def test_draft_that_somebody_began_does_not_count() -> None:
    booked = Booked()
    draft = a_copy(booked.invoice, state=DocumentState.DRAFT)

    assert found(booked.order, booked.invoice, draft) == []


CENT = Decimal("0.01")


@pytest.mark.parametrize(
    ("place", "fields", "reason"),
    [
        (1, {"tax": Decimal("1.69")}, "tax"),
        (0, {"net": Decimal("9.00"), "discount": Decimal("1.00")}, "discount"),
        (1, {"net": Decimal("8.01")}, "goods"),
        (2, {"net": Decimal("4.99")}, "shipping"),
        (3, {"net": Decimal("3.00"), "tax": Decimal("0.63")}, "fee"),
    ],
)
def test_cause_of_another_amount_is_the_line_that_was_changed(
    place: int, fields: dict[str, Decimal], reason: str
) -> None:
    booked = Booked(payments=())

    changed = booked.line(place, **fields)

    assert found(booked.order, changed) == [("amount differs", reason)]


def test_line_taken_away_or_added_tells_what_it_stood_for() -> None:
    booked = Booked(payments=())
    goods, towel, post, wrapping = booked.invoice.lines
    cent = replace(goods, description="Adjustment", net=CENT, tax=Decimal(0))

    def reasons(*lines: BookedLine) -> list[tuple[str, str]]:
        return found(booked.order, with_lines(booked.invoice, *lines))

    assert reasons(goods, towel, wrapping) == [("amount differs", "shipping")]
    assert reasons(goods, towel, post) == [("amount differs", "fee")]
    assert reasons(goods, towel, post, wrapping, cent) == [
        ("amount differs", "rounding")
    ]
    less = replace(cent, net=Decimal("-3.00"))
    assert reasons(goods, towel, post, wrapping, less) == [
        ("amount differs", "discount")
    ]


def test_total_that_the_lines_do_not_make_was_rounded_by_the_books() -> None:
    booked = Booked(payments=())
    rounded = replace(booked.invoice, total=booked.invoice.total + CENT)

    assert found(booked.order, rounded) == [("amount differs", "rounding")]


def test_order_changed_after_booking_is_the_shops_doing() -> None:
    booked = Booked(payments=())

    assert found(booked.told(total=Decimal("30.00")), booked.invoice) == [
        ("amount differs", "changed in the shop")
    ]
    assert found(replace(booked.order, gone=True), booked.invoice) == [
        ("amount differs", "cancelled in the shop")
    ]


def test_refund_and_credit_must_come_to_the_same() -> None:
    booked = Booked()
    refunded = replace(booked.order, refunded=Decimal("5.00"))
    credited = replace(
        booked.invoice,
        credits=(AppliedCredit(credit_note_id="N1", amount=Decimal("5.00")),),
    )
    note = replace(
        a_copy(booked.invoice, lines=()),
        kind=DocumentKind.CREDIT_NOTE,
        id="N1",
        total=Decimal("5.00"),
    )

    assert found(refunded, booked.invoice) == [("amount differs", "refund")]
    assert found(booked.order, credited) == [
        ("amount differs", "credited in the books")
    ]
    assert found(refunded, credited) == []
    assert found(refunded, credited, note) == []
    assert found(refunded, booked.invoice, note) == []


def test_refund_that_was_credited_and_paid_out_must_stay_so() -> None:
    booked = Booked()
    draft = CreditNoteDraft(
        number="W-1042-CN9",
        invoice_number="W-1042",
        reference=booked.invoice.reference,
        issued_on=DAY,
        currency="EUR",
        total=Decimal("5.00"),
        lines=(),
        refund="9",
    )
    paid_out = RefundDraft(
        reference="W-1042-CN9-R",
        credit_note_number="W-1042-CN9",
        amount=Decimal("5.00"),
        paid_on=DAY,
        bank_account="090",
        refund="9",
    )
    order = replace(
        booked.order,
        refunded=Decimal("5.00"),
        postings=(
            *booked.order.postings,
            posting(8, PostingKind.CREDIT_NOTE, draft, "N1", "I1"),
            posting(9, PostingKind.REFUND, paid_out, "R1", "N1"),
        ),
    )
    payment = BookedPayment(
        id="R1", reference="W-1042-CN9-R", amount=Decimal("5.00"), paid_on=DAY
    )
    note = replace(
        a_copy(booked.invoice, number="W-1042-CN9", lines=(), payments=(payment,)),
        kind=DocumentKind.CREDIT_NOTE,
        id="N1",
        total=Decimal("5.00"),
    )

    assert found(order, booked.invoice, note) == []
    assert found(order, booked.invoice) == [("missing", "not there")]
    assert found(order, booked.invoice, replace(note, state=DocumentState.DEAD)) == [
        ("amount differs", "refund")
    ]
    assert found(order, booked.invoice, replace(note, payments=())) == [
        ("payment differs", "not there")
    ]


def test_invoice_we_voided_ourselves_is_not_told() -> None:
    booked = Booked(payments=())
    void = posting(9, PostingKind.VOID, VoidDraft(invoice_number="W-1042"), "I1", "I1")
    order = replace(booked.order, gone=True, postings=(*booked.order.postings, void))
    voided = replace(booked.invoice, state=DocumentState.DEAD)

    assert found(order, voided) == []
    assert found(order, booked.invoice) == [("amount differs", "cancelled in the shop")]


def test_another_currency_is_told_whatever_the_amount() -> None:
    booked = Booked(payments=())

    assert found(booked.order, replace(booked.invoice, currency="USD")) == [
        ("amount differs", "currency")
    ]


def test_payments_are_compared_by_reference() -> None:
    booked = Booked()
    (payment,) = booked.invoice.payments

    def reasons(*payments: BookedPayment, **banks: str) -> list[tuple[str, str]]:
        return found(booked.order, replace(booked.invoice, payments=payments), **banks)

    later = DAY + timedelta(days=40)
    assert reasons() == [("payment differs", "not there")]
    assert reasons(payment, replace(payment, id="P9")) == [("payment differs", "twice")]
    assert reasons(replace(payment, amount=Decimal("20.00"))) == [
        ("payment differs", "other amount")
    ]
    assert reasons(payment, P2="091") == [("payment differs", "other bank account")]
    assert reasons(replace(payment, paid_on=later)) == [
        ("payment differs", "other day")
    ]
    tip = replace(payment, id="P9", reference="", amount=Decimal("1.00"))
    assert reasons(payment, tip) == [("payment differs", "not from the shop")]
    assert reasons(replace(payment, id="P9", reference="")) == []


def test_a_payment_booked_by_its_place_is_the_one_that_has_an_id_now() -> None:
    booked = Booked()
    payments = tuple(
        replace(payment, external_id="502") for payment in the_order().payments
    )

    assert found(booked.told(payments=payments), booked.invoice) == []


def test_company_that_enters_payments_itself_is_told_nothing_of_them() -> None:
    booked = Booked()
    rules = replace(RULES, mark_as_paid=False)

    unpaid = replace(booked.invoice, payments=())

    assert compare(booked.order, [unpaid], {}, rules) == ()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"number": "W-1042-old"}, "number"),
        ({"reference": "something else"}, "reference"),
        ({"issued_on": DAY + timedelta(days=20)}, "day"),
        ({"contact_id": "C9"}, "contact"),
    ],
)
def test_edit_that_leaves_the_amount_is_noticed(
    fields: dict[str, Any], reason: str
) -> None:
    booked = Booked()

    edited = replace(booked.invoice, **fields)

    assert found(booked.order, edited) == [("edited in the books", reason)]


def test_lines_on_another_tax_type_or_ledger_account_are_noticed() -> None:
    booked = Booked()

    for fields, reason in (
        ({"tax_type": "NONE"}, "tax type"),
        ({"account": "400"}, "ledger account"),
        ({"description": "Mug, blue"}, None),
    ):
        expected = [("edited in the books", reason)] if reason else []
        assert found(booked.order, booked.line(0, **fields)) == expected


def test_order_that_asks_for_no_invoice_must_have_none() -> None:
    booked = Booked()
    skipped = replace(booked.order, postings=(), decision=Decision.SKIP)
    stopped = replace(skipped, decision=Decision.STOP)

    assert found(skipped, booked.invoice) == [("not in the shop", "not to be booked")]
    assert found(skipped) == []
    # What stopped it is told by its status already.
    assert found(stopped, booked.invoice) == []


def test_totals_are_of_both_sides() -> None:
    booked = Booked()
    changed = booked.line(2, net=Decimal("4.99"))
    totals = Totals()

    totals.add_order(booked.order, stand(booked.order, [changed]), RULES)
    totals.add_waiting(replace(booked.order, postings=()))
    totals.add_other(a_copy(booked.invoice))

    sums = {(t.axis, t.label): (t.shop, t.books) for t in totals.totals()}
    assert sums == {
        (Axis.DAY, "2026-11-20"): (Decimal("55.66"), Decimal("27.82")),
        (Axis.NET, "OUTPUT2"): (Decimal("23.00"), Decimal("22.99")),
        (Axis.TAX, "OUTPUT2"): (Decimal("4.83"), Decimal("4.83")),
        (Axis.METHOD, "card"): (Decimal("27.83"), Decimal("27.83")),
        (Axis.NOT_BOOKED, ""): (Decimal("27.83"), Decimal("0.00")),
        (Axis.OTHER_ORIGIN, ""): (Decimal("0.00"), Decimal("27.83")),
    }


def test_payments_of_a_shop_whose_payments_are_not_booked_are_no_total() -> None:
    booked = Booked()
    totals = Totals()

    totals.add_order(
        booked.order,
        stand(booked.order, [replace(booked.invoice, payments=())]),
        replace(RULES, mark_as_paid=False),
    )

    assert Axis.METHOD not in {total.axis for total in totals.totals()}
