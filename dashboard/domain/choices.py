"""Which of the company's rules chose what stands in a document."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dashboard.domain.books import InvoiceLine
from dashboard.domain.rules import TaxRule


class AccountRule(StrEnum):
    """The rule that names a line's ledger account."""

    SALES = "sales"
    SHIPPING = "shipping"
    FEE = "fee"
    GIFT_CARD = "gift card"
    ROUNDING = "rounding"


@dataclass(frozen=True, kw_only=True)
class ChosenLine:
    """A line with the rules that chose its ledger account and its tax type."""

    line: InvoiceLine
    account_rule: AccountRule
    tax_rule: TaxRule
