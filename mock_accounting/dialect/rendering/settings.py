"""Organisation, connections, ledger accounts, tax rates, currencies and items."""

from __future__ import annotations

from collections.abc import Mapping

from mock_accounting.dialect.dates import iso_ticks, ms_day, ms_moment
from mock_accounting.dialect.jsontext import JsonObject
from mock_accounting.dialect.rendering.fields import add_set
from mock_accounting.ledger.ids import NIL_ID
from mock_accounting.ledger.inputs import (
    AccountInput,
    CurrencyInput,
    ItemInput,
    TaxRateInput,
)
from mock_accounting.ledger.model import (
    AccountClass,
    Currency,
    Item,
    LedgerAccount,
    Organisation,
    PriceDetails,
    TaxRate,
)
from mock_accounting.ledger.money import round_half_up


def show_organisation(subject: Organisation) -> JsonObject:
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


def show_connection(connection_id: str, subject: Organisation) -> JsonObject:
    """One entry of the list of connections."""
    created = iso_ticks(subject.created_at)
    return {
        "id": connection_id,
        "authEventId": NIL_ID,
        "tenantId": subject.organisation_id,
        "tenantType": "ORGANISATION",
        "tenantName": subject.name,
        "createdDateUtc": created,
        "updatedDateUtc": created,
    }


def show_account(subject: LedgerAccount) -> JsonObject:
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
    add_set(
        content,
        BankAccountType=subject.bank_account_type,
        BankAccountNumber=subject.bank_account_number,
        CurrencyCode=subject.currency_code,
        SystemAccount=subject.system_account,
    )
    return content


def echo_account(sent: AccountInput) -> JsonObject:
    """A refused ledger account, as it was sent."""
    content: JsonObject = {"AccountID": NIL_ID}
    add_set(content, Code=sent.code, Name=sent.name, Type=sent.type)
    return content


def echo_tax_rate(sent: TaxRateInput) -> JsonObject:
    """A refused tax rate, as it was sent."""
    content: JsonObject = {}
    add_set(content, Name=sent.name, TaxType=sent.tax_type)
    return content


def echo_currency(sent: CurrencyInput) -> JsonObject:
    """A refused currency, as it was sent."""
    return {"Code": sent.code or ""}


def show_tax_rate(subject: TaxRate) -> JsonObject:
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
    add_set(content, ReportTaxType=subject.report_tax_type)
    return content


def show_currency(subject: Currency) -> JsonObject:
    """A subscribed currency."""
    return {"Code": subject.code, "Description": subject.description}


def show_item(subject: Item) -> JsonObject:
    """An item with its prices."""
    content: JsonObject = {
        "ItemID": subject.item_id,
        "Code": subject.code,
        "Name": subject.name,
        "Description": subject.description,
        "PurchaseDescription": subject.purchase_description,
        "IsTrackedAsInventory": False,
        "IsSold": subject.is_sold,
        "IsPurchased": subject.is_purchased,
        "UpdatedDateUTC": ms_moment(subject.updated_at),
    }
    _add_prices(content, subject.sales, subject.purchases)
    return content


def echo_item(sent: ItemInput) -> JsonObject:
    """A refused item, as it was sent."""
    content: JsonObject = {"ItemID": sent.item_id or NIL_ID, "Code": sent.code or ""}
    add_set(content, Name=sent.name, Description=sent.description)
    _add_prices(content, sent.sales, sent.purchases)
    return content


def show_actions(allowed: Mapping[str, bool]) -> list[JsonObject]:
    """What the caller may do in the organisation."""
    return [
        {"Name": name, "Status": "ALLOWED" if it else "NOT-ALLOWED"}
        for name, it in allowed.items()
    ]


def _add_prices(
    content: JsonObject, sales: PriceDetails | None, purchases: PriceDetails | None
) -> None:
    for name, details in (("SalesDetails", sales), ("PurchaseDetails", purchases)):
        if details is not None:
            shown: JsonObject = {}
            add_set(
                shown,
                UnitPrice=details.unit_price,
                AccountCode=details.account_code,
                TaxType=details.tax_type,
            )
            content[name] = shown
