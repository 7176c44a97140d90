"""The fields that each list can be filtered and ordered by."""

from __future__ import annotations

from mock_accounting.dialect.listing import Kind
from mock_accounting.dialect.rendering.payments import payment_type
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.model import (
    AccountClass,
    BatchPayment,
    Contact,
    CreditNote,
    Currency,
    Invoice,
    Item,
    LedgerAccount,
    Payment,
    SalesDocument,
    TaxRate,
)


def invoices(books: Books) -> Kind[Invoice]:
    """Invoices; their contact is looked up in *books*."""
    party = books.contacts
    return Kind(
        name="Invoice",
        updated_at=lambda invoice: invoice.updated_at,
        fields={
            "invoiceid": lambda invoice: invoice.invoice_id,
            "invoicenumber": lambda invoice: invoice.number,
            "reference": lambda invoice: invoice.reference,
            "type": lambda _invoice: "ACCREC",
            "status": lambda invoice: invoice.status.value,
            "contact.contactid": lambda invoice: invoice.contact_id,
            "contact.name": lambda invoice: party[invoice.contact_id].name,
            "contact.contactnumber": (
                lambda invoice: party[invoice.contact_id].contact_number
            ),
            "date": lambda invoice: invoice.issue_date,
            "duedate": lambda invoice: invoice.due_date,
            "expectedpaymentdate": lambda invoice: invoice.expected_payment_date,
            "fullypaidondate": lambda invoice: invoice.fully_paid_on,
            "amountdue": lambda invoice: invoice.amount_due,
            "amountpaid": lambda invoice: invoice.amount_paid,
            "amountcredited": lambda invoice: invoice.amount_credited,
            "subtotal": lambda invoice: invoice.sub_total,
            "totaltax": lambda invoice: invoice.total_tax,
            "total": lambda invoice: invoice.total,
            "currencycode": lambda invoice: invoice.currency_code,
            "currencyrate": lambda invoice: invoice.currency_rate,
            "url": lambda invoice: invoice.url,
            "senttocontact": lambda invoice: invoice.sent_to_contact,
            "lineamounttypes": lambda invoice: invoice.line_amount_types.value,
            "updateddateutc": lambda invoice: invoice.updated_at,
        },
    )


def credit_notes(books: Books) -> Kind[CreditNote]:
    """Credit notes; their contact is looked up in *books*."""
    party = books.contacts
    return Kind(
        name="CreditNote",
        updated_at=lambda note: note.updated_at,
        fields={
            "creditnoteid": lambda note: note.credit_note_id,
            "creditnotenumber": lambda note: note.number,
            "reference": lambda note: note.reference,
            "type": lambda _note: "ACCRECCREDIT",
            "status": lambda note: note.status.value,
            "contact.contactid": lambda note: note.contact_id,
            "contact.name": lambda note: party[note.contact_id].name,
            "contact.contactnumber": lambda note: party[note.contact_id].contact_number,
            "date": lambda note: note.issue_date,
            "fullypaidondate": lambda note: note.fully_paid_on,
            "remainingcredit": lambda note: note.remaining_credit,
            "subtotal": lambda note: note.sub_total,
            "totaltax": lambda note: note.total_tax,
            "total": lambda note: note.total,
            "currencycode": lambda note: note.currency_code,
            "currencyrate": lambda note: note.currency_rate,
            "senttocontact": lambda note: note.sent_to_contact,
            "lineamounttypes": lambda note: note.line_amount_types.value,
            "updateddateutc": lambda note: note.updated_at,
        },
    )


def payments(books: Books) -> Kind[Payment]:
    """Payments; their document and account are looked up in *books*."""
    invoices_by_id, notes_by_id = books.invoices, books.credit_notes
    bank = books.accounts
    return Kind(
        name="Payment",
        updated_at=lambda payment: payment.updated_at,
        fields={
            "paymentid": lambda payment: payment.payment_id,
            "invoice.invoiceid": lambda payment: payment.invoice_id,
            "invoice.invoicenumber": (
                lambda payment: _number(invoices_by_id.get(payment.invoice_id or ""))
            ),
            "creditnote.creditnoteid": lambda payment: payment.credit_note_id,
            "creditnote.creditnotenumber": (
                lambda payment: _number(notes_by_id.get(payment.credit_note_id or ""))
            ),
            "account.accountid": lambda payment: payment.account_id,
            "account.code": lambda payment: bank[payment.account_id].code,
            "paymenttype": payment_type,
            "reference": lambda payment: payment.reference,
            "status": lambda payment: payment.status.value,
            "date": lambda payment: payment.payment_date,
            "amount": lambda payment: payment.amount,
            "bankamount": lambda payment: payment.bank_amount,
            "isreconciled": lambda payment: payment.is_reconciled,
            "updateddateutc": lambda payment: payment.updated_at,
        },
    )


def _number(document: SalesDocument | None) -> str | None:
    return document.number if document else None


CONTACTS: Kind[Contact] = Kind(
    name="Contact",
    updated_at=lambda contact: contact.updated_at,
    fields={
        "contactid": lambda contact: contact.contact_id,
        "name": lambda contact: contact.name,
        "contactnumber": lambda contact: contact.contact_number,
        "accountnumber": lambda contact: contact.account_number,
        "contactstatus": lambda contact: contact.status.value,
        "firstname": lambda contact: contact.first_name,
        "lastname": lambda contact: contact.last_name,
        "emailaddress": lambda contact: contact.email_address,
        "companynumber": lambda contact: contact.company_number,
        "taxnumber": lambda contact: contact.tax_number,
        "iscustomer": lambda contact: contact.is_customer,
        "issupplier": lambda _contact: False,
        "updateddateutc": lambda contact: contact.updated_at,
    },
)

ACCOUNTS: Kind[LedgerAccount] = Kind(
    name="Account",
    updated_at=lambda account: account.updated_at,
    fields={
        "accountid": lambda account: account.account_id,
        "code": lambda account: account.code,
        "name": lambda account: account.name,
        "type": lambda account: account.type,
        "class": lambda account: account.account_class.value,
        "status": lambda account: account.status.value,
        "taxtype": lambda account: account.tax_type,
        "systemaccount": lambda account: account.system_account,
        "enablepaymentstoaccount": lambda account: account.enable_payments,
        "currencycode": lambda account: account.currency_code,
        "bankaccountnumber": lambda account: account.bank_account_number,
        "updateddateutc": lambda account: account.updated_at,
    },
)

TAX_RATES: Kind[TaxRate] = Kind(
    name="TaxRate",
    fields={
        "taxtype": lambda rate: rate.tax_type,
        "name": lambda rate: rate.name,
        "status": lambda rate: rate.status.value,
        "effectiverate": lambda rate: rate.effective_rate_percent,
        "displaytaxrate": lambda rate: rate.display_rate_percent,
        "reporttaxtype": lambda rate: rate.report_tax_type,
        "canapplytorevenue": lambda rate: AccountClass.REVENUE in rate.applies_to,
        "canapplytoexpenses": lambda rate: AccountClass.EXPENSE in rate.applies_to,
        "canapplytoassets": lambda rate: AccountClass.ASSET in rate.applies_to,
        "canapplytoliabilities": lambda rate: AccountClass.LIABILITY in rate.applies_to,
        "canapplytoequity": lambda rate: AccountClass.EQUITY in rate.applies_to,
    },
)

ITEMS: Kind[Item] = Kind(
    name="Item",
    updated_at=lambda item: item.updated_at,
    fields={
        "itemid": lambda item: item.item_id,
        "code": lambda item: item.code,
        "name": lambda item: item.name,
        "description": lambda item: item.description,
        "issold": lambda item: item.is_sold,
        "ispurchased": lambda item: item.is_purchased,
        "istrackedasinventory": lambda _item: False,
        "updateddateutc": lambda item: item.updated_at,
    },
)

BATCH_PAYMENTS: Kind[BatchPayment] = Kind(
    name="BatchPayment",
    updated_at=lambda batch: batch.updated_at,
    fields={
        "batchpaymentid": lambda batch: batch.batch_payment_id,
        "status": lambda batch: batch.status.value,
        "date": lambda batch: batch.payment_date,
        "reference": lambda batch: batch.reference,
        "totalamount": lambda batch: batch.total_amount,
        "updateddateutc": lambda batch: batch.updated_at,
    },
)

CURRENCIES: Kind[Currency] = Kind(
    name="Currency",
    fields={
        "code": lambda currency: currency.code,
        "description": lambda currency: currency.description,
    },
)
