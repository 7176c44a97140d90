"""Documents as the API shows them; what is not set is left out, never null."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from mock_accounting.dialect.dates import (
    iso_day,
    iso_moment,
    iso_ticks,
    ms_day,
    ms_moment,
)
from mock_accounting.dialect.jsontext import JsonObject, JsonValue
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.ids import NIL_ID
from mock_accounting.ledger.inputs import (
    ContactInput,
    InvoiceInput,
    LineInput,
    PaymentInput,
)
from mock_accounting.ledger.model import (
    AccountClass,
    Address,
    Contact,
    ContactPerson,
    Currency,
    HistoryRecord,
    Invoice,
    LedgerAccount,
    LineItem,
    Organisation,
    Payment,
    Phone,
    TaxRate,
)
from mock_accounting.ledger.money import round_half_up

_ADDRESS_TYPES = ("STREET", "POBOX")
_PHONE_TYPES = ("DDI", "DEFAULT", "FAX", "MOBILE")


def _money(amount: Decimal) -> Decimal:
    return round_half_up(amount, 2)


def organisation(subject: Organisation) -> JsonObject:
    """The organisation with its lock dates, if they are set."""
    content: JsonObject = {
        "OrganisationID": subject.organisation_id,
        "Name": subject.name,
        "LegalName": subject.name,
        "PaysTax": True,
        "Version": "GLOBAL",
        "OrganisationType": "COMPANY",
        "OrganisationEntityType": "COMPANY",
        "BaseCurrency": subject.base_currency,
        "CountryCode": subject.country_code,
        "IsDemoCompany": True,
        "OrganisationStatus": "ACTIVE",
        "FinancialYearEndDay": 31,
        "FinancialYearEndMonth": 12,
        "SalesTaxBasis": "ACCRUALS",
        "SalesTaxPeriod": "QUARTERLY",
        "DefaultSalesTax": "Tax Exclusive",
        "DefaultPurchasesTax": "Tax Exclusive",
        "CreatedDateUTC": ms_moment(subject.created_at),
        "Timezone": subject.timezone,
        "ShortCode": "!" + subject.organisation_id[:5],
        "Class": "DEMO",
        "Edition": "BUSINESS",
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {},
    }
    if subject.period_lock_date:
        content["PeriodLockDate"] = ms_day(subject.period_lock_date)
    if subject.end_of_year_lock_date:
        content["EndOfYearLockDate"] = ms_day(subject.end_of_year_lock_date)
    return content


def connection(subject: Organisation) -> JsonObject:
    """One entry of the list of connections."""
    created = iso_ticks(subject.created_at)
    return {
        "id": subject.organisation_id,
        "authEventId": NIL_ID,
        "tenantId": subject.organisation_id,
        "tenantType": "ORGANISATION",
        "tenantName": subject.name,
        "createdDateUtc": created,
        "updatedDateUtc": created,
    }


def account(subject: LedgerAccount) -> JsonObject:
    """A ledger account."""
    content: JsonObject = {
        "AccountID": subject.account_id,
        "Code": subject.code,
        "Name": subject.name,
        "Status": subject.status.value,
        "Type": subject.type,
        "TaxType": subject.tax_type,
        "Class": subject.account_class.value,
        "EnablePaymentsToAccount": subject.enable_payments,
        "ShowInExpenseClaims": False,
        "AddToWatchlist": False,
        "HasAttachments": False,
        "UpdatedDateUTC": ms_moment(subject.updated_at),
    }
    _add(
        content,
        BankAccountType=subject.bank_account_type,
        BankAccountNumber=subject.bank_account_number,
        CurrencyCode=subject.currency_code,
        SystemAccount=subject.system_account,
    )
    return content


def tax_rate(subject: TaxRate) -> JsonObject:
    """A tax rate with its components."""
    content: JsonObject = {
        "Name": subject.name,
        "TaxType": subject.tax_type,
        "CanApplyToAssets": AccountClass.ASSET in subject.applies_to,
        "CanApplyToEquity": AccountClass.EQUITY in subject.applies_to,
        "CanApplyToExpenses": AccountClass.EXPENSE in subject.applies_to,
        "CanApplyToLiabilities": AccountClass.LIABILITY in subject.applies_to,
        "CanApplyToRevenue": AccountClass.REVENUE in subject.applies_to,
        "DisplayTaxRate": round_half_up(subject.display_rate_percent, 4),
        "EffectiveRate": round_half_up(subject.effective_rate_percent, 4),
        "Status": subject.status.value,
        "TaxComponents": [
            {
                "Name": component.name,
                "Rate": round_half_up(component.rate_percent, 4),
                "IsCompound": component.is_compound,
                "IsNonRecoverable": False,
            }
            for component in subject.components
        ],
    }
    _add(content, ReportTaxType=subject.report_tax_type)
    return content


def currency(subject: Currency) -> JsonObject:
    """A subscribed currency."""
    return {"Code": subject.code, "Description": subject.description}


def contact(subject: Contact) -> JsonObject:
    """A contact with everything known of it."""
    content = _contact_summary(subject)
    content |= {
        "FirstName": subject.first_name,
        "LastName": subject.last_name,
        "EmailAddress": subject.email_address,
        "BankAccountDetails": "",
        "CompanyNumber": subject.company_number,
        "TaxNumber": subject.tax_number,
        "Addresses": _addresses(subject.addresses),
        "Phones": _phones(subject.phones),
        "ContactPersons": [_person(person) for person in subject.persons],
        "ContactGroups": [],
        "IsSupplier": False,
        "IsCustomer": subject.is_customer,
        "UpdatedDateUTC": ms_moment(subject.updated_at),
        "HasAttachments": False,
    }
    _add(content, DefaultCurrency=subject.default_currency)
    return content


def invoice(books: Books, subject: Invoice, *, full: bool) -> JsonObject:
    """An invoice; only a *full* one shows its line items and its whole contact."""
    party = books.contact(subject.contact_id)
    updated = iso_moment(subject.updated_at)
    content: JsonObject = {
        "Type": "ACCREC",
        "InvoiceID": subject.invoice_id,
        "InvoiceNumber": subject.number,
        "Reference": subject.reference,
        "Payments": [
            _payment_summary(payment)
            for payment in books.payments_of(subject.invoice_id)
        ],
        "CreditNotes": [],
        "Prepayments": [],
        "Overpayments": [],
        "AmountDue": _money(subject.amount_due),
        "AmountPaid": _money(subject.amount_paid),
        "AmountCredited": _money(subject.amount_credited),
        "SentToContact": subject.sent_to_contact,
        "CurrencyRate": subject.currency_rate,
        "IsDiscounted": subject.total_discount != 0,
        "HasErrors": False,
        "HasAttachments": False,
        "InvoiceAddresses": [],
        "InvoicePaymentServices": [],
        "Contact": contact(party) if full else _contact_summary(party),
        "DateString": iso_day(subject.issue_date),
        "Date": ms_day(subject.issue_date),
        "DueDateString": iso_day(subject.due_date),
        "DueDate": ms_day(subject.due_date),
        "Status": subject.status.value,
        "LineAmountTypes": subject.line_amount_types.value,
        "LineItems": [_line(line) for line in subject.lines] if full else [],
        "SubTotal": _money(subject.sub_total),
        "TotalTax": _money(subject.total_tax),
        "Total": _money(subject.total),
        "TotalDiscount": _money(subject.total_discount),
        "UpdatedDateUTC": ms_moment(subject.updated_at),
        "UpdatedDateUTCString": updated,
        "CurrencyCode": subject.currency_code,
    }
    if subject.expected_payment_date:
        content["ExpectedPaymentDate"] = ms_day(subject.expected_payment_date)
    if subject.fully_paid_on:
        content["FullyPaidOnDate"] = ms_day(subject.fully_paid_on)
    _add(content, Url=subject.url or None)
    return content


def payment(books: Books, subject: Payment) -> JsonObject:
    """A payment with the invoice it settles and the account it is on."""
    settled = books.invoice(subject.invoice_id)
    bank = books.accounts[subject.account_id]
    return _payment_summary(subject) | {
        "BankAmount": _money(subject.bank_amount),
        "CurrencyRate": subject.currency_rate,
        "PaymentType": "ACCRECPAYMENT",
        "Status": subject.status.value,
        "UpdatedDateUTC": ms_moment(subject.updated_at),
        "HasAccount": True,
        "IsReconciled": subject.is_reconciled,
        "Account": {
            "AccountID": bank.account_id,
            "Code": bank.code,
            "Name": bank.name,
        },
        "Invoice": {
            "Type": "ACCREC",
            "InvoiceID": settled.invoice_id,
            "InvoiceNumber": settled.number,
            "CurrencyCode": settled.currency_code,
            "Payments": [],
            "CreditNotes": [],
            "Prepayments": [],
            "Overpayments": [],
            "IsDiscounted": False,
            "HasErrors": False,
            "Contact": _contact_summary(books.contact(settled.contact_id)),
            "LineItems": [],
        },
        "HasValidationErrors": False,
    }


def history_record(subject: HistoryRecord) -> JsonObject:
    """A line of a document's history."""
    return {
        "Changes": subject.changes,
        "DateUTCString": iso_moment(subject.at),
        "DateUTC": ms_moment(subject.at),
        "User": "System Generated",
        "Details": subject.details,
    }


def contact_echo(sent: ContactInput) -> JsonObject:
    """A refused contact, as it was sent."""
    content: JsonObject = {"ContactID": sent.contact_id or NIL_ID}
    _add(
        content,
        Name=sent.name,
        ContactNumber=sent.contact_number,
        AccountNumber=sent.account_number,
        FirstName=sent.first_name,
        LastName=sent.last_name,
        EmailAddress=sent.email_address,
    )
    content["Addresses"] = _addresses(sent.addresses or ())
    content["Phones"] = _phones(sent.phones or ())
    return content


def invoice_echo(sent: InvoiceInput) -> JsonObject:
    """A refused invoice, as it was sent."""
    content: JsonObject = {"InvoiceID": sent.invoice_id or NIL_ID}
    _add(
        content,
        Type=sent.type,
        InvoiceNumber=sent.number,
        Reference=sent.reference,
        CurrencyCode=sent.currency_code,
        Status=sent.status,
        LineAmountTypes=sent.line_amount_types,
    )
    if sent.contact:
        content["Contact"] = contact_echo(sent.contact)
    if sent.issue_date:
        content["DateString"] = iso_day(sent.issue_date)
        content["Date"] = ms_day(sent.issue_date)
    if sent.due_date:
        content["DueDateString"] = iso_day(sent.due_date)
        content["DueDate"] = ms_day(sent.due_date)
    content["LineItems"] = [_line_echo(line) for line in sent.lines or ()]
    return content


def payment_echo(sent: PaymentInput) -> JsonObject:
    """A refused payment, as it was sent."""
    content: JsonObject = {"PaymentID": sent.payment_id or NIL_ID}
    _add(content, Amount=sent.amount, Reference=sent.reference)
    if sent.payment_date:
        content["Date"] = ms_day(sent.payment_date)
    paid: JsonObject = {}
    _add(paid, InvoiceID=sent.invoice_id, InvoiceNumber=sent.invoice_number)
    bank: JsonObject = {}
    _add(bank, AccountID=sent.account_id, Code=sent.account_code)
    return content | {"Invoice": paid, "Account": bank}


def _add(content: JsonObject, **fields: JsonValue) -> None:
    """Add the fields that are set: a null breaks clients."""
    content.update((name, value) for name, value in fields.items() if value is not None)


def _contact_summary(subject: Contact) -> JsonObject:
    content: JsonObject = {
        "ContactID": subject.contact_id,
        "Name": subject.name,
        "ContactStatus": subject.status.value,
    }
    _add(
        content,
        ContactNumber=subject.contact_number,
        AccountNumber=subject.account_number,
    )
    return content


def _payment_summary(subject: Payment) -> JsonObject:
    return {
        "PaymentID": subject.payment_id,
        "Date": ms_day(subject.payment_date),
        "Amount": _money(subject.amount),
        "Reference": subject.reference,
        "CurrencyRate": subject.currency_rate,
        "HasAccount": False,
        "HasValidationErrors": False,
    }


def _line(line: LineItem) -> JsonObject:
    content: JsonObject = {
        "Description": line.description,
        "UnitAmount": line.unit_amount,
        "TaxAmount": _money(line.tax_amount),
        "LineAmount": _money(line.line_amount),
        "Tracking": [],
        "Quantity": round_half_up(line.quantity, 4),
        "LineItemID": line.line_item_id,
        "ValidationErrors": [],
    }
    _add(
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
    _add(
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


def _addresses(subjects: Sequence[Address]) -> JsonValue:
    by_type = {address.type: address for address in subjects}
    return [_address(by_type.get(kind, Address(type=kind))) for kind in _ADDRESS_TYPES]


def _person(subject: ContactPerson) -> JsonObject:
    return {
        "FirstName": subject.first_name,
        "LastName": subject.last_name,
        "EmailAddress": subject.email_address,
        "IncludeInEmails": subject.include_in_emails,
    }


def _address(subject: Address) -> JsonObject:
    content: JsonObject = {
        "AddressType": subject.type,
        "City": subject.city,
        "Region": subject.region,
        "PostalCode": subject.postal_code,
        "Country": subject.country,
    }
    for name, value in (
        ("AddressLine1", subject.line_1),
        ("AddressLine2", subject.line_2),
        ("AddressLine3", subject.line_3),
        ("AddressLine4", subject.line_4),
        ("AttentionTo", subject.attention_to),
    ):
        if value:
            content[name] = value
    return content


def _phones(subjects: Sequence[Phone]) -> JsonValue:
    by_type = {phone.type: phone for phone in subjects}
    return [
        {
            "PhoneType": kind,
            "PhoneNumber": phone.number,
            "PhoneAreaCode": phone.area_code,
            "PhoneCountryCode": phone.country_code,
        }
        for kind in _PHONE_TYPES
        for phone in (by_type.get(kind, Phone(type=kind)),)
    ]
