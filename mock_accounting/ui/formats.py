"""How figures, days and bodies are written on the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from mock_accounting.dialect import jsontext
from mock_accounting.dialect.figures import money, plain_number, price


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
    "quantity": plain_number,
    "day": day,
    "moment": moment,
    "pretty": pretty,
}
