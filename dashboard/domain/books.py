"""What is to be written in the books, before it takes the form of one package's API."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from dashboard.domain.order import Address

# What the line is called that makes the lines come to the total.
ROUNDING: Final = "Rounding"


@dataclass(frozen=True, kw_only=True)
class ContactDraft:
    """The customer as the books are to know them.

    *number* is ours and unique in the books. *name* is what the books want to be
    unique; *fallback_name* is tried when another party bears it.
    """

    number: str
    name: str
    fallback_name: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    vat_number: str = ""
    address: Address = field(default_factory=Address)


@dataclass(frozen=True, kw_only=True)
class InvoiceLine:
    """One line of an invoice.

    quantity * unit_amount - discount is the net amount, exactly, in two decimals;
    *tax* is what the shop charged, never recomputed.
    """

    description: str
    quantity: Decimal
    unit_amount: Decimal
    account: str
    tax_type: str
    tax: Decimal
    discount: Decimal = Decimal(0)

    @property
    def net(self) -> Decimal:
        """The amount without tax."""
        return self.quantity * self.unit_amount - self.discount

    @property
    def is_rounding(self) -> bool:
        """Whether it only makes the lines come to the total; a note may follow."""
        return not self.tax and self.description.partition("\n")[0] == ROUNDING


@dataclass(frozen=True, kw_only=True)
class InvoiceDraft:
    """A sales invoice; *reference* names the order, so that we know our own again.

    *corrects* is the number of the invoice whose order was changed, where this one
    only asks for the difference; *corrected_to* then tells by `amounts_key` which
    amounts the two make together.
    """

    number: str
    reference: str
    issued_on: date
    due_on: date
    currency: str
    total: Decimal
    lines: tuple[InvoiceLine, ...]
    corrects: str = ""
    corrected_to: str = ""


@dataclass(frozen=True, kw_only=True)
class CreditNoteDraft:
    """What is given back of an invoice; its lines have no discounts.

    *refund* is the shop's own id of the refund it stands for, empty when it stands
    for none. *corrected_to* is as for an invoice.
    """

    number: str
    invoice_number: str
    reference: str
    issued_on: date
    currency: str
    total: Decimal
    lines: tuple[InvoiceLine, ...]
    refund: str = ""
    corrected_to: str = ""


@dataclass(frozen=True, kw_only=True)
class AllocationDraft:
    """The part of a credit note that lowers what an invoice still asks for.

    *equal_before* is how many of the same amount there are between the two before this
    one: the books give an allocation no name to tell it by.
    """

    key: str
    credit_note_number: str
    invoice_number: str
    amount: Decimal
    allocated_on: date
    equal_before: int = 0


@dataclass(frozen=True, kw_only=True)
class PaymentDraft:
    """The entry that settles an invoice; *reference* is its natural key.

    *taken* is what the shop took, where this is only a part of it.
    """

    reference: str
    invoice_number: str
    amount: Decimal
    paid_on: date
    bank_account: str
    taken: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class RefundDraft:
    """The entry that pays a credit note out; *reference* is its natural key.

    *refund* is the shop's own id of the refund.
    """

    reference: str
    credit_note_number: str
    amount: Decimal
    paid_on: date
    bank_account: str
    refund: str


@dataclass(frozen=True, kw_only=True)
class VoidDraft:
    """The end of an invoice on which nothing was paid."""

    invoice_number: str


Draft = (
    ContactDraft
    | InvoiceDraft
    | PaymentDraft
    | CreditNoteDraft
    | AllocationDraft
    | RefundDraft
    | VoidDraft
)


@dataclass(frozen=True, kw_only=True)
class TaxRate:
    """A tax type of the books that sales may use."""

    tax_type: str
    name: str
    rate_percent: Decimal


@dataclass(frozen=True, kw_only=True)
class LedgerAccount:
    """An entry of the chart of accounts; *kind* is the books' own word (BANK...)."""

    code: str
    name: str
    kind: str
    takes_payments: bool


@dataclass(frozen=True, kw_only=True)
class BooksFacts:
    """What the books say of themselves: who they belong to and what they allow."""

    organisation: str
    country: str
    base_currency: str
    currencies: tuple[str, ...]
    tax_rates: tuple[TaxRate, ...]
    ledger_accounts: tuple[LedgerAccount, ...]
    rounding_account: str = ""
