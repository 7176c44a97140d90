"""What a person does about a cause or a pause, in a sentence and a place to go to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import url_for

from dashboard.domain.pauses import ConnectionPause, Pause
from dashboard.domain.problems import Cause
from dashboard.store.listing_problems import ProblemGroup
from dashboard.store.order_summaries import OrderSummary
from dashboard.web.language import lazy_gettext as _
from dashboard.web.order_query import cause_key

_ONE_RULE: Final = {Cause.UNKNOWN_TAX_RATE, Cause.UNKNOWN_PAYMENT_METHOD}
_THEN_RETRY: Final = _("Put it right, then retry all.")
_ADVICE: Final[Mapping[Cause, str]] = {
    Cause.NOT_UNDERSTOOD: _(
        "Correct the orders in the shop and save them there: they are sent again and "
        "go on by themselves."
    ),
    Cause.TOTAL_DIFFERS: _(
        "Look at the lines of each order, correct it in the shop and save it there: it "
        "is read again and goes on by itself."
    ),
    Cause.UNKNOWN_TAX_RATE: _(
        "Choose the tax type this becomes in the books. The orders go on as soon as "
        "you save."
    ),
    Cause.UNKNOWN_CURRENCY: _(
        "Add the currency in the books, then have them read again under Settings > "
        "Connection: the orders go on by themselves."
    ),
    Cause.VAT_NUMBER: _(
        "Correct the VAT number in the shop and save the order there: it is read again "
        "and goes on by itself. Without a valid number the customer owes tax. Which "
        "orders have to have one is a rule under Settings > Invoices."
    ),
    Cause.UNKNOWN_PAYMENT_METHOD: _(
        "Choose the bank account this method's money arrives on. The orders go on as "
        "soon as you save."
    ),
    Cause.NO_LEDGER_ACCOUNT: _(
        "Choose the ledger account. The orders go on as soon as you save."
    ),
    Cause.NUMBER_TAKEN: _(
        "Give the order another number in the shop, or its shop another prefix."
    ),
    Cause.REFUSED: _(
        "Do what the message says, then retry all. What is in the books already is "
        "found there and not booked a second time."
    ),
    Cause.ARCHIVED_CONTACT: _("Restore the contacts in the books, then retry all."),
    Cause.NOT_OURS: _(
        "Look at the documents in the books. Void, rename or take out what is in the "
        "way, then retry all; or ignore the orders that the books have right already."
    ),
    Cause.CHANGED_AFTER_BOOKING: _(
        "Open each order and choose how the books are to follow; or correct the "
        "documents in the books, then ignore the orders with a reason."
    ),
    Cause.REFUND_NOT_BOOKED: _(
        "Put right in the books what the message says, then ignore the orders with a "
        "reason."
    ),
    Cause.NEGATIVE_TOTAL: _(
        "Make the credit notes in the books, then ignore the orders with a reason."
    ),
    Cause.NOT_WRITABLE: _(
        "This is a fault in Sluice: report it with the log. The orders are kept."
    ),
    Cause.NO_ANSWER: _(
        "Look in the books whether these are there, then retry all: the books are "
        "asked once more before anything is sent."
    ),
}


@dataclass(frozen=True, kw_only=True)
class PauseWords:
    """A pause as the banner says it; *section* is the part of Settings to go to."""

    title: str
    to_do: str
    section: str = ""


_PAUSES: Final[Mapping[Pause, PauseWords]] = {
    Pause.SIGN_IN_REFUSED: PauseWords(
        title=_("The books refuse our sign-in"),
        to_do=_("An administrator checks client id and secret."),
        section="connection",
    ),
    Pause.DISCONNECTED: PauseWords(
        title=_("The books have disconnected us"),
        to_do=_("Connect Sluice again in the books, or give it the permissions back."),
        section="connection",
    ),
    Pause.ORGANISATION_UNCLEAR: PauseWords(
        title=_("It is not clear which books are meant"),
        to_do=_("An administrator names the organisation."),
        section="connection",
    ),
    Pause.WRONG_ADDRESS: PauseWords(
        title=_("The address of the books is wrong"),
        to_do=_("An administrator corrects the address."),
        section="connection",
    ),
    Pause.MINUTE_LIMIT: PauseWords(
        title=_("The books allow no more calls this minute"),
        to_do=_("There is nothing to do."),
    ),
    Pause.DAY_LIMIT: PauseWords(
        title=_("The books allow no more calls today"),
        to_do=_("There is nothing to do; other programs may use up the same limit."),
    ),
    Pause.AWAY: PauseWords(
        title=_("The books are away"),
        to_do=_("There is nothing to do, unless it lasts: then ask their provider."),
    ),
    Pause.FAILING: PauseWords(
        title=_("The books do not answer as they should"),
        to_do=_(
            "There is nothing to do, unless it lasts: then look at the last calls."
        ),
    ),
}


def pause_words(pause: ConnectionPause) -> PauseWords:
    """Return what the banner says of a pause."""
    return _PAUSES[pause.pause]


def advice(cause: Cause) -> str:
    """Return what a person does about the orders that stand still for *cause*."""
    return _ADVICE.get(cause, _THEN_RETRY)


def is_chosen_for_each(cause: Cause) -> bool:
    """Tell whether a person chooses for each order, and retrying all does nothing."""
    return cause is Cause.CHANGED_AFTER_BOOKING


def place(group: ProblemGroup) -> str:
    """Return the address where a group is put right, empty when it is not here.

    What one rule puts right has its form on the page of the group.
    """
    if group.cause in _ONE_RULE:
        key = cause_key(group.cause)
        return url_for("problems.group", key=key, about=group.about, _anchor="rule")
    return settings_place(group)


def settings_place(group: ProblemGroup | OrderSummary) -> str:
    """Return the part of Settings that puts it right, empty if there is none."""
    # A rule says which orders need a VAT number; what is wrong is the number.
    if not group.settings_section or group.cause == Cause.VAT_NUMBER:
        return ""
    unknown_method = group.cause == Cause.UNKNOWN_PAYMENT_METHOD
    return url_for(
        "settings.show",
        payment_method=group.about if unknown_method else None,
        _anchor=group.settings_section,
    )
