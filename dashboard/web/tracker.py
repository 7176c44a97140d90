"""The marks of an order: received, invoiced, paid, and credited where it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dashboard.domain.postings import PostingState
from dashboard.domain.status import OrderStatus
from dashboard.store.order_summaries import OrderSummary
from dashboard.web.language import gettext as _


class MarkState(StrEnum):
    """How one mark looks."""

    DONE = "done"
    MOVING = "moving"
    WAITING = "waiting"
    STOPPED = "stopped"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One mark; *words* says it all to those who do not see it."""

    name: str
    state: MarkState
    words: str


_OF_POSTING: Mapping[PostingState, MarkState] = {
    PostingState.PENDING: MarkState.WAITING,
    PostingState.IN_FLIGHT: MarkState.MOVING,
    PostingState.CONFIRMED: MarkState.DONE,
    PostingState.REFUSED: MarkState.STOPPED,
    PostingState.CANCELLED: MarkState.NONE,
}
_STUCK = {OrderStatus.NEEDS_ATTENTION}


def tracker(order: OrderSummary) -> tuple[Mark, ...]:
    """Return the marks of an order, from left to right."""
    invoice = _mark_of(order.invoice)
    if order.invoice is None and order.status in _STUCK:
        invoice = MarkState.STOPPED
    payment = _mark_of(order.payment)
    marks = (
        Mark(name=_("Order"), state=MarkState.DONE, words=_("Order received")),
        Mark(name=_("Invoice"), state=invoice, words=_invoice_words(invoice)),
        Mark(name=_("Payment"), state=payment, words=_payment_words(payment)),
    )
    if order.credit is None:
        return marks
    credit = _mark_of(order.credit)
    return (*marks, Mark(name=_("Credit"), state=credit, words=_credit_words(credit)))


def _mark_of(state: PostingState | None) -> MarkState:
    return MarkState.NONE if state is None else _OF_POSTING[state]


def _invoice_words(state: MarkState) -> str:
    match state:
        case MarkState.DONE:
            return _("Invoice booked")
        case MarkState.MOVING:
            return _("Invoice on its way")
        case MarkState.WAITING:
            return _("Invoice waiting")
        case MarkState.STOPPED:
            return _("Invoice stopped")
        case MarkState.NONE:
            return _("No invoice")


def _payment_words(state: MarkState) -> str:
    match state:
        case MarkState.DONE:
            return _("Payment booked")
        case MarkState.MOVING:
            return _("Payment on its way")
        case MarkState.WAITING:
            return _("Payment waiting")
        case MarkState.STOPPED:
            return _("Payment stopped")
        case MarkState.NONE:
            return _("No payment")


def _credit_words(state: MarkState) -> str:
    match state:
        case MarkState.DONE:
            return _("Credit booked")
        case MarkState.MOVING:
            return _("Credit on its way")
        case MarkState.WAITING:
            return _("Credit waiting")
        case MarkState.STOPPED:
            return _("Credit stopped")
        case MarkState.NONE:
            return _("No credit")
