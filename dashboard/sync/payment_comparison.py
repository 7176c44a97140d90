"""The payments a shop took beside those on its invoice: which do not agree. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from dashboard.domain.booked import BookedPayment
from dashboard.domain.books import Draft, PaymentDraft, RefundDraft
from dashboard.domain.keys import payment_reference
from dashboard.domain.money import ZERO, to_cents
from dashboard.domain.order import Order
from dashboard.domain.reconciliation import Reason
from dashboard.domain.sentences import say
from dashboard.sync.same_payments import keep_references


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
    yield from _compare(list(_wanted(order, invoice_number, sent)), booked, banks)


def compare_refunds(
    sent: Sequence[Draft], booked: Sequence[BookedPayment], banks: Mapping[str, str]
) -> Iterator[PaymentGap]:
    """Yield what differs between the money we booked as paid out and what is there."""
    wanted = [
        _Wanted(
            reference=draft.reference,
            amount=draft.amount,
            paid_on=draft.paid_on,
            bank_account=draft.bank_account,
        )
        for draft in sent
        if isinstance(draft, RefundDraft)
    ]
    yield from _compare(wanted, booked, banks)


def _compare(
    every: Sequence[_Wanted],
    booked: Sequence[BookedPayment],
    banks: Mapping[str, str],
) -> Iterator[PaymentGap]:
    rest = list(booked)
    lacking = []
    for wanted in every:
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
    drafts = [d for d in sent if isinstance(d, PaymentDraft)]
    for told in keep_references(_told(order, invoice_number, drafts), drafts):
        parts = [d for d in drafts if _is_part(d, told)]
        drafts = [d for d in drafts if d not in parts]
        if len(parts) > 1:  # it settles several invoices
            yield from map(_as_booked, parts)
        elif parts:
            (part,) = parts
            # Where only a part of what was taken is booked, that part is wanted.
            yield (
                _as_booked(part)
                if part.taken
                else replace(_as_booked(part), amount=told.amount)
            )
        elif told.amount:
            yield _as_booked(told)
    if order is None:
        yield from map(_as_booked, drafts)


def _told(
    order: Order | None, invoice_number: str, sent: Sequence[PaymentDraft]
) -> list[PaymentDraft]:
    """Return what the shop took, under the invoice's number that it was sent with."""
    numbers = (invoice_number, *(draft.invoice_number for draft in sent))
    references = {draft.reference for draft in sent}
    return [
        PaymentDraft(
            reference=next(
                (
                    reference
                    for number in numbers
                    if (reference := payment_reference(number, key)) in references
                ),
                payment_reference(invoice_number, key),
            ),
            invoice_number=invoice_number,
            amount=to_cents(payment.amount),
            paid_on=payment.day,
            bank_account="",
        )
        for key, payment in (() if order is None else order.keyed_payments())
    ]


def _is_part(draft: PaymentDraft, told: PaymentDraft) -> bool:
    first = told.reference
    return draft.reference == first or draft.reference.startswith(f"{first}-")


def _as_booked(draft: PaymentDraft) -> _Wanted:
    return _Wanted(
        reference=draft.reference,
        amount=draft.amount,
        paid_on=draft.paid_on,
        bank_account=draft.bank_account,
    )


def _twice(wanted: _Wanted, found: Sequence[BookedPayment]) -> Iterator[PaymentGap]:
    if len(found) > 1:
        yield PaymentGap(
            reason=Reason.TWICE,
            payment=wanted.reference,
            text=say(
                "Payment %(reference)s is in the books %(found)s times",
                reference=wanted.reference,
                found=len(found),
            ),
            shop=wanted.amount,
            books=sum((payment.amount for payment in found), ZERO),
        )


def _differs(
    wanted: _Wanted, payment: BookedPayment, banks: Mapping[str, str]
) -> Iterator[PaymentGap]:
    def gap(reason: Reason, text: str) -> PaymentGap:
        return PaymentGap(
            reason=reason,
            payment=wanted.reference,
            text=text,
            shop=wanted.amount,
            books=payment.amount,
        )

    if payment.amount != wanted.amount:
        text = say(
            "Payment %(reference)s is %(books)s in the books and %(shop)s in the shop",
            reference=wanted.reference,
            books=payment.amount,
            shop=wanted.amount,
        )
        yield gap(Reason.OTHER_AMOUNT, text)
    bank = banks.get(payment.id, "")
    if wanted.bank_account and bank and bank != wanted.bank_account:
        text = say(
            "Payment %(reference)s is on bank account %(now)s and was booked on "
            "%(booked)s",
            reference=wanted.reference,
            now=bank,
            booked=wanted.bank_account,
        )
        yield gap(Reason.OTHER_BANK_ACCOUNT, text)
    if wanted.bank_account and payment.paid_on not in {None, wanted.paid_on}:
        text = say(
            "Payment %(reference)s is dated %(now)s and was booked on %(booked)s",
            reference=wanted.reference,
            now=payment.paid_on,
            booked=wanted.paid_on,
        )
        yield gap(Reason.OTHER_DAY, text)


def _not_there(wanted: _Wanted) -> PaymentGap:
    return PaymentGap(
        reason=Reason.NOT_THERE,
        payment=wanted.reference,
        text=say(
            "Payment %(reference)s of %(amount)s is not in the books",
            reference=wanted.reference,
            amount=wanted.amount,
        ),
        shop=wanted.amount,
        books=ZERO,
    )


def _not_from_shop(payment: BookedPayment) -> PaymentGap:
    if payment.reference:
        text = say(
            'The books have a payment "%(reference)s" of %(amount)s that the shop does '
            "not know of",
            reference=payment.reference,
            amount=payment.amount,
        )
    else:
        text = say(
            "The books have a payment of %(amount)s that the shop does not know of",
            amount=payment.amount,
        )
    return PaymentGap(
        reason=Reason.NOT_FROM_SHOP,
        payment=payment.reference or payment.id,
        text=text,
        shop=ZERO,
        books=payment.amount,
    )
