"""What differences and totals are called on the pages, and what to do about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from dashboard.domain.reconciliation import Axis, DifferenceKind, PassState, Total
from dashboard.web.language import day, gettext
from dashboard.web.language import lazy_gettext as _
from dashboard.web.words import Look


@dataclass(frozen=True, kw_only=True)
class Group:
    """A kind of difference: its heading, and what a person does about it."""

    title: str
    advice: str


KINDS: Mapping[DifferenceKind, Group] = {
    DifferenceKind.MISSING: Group(
        title=_("Missing in the books"),
        advice=_(
            "It was booked and is not there any more: perhaps the books were put back "
            "to an earlier state. Make the invoice anew in the books under the same "
            "number; the next comparison finds it."
        ),
    ),
    DifferenceKind.DOUBLE: Group(
        title=_("Twice in the books"),
        advice=_("Look at both in the books and void the one that is too many."),
    ),
    DifferenceKind.VOIDED: Group(
        title=_("Voided in the books"),
        advice=_(
            "If that was right, cancel the order in the shop. If not, make the invoice "
            "anew in the books with the same reference."
        ),
    ),
    DifferenceKind.AMOUNT: Group(
        title=_("Amount differs"),
        advice=_(
            "Find out which side is right, and correct the invoice in the books or the "
            "order in the shop."
        ),
    ),
    DifferenceKind.PAYMENT: Group(
        title=_("Payment differs"),
        advice=_(
            "Compare with the bank statement, and correct the payment in the books or "
            "the order in the shop."
        ),
    ),
    DifferenceKind.EDITED: Group(
        title=_("Edited in the books"),
        advice=_(
            "The amount is right. Undo the edit in the books, or ignore the order with "
            "a reason if it is meant."
        ),
    ),
    DifferenceKind.NOT_IN_SHOP: Group(
        title=_("In the books but not in the shop"),
        advice=_(
            "If the shop has the order, save it there once more so that it is sent "
            "again. If not, void the document in the books."
        ),
    ),
}

AXES: Mapping[Axis, str] = {
    Axis.DAY: _("By day"),
    Axis.NET: _("Net amount by tax type"),
    Axis.TAX: _("Tax by tax type"),
    Axis.METHOD: _("Money received by payment method"),
    Axis.NOT_BOOKED: _("Orders not booked yet"),
    Axis.OTHER_ORIGIN: _("Not from a shop"),
}

PASS_STATES: Mapping[PassState, Look] = {
    PassState.QUEUED: Look(label=_("Queued"), tone="moving", icon="inbox"),
    PassState.RUNNING: Look(label=_("Running"), tone="moving", icon="arrow-repeat"),
    PassState.DONE: Look(label=_("Done"), tone="good", icon="check-circle-fill"),
    PassState.FAILED: Look(label=_("Failed"), tone="bad", icon="x-circle-fill"),
}


def total_label(total: Total) -> str:
    """Return what a total is of, in words."""
    if total.axis is Axis.DAY:
        return day(date.fromisoformat(total.label))
    if total.axis is Axis.METHOD and not total.label:
        return gettext("Payments entered by hand")
    return total.label
