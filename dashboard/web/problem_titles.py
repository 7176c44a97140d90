"""What a group of problems is called: its cause, and what tells it from others."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from dashboard.domain.problems import TITLES, Cause
from dashboard.domain.rules import TaxSituation
from dashboard.domain.tax_cases import TaxCase, read_tax_case
from dashboard.web.language import country_name, lazy_gettext, percent, said
from dashboard.web.language import gettext as _

# Where a word of ours, and none of the shop or the books, tells one from another.
_TOLD_APART: Final[Mapping[tuple[Cause, str], str]] = {
    (Cause.VAT_NUMBER, "none"): lazy_gettext("VAT number missing"),
    (Cause.VAT_NUMBER, "not valid"): lazy_gettext("VAT number not valid"),
    (Cause.VAT_NUMBER, "of the own country"): lazy_gettext(
        "VAT number of your own country"
    ),
    (Cause.VAT_NUMBER, "not of the EU"): lazy_gettext("VAT number not of the EU"),
    (Cause.NO_LEDGER_ACCOUNT, "gift cards"): lazy_gettext(
        "No ledger account for gift cards"
    ),
}


def problem_title(cause: Cause, about: str) -> str:
    """Return what the group of *cause* that is *about* something is called."""
    told_apart = _TOLD_APART.get((cause, about))
    if told_apart is not None:
        return str(told_apart)
    case = read_tax_case(about) if cause is Cause.UNKNOWN_TAX_RATE else None
    if case is not None:
        return _without_tax_type(case)
    return ": ".join(filter(None, (str(said(TITLES[cause])), about)))


def _without_tax_type(case: TaxCase) -> str:
    country = country_name(case.country) if case.country else ""
    match case.situation:
        case TaxSituation.RATE:
            rate = percent(case.rate_percent or Decimal(0))
            if country:
                return _(
                    "Unknown tax rate: %(rate)s, %(country)s",
                    rate=rate,
                    country=country,
                )
            return _("Unknown tax rate: %(rate)s", rate=rate)
        case TaxSituation.UNTAXED:
            if country:
                return _("No tax type: not taxable, %(country)s", country=country)
            return _("No tax type: not taxable")
        case TaxSituation.EXEMPT:
            if country:
                return _(
                    "No tax type: customer pays no tax, %(country)s", country=country
                )
            return _("No tax type: customer pays no tax")
