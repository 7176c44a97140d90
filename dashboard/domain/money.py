"""Exact amounts: the one place where money is rounded.

The books keep two decimals in every currency, also in those that have none
(a shop in yen may send 40.33), so amounts are compared and stored in hundredths.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")

# ISO 4217 minor units where they are not two; shops get them wrong by setting
# fewer decimals than the currency has.
_DECIMALS = {
    "BIF": 0,
    "CLP": 0,
    "DJF": 0,
    "GNF": 0,
    "ISK": 0,
    "JPY": 0,
    "KMF": 0,
    "KRW": 0,
    "PYG": 0,
    "RWF": 0,
    "UGX": 0,
    "VND": 0,
    "VUV": 0,
    "XAF": 0,
    "XOF": 0,
    "XPF": 0,
}


def to_cents(amount: Decimal) -> Decimal:
    """Round *amount* half up to two decimals, as the books do."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def hundredths(amount: Decimal) -> int:
    """Return *amount*, rounded to two decimals, as a whole number of hundredths."""
    return int(to_cents(amount).scaleb(2))


def from_hundredths(number: int) -> Decimal:
    """Return the amount that *number* hundredths make."""
    return Decimal(number).scaleb(-2)


def decimals_of(currency: str) -> int:
    """Return how many decimals *currency* (ISO 4217) needs; at most two count here."""
    return _DECIMALS.get(currency, 2)


def in_proportion(whole: Decimal, shares: Sequence[Decimal]) -> list[Decimal]:
    """Divide *whole* (two decimals) like *shares*; the parts make it exactly.

    What rounding leaves goes to the largest share.
    """
    total = sum(shares, ZERO)
    if not total:
        return [whole, *(ZERO for _ in shares[1:])]
    parts = [to_cents(whole * share / total) for share in shares]
    largest = max(range(len(shares)), key=lambda at: abs(shares[at]))
    parts[largest] += whole - sum(parts, ZERO)
    return parts
