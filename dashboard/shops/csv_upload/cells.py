"""Reads single cells: amounts, days and words as people and spreadsheets write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, time, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Final

from dashboard.domain.order import LineKind, OrderPhase
from dashboard.domain.sentences import say

# Spaces that group thousands, and the signs of currencies.
_DROPPED: Final = re.compile(r"[\s\u00a0\u202f']|[€$£¥]|\b[A-Z]{3}\b")
_CURRENCY: Final = re.compile(r"[€$£¥]|\b[A-Z]{3}\b")
# Whose sign it is, as far as shops sell in them.
_SIGNS: Final[Mapping[str, str]] = {
    "€": "EUR",
    "£": "GBP|GIP|EGP",
    "$": "USD|CAD|AUD|NZD|SGD|HKD|TWD|MXN|BRL|ARS|CLP|COP|UYU",
    "¥": "JPY|CNY",
}
_POINT: Final = re.compile(r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d{1,6})?")
_COMMA: Final = re.compile(r"-?(\d+|\d{1,3}(\.\d{3})+)(,\d{1,6})?")
_ENDS_IN_COMMA: Final = re.compile(r",\d{1,2}$|,\d{4,}$|\.\d{3},")
_THOUSANDS: Final = re.compile(r"^\D*\d{1,3}(\.\d{3})+$")
_DAY: Final = re.compile(
    r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})"
    r"(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?"
)
_SPACE_BEFORE_OFFSET: Final = re.compile(r" (?=[+-]\d\d:?\d\d$)")
_YEAR_DIGITS: Final = 4
_MONTHS: Final = 12
_PHASES: Final[Mapping[OrderPhase, str]] = {
    OrderPhase.PLACED: "placed|processing|completed|complete|paid|open|closed|"
    "fulfilled|unfulfilled|shipped|on hold|on-hold|verzonden|betaald|voltooid|"
    "afgerond|in behandeling|versendet|versandt|bezahlt|abgeschlossen|"
    "in bearbeitung",
    OrderPhase.PENDING: "pending|pending payment|in afwachting|ausstehend",
    OrderPhase.FAILED: "failed|mislukt|fehlgeschlagen",
    OrderPhase.CANCELLED: "cancelled|canceled|geannuleerd|storniert",
    OrderPhase.DRAFT: "draft|concept|entwurf",
}
_KINDS: Final[Mapping[LineKind, str]] = {
    LineKind.PRODUCT: "product|article|item|line|artikel|produkt",
    LineKind.SHIPPING: "shipping|delivery|verzending|verzendkosten|versand|"
    "versandkosten",
    LineKind.FEE: "fee|discount|kosten|toeslag|korting|gebühr|rabatt",
}


class DayOrder(StrEnum):
    """Which part of a date comes first, where the year does not."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


class CellWrong(Exception):
    """A cell cannot be read; the message says what belongs there."""


def read_amount(text: str, *, decimal_comma: bool) -> Decimal:
    """Read an amount, with or without thousands grouped and its currency named.

    Raises:
        CellWrong: If it is no amount written like that.
    """
    plain = _DROPPED.sub("", text).replace("\u2212", "-")
    shape = _COMMA if decimal_comma else _POINT
    if not shape.fullmatch(plain):
        example = "1.234,50" if decimal_comma else "1,234.50"
        raise CellWrong(
            say(
                'must be an amount such as %(example)s, not "%(text)s"',
                example=example,
                text=text[:40],
            )
        )
    if decimal_comma:
        plain = plain.replace(".", "").replace(",", ".")
    return Decimal(plain.replace(",", ""))


def check_currency(text: str, currency: str) -> None:
    """Make sure that an amount names no other currency than its order's.

    Raises:
        CellWrong: If it does: 12.10 USD are not 12.10 EUR.
    """
    for named in _CURRENCY.findall(text):
        if currency not in _SIGNS.get(named, named).split("|"):
            raise CellWrong(
                say(
                    'is "%(text)s", and the order is in %(currency)s',
                    text=text[:40],
                    currency=currency,
                )
            )


def read_rate(text: str, *, decimal_comma: bool) -> Decimal:
    """Read a rate in percent; the sign may stand behind it.

    Raises:
        CellWrong: If it is none from 0 to 100.
    """
    rate = read_amount(text.removesuffix("%"), decimal_comma=decimal_comma)
    if not 0 <= rate <= 100:  # noqa: PLR2004 - percent
        raise CellWrong(
            say('must be a rate from 0 to 100 percent, not "%(text)s"', text=text[:40])
        )
    return rate


def read_time(text: str, day_order: DayOrder, zone: tzinfo) -> datetime:
    """Read a day, with a time of the day or without; without an offset it is *zone*'s.

    Raises:
        CellWrong: If there is no such day.
    """
    found = _DAY.fullmatch(text)
    try:
        with_offset = datetime.fromisoformat(_SPACE_BEFORE_OFFSET.sub("", text))
    except ValueError:
        with_offset = None
    if with_offset is not None and with_offset.tzinfo is not None:
        return with_offset
    if found is None:
        raise CellWrong(
            say('must be a day such as 2026-03-31, not "%(text)s"', text=text[:40])
        )
    year, month, day = _year_month_day(found, day_order)
    hour, minute, second = (int(part or 0) for part in found.groups()[3:])
    try:
        at = time(hour, minute, second)
        return datetime(year, month, day, at.hour, at.minute, at.second, tzinfo=zone)
    except ValueError as error:
        raise CellWrong(
            say('there is no such day as "%(text)s"', text=text[:40])
        ) from error


def read_phase(text: str) -> OrderPhase:
    """Read the status of an order.

    Raises:
        CellWrong: If it is no word for one that we know.
    """
    word = text.casefold()
    for phase, words in _PHASES.items():
        if word in words.split("|"):
            return phase
    raise CellWrong(
        say(
            'is "%(text)s": write placed, pending, failed, cancelled or '
            "draft. Money given back is not read from a file",
            text=text[:40],
        )
    )


def read_kind(text: str) -> LineKind:
    """Read what a line stands for.

    Raises:
        CellWrong: If it is no word for that.
    """
    word = text.casefold()
    for kind, words in _KINDS.items():
        if word in words.split("|"):
            return kind
    raise CellWrong(
        say('must be product, shipping or fee, not "%(text)s"', text=text[:40])
    )


def uses_decimal_comma(amounts: Iterable[str]) -> bool:
    """Tell whether amounts are written like 1.234,50, as far as they show it.

    Where all that shows is 1.234 in every amount with a point, thousands are grouped
    by it: no money has three decimals.
    """
    plain = [text.rstrip(" €") for text in amounts]
    if any(_ENDS_IN_COMMA.search(text) for text in plain):
        return True
    pointed = [text for text in plain if "." in text]
    return bool(pointed) and all(_THOUSANDS.search(text) for text in pointed)


def likely_day_order(days: Iterable[str]) -> DayOrder:
    """Return how dates are likely written: day first, unless one cannot be."""
    for text in days:
        found = _DAY.match(text)
        if found and len(found[1]) < _YEAR_DIGITS and int(found[2]) > _MONTHS:
            return DayOrder.MONTH_FIRST
    return DayOrder.DAY_FIRST


def _year_month_day(found: re.Match[str], day_order: DayOrder) -> tuple[int, int, int]:
    first, second, third = (found[1], found[2], found[3])
    if len(first) == _YEAR_DIGITS:
        return int(first), int(second), int(third)
    if len(third) != _YEAR_DIGITS:
        raise CellWrong(say('needs a year of four digits: "%(found)s"', found=found[0]))
    if day_order is DayOrder.MONTH_FIRST:
        return int(third), int(first), int(second)
    return int(third), int(second), int(first)
