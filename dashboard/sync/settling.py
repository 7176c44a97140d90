"""What settles invoices: payments, credit notes for refunds, and their use. Pure.

Each function adds to the sheet what is missing on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial

from dashboard.domain.books import (
    AllocationDraft,
    CreditNoteDraft,
    InvoiceDraft,
    PaymentDraft,
    RefundDraft,
)
from dashboard.domain.keys import (
    allocation_key,
    part_reference,
    refund_note_number,
    refund_reference,
    reversal_number,
)
from dashboard.domain.money import ZERO, to_cents
from dashboard.domain.order import Order, Refund
from dashboard.domain.postings import PostingKind
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.rules import CompanyRules
from dashboard.domain.sentences import say
from dashboard.mapping.credits import refund_lines
from dashboard.mapping.lines import lines_total
from dashboard.sync.sheet import Sheet


def plan_payments(
    sheet: Sheet, invoice: InvoiceDraft, payments: Iterable[PaymentDraft]
) -> None:
    """Plan what the shop took and the books do not have yet.

    A payment goes to the invoice, and what is more than that to the invoices that
    corrected it.
    """
    asking = (invoice, *sheet.corrections_of(invoice))
    for told in payments:
        parts = [p for p in sheet.drafts(PaymentDraft) if _is_part(p, told)]
        # Once it is booked, what the shop says of a changed order is no new money.
        taken = parts[0].taken or parts[0].amount if parts else told.amount
        left = taken - sum((part.amount for part in parts), ZERO)
        for each in asking:
            amount = min(left, sheet.due(each))
            if amount > 0:
                _plan_payment(sheet, told, each, amount, taken)
                left -= amount
        if left > _credited_on(sheet, asking):
            _plan_payment(sheet, told, invoice, left, taken)


def _is_part(payment: PaymentDraft, told: PaymentDraft) -> bool:
    first, rest = told.reference, payment.reference
    return rest == first or rest.startswith(f"{first}-")


def _plan_payment(
    sheet: Sheet,
    told: PaymentDraft,
    invoice: InvoiceDraft,
    amount: Decimal,
    taken: Decimal,
) -> None:
    reference = sheet.first_free(partial(part_reference, told.reference))
    draft = replace(
        told,
        reference=reference,
        invoice_number=invoice.number,
        amount=amount,
        taken=None if amount == taken else taken,
    )
    sheet.plan(PostingKind.PAYMENT, reference, draft, requires=invoice.number)


def _credited_on(sheet: Sheet, invoices: Iterable[InvoiceDraft]) -> Decimal:
    """Return what was credited to the customer before the money came.

    It was not asked for any more: the shop took that much less, or gave it back.
    Anything else that is too much the books refuse, for a person to look at.
    """
    numbers = {invoice.number for invoice in invoices}
    credited = (
        allocation.amount
        for allocation in sheet.drafts(AllocationDraft)
        if allocation.invoice_number in numbers
    )
    return sum(credited, ZERO)


def plan_refunds(
    sheet: Sheet, invoice: InvoiceDraft, order: Order, rules: CompanyRules
) -> Problem | None:
    """Plan a credit note on *invoice* for each refund that has none.

    Where one that is credited shrank or vanished, no other is credited: it may be
    the same money under another id.

    Returns:
        What is left for a person, when the refunds cannot be credited as told.

    Raises:
        NotMappable: If a tax of a refund has no tax type.
    """
    known = _credited_refunds(sheet, invoice)
    told = {r.external_id: to_cents(r.amount) for r in order.refunds}
    gone = sum((max(ZERO, known[i] - told.get(i, ZERO)) for i in known), ZERO)
    if gone:
        return _by_hand(
            say(
                "The shop no longer tells of %(gone)s %(currency)s of refunds "
                "that are credited for order %(number)s.",
                gone=gone,
                currency=order.currency,
                number=order.number,
            ),
        )
    for refund in _oldest_first(order.refunds):
        if refund.external_id not in known:
            _credit(sheet, invoice, refund, order, rules)
    credited = sum(_credited_refunds(sheet, invoice).values(), ZERO)
    beyond = max(ZERO, -lines_total(sheet.rest_lines(invoice)))
    missing = sum(told.values(), ZERO) - credited + beyond
    if not missing:
        return None
    return _by_hand(
        say(
            "The shop gave back %(missing)s %(currency)s more than can be "
            "credited for order %(number)s.",
            missing=missing,
            currency=order.currency,
            number=order.number,
        ),
    )


def _credit(
    sheet: Sheet,
    invoice: InvoiceDraft,
    refund: Refund,
    order: Order,
    rules: CompanyRules,
) -> None:
    lines = refund_lines(order, refund, sheet.rest_lines(invoice), rules)
    total = lines_total(lines)
    if total <= 0:
        return  # more is given back than was invoiced: `plan_refunds` tells
    number = refund_note_number(invoice.number, refund.external_id)
    draft = CreditNoteDraft(
        number=number,
        invoice_number=invoice.number,
        reference=invoice.reference,
        issued_on=_day_of(refund, order),
        currency=invoice.currency,
        total=total,
        lines=lines,
        refund=refund.external_id,
    )
    before = sheet.newest_on(invoice)
    sheet.plan(PostingKind.CREDIT_NOTE, number, draft, requires=before)


def _credited_refunds(sheet: Sheet, invoice: InvoiceDraft) -> dict[str, Decimal]:
    """Return what is credited of each refund, by the shop's own id."""
    return {n.refund: n.total for n in sheet.notes_on(invoice) if n.refund}


def _by_hand(what: str) -> Problem:
    return Problem(
        cause=Cause.REFUND_NOT_BOOKED,
        message=say(
            "%(what)s Put it right by hand in the books, then ignore the "
            "order with a reason.",
            what=what,
        ),
    )


def settle(sheet: Sheet, order: Order, rules: CompanyRules) -> None:
    """Plan what the credit is used for: what is asked for first, then paying out.

    Where a person matches the bank's lines by hand, what was paid is not known here,
    and so it is left to them.
    """
    if not rules.mark_as_paid:
        return
    for note in tuple(sheet.drafts(CreditNoteDraft)):
        for invoice in tuple(sheet.drafts(InvoiceDraft)):
            _allocate(sheet, note, invoice, order.changed_on)
    for refund in _oldest_first(order.refunds):
        _pay_out(sheet, refund, order)


def _allocate(
    sheet: Sheet, note: CreditNoteDraft, invoice: InvoiceDraft, day: date
) -> None:
    amount = min(sheet.credit_left(note), sheet.due(invoice))
    if amount <= 0:
        return
    equal = [
        allocation
        for allocation in sheet.allocations_of(note)
        if (allocation.invoice_number, allocation.amount) == (invoice.number, amount)
    ]
    key = sheet.first_free(partial(allocation_key, note.number))
    draft = AllocationDraft(
        key=key,
        credit_note_number=note.number,
        invoice_number=invoice.number,
        amount=amount,
        allocated_on=max(day, note.issued_on),
        equal_before=len(equal),
    )
    sheet.plan(
        PostingKind.ALLOCATION,
        key,
        draft,
        requires=note.number,
        also_requires=invoice.number,
    )


def _pay_out(sheet: Sheet, refund: Refund, order: Order) -> None:
    """Plan the payment of a refund, as far as it is not allocated or paid out.

    What its own credit note was allocated instead is paid out once the order is off.
    """
    given = sum(
        (r.amount for r in sheet.drafts(RefundDraft) if r.refund == refund.external_id),
        ZERO,
    )
    left = to_cents(refund.amount) - given
    bank_account = next((p.bank_account for p in sheet.drafts(PaymentDraft)), "")
    if not bank_account:
        return
    for note in _notes_for(sheet, refund):
        amount = min(left, sheet.credit_left(note))
        if amount <= 0:
            continue
        of_several = "" if note.refund else refund.external_id
        whole = refund_reference(note.number, of_several)
        reference = sheet.first_free(partial(part_reference, whole))
        draft = RefundDraft(
            reference=reference,
            credit_note_number=note.number,
            amount=amount,
            paid_on=max(_day_of(refund, order), note.issued_on),
            bank_account=bank_account,
            refund=refund.external_id,
        )
        sheet.plan(PostingKind.REFUND, reference, draft, requires=note.number)
        left -= amount


def _notes_for(sheet: Sheet, refund: Refund) -> list[CreditNoteDraft]:
    """Return what a refund is paid out of: its own credit note, then reversals."""
    notes = tuple(sheet.drafts(CreditNoteDraft))
    own = [note for note in notes if note.refund == refund.external_id]
    reversals = {reversal_number(invoice.number) for invoice in sheet.invoices}
    return [*own, *(note for note in notes if note.number in reversals)]


def _oldest_first(refunds: Iterable[Refund]) -> list[Refund]:
    """Return refunds in the sequence they were made; ids grow with it."""

    def age(refund: Refund) -> tuple[str, int, str]:
        at = refund.refunded_at.isoformat() if refund.refunded_at else ""
        return at, len(refund.external_id), refund.external_id

    return sorted((r for r in refunds if to_cents(r.amount) > 0), key=age)


def _day_of(refund: Refund, order: Order) -> date:
    if refund.refunded_on is not None:
        return refund.refunded_on
    if refund.refunded_at is not None:
        return refund.refunded_at.date()
    return order.changed_on
