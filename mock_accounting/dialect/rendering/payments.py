"""Payments, whole, in brief and as sent."""

from __future__ import annotations

from mock_accounting.dialect.dates import iso_day, ms_day, ms_moment
from mock_accounting.dialect.jsontext import JsonObject
from mock_accounting.dialect.rendering.contacts import summarise_contact
from mock_accounting.dialect.rendering.fields import add_set, money
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.ids import NIL_ID
from mock_accounting.ledger.inputs import BatchPaymentInput, PaymentInput
from mock_accounting.ledger.model import BatchPayment, CreditNote, Invoice, Payment


def show_payment(books: Books, subject: Payment) -> JsonObject:
    """A payment with the document it settles and the account it is on."""
    document = books.paid_document(subject)
    bank = books.accounts[subject.account_id]
    content = summarise_payment(subject) | {
        "BankAmount": money(subject.bank_amount),
        "PaymentType": payment_type(subject),
        "Status": subject.status.value,
        "UpdatedDateUTC": ms_moment(subject.updated_at),
        "HasAccount": True,
        "IsReconciled": subject.is_reconciled,
        "Account": {
            "AccountID": bank.account_id,
            "Code": bank.code,
            "Name": bank.name,
        },
    }
    add_set(content, BatchPaymentID=subject.batch_payment_id)
    party: JsonObject = {
        "CurrencyCode": document.currency_code,
        "HasErrors": False,
        "Contact": summarise_contact(books.contact(document.contact_id)),
        "LineItems": [],
    }
    match document:
        case Invoice():
            content["Invoice"] = party | {
                "Type": "ACCREC",
                "InvoiceID": document.invoice_id,
                "InvoiceNumber": document.number,
                "Payments": [],
                "CreditNotes": [],
                "Prepayments": [],
                "Overpayments": [],
                "IsDiscounted": False,
            }
        case CreditNote():
            content["CreditNote"] = party | {
                "Type": "ACCRECCREDIT",
                "CreditNoteID": document.credit_note_id,
                "CreditNoteNumber": document.number,
            }
    return content


def show_batch_payment(books: Books, subject: BatchPayment) -> JsonObject:
    """A batch payment with its payments."""
    bank = books.accounts[subject.account_id]
    account: JsonObject = {"AccountID": bank.account_id, "Code": bank.code}
    add_set(account, CurrencyCode=bank.currency_code)
    return {
        "Account": account,
        "Reference": subject.reference,
        "BatchPaymentID": subject.batch_payment_id,
        "DateString": iso_day(subject.payment_date),
        "Date": ms_day(subject.payment_date),
        "Payments": [
            _batched(books, payment)
            for payment in books.payments_in_batch(subject.batch_payment_id)
        ],
        "Type": "RECBATCH",
        "Status": subject.status.value,
        "TotalAmount": money(subject.total_amount),
        "UpdatedDateUTC": ms_moment(subject.updated_at),
        "IsReconciled": False,
    }


def echo_batch_payment(sent: BatchPaymentInput) -> JsonObject:
    """A refused batch payment, as it was sent."""
    content: JsonObject = {"BatchPaymentID": sent.batch_payment_id or NIL_ID}
    add_set(content, Reference=sent.reference)
    if sent.payment_date:
        content["Date"] = ms_day(sent.payment_date)
    content["Payments"] = [echo_payment(payment) for payment in sent.payments]
    return content


def _batched(books: Books, payment: Payment) -> JsonObject:
    document = books.paid_document(payment)
    key = "CreditNote" if payment.credit_note_id else "Invoice"
    return {
        key: {
            f"{key}ID": payment.credit_note_id or payment.invoice_id,
            f"{key}Number": document.number,
            "CurrencyCode": document.currency_code,
            "HasErrors": False,
            "LineItems": [],
        },
        "PaymentID": payment.payment_id,
        "Amount": money(payment.amount),
        "BankAmount": money(payment.bank_amount),
    }


def payment_type(subject: Payment) -> str:
    """Whether money came in for an invoice or went out for a credit note."""
    return "ARCREDITPAYMENT" if subject.credit_note_id else "ACCRECPAYMENT"


def summarise_payment(subject: Payment) -> JsonObject:
    """A payment as its document shows it."""
    return {
        "PaymentID": subject.payment_id,
        "Date": ms_day(subject.payment_date),
        "Amount": money(subject.amount),
        "Reference": subject.reference,
        "CurrencyRate": subject.currency_rate,
        "HasAccount": False,
        "HasValidationErrors": False,
    }


def echo_payment(sent: PaymentInput) -> JsonObject:
    """A refused payment, as it was sent."""
    content: JsonObject = {"PaymentID": sent.payment_id or NIL_ID}
    add_set(content, Amount=sent.amount, Reference=sent.reference)
    if sent.payment_date:
        content["Date"] = ms_day(sent.payment_date)
    paid: JsonObject = {}
    add_set(paid, InvoiceID=sent.invoice_id, InvoiceNumber=sent.invoice_number)
    refunded: JsonObject = {}
    add_set(
        refunded,
        CreditNoteID=sent.credit_note_id,
        CreditNoteNumber=sent.credit_note_number,
    )
    bank: JsonObject = {}
    add_set(bank, AccountID=sent.account_id, Code=sent.account_code)
    for name, part in (("Invoice", paid), ("CreditNote", refunded), ("Account", bank)):
        if part:
            content[name] = part
    return content
