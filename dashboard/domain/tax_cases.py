"""A kind of tax that needs a tax type, and how it is written in a problem."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from dashboard.domain.rules import TaxSituation

_IN: Final = " in "
_WORDS: Final = {
    TaxSituation.UNTAXED: "what is not taxable",
    TaxSituation.EXEMPT: "a customer who pays no tax",
}


@dataclass(frozen=True, kw_only=True)
class TaxCase:
    """What a tax rule is missing for; *country* is empty where it is not known.

    *rate_percent* is None unless *situation* is RATE.
    """

    situation: TaxSituation
    rate_percent: Decimal | None = None
    country: str = ""

    @property
    def what(self) -> str:
        """The kind of tax, without the country."""
        if self.rate_percent is not None:
            return percent(self.rate_percent)
        return _WORDS[self.situation]

    @property
    def about(self) -> str:
        """What tells it from other cases; `read_tax_case` reads it again."""
        return f"{self.what}{_IN}{self.country}" if self.country else self.what


def percent(rate_percent: Decimal) -> str:
    """Return a rate as people write it: "9 %", "9.975 %"."""
    return f"{rate_percent.normalize():f} %"


def read_tax_case(about: str) -> TaxCase | None:
    """Return the case that is written *about*, None if it is none."""
    what, found, country = about.rpartition(_IN)
    if not found:
        what, country = about, ""
    for situation, words in _WORDS.items():
        if what == words:
            return TaxCase(situation=situation, country=country)
    try:
        rate = Decimal(what.removesuffix(" %"))
    except InvalidOperation:
        return None
    if not what.endswith(" %") or not rate.is_finite():
        return None
    return TaxCase(situation=TaxSituation.RATE, rate_percent=rate, country=country)
