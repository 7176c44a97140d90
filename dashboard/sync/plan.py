"""From an order, the company's rules and what is booked: what is to be done. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from dashboard.domain.books import InvoiceDraft, PaymentDraft
from dashboard.domain.money import CENT, hundredths, to_cents
from dashboard.domain.order import Order, OrderPhase
from dashboard.domain.plans import Plan
from dashboard.domain.postings import Posting
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.rules import CompanyRules, Correction, InvoiceWhen, Shop
from dashboard.domain.sentences import say
from dashboard.domain.status import Decision
from dashboard.mapping.documents import (
    Documents,
    check_currency,
    check_paid,
    draft_documents,
)
from dashboard.mapping.lines import lines_total
from dashboard.mapping.problems import NotMappable
from dashboard.mapping.vat_numbers import check_vat_number
from dashboard.sync.corrections import (
    adjust,
    invoice_anew,
    plan_invoice,
    possible_corrections,
    take_back,
)
from dashboard.sync.same_payments import keep_references, replaced_by
from dashboard.sync.settling import plan_payments, plan_refunds, settle
from dashboard.sync.sheet import Sheet

_GONE = {OrderPhase.CANCELLED, OrderPhase.DELETED}


def plan_order(
    order: Order,
    shop: Shop,
    rules: CompanyRules,
    postings: Iterable[Posting],
    correction: Correction | None = None,
) -> Plan:
    """Decide what an order needs.

    Args:
        order: The newest revision.
        shop: The shop it comes from.
        rules: Those of the shop as they are now.
        postings: What the order has so far, its contact not among them. What is on
            its way or confirmed stays as it is.
        correction: What a person chose, where this revision changed what is booked.
    """
    sheet = Sheet(postings)
    try:
        if not sheet.invoices:
            return _plan_new(sheet, order, shop, rules)
        if order.phase in _GONE:
            return _plan_gone(sheet, order, rules)
        return _plan_booked(sheet, order, shop, rules, correction or rules.correction)
    except NotMappable as stop:
        return Plan(decision=Decision.STOP, problem=stop.problem)


def _plan_new(sheet: Sheet, order: Order, shop: Shop, rules: CompanyRules) -> Plan:
    undue = _not_due(order, rules, enough=order.total)
    if undue is not None:
        if order.phase is OrderPhase.PLACED:
            check_paid(order)  # for nothing, money may have come in all the same
        return undue
    check_currency(order, rules)
    check_vat_number(order, rules)
    documents = draft_documents(order, shop, rules)
    plan_invoice(sheet, documents, documents.invoice)
    return _settled(sheet, documents.invoice, documents, order, rules)


_SKIPPED = {
    OrderPhase.DRAFT: say("This is a basket, not an order yet."),
    OrderPhase.CANCELLED: say("Cancelled in the shop before an invoice was made."),
    OrderPhase.DELETED: say("Deleted in the shop before an invoice was made."),
    OrderPhase.TEST: say("A test order: nothing was sold and no money came in."),
}
_WAITING = {
    OrderPhase.PENDING: say("The checkout is not finished: nothing is ordered yet."),
    OrderPhase.FAILED: say("The payment failed. The customer may try again."),
}


def _not_due(order: Order, rules: CompanyRules, enough: Decimal) -> Plan | None:
    """Return the plan for an order that gets no invoice, or not yet.

    *enough* is what must be paid where invoices are made after payment.
    """
    if order.phase in _SKIPPED:
        return Plan(decision=Decision.SKIP, reason=_SKIPPED[order.phase])
    if order.phase in _WAITING:
        return Plan(decision=Decision.WAIT, reason=_WAITING[order.phase])
    if hundredths(order.total) == 0:
        reason = say("The total is zero: there is nothing to invoice.")
        return Plan(decision=Decision.SKIP, reason=reason)
    unpaid = hundredths(order.paid) < hundredths(enough)
    if unpaid and rules.invoice_when is InvoiceWhen.PAID:
        reason = say("Invoices are made after payment, and the shop has no money yet.")
        return Plan(decision=Decision.WAIT, reason=reason)
    return None


def _settled(
    sheet: Sheet,
    invoice: InvoiceDraft,
    documents: Documents,
    order: Order,
    rules: CompanyRules,
) -> Plan:
    """Return the plan with what settles *invoice* and gives back what was refunded."""
    plan_payments(sheet, invoice, _payments(sheet, invoice, documents, order))
    problem = plan_refunds(sheet, invoice, order, rules)
    settle(sheet, order, rules)
    return _book(sheet, problem)


def _book(sheet: Sheet, problem: Problem | None = None, reason: str = "") -> Plan:
    return Plan(
        decision=Decision.BOOK,
        reason=reason,
        problem=problem,
        postings=sheet.postings,
        leads_to=sheet.leads_to(),
    )


def _payments(
    sheet: Sheet, invoice: InvoiceDraft, documents: Documents, order: Order
) -> list[PaymentDraft]:
    """Return what the shop took, under the order's first number, on *invoice*.

    That number was fixed when it was booked, whatever the pattern says now; and so was
    what follows it.

    Raises:
        NotMappable: If a booked payment is not told any more, and one of another amount
            is: nobody but a person knows whether that is the same money.
    """
    drafted = documents.invoice.number
    told = [
        replace(
            draft,
            invoice_number=invoice.number,
            reference=sheet.root + draft.reference.removeprefix(drafted),
        )
        for draft in documents.payments
    ]
    booked = tuple(sheet.drafts(PaymentDraft))
    kept = keep_references(told, booked, sheet.unbooked_payments())
    for draft, as_told in zip(kept, told, strict=True):
        if draft.reference != as_told.reference:
            replaced = replaced_by(draft, booked)
            if replaced is not None:
                raise NotMappable(_paid_otherwise(replaced, invoice, order))
    return kept


def _plan_gone(sheet: Sheet, order: Order, rules: CompanyRules) -> Plan:
    """Plan for an order that was cancelled or deleted after it was booked."""
    live = sheet.live_invoice
    problem = None
    if live is not None:
        if not sheet.is_untouched(live):
            problem = plan_refunds(sheet, live, order, rules)
        title = f"Order {order.number} was {order.phase.value}"
        take_back(sheet, live, order, title)
    settle(sheet, order, rules)
    return _book(sheet, problem)


def _plan_booked(
    sheet: Sheet,
    order: Order,
    shop: Shop,
    rules: CompanyRules,
    correction: Correction | None,
) -> Plan:
    live = sheet.live_invoice
    if live is None:
        return _plan_next(sheet, order, shop, rules)
    documents = draft_documents(order, shop, rules)
    if sheet.holds(live, documents.invoice):
        other = _other_payment(sheet, live, documents, order, rules)
        return other or _settled(sheet, live, documents, order, rules)
    ways = possible_corrections(sheet, live, documents.invoice)
    if correction not in ways:
        return _changed(sheet, live, documents.invoice, order, ways)
    if correction is Correction.ADJUST:
        adjust(sheet, live, documents, order)
        return _settled(sheet, live, documents, order, rules)
    take_back(sheet, live, order, f"Order {order.number} was changed")
    return _plan_next(sheet, order, shop, rules)


def _plan_next(sheet: Sheet, order: Order, shop: Shop, rules: CompanyRules) -> Plan:
    """Plan for an order whose last invoice is taken back, or is about to be.

    A part of the money is enough for the next: the last one was paid out of it.
    """
    if _not_due(order, rules, enough=CENT) is not None:
        settle(sheet, order, rules)
        return _book(sheet)
    check_currency(order, rules)
    check_vat_number(order, rules)
    documents = draft_documents(order, shop, rules)
    invoice = invoice_anew(sheet, documents, order)
    return _settled(sheet, invoice, documents, order, rules)


def _other_payment(
    sheet: Sheet,
    invoice: InvoiceDraft,
    documents: Documents,
    order: Order,
    rules: CompanyRules,
) -> Plan | None:
    """Return the plan for an order of which another payment is booked than it tells.

    After a correction the shop's payments are those of the changed order, and what
    was booked before stays.
    """
    if (
        not rules.mark_as_paid
        or sheet.corrections_of(invoice)
        or sheet.notes_on(invoice)
    ):
        return None
    told = {d.reference: d.amount for d in _payments(sheet, invoice, documents, order)}
    for payment in sheet.drafts(PaymentDraft):
        if len(sheet.invoices) == 1 and told.get(payment.reference) != payment.amount:
            problem = _paid_otherwise(payment, invoice, order)
            return Plan(decision=Decision.STOP, problem=problem)
    return None


def _paid_otherwise(
    booked: PaymentDraft, invoice: InvoiceDraft, order: Order
) -> Problem:
    return Problem(
        cause=Cause.CHANGED_AFTER_BOOKING,
        message=say(
            "Payment %(reference)s of %(amount)s %(currency)s is booked, but the shop "
            "has since changed what it took for order %(number)s. Correct the payment "
            "in the books, then ignore the order with a reason.",
            reference=booked.reference,
            amount=booked.taken or booked.amount,
            currency=invoice.currency,
            number=order.number,
        ),
    )


def _changed(
    sheet: Sheet,
    booked: InvoiceDraft,
    wanted: InvoiceDraft,
    order: Order,
    ways: tuple[Correction, ...],
) -> Plan:
    """Return the plan that asks a person how the books are to follow a change."""
    if ways:
        advice = say(
            "Choose how the books are to follow, or ignore the order with a reason."
        )
    else:
        advice = say(
            "Correct the invoice in the books, then ignore the order with a reason."
        )
    was = to_cents(lines_total(sheet.invoiced_lines(booked)))
    return _stop(
        say(
            "Order %(number)s was changed in the shop after invoice "
            "%(booked_number)s was booked: %(was)s. %(advice)s",
            number=order.number,
            booked_number=booked.number,
            was=_difference(was, booked.currency, wanted),
            advice=advice,
        ),
        ways,
    )


def _difference(was: Decimal, currency: str, now: InvoiceDraft) -> str:
    if (was, currency) != (now.total, now.currency):
        return say(
            "the total was %(was)s %(currency)s and is %(total)s %(now_currency)s",
            was=was,
            currency=currency,
            total=now.total,
            now_currency=now.currency,
        )
    return say(
        "the total is still %(total)s %(currency)s, but the lines differ",
        total=now.total,
        currency=now.currency,
    )


def _stop(message: str, ways: tuple[Correction, ...] = ()) -> Plan:
    problem = Problem(cause=Cause.CHANGED_AFTER_BOOKING, message=message)
    return Plan(decision=Decision.STOP, problem=problem, corrections=ways)
