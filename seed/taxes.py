"""The tax rates of the demo shop, by the customer's country and the tax class."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from seed.catalogue import TaxClass


@dataclass(frozen=True, kw_only=True)
class TaxRate:
    """One row of WooCommerce's tax table."""

    rate_id: int
    code: str
    label: str
    percent: Decimal

    def of(self, net: Decimal) -> Decimal:
        """Return the unrounded tax on *net*."""
        return net * self.percent / 100


NL_21 = TaxRate(
    rate_id=1, code="NL-BTW 21%-1", label="BTW 21%", percent=Decimal("21.0000")
)
NL_9 = TaxRate(rate_id=2, code="NL-BTW 9%-1", label="BTW 9%", percent=Decimal("9.0000"))
NL_0 = TaxRate(rate_id=3, code="NL-BTW 0%-1", label="BTW 0%", percent=Decimal("0.0000"))
DE_19 = TaxRate(
    rate_id=4, code="DE-MWST 19%-1", label="MwSt 19%", percent=Decimal("19.0000")
)
GST = TaxRate(rate_id=5, code="CA-GST-1", label="GST", percent=Decimal("5.0000"))
QST = TaxRate(rate_id=6, code="CA-QC-QST-2", label="QST", percent=Decimal("9.9750"))
DE_7 = TaxRate(
    rate_id=7, code="DE-MWST 7%-1", label="MwSt 7%", percent=Decimal("7.0000")
)
# No tax type of the demo's books fits: only the lab sells there.
FR_20 = TaxRate(
    rate_id=8, code="FR-TVA 20%-1", label="TVA 20%", percent=Decimal("20.0000")
)

_RATES: dict[tuple[str, TaxClass], tuple[TaxRate, ...]] = {
    ("NL", TaxClass.STANDARD): (NL_21,),
    ("NL", TaxClass.REDUCED): (NL_9,),
    ("NL", TaxClass.ZERO): (NL_0,),
    ("DE", TaxClass.STANDARD): (DE_19,),
    ("DE", TaxClass.REDUCED): (DE_7,),
    ("CA", TaxClass.STANDARD): (GST, QST),
    ("FR", TaxClass.STANDARD): (FR_20,),
}


def rates_for(country: str, tax_class: TaxClass) -> tuple[TaxRate, ...]:
    """Return the rates that apply together; none outside the countries listed.

    Canada stands for Quebec, the only province the shop has charged tax in.
    """
    return _RATES.get((country, tax_class), ())
