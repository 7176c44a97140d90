"""What the books say of themselves. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from dashboard.accounting.xero.decode import Element, amount_of
from dashboard.domain.books import BooksFacts, LedgerAccount, TaxRate


def read_facts(
    organisations: Sequence[Element],
    accounts: Sequence[Element],
    tax_rates: Sequence[Element],
    currencies: Sequence[Element],
) -> BooksFacts:
    """Put together what four questions brought; only what is active counts."""
    organisation = organisations[0] if organisations else {}
    active = [a for a in accounts if a.get("Status", "ACTIVE") == "ACTIVE"]
    rounding = (a for a in active if a.get("SystemAccount") == "ROUNDING")
    return BooksFacts(
        organisation=str(organisation.get("Name", "")),
        country=str(organisation.get("CountryCode", "")),
        base_currency=str(organisation.get("BaseCurrency", "")),
        currencies=tuple(str(c.get("Code", "")) for c in currencies),
        tax_rates=tuple(
            TaxRate(
                tax_type=str(rate.get("TaxType", "")),
                name=str(rate.get("Name", "")),
                rate_percent=amount_of(rate.get("EffectiveRate")) or Decimal(0),
            )
            for rate in tax_rates
            if rate.get("Status") == "ACTIVE" and rate.get("CanApplyToRevenue")
        ),
        ledger_accounts=tuple(
            LedgerAccount(
                code=str(account["Code"]),
                name=str(account.get("Name", "")),
                kind=str(account.get("Type", "")),
                takes_payments=account.get("Type") == "BANK"
                or bool(account.get("EnablePaymentsToAccount")),
            )
            for account in active
            if account.get("Code")
        ),
        rounding_account=str(next(rounding, {}).get("Code", "")),
    )
