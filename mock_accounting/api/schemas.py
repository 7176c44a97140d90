"""The fields of every document, as JSON schemas of what is sent and what is shown.

One description gives both. A line of it names a kind and the fields of that kind,
each with the marks that hold for it: `!` is always shown, `*` must be sent to make
one, `<` is shown and never read. Kinds are those of `_KINDS`, words to choose from
with `|` between, or another document, in brackets for a list of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

INPUT = "Input"
"""What the name of a schema ends in that is sent."""
_ID = {"type": "string", "format": "uuid"}
_TEXT = {"type": "string"}
_MS_DATE = {"type": "string", "pattern": r"^/Date\(-?\d+(\+0000)?\)/$"}
_KINDS: Mapping[str, tuple[Schema, Schema]] = {
    "id": (_ID, _ID),
    "text": (_TEXT, _TEXT),
    "number": ({"type": "number"}, {"type": "number"}),
    "flag": ({"type": "boolean"}, {"type": "boolean"}),
    "day": ({"type": "string", "format": "date"}, _MS_DATE),
    "moment": (_TEXT, _MS_DATE),
    "list": ({"type": "array"}, {"type": "array"}),
    "object": ({"type": "object"}, {"type": "object"}),
}
"""The schemas of a kind: as sent, as shown."""

_REFUSABLE = """
    flag: HasErrors< HasValidationErrors<
    text: StatusAttributeString<
    [ValidationError]: ValidationErrors<
"""
_SALE = (
    """
    Contact: Contact*
    [LineItem]: LineItems*
    text: Reference CurrencyCode DateString< UpdatedDateUTCString<
    Exclusive|Inclusive|NoTax: LineAmountTypes
    DRAFT|SUBMITTED|AUTHORISED|PAID|VOIDED|DELETED: Status
    number: CurrencyRate SubTotal< TotalTax< Total<
    flag: SentToContact HasAttachments<
    day: Date FullyPaidOnDate<
    moment: UpdatedDateUTC<
    [PaymentSummary]: Payments<
"""
    + _REFUSABLE
)
_OF_PAYMENTS = """
    number: Amount BankAmount CurrencyRate
    text: Reference
    flag: HasAccount<
    day: Date
"""
_PRICE = "number: UnitPrice\n text: AccountCode TaxType"
_DOCUMENTS: Mapping[str, str] = {
    "Account": """
        id: AccountID!<
        text: Code* Name* TaxType CurrencyCode BankAccountNumber Status< Class<
        text: BankAccountType< SystemAccount<
        text: Type*
        flag: EnablePaymentsToAccount ShowInExpenseClaims< AddToWatchlist<
        flag: HasAttachments<
        moment: UpdatedDateUTC<
    """
    + _REFUSABLE,
    "Action": """
        text: Name!< Status!<
    """,
    "Address": """
        POBOX|STREET: AddressType
        text: AttentionTo AddressLine1 AddressLine2 AddressLine3 AddressLine4
        text: City Region PostalCode Country
    """,
    "Allocation": """
        id: AllocationID!<
        number: Amount*
        day: Date
        NamedInvoice: Invoice*
        flag: IsDeleted<
    """
    + _REFUSABLE,
    "Attachment": """
        id: AttachmentID!<
        text: FileName!< Url!< MimeType!<
        number: ContentLength!<
        flag: IncludeOnline!<
    """,
    "BankAccount": """
        id: AccountID
        text: Code Name< CurrencyCode<
    """,
    "BatchPayment": """
        id: BatchPaymentID!
        BankAccount: Account*
        text: Reference DateString< Type<
        [Payment]: Payments*
        AUTHORISED|DELETED: Status
        number: TotalAmount<
        day: Date
        moment: UpdatedDateUTC<
        flag: IsReconciled<
    """
    + _REFUSABLE,
    "Contact": """
        id: ContactID!
        text: Name* ContactNumber AccountNumber FirstName LastName EmailAddress
        text: CompanyNumber TaxNumber DefaultCurrency BankAccountDetails<
        ACTIVE|ARCHIVED: ContactStatus
        [Address]: Addresses
        [Phone]: Phones
        [ContactPerson]: ContactPersons
        list: ContactGroups<
        flag: IsSupplier< IsCustomer< HasAttachments<
        moment: UpdatedDateUTC<
    """
    + _REFUSABLE,
    "ContactPerson": """
        text: FirstName LastName EmailAddress
        flag: IncludeInEmails
    """,
    "CreditNote": """
        id: CreditNoteID!
        ACCRECCREDIT: Type*
        text: CreditNoteNumber
        number: RemainingCredit<
        [Allocation]: Allocations<
    """
    + _SALE,
    "Currency": """
        text: Code!* Description
    """
    + _REFUSABLE,
    "HistoryRecord": """
        text: Details!* Changes!< DateUTCString!< User!<
        moment: DateUTC!<
    """,
    "Invoice": """
        id: InvoiceID!
        ACCREC: Type*
        text: InvoiceNumber Url DueDateString<
        day: DueDate ExpectedPaymentDate
        number: AmountDue< AmountPaid< AmountCredited< TotalDiscount<
        flag: IsDiscounted<
        [NamedCreditNote]: CreditNotes<
        list: Prepayments< Overpayments< InvoiceAddresses< InvoicePaymentServices<
    """
    + _SALE,
    "Item": """
        id: ItemID!
        text: Code!* Name Description PurchaseDescription
        flag: IsSold IsPurchased IsTrackedAsInventory<
        ItemPrice: SalesDetails PurchaseDetails
        moment: UpdatedDateUTC<
    """
    + _REFUSABLE,
    "ItemPrice": _PRICE,
    "LineItem": """
        id: LineItemID AccountID
        text: Description ItemCode AccountCode TaxType
        number: Quantity UnitAmount TaxAmount LineAmount DiscountRate DiscountAmount
        list: Tracking< ValidationErrors<
    """,
    "NamedCreditNote": """
        id: CreditNoteID! ID<
        text: CreditNoteNumber CurrencyCode< Type< DateString<
        number: AppliedAmount< Total<
        day: Date<
        Contact: Contact<
        flag: HasErrors<
        list: LineItems<
    """,
    "NamedInvoice": """
        id: InvoiceID
        text: InvoiceNumber CurrencyCode< Type<
        Contact: Contact<
        flag: HasErrors< IsDiscounted<
        list: LineItems< Payments< CreditNotes< Prepayments< Overpayments<
    """,
    "OnlineInvoice": """
        text: OnlineInvoiceUrl!<
    """,
    "Organisation": """
        id: OrganisationID!<
        text: Name!< LegalName< Version!< OrganisationType< OrganisationEntityType<
        text: BaseCurrency!< CountryCode!< OrganisationStatus< SalesTaxBasis<
        text: SalesTaxPeriod< DefaultSalesTax!< DefaultPurchasesTax< Timezone!<
        text: ShortCode< Class!< Edition<
        flag: PaysTax< IsDemoCompany<
        number: FinancialYearEndDay< FinancialYearEndMonth<
        moment: CreatedDateUTC!< PeriodLockDate< EndOfYearLockDate<
        list: Addresses< Phones< ExternalLinks<
        object: PaymentTerms<
    """,
    "Payment": """
        id: PaymentID! BatchPaymentID<
        NamedInvoice: Invoice
        NamedCreditNote: CreditNote
        BankAccount: Account
        AUTHORISED|DELETED: Status
        text: PaymentType<
        flag: IsReconciled
        moment: UpdatedDateUTC<
    """
    + _OF_PAYMENTS
    + _REFUSABLE,
    "PaymentSummary": """
        id: PaymentID!<
        flag: HasValidationErrors<
    """
    + _OF_PAYMENTS,
    "Phone": """
        DDI|DEFAULT|FAX|MOBILE|OFFICE: PhoneType
        text: PhoneNumber PhoneAreaCode PhoneCountryCode
    """,
    "TaxComponent": """
        text: Name
        number: Rate
        flag: IsCompound IsNonRecoverable<
    """,
    "TaxRate": """
        text: Name* TaxType ReportTaxType
        ACTIVE|ARCHIVED|DELETED: Status
        [TaxComponent]: TaxComponents*
        number: DisplayTaxRate< EffectiveRate<
        flag: CanApplyToAssets< CanApplyToEquity< CanApplyToExpenses<
        flag: CanApplyToLiabilities< CanApplyToRevenue<
    """
    + _REFUSABLE,
    "ValidationError": """
        text: Message!<
    """,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Field:
    """A field of a document."""

    name: str
    kind: str
    marks: str

    @property
    def is_sent(self) -> bool:
        return "<" not in self.marks


def all_schemas() -> dict[str, Schema]:
    """Every schema by its name: `Invoice` as shown, `InvoiceInput` as sent."""
    schemas: dict[str, Schema] = {"ErrorAnswer": _ERROR, "Problem": _PROBLEM}
    for document, text in _DOCUMENTS.items():
        fields = list(_fields(text))
        schemas[document] = {
            "type": "object",
            "properties": {it.name: _shown(it.kind) for it in fields},
            "required": [it.name for it in fields if "!" in it.marks],
            "additionalProperties": False,
        }
        sent = [it for it in fields if it.is_sent]
        if sent:
            schemas[document + INPUT] = {
                "type": "object",
                "properties": {it.name: _sent(it.kind) for it in sent},
                "required": [it.name for it in sent if "*" in it.marks],
            }
    return schemas


def reference(name: str) -> Schema:
    """Where a schema stands in the OpenAPI document."""
    return {"$ref": f"#/components/schemas/{name}"}


def envelope(name: str, document: str) -> Schema:
    """The usual answer: documents under their name."""
    return {
        "type": "object",
        "properties": {
            "Id": _ID,
            "Status": {"const": "OK"},
            "ProviderName": _TEXT,
            "DateTimeUTC": _MS_DATE,
            "pagination": _PAGINATION,
            name: {"type": "array", "items": reference(document)},
        },
        "required": ["Id", "Status", "ProviderName", "DateTimeUTC", name],
        "additionalProperties": False,
    }


_WHOLE = {"type": "integer"}
_PAGINATION: Schema = {
    "type": "object",
    "properties": dict.fromkeys(("page", "pageSize", "pageCount", "itemCount"), _WHOLE),
    "required": ["page", "pageSize", "pageCount", "itemCount"],
}
_ERROR: Schema = {
    "type": "object",
    "properties": {
        "ErrorNumber": _WHOLE,
        "Type": _TEXT,
        "Message": _TEXT,
        "Elements": {"type": "array", "items": {"type": "object"}},
    },
    "required": ["ErrorNumber", "Type", "Message"],
    "additionalProperties": False,
}
_PROBLEM: Schema = {
    "type": "object",
    "properties": {"Status": _WHOLE, "Title": _TEXT, "Detail": _TEXT, "Instance": _ID},
    "required": ["Status", "Title", "Detail", "Instance"],
}


def _fields(text: str) -> Iterator[_Field]:
    for line in text.strip().splitlines():
        kind, _, names = line.strip().partition(": ")
        for marked in names.split():
            name = marked.rstrip("!*<")
            yield _Field(name=name, kind=kind, marks=marked[len(name) :])


def _shown(kind: str) -> Schema:
    return _KINDS[kind][1] if kind in _KINDS else _composed(kind, suffix="")


def _sent(kind: str) -> Schema:
    return _KINDS[kind][0] if kind in _KINDS else _composed(kind, suffix=INPUT)


def _composed(kind: str, *, suffix: str) -> Schema:
    """The schema of a kind that is a choice of words, or another document."""
    document = kind.strip("[]")
    if document not in _DOCUMENTS:
        return {"enum": kind.split("|")}
    inner = reference(document + suffix)
    return {"type": "array", "items": inner} if kind.startswith("[") else inner
