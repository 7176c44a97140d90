"""What a client asks the books to write; None means not given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mock_accounting.ledger.model import (
    Address,
    ContactPerson,
    InvoiceStatus,
    LineAmountTypes,
    PaymentStatus,
    Phone,
    PriceDetails,
    RecordStatus,
    TaxComponent,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactInput:
    """A contact as sent, alone or inside an invoice."""

    contact_id: str | None = None
    name: str | None = None
    contact_number: str | None = None
    account_number: str | None = None
    status: RecordStatus | None = None
    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    company_number: str | None = None
    tax_number: str | None = None
    default_currency: str | None = None
    addresses: tuple[Address, ...] | None = None
    phones: tuple[Phone, ...] | None = None
    persons: tuple[ContactPerson, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountInput:
    """A ledger account as sent."""

    code: str | None = None
    name: str | None = None
    type: str | None = None
    tax_type: str | None = None
    enable_payments: bool | None = None
    currency_code: str | None = None
    bank_account_number: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxRateInput:
    """A tax rate as sent."""

    tax_type: str | None = None
    name: str | None = None
    status: RecordStatus | None = None
    report_tax_type: str | None = None
    components: tuple[TaxComponent, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CurrencyInput:
    """A currency as sent."""

    code: str | None = None
    description: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemInput:
    """An item as sent."""

    item_id: str | None = None
    code: str | None = None
    name: str | None = None
    description: str | None = None
    purchase_description: str | None = None
    is_sold: bool | None = None
    is_purchased: bool | None = None
    sales: PriceDetails | None = None
    purchases: PriceDetails | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LineInput:
    """A line item as sent."""

    line_item_id: str | None = None
    description: str | None = None
    quantity: Decimal | None = None
    unit_amount: Decimal | None = None
    discount_rate_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    item_code: str | None = None
    account_code: str | None = None
    account_id: str | None = None
    tax_type: str | None = None
    tax_amount: Decimal | None = None
    line_amount: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SalesInput:
    """An invoice or a credit note as sent. The books reckon its totals themselves."""

    type: str | None = None
    number: str | None = None
    reference: str | None = None
    contact: ContactInput | None = None
    status: InvoiceStatus | None = None
    issue_date: date | None = None
    line_amount_types: LineAmountTypes | None = None
    currency_code: str | None = None
    currency_rate: Decimal | None = None
    lines: tuple[LineInput, ...] | None = None
    sent_to_contact: bool | None = None
    unit_decimals: int = 2
    """Decimals kept of a unit amount: 4 if the request asked for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceInput(SalesInput):
    """A sales invoice as sent."""

    invoice_id: str | None = None
    due_date: date | None = None
    expected_payment_date: date | None = None
    url: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditNoteInput(SalesInput):
    """A sales credit note as sent."""

    credit_note_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AllocationInput:
    """An allocation as sent."""

    invoice_id: str | None = None
    invoice_number: str | None = None
    amount: Decimal | None = None
    allocation_date: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentInput:
    """A payment as sent."""

    payment_id: str | None = None
    batch_payment_id: str | None = None
    invoice_id: str | None = None
    invoice_number: str | None = None
    credit_note_id: str | None = None
    credit_note_number: str | None = None
    account_id: str | None = None
    account_code: str | None = None
    payment_date: date | None = None
    amount: Decimal | None = None
    bank_amount: Decimal | None = None
    currency_rate: Decimal | None = None
    reference: str | None = None
    is_reconciled: bool | None = None
    status: PaymentStatus | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchPaymentInput:
    """A batch payment as sent."""

    batch_payment_id: str | None = None
    account_id: str | None = None
    account_code: str | None = None
    payment_date: date | None = None
    reference: str | None = None
    payments: tuple[PaymentInput, ...] = ()
    status: PaymentStatus | None = None
