"""What stands in the books, as they tell it, whoever wrote it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class DocumentKind(StrEnum):
    """The documents that ask a customer for money or give it back."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit note"


class DocumentState(StrEnum):
    """Whether a document counts."""

    DRAFT = "draft"  # somebody began it: it does not count yet
    LIVE = "live"
    DEAD = "dead"  # voided or deleted: it does not count any more


@dataclass(frozen=True, kw_only=True)
class BookedLine:
    """A line of a document; *net* is after the discount, both without tax."""

    description: str
    net: Decimal
    tax: Decimal
    tax_type: str
    account: str
    discount: Decimal = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class BookedPayment:
    """A payment on a document; its bank account is told by another list."""

    id: str
    reference: str
    amount: Decimal
    paid_on: date | None


@dataclass(frozen=True, kw_only=True)
class AppliedCredit:
    """The part of a credit note that lowers an invoice."""

    credit_note_id: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class BookedDocument:
    """An invoice or a credit note; *total* includes tax and is positive for both."""

    kind: DocumentKind
    id: str
    number: str
    reference: str
    state: DocumentState
    contact_id: str
    issued_on: date
    currency: str
    total: Decimal
    lines: tuple[BookedLine, ...]
    payments: tuple[BookedPayment, ...] = ()
    credits: tuple[AppliedCredit, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether it counts."""
        return self.state is DocumentState.LIVE

    @property
    def signed_total(self) -> Decimal:
        """What it adds to what the customer is asked for."""
        return self.total if self.kind is DocumentKind.INVOICE else -self.total


# Which documents are asked for ------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Dated:
    """Those dated from *first* to *last*, both included; None is "until now"."""

    first: date
    last: date | None


@dataclass(frozen=True, kw_only=True)
class ChangedSince:
    """Those that were made or changed since a time."""

    at: datetime


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """Those that bear one of these numbers."""

    numbers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Identified:
    """Those with one of the books' own ids."""

    ids: tuple[str, ...]


Selection = Dated | ChangedSince | Numbered | Identified


@dataclass(frozen=True, kw_only=True)
class DocumentPage:
    """A part of what was asked for."""

    documents: tuple[BookedDocument, ...]
    has_next: bool


@dataclass(frozen=True, kw_only=True)
class BankEntry:
    """On which bank account a payment stands, by the payment's id."""

    payment_id: str
    bank_account: str


@dataclass(frozen=True, kw_only=True)
class BankPage:
    """A part of the payments of a period."""

    entries: tuple[BankEntry, ...]
    has_next: bool
