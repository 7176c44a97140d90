"""How figures, days and bodies are written on the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

from mock_accounting.dialect import jsontext


def money(amount: Decimal) -> str:
    """Two decimals."""
    return f"{amount:,.2f}"


def price(amount: Decimal) -> str:
    """At least two decimals, more if they are there."""
    plain = f"{amount.normalize():,f}"
    decimals = len(plain.partition(".")[2])
    return money(amount) if decimals <= len("00") else plain


def quantity(number: Decimal) -> str:
    """As many decimals as there are."""
    return f"{number.normalize():,f}"


def day(moment: date) -> str:
    """Such as 3 Mar 2026."""
    return f"{moment.day} {moment:%b %Y}"


def moment(at: datetime) -> str:
    """To the second, in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def pretty(body: str) -> str:
    """JSON with indents; anything else as it is."""
    try:
        return jsontext.indented(jsontext.loads(body)) if body else ""
    except ValueError:
        return body


FILTERS: Mapping[str, Callable[..., str]] = {
    "money": money,
    "price": price,
    "quantity": quantity,
    "day": day,
    "moment": moment,
    "pretty": pretty,
}
