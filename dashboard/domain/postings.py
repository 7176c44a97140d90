"""A posting: one document an order needs in the books, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from dashboard.domain.books import Draft
from dashboard.domain.problems import Problem
from dashboard.domain.sentences import Sentence, say

# Advised by the API: more make an answer slow, fewer cost more calls.
BATCH_SIZE: Final = 50


class PostingKind(StrEnum):
    """The steps of an order, in the order they are taken."""

    CONTACT = "contact"
    INVOICE = "invoice"
    PAYMENT = "payment"
    CREDIT_NOTE = "credit note"
    ALLOCATION = "allocation"
    REFUND = "refund"
    VOID = "void"


# At the beginning of a sentence, and within one.
LABELS: Final[Mapping[PostingKind, Sentence]] = {
    PostingKind.CONTACT: say("Contact"),
    PostingKind.INVOICE: say("Invoice"),
    PostingKind.PAYMENT: say("Payment"),
    PostingKind.CREDIT_NOTE: say("Credit note"),
    PostingKind.ALLOCATION: say("Allocation"),
    PostingKind.REFUND: say("Refund"),
    PostingKind.VOID: say("Voiding"),
}
NAMES: Final[Mapping[PostingKind, Sentence]] = {
    PostingKind.CONTACT: say("contact"),
    PostingKind.INVOICE: say("invoice"),
    PostingKind.PAYMENT: say("payment"),
    PostingKind.CREDIT_NOTE: say("credit note"),
    PostingKind.ALLOCATION: say("allocation"),
    PostingKind.REFUND: say("refund"),
    PostingKind.VOID: say("void"),
}


def batch_size(kind: PostingKind) -> int:
    """Return how many postings of a kind one call carries.

    The address of an allocation names its credit note: each is a call of its own.
    """
    return 1 if kind is PostingKind.ALLOCATION else BATCH_SIZE


class PostingState(StrEnum):
    """How far a posting has come."""

    PENDING = "pending"
    IN_FLIGHT = "in flight"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class PlannedPosting:
    """A posting an order needs.

    *natural_key* is unique among our postings and visible in the books, so the books
    can be asked whether it is there. *requires* and *also_requires* are the natural
    keys of the postings that must be confirmed first, empty when there are none.
    """

    kind: PostingKind
    natural_key: str
    draft: Draft
    requires: str = ""
    also_requires: str = ""


@dataclass(frozen=True, kw_only=True)
class Posting:
    """A posting as stored.

    *document_id* is the books' own id once it is there; *required_document_id* and
    *also_required_document_id* are those of the postings this one waits for.
    """

    id: int
    order_id: int
    kind: PostingKind
    natural_key: str
    draft: Draft
    state: PostingState
    requires_id: int | None = None
    document_id: str = ""
    required_document_id: str = ""
    also_required_document_id: str = ""
    problem: Problem | None = None
    updated_at: datetime
