"""Why something stands still, in words a shop manager can act on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dashboard.domain.sentences import Sentence, say


class Cause(StrEnum):
    """The reason an order needs a person; problems are grouped by it."""

    NOT_UNDERSTOOD = "order not understood"
    TOTAL_DIFFERS = "lines do not add up"
    UNKNOWN_TAX_RATE = "unknown tax rate"
    UNKNOWN_CURRENCY = "currency not in the books"
    VAT_NUMBER = "VAT number not valid"
    UNKNOWN_PAYMENT_METHOD = "unknown payment method"
    NO_LEDGER_ACCOUNT = "no ledger account"
    NUMBER_TAKEN = "number already taken"
    REFUSED = "refused by the books"
    ARCHIVED_CONTACT = "contact archived in the books"
    NOT_OURS = "document in the books is not ours"
    CHANGED_AFTER_BOOKING = "order changed after booking"
    REFUND_NOT_BOOKED = "refund not booked"
    NEGATIVE_TOTAL = "total below zero"
    NOT_WRITABLE = "cannot be written for the books"
    NO_ANSWER = "no answer from the books"


# What a group of problems is called.
TITLES: Final[Mapping[Cause, Sentence]] = {
    Cause.NOT_UNDERSTOOD: say("Order not understood"),
    Cause.TOTAL_DIFFERS: say("Lines do not add up"),
    Cause.UNKNOWN_TAX_RATE: say("Unknown tax rate"),
    Cause.UNKNOWN_CURRENCY: say("Currency not in the books"),
    Cause.VAT_NUMBER: say("VAT number not valid"),
    Cause.UNKNOWN_PAYMENT_METHOD: say("Unknown payment method"),
    Cause.NO_LEDGER_ACCOUNT: say("No ledger account"),
    Cause.NUMBER_TAKEN: say("Number already taken"),
    Cause.REFUSED: say("Refused by the books"),
    Cause.ARCHIVED_CONTACT: say("Contact archived in the books"),
    Cause.NOT_OURS: say("Something in the books is not ours"),
    Cause.CHANGED_AFTER_BOOKING: say("Order changed after booking"),
    Cause.REFUND_NOT_BOOKED: say("Refund not booked"),
    Cause.NEGATIVE_TOTAL: say("Total below zero"),
    Cause.NOT_WRITABLE: say("Cannot be written for the books"),
    Cause.NO_ANSWER: say("No answer from the books"),
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong with one order and what to do about it.

    *message* says what, which and what to do, in one or two sentences.
    *about* is what tells this problem from others of the same cause, the payment method
    for one: those that agree in it are put right together. *settings_section* names
    the part of the Settings page where it is put right, empty when that is somewhere
    else.
    """

    cause: Cause
    message: str
    about: str = ""
    settings_section: str = ""
