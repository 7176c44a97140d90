"""What a new organisation begins with: chart of accounts, tax rates, currencies."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from mock_accounting.ledger.ids import IdSource
from mock_accounting.ledger.model import (
    AccountClass,
    Currency,
    LedgerAccount,
    Organisation,
    RecordStatus,
    TaxComponent,
    TaxRate,
)
from mock_accounting.ledger.money import HUNDRED

DEMO_TENANT_ID = "7d1f4f5e-5c1d-4b86-9d0a-0e5a3c1b2a10"
DEMO_NAME = "Demo Company (NL)"
DEMO_CLIENT = "demo"

_SALES_SIDE = (
    AccountClass.REVENUE,
    AccountClass.ASSET,
    AccountClass.LIABILITY,
    AccountClass.EQUITY,
)
_PURCHASE_SIDE = (
    AccountClass.EXPENSE,
    AccountClass.ASSET,
    AccountClass.LIABILITY,
    AccountClass.EQUITY,
)
_ANY_SIDE = tuple(AccountClass)


def an_organisation(
    name: str, organisation_id: str, created_at: datetime
) -> Organisation:
    """A Dutch company that keeps its books in euro."""
    return Organisation(
        organisation_id=organisation_id,
        name=name,
        base_currency="EUR",
        country_code="NL",
        timezone="WEUROPESTANDARDTIME",
        created_at=created_at,
    )


def currencies() -> tuple[Currency, ...]:
    """The subscribed currencies, with a fixed rate for one euro."""
    return (
        Currency(code="EUR", description="Euro", rate=Decimal("1.000000")),
        Currency(
            code="USD", description="United States Dollar", rate=Decimal("1.085000")
        ),
        Currency(code="GBP", description="British Pound", rate=Decimal("0.845000")),
        Currency(code="CAD", description="Canadian Dollar", rate=Decimal("1.480000")),
        Currency(code="JPY", description="Japanese Yen", rate=Decimal("162.500000")),
    )


def chart_of_accounts(ids: IdSource, now: datetime) -> tuple[LedgerAccount, ...]:
    """The ledger accounts, one of them archived so that clients look at Status."""

    def bank(code: str, name: str, number: str, kind: str = "BANK") -> LedgerAccount:
        return LedgerAccount(
            account_id=ids.next(),
            code=code,
            name=name,
            type="BANK",
            account_class=AccountClass.ASSET,
            tax_type="NONE",
            currency_code="EUR",
            bank_account_type=kind,
            bank_account_number=number,
            updated_at=now,
        )

    def revenue(
        code: str, name: str, status: RecordStatus = RecordStatus.ACTIVE
    ) -> LedgerAccount:
        return LedgerAccount(
            account_id=ids.next(),
            code=code,
            name=name,
            type="REVENUE",
            account_class=AccountClass.REVENUE,
            tax_type="OUTPUT2",
            status=status,
            updated_at=now,
        )

    def other(
        code: str,
        name: str,
        kind: tuple[str, AccountClass],
        tax_type: str = "NONE",
        system_account: str | None = None,
    ) -> LedgerAccount:
        account_type, account_class = kind
        return LedgerAccount(
            account_id=ids.next(),
            code=code,
            name=name,
            type=account_type,
            account_class=account_class,
            tax_type=tax_type,
            system_account=system_account,
            updated_at=now,
        )

    expense = ("EXPENSE", AccountClass.EXPENSE)
    current_asset = ("CURRENT", AccountClass.ASSET)
    current_liability = ("CURRLIAB", AccountClass.LIABILITY)
    return (
        bank("090", "Business bank account", "NL91ABNA0417164300"),
        bank("091", "Card payments", "CARD-CLEARING"),
        bank("092", "PayPal", "paypal@demo.example", "PAYPAL"),
        bank("093", "Cash", "CASH"),
        revenue("200", "Sales"),
        revenue("210", "Shipping income"),
        revenue("220", "Fees and surcharges"),
        revenue("290", "Sales, old web shop", RecordStatus.ARCHIVED),
        other("310", "Cost of goods sold", expense, "INPUT2"),
        other("404", "Bank fees", expense),
        other("610", "Accounts Receivable", current_asset, "NONE", "DEBTORS"),
        other("800", "Accounts Payable", current_liability, "NONE", "CREDITORS"),
        other("820", "BTW", current_liability, "NONE", "GST"),
        other("840", "Gift cards sold", current_liability, "NONE"),
        other("860", "Rounding", expense, "NONE", "ROUNDING"),
    )


def effective_rate(components: Iterable[TaxComponent]) -> Decimal:
    """Percentage that *components* come to; compound ones are on top of the rest."""
    simple = HUNDRED
    factor = Decimal(1)
    for component in components:
        if component.is_compound:
            factor *= 1 + component.rate_percent / HUNDRED
        else:
            simple += component.rate_percent
    return simple * factor - HUNDRED


def _rate(
    tax_type: str,
    name: str,
    components: Iterable[tuple[str, str]],
    applies_to: tuple[AccountClass, ...] = _SALES_SIDE,
    *,
    report_as: str | None = None,
    status: RecordStatus = RecordStatus.ACTIVE,
) -> TaxRate:
    """A tax rate of (name, percentage) parts; a percentage with + is compound."""
    parts = tuple(
        TaxComponent(
            name=part,
            rate_percent=Decimal(percent.removesuffix("+")),
            is_compound=percent.endswith("+"),
        )
        for part, percent in components
    )
    return TaxRate(
        tax_type=tax_type,
        name=name,
        components=parts,
        display_rate_percent=sum((part.rate_percent for part in parts), Decimal(0)),
        effective_rate_percent=effective_rate(parts),
        applies_to=applies_to,
        report_tax_type=report_as,
        status=status,
    )


def tax_rates() -> tuple[TaxRate, ...]:
    """Dutch rates, some that a webshop abroad needs, and a deleted one."""
    return (
        _rate("OUTPUT2", "21% BTW", [("BTW", "21")], report_as="OUTPUT2"),
        _rate("OUTPUT", "9% BTW", [("BTW", "9")], report_as="OUTPUT"),
        _rate(
            "ZERORATEDOUTPUT",
            "0% BTW",
            [("BTW", "0")],
            report_as="ZERORATEDOUTPUT",
        ),
        _rate("NONE", "No VAT", [("No VAT", "0")], _ANY_SIDE, report_as="NONE"),
        _rate(
            "EXEMPTOUTPUT",
            "Exempt from BTW",
            [("Exempt", "0")],
            report_as="EXEMPTOUTPUT",
        ),
        _rate(
            "ECZROUTPUT",
            "Reverse charge EU 0%",
            [("Reverse charge", "0")],
            report_as="ECOUTPUT",
        ),
        _rate(
            "INPUT2",
            "21% BTW on purchases",
            [("BTW", "21")],
            _PURCHASE_SIDE,
            report_as="INPUT2",
        ),
        _rate(
            "INPUT",
            "9% BTW on purchases",
            [("BTW", "9")],
            _PURCHASE_SIDE,
            report_as="INPUT",
        ),
        _rate("TAX001", "OSS Germany 19%", [("MwSt", "19")], report_as="MOSSSALES"),
        _rate("TAX002", "UK VAT 20%", [("VAT", "20")], report_as="OUTPUT"),
        _rate("TAX003", "Canada GST 5%", [("GST", "5")], report_as="OUTPUT"),
        _rate(
            "TAX004",
            "Canada GST + QST 14.975%",
            [("GST", "5"), ("QST", "9.975")],
            report_as="OUTPUT",
        ),
        _rate(
            "TAX005",
            "Canada GST + PST compound 12.35%",
            [("GST", "5"), ("PST", "7+")],
            report_as="OUTPUT",
        ),
        _rate(
            "TAX006",
            "19% BTW (until 2012)",
            [("BTW", "19")],
            report_as="OUTPUT",
            status=RecordStatus.DELETED,
        ),
    )
