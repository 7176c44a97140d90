"""Amounts and quantities as people read them, on paper and on the pages."""

from __future__ import annotations

from decimal import Decimal


def money(amount: Decimal) -> str:
    """Two decimals."""
    return f"{amount:,.2f}"


def plain_number(number: Decimal) -> str:
    """As many decimals as there are."""
    return f"{number.normalize():,f}"


def price(amount: Decimal) -> str:
    """At least two decimals, more if they are there."""
    plain = plain_number(amount)
    decimals = len(plain.partition(".")[2])
    return money(amount) if decimals <= len("00") else plain
