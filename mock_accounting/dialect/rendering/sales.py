"""Invoices and credit notes with what is applied to them."""

from __future__ import annotations

from collections.abc import Sequence

from mock_accounting.dialect.dates import iso_day, iso_moment, ms_day, ms_moment
from mock_accounting.dialect.jsontext import JsonObject
from mock_accounting.dialect.rendering.contacts import (
    echo_contact,
    show_contact,
    summarise_contact,
)
from mock_accounting.dialect.rendering.fields import add_set, money
from mock_accounting.dialect.rendering.payments import summarise_payment
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.ids import NIL_ID
from mock_accounting.ledger.inputs import (
    AllocationInput,
    CreditNoteInput,
    InvoiceInput,
    LineInput,
    SalesInput,
)
from mock_accounting.ledger.model import (
    Allocation,
    CreditNote,
    Invoice,
    LineItem,
)
from mock_accounting.ledger.money import round_half_up
from mock_accounting.ledger.payments import document_id


def show_invoice(books: Books, subject: Invoice, *, full: bool) -> JsonObject:
    """An invoice; only a *full* one shows its line items and its whole contact."""
    content: JsonObject = {
        "Type": "ACCREC",
        "InvoiceID": subject.invoice_id,
        "InvoiceNumber": subject.number,
        "Payments": [
            summarise_payment(payment)
            for payment in books.payments_of(subject.invoice_id)
        ],
        "CreditNotes": [
            _applied_credit(books, it)
            for it in books.allocations_of(subject.invoice_id)
        ],
        "Prepayments": [],
        "Overpayments": [],
        "AmountDue": money(subject.amount_due),
        "AmountPaid": money(subject.amount_paid),
        "AmountCredited": money(subject.amount_credited),
        "IsDiscounted": subject.total_discount != 0,
        "InvoiceAddresses": [],
        "InvoicePaymentServices": [],
        "DueDateString": iso_day(subject.due_date),
        "DueDate": ms_day(subject.due_date),
        "TotalDiscount": money(subject.total_discount),
    }
    if subject.expected_payment_date:
        content["ExpectedPaymentDate"] = ms_day(subject.expected_payment_date)
    add_set(content, Url=subject.url or None)
    return content | _shown_alike(books, subject, full=full)


def invoice_is_made_of(books: Books, subject: Invoice) -> Sequence[object]:
    """Everything that `show_invoice` looks at; it shows the same for the same."""
    allocations = books.allocations_of(subject.invoice_id)
    return (
        subject,
        books.contact(subject.contact_id),
        bool(books.attachments_of(subject.invoice_id)),
        *books.payments_of(subject.invoice_id),
        *allocations,
        *(books.credit_note(it.credit_note_id) for it in allocations),
    )


def show_credit_note(books: Books, subject: CreditNote, *, full: bool) -> JsonObject:
    """A credit note; only a *full* one shows its line items and its whole contact."""
    content: JsonObject = {
        "Type": "ACCRECCREDIT",
        "CreditNoteID": subject.credit_note_id,
        "CreditNoteNumber": subject.number,
        "RemainingCredit": money(subject.remaining_credit),
        "Allocations": [
            show_allocation(books, it)
            for it in books.allocations_of(subject.credit_note_id)
        ],
        "Payments": [
            summarise_payment(payment)
            for payment in books.payments_of(subject.credit_note_id)
        ],
    }
    return content | _shown_alike(books, subject, full=full)


def show_allocation(books: Books, subject: Allocation) -> JsonObject:
    """A part of a credit note and the invoice it lowers."""
    invoice = books.invoice(subject.invoice_id)
    content: JsonObject = {
        "AllocationID": subject.allocation_id,
        "Amount": money(subject.amount),
        "Date": ms_day(subject.allocation_date),
        "Invoice": {
            "InvoiceID": invoice.invoice_id,
            "InvoiceNumber": invoice.number,
            "Payments": [],
            "CreditNotes": [],
            "Prepayments": [],
            "Overpayments": [],
            "HasErrors": False,
            "IsDiscounted": False,
            "LineItems": [],
        },
    }
    if subject.is_deleted:
        content["IsDeleted"] = True
    return content


def echo_invoice(sent: InvoiceInput) -> JsonObject:
    """A refused invoice, as it was sent."""
    content: JsonObject = {"InvoiceID": sent.invoice_id or NIL_ID}
    add_set(content, InvoiceNumber=sent.number)
    if sent.due_date:
        content["DueDateString"] = iso_day(sent.due_date)
        content["DueDate"] = ms_day(sent.due_date)
    return content | _echoed_alike(sent)


def echo_credit_note(sent: CreditNoteInput) -> JsonObject:
    """A refused credit note, as it was sent."""
    content: JsonObject = {"CreditNoteID": sent.credit_note_id or NIL_ID}
    add_set(content, CreditNoteNumber=sent.number)
    return content | _echoed_alike(sent)


def echo_allocation(sent: AllocationInput) -> JsonObject:
    """A refused allocation, as it was sent."""
    invoice: JsonObject = {"InvoiceID": sent.invoice_id or NIL_ID}
    add_set(invoice, InvoiceNumber=sent.invoice_number)
    content: JsonObject = {"AllocationID": NIL_ID, "Invoice": invoice}
    add_set(content, Amount=sent.amount)
    if sent.allocation_date:
        content["Date"] = ms_day(sent.allocation_date)
    return content


def _shown_alike(
    books: Books, subject: Invoice | CreditNote, *, full: bool
) -> JsonObject:
    """The fields that invoices and credit notes share."""
    party = books.contact(subject.contact_id)
    content: JsonObject = {
        "Reference": subject.reference,
        "SentToContact": subject.sent_to_contact,
        "CurrencyRate": subject.currency_rate,
        "HasErrors": False,
        "HasAttachments": bool(books.attachments_of(document_id(subject))),
        "Contact": show_contact(party) if full else summarise_contact(party),
        "DateString": iso_day(subject.issue_date),
        "Date": ms_day(subject.issue_date),
        "Status": subject.status.value,
        "LineAmountTypes": subject.line_amount_types.value,
        "LineItems": [_line(line) for line in subject.lines] if full else [],
        "SubTotal": money(subject.sub_total),
        "TotalTax": money(subject.total_tax),
        "Total": money(subject.total),
        "UpdatedDateUTC": ms_moment(subject.updated_at),
        "UpdatedDateUTCString": iso_moment(subject.updated_at),
        "CurrencyCode": subject.currency_code,
    }
    if subject.fully_paid_on:
        content["FullyPaidOnDate"] = ms_day(subject.fully_paid_on)
    return content


def _applied_credit(books: Books, allocation: Allocation) -> JsonObject:
    """A credit note as an invoice shows what it got of it."""
    note = books.credit_note(allocation.credit_note_id)
    return {
        "CreditNoteID": note.credit_note_id,
        "CreditNoteNumber": note.number,
        "ID": note.credit_note_id,
        "HasErrors": False,
        "AppliedAmount": money(allocation.amount),
        "DateString": iso_day(note.issue_date),
        "Date": ms_day(note.issue_date),
        "LineItems": [],
        "Total": money(note.total),
    }


def _echoed_alike(sent: SalesInput) -> JsonObject:
    """The fields that refused invoices and credit notes share."""
    content: JsonObject = {}
    add_set(
        content,
        Type=sent.type,
        Reference=sent.reference,
        CurrencyCode=sent.currency_code,
        Status=sent.status,
        LineAmountTypes=sent.line_amount_types,
    )
    if sent.contact:
        content["Contact"] = echo_contact(sent.contact)
    if sent.issue_date:
        content["DateString"] = iso_day(sent.issue_date)
        content["Date"] = ms_day(sent.issue_date)
    content["LineItems"] = [_line_echo(line) for line in sent.lines or ()]
    return content


def _line(line: LineItem) -> JsonObject:
    content: JsonObject = {
        "Description": line.description,
        "UnitAmount": line.unit_amount,
        "TaxAmount": money(line.tax_amount),
        "LineAmount": money(line.line_amount),
        "Tracking": [],
        "Quantity": round_half_up(line.quantity, 4),
        "LineItemID": line.line_item_id,
        "ValidationErrors": [],
    }
    add_set(
        content,
        ItemCode=line.item_code,
        TaxType=line.tax_type,
        AccountCode=line.account_code,
        AccountID=line.account_id,
        DiscountRate=line.discount_rate_percent,
        DiscountAmount=line.discount_amount,
    )
    return content


def _line_echo(line: LineInput) -> JsonObject:
    content: JsonObject = {}
    add_set(
        content,
        Description=line.description,
        Quantity=line.quantity,
        UnitAmount=line.unit_amount,
        ItemCode=line.item_code,
        AccountCode=line.account_code,
        TaxType=line.tax_type,
        TaxAmount=line.tax_amount,
        LineAmount=line.line_amount,
        DiscountRate=line.discount_rate_percent,
        DiscountAmount=line.discount_amount,
    )
    return content
