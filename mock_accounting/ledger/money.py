"""Rounding: the only module that rounds."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal("0.00")
HUNDRED = Decimal(100)
_STEPS = {places: Decimal(1).scaleb(-places) for places in range(7)}


def round_half_up(amount: Decimal, places: int = 2) -> Decimal:
    """*amount* rounded to *places* decimals, halves away from zero."""
    return amount.quantize(_STEPS[places], rounding=ROUND_HALF_UP)
