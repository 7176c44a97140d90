"""From an order, the company's rules and what is booked: what is to be done. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dashboard.domain.books import InvoiceDraft, PaymentDraft
from dashboard.domain.keys import payment_reference
from dashboard.domain.money import hundredths, to_cents
from dashboard.domain.order import Order, OrderPhase
from dashboard.domain.plans import Plan
from dashboard.domain.postings import (
    PlannedPosting,
    Posting,
    PostingKind,
    PostingState,
)
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.rules import CompanyRules, InvoiceWhen, Shop
from dashboard.domain.status import Decision
from dashboard.mapping.documents import Documents, draft_documents

_IN_THE_BOOKS = {PostingState.IN_FLIGHT, PostingState.CONFIRMED}


def plan_order(
    order: Order, shop: Shop, rules: CompanyRules, postings: Iterable[Posting]
) -> Plan:
    """Decide what an order needs.

    Args:
        order: The newest revision.
        shop: The shop it comes from.
        rules: The company's rules as they are now.
        postings: What the order has so far, its contact not among them. What is on
            its way or confirmed stays as it is.
    """
    booked = [p.draft for p in postings if p.state in _IN_THE_BOOKS]
    for draft in booked:
        if isinstance(draft, InvoiceDraft):
            payments = [p for p in booked if isinstance(p, PaymentDraft)]
            return _plan_booked(order, shop, rules, draft, payments)
    return _plan_new(order, shop, rules)


def _plan_new(order: Order, shop: Shop, rules: CompanyRules) -> Plan:
    undue = _not_due(order, rules)
    if undue is not None:
        return undue
    documents = draft_documents(order, shop, rules)
    if isinstance(documents, Problem):
        return Plan(decision=Decision.STOP, problem=documents)
    return _book(order, documents)


_SKIPPED = {
    OrderPhase.DRAFT: "This is a basket, not an order yet.",
    OrderPhase.CANCELLED: "Cancelled in the shop before an invoice was made.",
    OrderPhase.DELETED: "Deleted in the shop before an invoice was made.",
}
_WAITING = {
    OrderPhase.PENDING: "The checkout is not finished: nothing is ordered yet.",
    OrderPhase.FAILED: "The payment failed. The customer may try again.",
}


def _not_due(order: Order, rules: CompanyRules) -> Plan | None:
    """Return the plan for an order that gets no invoice, or not yet."""
    if order.phase in _SKIPPED:
        return Plan(decision=Decision.SKIP, reason=_SKIPPED[order.phase])
    if order.phase in _WAITING:
        return Plan(decision=Decision.WAIT, reason=_WAITING[order.phase])
    if hundredths(order.total) == 0:
        reason = "The total is zero: there is nothing to invoice."
        return Plan(decision=Decision.SKIP, reason=reason)
    unpaid = hundredths(order.paid) < hundredths(order.total)
    if unpaid and rules.invoice_when is InvoiceWhen.PAID:
        reason = "Invoices are made after payment, and the shop has no money yet."
        return Plan(decision=Decision.WAIT, reason=reason)
    return None


def _book(order: Order, documents: Documents) -> Plan:
    contact = PlannedPosting(
        kind=PostingKind.CONTACT,
        natural_key=documents.contact.number,
        draft=documents.contact,
    )
    invoice = PlannedPosting(
        kind=PostingKind.INVOICE,
        natural_key=documents.invoice.number,
        draft=documents.invoice,
        requires=contact.natural_key,
    )
    payments = (_payment(draft, invoice) for draft in documents.payments)
    return Plan(
        decision=Decision.BOOK,
        problem=_refund_problem(order),
        postings=(contact, invoice, *payments),
    )


def _payment(draft: PaymentDraft, invoice: PlannedPosting) -> PlannedPosting:
    return PlannedPosting(
        kind=PostingKind.PAYMENT,
        natural_key=draft.reference,
        draft=draft,
        requires=invoice.natural_key,
    )


def _plan_booked(
    order: Order,
    shop: Shop,
    rules: CompanyRules,
    booked: InvoiceDraft,
    booked_payments: Iterable[PaymentDraft],
) -> Plan:
    if order.phase in {OrderPhase.CANCELLED, OrderPhase.DELETED}:
        return _stop(
            Cause.CANCELLED_AFTER_BOOKING,
            f"Order {order.number} was {order.phase.value} in the shop after invoice "
            f"{booked.number} was booked. Void or credit the invoice in the books, "
            "then ignore the order with a reason.",
        )
    documents = draft_documents(order, shop, rules)
    if isinstance(documents, Problem):
        return Plan(decision=Decision.STOP, problem=documents)
    if _amounts(documents.invoice) != _amounts(booked):
        return _stop(
            Cause.CHANGED_AFTER_BOOKING,
            f"Order {order.number} was changed in the shop after invoice "
            f"{booked.number} was booked: {_difference(documents.invoice, booked)}. "
            "Correct the invoice in the books, then ignore the order with a reason.",
        )
    # The number was fixed when it was booked, whatever the pattern says now.
    payments = tuple(
        replace(
            draft,
            invoice_number=booked.number,
            reference=payment_reference(booked.number, position),
        )
        for position, draft in enumerate(documents.payments, start=1)
    )
    told = {draft.reference: draft.amount for draft in payments}
    for payment in booked_payments:
        if rules.mark_as_paid and told.get(payment.reference) != payment.amount:
            return _stop(
                Cause.CHANGED_AFTER_BOOKING,
                f"Payment {payment.reference} of {payment.amount} {booked.currency} "
                f"is booked, but the shop has since changed what it took for order "
                f"{order.number}. Correct the payment in the books, then ignore the "
                "order with a reason.",
            )
    invoice = PlannedPosting(
        kind=PostingKind.INVOICE, natural_key=booked.number, draft=booked
    )
    return Plan(
        decision=Decision.BOOK,
        problem=_refund_problem(order),
        postings=(invoice, *(_payment(draft, invoice) for draft in payments)),
    )


def _amounts(invoice: InvoiceDraft) -> tuple[object, ...]:
    lines = tuple((line.net, line.tax) for line in invoice.lines)
    return (invoice.currency, invoice.total, lines)


def _difference(now: InvoiceDraft, booked: InvoiceDraft) -> str:
    if now.total != booked.total or now.currency != booked.currency:
        return (
            f"the total was {booked.total} {booked.currency} "
            f"and is {now.total} {now.currency}"
        )
    return f"the total is still {now.total} {now.currency}, but the lines differ"


def _refund_problem(order: Order) -> Problem | None:
    if not order.refunds:
        return None
    amount = to_cents(order.refunded)
    return Problem(
        cause=Cause.REFUND_NOT_BOOKED,
        message=(
            f"The shop gave back {amount} {order.currency} for order {order.number}. "
            "Sluice does not book credit notes yet: make one in the books, "
            "then ignore the order with a reason."
        ),
    )


def _stop(cause: Cause, message: str) -> Plan:
    problem = Problem(cause=cause, message=message)
    return Plan(decision=Decision.STOP, problem=problem)
