"""Reconciliation: passes over orders and books, differences, totals of both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from dashboard.domain.booked import DocumentKind


class PassKind(StrEnum):
    """How much a pass looks at."""

    DAILY = "daily"  # what changed since the pass before
    FULL = "full"  # every order and document of a period


class PassState(StrEnum):
    """How far a pass has come."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class DifferenceKind(StrEnum):
    """What is the matter between an order and the books, the worst first."""

    MISSING = "missing"
    DOUBLE = "double"
    VOIDED = "voided"
    AMOUNT = "amount differs"
    PAYMENT = "payment differs"
    EDITED = "edited in the books"
    NOT_IN_SHOP = "not in the shop"


class Reason(StrEnum):
    """What a difference comes from."""

    # The document as a whole
    NOT_THERE = "not there"
    SAME_ORDER = "same order"
    VOIDED = "voided"
    NO_ORDER = "no order"
    NOT_TO_BE_BOOKED = "not to be booked"
    # Where an amount comes from
    ROUNDING = "rounding"
    TAX = "tax"
    DISCOUNT = "discount"
    SHIPPING = "shipping"
    FEE = "fee"
    GOODS = "goods"
    CURRENCY = "currency"
    CHANGED_IN_SHOP = "changed in the shop"
    CANCELLED_IN_SHOP = "cancelled in the shop"
    REFUND = "refund"
    CREDITED = "credited in the books"
    # Payments
    TWICE = "twice"
    OTHER_AMOUNT = "other amount"
    OTHER_BANK_ACCOUNT = "other bank account"
    OTHER_DAY = "other day"
    NOT_FROM_SHOP = "not from the shop"
    # Edits that leave the amount as it is
    NUMBER = "number"
    REFERENCE = "reference"
    DAY = "day"
    CONTACT = "contact"
    TAX_TYPE = "tax type"
    LEDGER_ACCOUNT = "ledger account"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that the shop and the books do not agree on.

    *order_id* is None where no order is concerned. *number* and *document_id* are the
    document's, *document_id* empty where there is none; *day* is the order's, else the
    document's. *shop* and *books* are the two amounts, None where there are none.
    *message* says what differs, in one or two sentences. *subject* names the payment,
    where there may be several of a document.
    """

    kind: DifferenceKind
    reason: Reason
    order_id: int | None
    number: str
    document_id: str
    day: date
    currency: str
    shop: Decimal | None
    books: Decimal | None
    message: str
    document_kind: DocumentKind = DocumentKind.INVOICE
    subject: str = ""

    @property
    def key(self) -> str:
        """What tells it from all others, the same in every pass that finds it."""
        if self.order_id is None:
            return f"{self.kind.value}/document {self.document_id}"
        subject = self.subject or self.number
        return f"{self.kind.value}/{self.reason.value}/{subject}/{self.order_id}"


class Axis(StrEnum):
    """What totals are made by."""

    DAY = "day"
    NET = "net amount by tax type"
    TAX = "tax by tax type"
    METHOD = "payment method"
    NOT_BOOKED = "not booked yet"  # the shop's side of what waits for a reason
    OTHER_ORIGIN = "not from a shop"  # the books' side of what is none of ours


@dataclass(frozen=True, kw_only=True)
class Total:
    """What shop and books come to under one label, in one currency.

    *count* is the number of orders on the shop's side, or of documents where only
    the books have some.
    """

    axis: Axis
    label: str
    currency: str
    shop: Decimal
    books: Decimal
    count: int

    @property
    def difference(self) -> Decimal:
        """What the books have too much."""
        return self.books - self.shop


@dataclass(frozen=True, kw_only=True)
class Period:
    """Days from *first* to *last*, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How much a pass has looked at, and what it found.

    *moving* orders were on their way meanwhile and are left to the next pass;
    *waiting* ones are not in the books for a reason that their status tells.
    """

    documents: int = 0
    orders: int = 0
    moving: int = 0
    waiting: int = 0
    found: int = 0
    resolved: int = 0


@dataclass(frozen=True, kw_only=True)
class Pass:
    """One comparison of orders with the books.

    *period* is None for a daily pass, which looks at what changed *since*.
    """

    id: int
    kind: PassKind
    period: Period | None
    since: datetime | None
    asked_by: str
    state: PassState
    run_id: int | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    tally: Tally
    message: str
