"""The payments a shop took beside those on its invoice: which do not agree. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dashboard.domain.booked import BookedPayment
from dashboard.domain.books import Draft, PaymentDraft
from dashboard.domain.keys import payment_reference
from dashboard.domain.money import ZERO, to_cents
from dashboard.domain.order import Order
from dashboard.domain.reconciliation import Reason


@dataclass(frozen=True, kw_only=True)
class PaymentGap:
    """A payment shop and books do not agree on; the amounts of either side.

    *payment* is its reference, or the books' own id where it has none.
    """

    reason: Reason
    payment: str
    text: str
    shop: Decimal
    books: Decimal


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """A payment that should be there; *bank_account* is empty if we booked none."""

    reference: str
    amount: Decimal
    paid_on: date
    bank_account: str


def compare_payments(
    order: Order | None,
    invoice_number: str,
    sent: Sequence[Draft],
    booked: Sequence[BookedPayment],
    banks: Mapping[str, str],
) -> Iterator[PaymentGap]:
    """Yield what differs between the payments of an order and those *booked*.

    A payment without our reference stands for one of the same amount: somebody
    entered it by hand, and the money is the same.
    """
    rest = list(booked)
    lacking = []
    for wanted in _wanted(order, invoice_number, sent):
        found = [p for p in rest if p.reference == wanted.reference]
        for payment in found:
            rest.remove(payment)
        if not found:
            lacking.append(wanted)
            continue
        yield from _twice(wanted, found)
        yield from _differs(wanted, found[0], banks)
    for wanted in lacking:
        by_hand = next((p for p in rest if p.amount == wanted.amount), None)
        if by_hand is None:
            yield _not_there(wanted)
        else:
            rest.remove(by_hand)
            yield from _differs(wanted, by_hand, banks)
    for payment in rest:
        yield _not_from_shop(payment)


def _wanted(
    order: Order | None, invoice_number: str, sent: Sequence[Draft]
) -> Iterator[_Wanted]:
    """Yield what the shop took, with the bank account it was booked on."""
    drafts = {d.reference: d for d in sent if isinstance(d, PaymentDraft)}
    if order is None:
        for draft in drafts.values():
            yield _Wanted(
                reference=draft.reference,
                amount=draft.amount,
                paid_on=draft.paid_on,
                bank_account=draft.bank_account,
            )
        return
    number = next((d.invoice_number for d in drafts.values()), invoice_number)
    for position, payment in enumerate(order.payments, start=1):
        amount = to_cents(payment.amount)
        reference = payment_reference(number, position)
        booked = drafts.get(reference)
        if amount:
            yield _Wanted(
                reference=reference,
                amount=amount,
                paid_on=booked.paid_on if booked else payment.day,
                bank_account=booked.bank_account if booked else "",
            )


def _twice(wanted: _Wanted, found: Sequence[BookedPayment]) -> Iterator[PaymentGap]:
    if len(found) > 1:
        yield PaymentGap(
            reason=Reason.TWICE,
            payment=wanted.reference,
            text=f"Payment {wanted.reference} is in the books {len(found)} times",
            shop=wanted.amount,
            books=sum((payment.amount for payment in found), ZERO),
        )


def _differs(
    wanted: _Wanted, payment: BookedPayment, banks: Mapping[str, str]
) -> Iterator[PaymentGap]:
    def gap(reason: Reason, what: str) -> PaymentGap:
        return PaymentGap(
            reason=reason,
            payment=wanted.reference,
            text=f"Payment {wanted.reference} {what}",
            shop=wanted.amount,
            books=payment.amount,
        )

    if payment.amount != wanted.amount:
        what = f"is {payment.amount} in the books and {wanted.amount} in the shop"
        yield gap(Reason.OTHER_AMOUNT, what)
    bank = banks.get(payment.id, "")
    if wanted.bank_account and bank and bank != wanted.bank_account:
        what = f"is on bank account {bank} and was booked on {wanted.bank_account}"
        yield gap(Reason.OTHER_BANK_ACCOUNT, what)
    if wanted.bank_account and payment.paid_on not in {None, wanted.paid_on}:
        what = f"is dated {payment.paid_on} and was booked on {wanted.paid_on}"
        yield gap(Reason.OTHER_DAY, what)


def _not_there(wanted: _Wanted) -> PaymentGap:
    return PaymentGap(
        reason=Reason.NOT_THERE,
        payment=wanted.reference,
        text=f"Payment {wanted.reference} of {wanted.amount} is not in the books",
        shop=wanted.amount,
        books=ZERO,
    )


def _not_from_shop(payment: BookedPayment) -> PaymentGap:
    named = f' "{payment.reference}"' if payment.reference else ""
    return PaymentGap(
        reason=Reason.NOT_FROM_SHOP,
        payment=payment.reference or payment.id,
        text=f"The books have a payment{named} of {payment.amount} that the shop "
        "does not know of",
        shop=ZERO,
        books=payment.amount,
    )
