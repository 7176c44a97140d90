"""The documents of the books: immutable values, replaced when they change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from mock_accounting.ledger.money import ZERO


class InvoiceStatus(StrEnum):
    """Where a sales invoice or a credit note stands."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    AUTHORISED = "AUTHORISED"
    PAID = "PAID"
    VOIDED = "VOIDED"
    DELETED = "DELETED"


class PaymentStatus(StrEnum):
    """Whether a payment counts."""

    AUTHORISED = "AUTHORISED"
    DELETED = "DELETED"


class RecordStatus(StrEnum):
    """Whether an account, tax rate or contact may be used."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"
    DELETED = "DELETED"


class LineAmountTypes(StrEnum):
    """Whether line amounts hold their tax."""

    EXCLUSIVE = "Exclusive"
    INCLUSIVE = "Inclusive"
    NO_TAX = "NoTax"


class AccountClass(StrEnum):
    """The side of the books an account stands on."""

    ASSET = "ASSET"
    EQUITY = "EQUITY"
    EXPENSE = "EXPENSE"
    LIABILITY = "LIABILITY"
    REVENUE = "REVENUE"


@dataclass(frozen=True, kw_only=True, slots=True)
class Organisation:
    """One set of books and the company it belongs to."""

    organisation_id: str
    name: str
    base_currency: str
    country_code: str
    timezone: str
    created_at: datetime
    period_lock_date: date | None = None
    end_of_year_lock_date: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerAccount:
    """An entry of the chart of accounts."""

    account_id: str
    code: str
    name: str
    type: str
    account_class: AccountClass
    tax_type: str
    status: RecordStatus = RecordStatus.ACTIVE
    system_account: str | None = None
    enable_payments: bool = False
    currency_code: str | None = None
    bank_account_type: str | None = None
    bank_account_number: str | None = None
    updated_at: datetime

    @property
    def takes_payments(self) -> bool:
        """Whether a payment may be booked on it."""
        return self.type == "BANK" or self.enable_payments


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxComponent:
    """One part of a tax rate."""

    name: str
    rate_percent: Decimal
    is_compound: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxRate:
    """A named rate, known by its tax type."""

    tax_type: str
    name: str
    components: tuple[TaxComponent, ...]
    display_rate_percent: Decimal
    effective_rate_percent: Decimal
    applies_to: tuple[AccountClass, ...]
    report_tax_type: str | None = None
    status: RecordStatus = RecordStatus.ACTIVE


@dataclass(frozen=True, kw_only=True, slots=True)
class Currency:
    """A currency the organisation is subscribed to."""

    code: str
    description: str
    rate: Decimal
    """Units of this currency for one unit of the base currency."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """A postal address of a contact."""

    type: str
    attention_to: str = ""
    line_1: str = ""
    line_2: str = ""
    line_3: str = ""
    line_4: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Phone:
    """A telephone number of a contact."""

    type: str
    number: str = ""
    area_code: str = ""
    country_code: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactPerson:
    """Someone at a contact."""

    first_name: str = ""
    last_name: str = ""
    email_address: str = ""
    include_in_emails: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """A party the organisation trades with."""

    contact_id: str
    name: str
    contact_number: str | None = None
    account_number: str | None = None
    status: RecordStatus = RecordStatus.ACTIVE
    first_name: str = ""
    last_name: str = ""
    email_address: str = ""
    company_number: str = ""
    tax_number: str = ""
    default_currency: str | None = None
    addresses: tuple[Address, ...] = ()
    phones: tuple[Phone, ...] = ()
    persons: tuple[ContactPerson, ...] = ()
    is_customer: bool = False
    updated_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceDetails:
    """What an item costs, and how that is booked."""

    unit_price: Decimal | None = None
    account_code: str | None = None
    tax_type: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A thing that is bought or sold again and again."""

    item_id: str
    code: str
    name: str = ""
    description: str = ""
    purchase_description: str = ""
    is_sold: bool = True
    is_purchased: bool = True
    sales: PriceDetails | None = None
    purchases: PriceDetails | None = None
    is_deleted: bool = False
    updated_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LineItem:
    """One position of an invoice."""

    line_item_id: str
    description: str = ""
    quantity: Decimal
    unit_amount: Decimal
    discount_rate_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    item_code: str | None = None
    account_id: str | None = None
    account_code: str | None = None
    tax_type: str | None = None
    tax_amount: Decimal
    line_amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class SalesDocument:
    """What an invoice and a credit note have in common."""

    number: str
    reference: str = ""
    contact_id: str
    status: InvoiceStatus
    issue_date: date
    line_amount_types: LineAmountTypes
    currency_code: str
    currency_rate: Decimal
    lines: tuple[LineItem, ...]
    sub_total: Decimal = ZERO
    total_tax: Decimal = ZERO
    total: Decimal = ZERO
    fully_paid_on: date | None = None
    sent_to_contact: bool = False
    created_at: datetime
    updated_at: datetime

    @property
    def is_live(self) -> bool:
        """Whether it counts: neither voided nor deleted."""
        return self.status not in {InvoiceStatus.VOIDED, InvoiceStatus.DELETED}


@dataclass(frozen=True, kw_only=True, slots=True)
class Invoice(SalesDocument):
    """A sales invoice."""

    invoice_id: str
    due_date: date
    expected_payment_date: date | None = None
    total_discount: Decimal = ZERO
    amount_paid: Decimal = ZERO
    amount_credited: Decimal = ZERO
    url: str | None = None

    @property
    def amount_due(self) -> Decimal:
        """What is still to be paid; a voided invoice keeps its figure."""
        return self.total - self.amount_paid - self.amount_credited


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditNote(SalesDocument):
    """A sales credit note: it lowers what invoices ask for, or is paid back."""

    credit_note_id: str
    amount_allocated: Decimal = ZERO
    amount_refunded: Decimal = ZERO

    @property
    def remaining_credit(self) -> Decimal:
        """What is neither allocated nor paid back yet."""
        return self.total - self.amount_allocated - self.amount_refunded


@dataclass(frozen=True, kw_only=True, slots=True)
class Allocation:
    """A part of a credit note that lowers what one invoice asks for."""

    allocation_id: str
    credit_note_id: str
    invoice_id: str
    amount: Decimal
    allocation_date: date
    is_deleted: bool = False
    updated_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment:
    """Money booked against an invoice, or paid back for a credit note."""

    payment_id: str
    invoice_id: str | None = None
    credit_note_id: str | None = None
    batch_payment_id: str | None = None
    account_id: str
    payment_date: date
    amount: Decimal
    bank_amount: Decimal
    currency_rate: Decimal
    reference: str = ""
    is_reconciled: bool = False
    status: PaymentStatus = PaymentStatus.AUTHORISED
    updated_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchPayment:
    """One transfer that settles many invoices; each has a payment of its own."""

    batch_payment_id: str
    account_id: str
    payment_date: date
    reference: str = ""
    total_amount: Decimal
    status: PaymentStatus = PaymentStatus.AUTHORISED
    updated_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """A file that is attached to a document."""

    attachment_id: str
    document_id: str
    file_name: str
    mime_type: str
    content: bytes
    include_online: bool = False
    updated_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryRecord:
    """What happened to a document, when."""

    record_id: str
    document_id: str
    at: datetime
    changes: str
    details: str
