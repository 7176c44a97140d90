"""Elements of a body as inputs to the books."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypedDict, TypeVar

from mock_accounting.dialect import answers
from mock_accounting.dialect.bodies import Element
from mock_accounting.dialect.messages import Rejected
from mock_accounting.ledger.ids import NIL_ID, parse_id
from mock_accounting.ledger.inputs import (
    AccountInput,
    AllocationInput,
    BatchPaymentInput,
    ContactInput,
    CreditNoteInput,
    CurrencyInput,
    InvoiceInput,
    ItemInput,
    LineInput,
    PaymentInput,
    TaxRateInput,
)
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
from mock_accounting.ledger.money import round_half_up

E = TypeVar("E", bound=StrEnum)
_SALES_INVOICE = "ACCREC"
_SALES_CREDIT_NOTE = "ACCRECCREDIT"
_MAX_TEXT = 4000


def contact_input(element: Element) -> ContactInput:
    """A contact as sent."""
    addresses = element.children("Addresses")
    phones = element.children("Phones")
    persons = element.children("ContactPersons")
    return ContactInput(
        contact_id=_id(element, "ContactID"),
        name=element.text("Name"),
        contact_number=element.text("ContactNumber"),
        account_number=element.text("AccountNumber"),
        status=_choice(element, "ContactStatus", RecordStatus),
        first_name=element.text("FirstName"),
        last_name=element.text("LastName"),
        email_address=element.text("EmailAddress"),
        company_number=element.text("CompanyNumber"),
        tax_number=element.text("TaxNumber"),
        default_currency=element.text("DefaultCurrency"),
        addresses=None if addresses is None else tuple(map(_address, addresses)),
        phones=None if phones is None else tuple(map(_phone, phones)),
        persons=None if persons is None else tuple(map(_person, persons)),
    )


def invoice_input(element: Element, *, unit_decimals: int) -> InvoiceInput:
    """An invoice as sent; *unit_decimals* is what the query's `unitdp` says."""
    return InvoiceInput(
        invoice_id=_id(element, "InvoiceID"),
        type=_type(element, _SALES_INVOICE),
        number=element.text("InvoiceNumber") or None,
        due_date=element.day("DueDate"),
        expected_payment_date=element.day("ExpectedPaymentDate"),
        url=element.text("Url"),
        unit_decimals=unit_decimals,
        **_sales_fields(element),
    )


def credit_note_input(element: Element, *, unit_decimals: int) -> CreditNoteInput:
    """A credit note as sent; *unit_decimals* is what the query's `unitdp` says."""
    return CreditNoteInput(
        credit_note_id=_id(element, "CreditNoteID"),
        type=_type(element, _SALES_CREDIT_NOTE),
        number=element.text("CreditNoteNumber") or None,
        unit_decimals=unit_decimals,
        **_sales_fields(element),
    )


def allocation_input(element: Element) -> AllocationInput:
    """An allocation as sent; one client says `AppliedAmount` for `Amount`."""
    invoice = element.child("Invoice") or element
    amount = element.number("Amount")
    return AllocationInput(
        invoice_id=_id(invoice, "InvoiceID"),
        invoice_number=invoice.text("InvoiceNumber"),
        amount=element.number("AppliedAmount") if amount is None else amount,
        allocation_date=element.day("Date"),
    )


def account_input(element: Element) -> AccountInput:
    """A ledger account as sent."""
    return AccountInput(
        code=element.text("Code"),
        name=element.text("Name"),
        type=(element.text("Type") or "").upper() or None,
        tax_type=element.text("TaxType") or None,
        enable_payments=element.flag("EnablePaymentsToAccount"),
        currency_code=element.text("CurrencyCode") or None,
        bank_account_number=element.text("BankAccountNumber") or None,
    )


def tax_rate_input(element: Element) -> TaxRateInput:
    """A tax rate as sent."""
    components = element.children("TaxComponents")
    return TaxRateInput(
        tax_type=element.text("TaxType") or None,
        name=element.text("Name"),
        status=_choice(element, "Status", RecordStatus),
        report_tax_type=element.text("ReportTaxType") or None,
        components=None if components is None else tuple(map(_component, components)),
    )


def currency_input(element: Element) -> CurrencyInput:
    """A currency as sent."""
    return CurrencyInput(
        code=element.text("Code"), description=element.text("Description")
    )


def item_input(element: Element, *, unit_decimals: int) -> ItemInput:
    """An item as sent; *unit_decimals* is what the query's `unitdp` says."""
    return ItemInput(
        item_id=_id(element, "ItemID"),
        code=element.text("Code"),
        name=element.text("Name"),
        description=element.text("Description"),
        purchase_description=element.text("PurchaseDescription"),
        is_sold=element.flag("IsSold"),
        is_purchased=element.flag("IsPurchased"),
        sales=_price(element.child("SalesDetails"), unit_decimals),
        purchases=_price(element.child("PurchaseDetails"), unit_decimals),
    )


def payment_input(element: Element) -> PaymentInput:
    """A payment as sent; `InvoiceNumber` and `Code` may stand outside or inside."""
    invoice = element.child("Invoice")
    credit_note = element.child("CreditNote")
    account = element.child("Account")
    return PaymentInput(
        payment_id=_id(element, "PaymentID"),
        invoice_id=_id(invoice, "InvoiceID") if invoice else None,
        invoice_number=(invoice or element).text("InvoiceNumber"),
        credit_note_id=_id(credit_note, "CreditNoteID") if credit_note else None,
        credit_note_number=(credit_note or element).text("CreditNoteNumber"),
        account_id=_id(account, "AccountID") if account else None,
        account_code=(account or element).text("Code"),
        payment_date=element.day("Date"),
        amount=element.number("Amount"),
        bank_amount=element.number("BankAmount"),
        currency_rate=element.number("CurrencyRate"),
        reference=element.text("Reference"),
        is_reconciled=element.flag("IsReconciled"),
        status=_choice(element, "Status", PaymentStatus),
    )


def batch_payment_input(element: Element) -> BatchPaymentInput:
    """A batch payment as sent."""
    account = element.child("Account")
    payments = element.children("Payments") or []
    return BatchPaymentInput(
        batch_payment_id=_id(element, "BatchPaymentID"),
        account_id=_id(account, "AccountID") if account else None,
        account_code=account.text("Code") if account else None,
        payment_date=element.day("Date"),
        reference=element.text("Reference"),
        payments=tuple(map(payment_input, payments)),
        status=_choice(element, "Status", PaymentStatus),
    )


def history_details(element: Element) -> str:
    """The note to add to a document's history."""
    return (element.text("Details") or "")[:2500]


def _component(element: Element) -> TaxComponent:
    return TaxComponent(
        name=element.text("Name") or "",
        rate_percent=round_half_up(element.number("Rate") or Decimal(0), 4),
        is_compound=element.flag("IsCompound") or False,
    )


def _price(element: Element | None, unit_decimals: int) -> PriceDetails | None:
    if element is None:
        return None
    price = element.number("UnitPrice")
    return PriceDetails(
        unit_price=None if price is None else round_half_up(price, unit_decimals),
        account_code=element.text("AccountCode") or None,
        tax_type=element.text("TaxType") or None,
    )


class _SalesFields(TypedDict):
    """What is read alike of invoices and credit notes."""

    reference: str | None
    contact: ContactInput | None
    status: InvoiceStatus | None
    issue_date: date | None
    line_amount_types: LineAmountTypes | None
    currency_code: str | None
    currency_rate: Decimal | None
    lines: tuple[LineInput, ...] | None
    sent_to_contact: bool | None


def _sales_fields(element: Element) -> _SalesFields:
    contact = element.child("Contact")
    lines = element.children("LineItems")
    return {
        "reference": element.text("Reference"),
        "contact": None if contact is None else contact_input(contact),
        "status": _choice(element, "Status", InvoiceStatus),
        "issue_date": element.day("Date"),
        "line_amount_types": _choice(element, "LineAmountTypes", LineAmountTypes),
        "currency_code": element.text("CurrencyCode") or None,
        "currency_rate": element.number("CurrencyRate"),
        "lines": None if lines is None else tuple(map(_line, lines)),
        "sent_to_contact": element.flag("SentToContact"),
    }


def _line(element: Element) -> LineInput:
    description = element.text("Description")
    return LineInput(
        line_item_id=_id(element, "LineItemID"),
        description=description[:_MAX_TEXT] if description else description,
        quantity=element.number("Quantity"),
        unit_amount=element.number("UnitAmount"),
        discount_rate_percent=element.number("DiscountRate"),
        discount_amount=element.number("DiscountAmount"),
        item_code=element.text("ItemCode"),
        account_code=element.text("AccountCode") or None,
        account_id=_id(element, "AccountID"),
        tax_type=element.text("TaxType") or None,
        tax_amount=element.number("TaxAmount"),
        line_amount=element.number("LineAmount"),
    )


def _address(element: Element) -> Address:
    return Address(
        type=element.text("AddressType") or "POBOX",
        attention_to=element.text("AttentionTo") or "",
        line_1=element.text("AddressLine1") or "",
        line_2=element.text("AddressLine2") or "",
        line_3=element.text("AddressLine3") or "",
        line_4=element.text("AddressLine4") or "",
        city=element.text("City") or "",
        region=element.text("Region") or "",
        postal_code=element.text("PostalCode") or "",
        country=element.text("Country") or "",
    )


def _phone(element: Element) -> Phone:
    return Phone(
        type=element.text("PhoneType") or "DEFAULT",
        number=element.text("PhoneNumber") or "",
        area_code=element.text("PhoneAreaCode") or "",
        country_code=element.text("PhoneCountryCode") or "",
    )


def _person(element: Element) -> ContactPerson:
    return ContactPerson(
        first_name=element.text("FirstName") or "",
        last_name=element.text("LastName") or "",
        email_address=element.text("EmailAddress") or "",
        include_in_emails=element.flag("IncludeInEmails") or False,
    )


def _type(element: Element, imitated: str) -> str | None:
    sent = element.text("Type")
    if sent and sent.upper() != imitated:
        raise Rejected(
            answers.bad_data(f"Type {sent} is not imitated, only {imitated}.")
        )
    return imitated if sent else None


def _id(element: Element, name: str) -> str | None:
    sent = element.text(name)
    if not sent or sent == NIL_ID:
        return None
    found = parse_id(sent)
    if found is None:
        raise Rejected(answers.bad_data(f"{name} '{sent[:80]}' is no identifier."))
    return found


def _choice(element: Element, name: str, kind: type[E]) -> E | None:
    sent = element.text(name)
    if not sent:
        return None
    for member in kind:
        if member.value.lower() == sent.lower():
            return member
    raise Rejected(answers.bad_data(f"{name} '{sent[:80]}' is not known."))
