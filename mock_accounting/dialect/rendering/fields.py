"""What every rendering shares: exact money, and no nulls."""

from __future__ import annotations

from decimal import Decimal

from mock_accounting.dialect.jsontext import JsonObject, JsonValue
from mock_accounting.ledger.money import round_half_up


def money(amount: Decimal) -> Decimal:
    """*amount* with two decimals."""
    return round_half_up(amount, 2)


def add_set(content: JsonObject, **fields: JsonValue) -> None:
    """Add the fields that are set: a null breaks clients."""
    content.update((name, value) for name, value in fields.items() if value is not None)
