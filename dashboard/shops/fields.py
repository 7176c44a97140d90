"""Reads the fields of a JSON object and notes what is wrong with them, all of it."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from dashboard.domain.sentences import say
from dashboard.shops.protocol import FieldError

_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_BREAK = re.compile(r"</?(?:br|p|div|li)\b[^<>]*>", re.IGNORECASE)
# Below a thousand milliards: what databases and accounting packages can hold.
_MAX_MAGNITUDE = 11
_MAX_DECIMALS = 20
_YEARS = range(1970, 2200)
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = 40
# Control characters and lone surrogates: no database takes all of them.
_UNPRINTABLE = {"Cc", "Cs"}
# Signs that nobody sees: spaces without width, and what turns round all text behind it.
# Those that join the parts of one emoji stay.
_UNSEEN = dict.fromkeys(
    (0x00AD, 0x200B, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
)
_COUNTRY = re.compile("[A-Z]{2}")
# Written otherwise by some: ISO 3166-1 has these.
_COUNTRIES = {"EL": "GR", "UK": "GB"}
_MAX_NUMBER_LENGTH = 100
# By these, the books cannot be asked for an invoice of that number.
_NOT_IN_NUMBERS = re.compile(r'[,"\\]')
_MAX_RATE_PERCENT = Decimal(1000)
_RATE_STEP = Decimal("0.000001")


class Fields:
    """One JSON object with its path; unreadable fields go to *errors*.

    A reader returns a harmless value for a field it cannot read, so that reading goes
    on and every error is found at once: look at *errors* before using any of it.
    """

    def __init__(
        self, data: Mapping[str, Any], errors: list[FieldError], path: str = ""
    ) -> None:
        self._data = data
        self._errors = errors
        self._path = path

    def fault(self, key: str, message: str) -> None:
        """Note what is wrong with the field *key*."""
        self._errors.append(FieldError(path=self._path_of(key), message=message))

    def is_empty(self, key: str) -> bool:
        """Tell whether the field is absent, null or an empty text."""
        value = self._data.get(key)
        return value is None or value == ""

    def text(self, key: str, default: str = "") -> str:
        """Return a text on one line without markup; a number counts as text.

        PHP says false where there is nothing, so that is empty too.
        """
        value = self._data.get(key)
        if isinstance(value, str):
            return one_line(value) or default
        if value is None or value is False:
            return default
        if _is_number(value):
            return str(value)
        self.fault(key, say("must be a text, not %(value)s", value=_shown(value)))
        return default

    def order_number(self, key: str, default: str, *, sign: str = "") -> str:
        """Return the number people know an order by, without the *sign* before it.

        It is *default* where there is none.
        """
        number = self.text(key).removeprefix(sign).strip() or default
        if len(number) > _MAX_NUMBER_LENGTH:
            self.fault(
                key,
                say(
                    "has more than %(max_number_length)s characters",
                    max_number_length=_MAX_NUMBER_LENGTH,
                ),
            )
            return default
        if _NOT_IN_NUMBERS.search(number):
            self.fault(
                key,
                say(
                    "has a comma, a quotation mark or a backslash, with which the "
                    "books cannot be asked for the invoice: %(number)s",
                    number=number,
                ),
            )
            return default
        return number

    def country(self, key: str) -> str:
        """Return a country as ISO 3166-1 writes it (alpha-2), empty where none is told.

        One that is not known for sure would count as outside the EU.
        """
        text = self.text(key).upper()
        country = _COUNTRIES.get(text, text)
        if country and not _COUNTRY.fullmatch(country):
            self.fault(
                key,
                say(
                    "must be a country code of two letters, such as NL, not %(value)s",
                    value=_shown(text),
                ),
            )
            return ""
        return country

    def amount(self, key: str, default: Decimal | None = None) -> Decimal:
        """Return a number, written as a text or not, with the decimals it came with.

        Without *default* the field has to be there.
        """
        instead = Decimal(0) if default is None else default
        if self.is_empty(key):
            if default is None:
                self.fault(key, say("is missing"))
            return instead
        value = self._data[key]
        number = _to_decimal(value)
        if number is None:
            self.fault(
                key, say("must be an amount, not %(value)s", value=_shown(value))
            )
            return instead
        return number

    def rate_percent(self, key: str, *, of_one: bool = False) -> Decimal:
        """Return a tax rate in percent; with *of_one*, 0.21 is written for 21 %.

        Shops keep rates as binary fractions, and some show it: 9.9749999999999996 is
        9.975 %.
        """
        rate = self.amount(key, default=Decimal(0)) * (100 if of_one else 1)
        if not 0 <= rate <= _MAX_RATE_PERCENT:
            self.fault(key, say("%(rate)s is no tax rate", rate=rate))
            return Decimal(0)
        rounded = rate.quantize(_RATE_STEP)
        return rate if rate == rounded else rounded

    def decimals_written(self, key: str) -> int | None:
        """Return how many decimals an amount written as a text has, else None.

        A JSON number tells nothing: 12.0 and 12 are the same.
        """
        value = self._data.get(key)
        if not isinstance(value, str) or not _NUMBER.fullmatch(value):
            return None
        return len(value.partition(".")[2])

    def time(self, key: str) -> datetime | None:
        """Return a point in time, UTC where no offset is written; None when empty."""
        if self.is_empty(key):
            return None
        value = self._data[key]
        moment = _to_time(value)
        if moment is None:
            self.fault(
                key, say("must be a date and time, not %(value)s", value=_shown(value))
            )
        return moment

    def required_time(self, key: str) -> datetime:
        """Return a point in time that has to be there."""
        if self.is_empty(key):
            self.fault(key, say("is missing"))
        return self.time(key) or _NO_TIME

    def day(self, key: str) -> date | None:
        """Return the calendar day of a time as it is written, whatever its offset."""
        value = self._data.get(key)
        if not isinstance(value, str) or _to_time(value) is None:
            return None
        return datetime.fromisoformat(value).date()

    def flag(self, key: str) -> bool:
        """Return whether the field is true; absent is false."""
        value = self._data.get(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.fault(
            key, say("must be true or false, not %(value)s", value=_shown(value))
        )
        return False

    def part(self, key: str) -> Fields:
        """Return the object in the field *key*; PHP writes an empty one as a list."""
        value = self._data.get(key)
        if not isinstance(value, dict):
            if value not in (None, [], ""):
                self.fault(
                    key, say("must be an object, not %(value)s", value=_shown(value))
                )
            value = {}
        return Fields(value, self._errors, self._path_of(key))

    def parts(self, key: str) -> Iterator[Fields]:
        """Yield the objects of the list in the field *key*; absent is empty."""
        value = self._data.get(key)
        if value is None:
            return
        if not isinstance(value, list):
            self.fault(key, say("must be a list, not %(value)s", value=_shown(value)))
            return
        for index, item in enumerate(value):
            place = f"{key}[{index}]"
            if isinstance(item, dict):
                yield Fields(item, self._errors, self._path_of(place))
            else:
                self.fault(
                    place, say("must be an object, not %(item)s", item=_shown(item))
                )

    def parts_apart(self, key: str) -> Iterator[Fields]:
        """Yield the objects of the list in the field *key*, each with an id of its own.

        Of two with one id, nobody could tell which of them is booked.
        """
        known: set[str] = set()
        for part in self.parts(key):
            name = part.text("id")
            if name and name in known:
                part.fault("id", say("is there twice"))
            known.add(name)
            yield part

    def raw_objects(self, key: str) -> list[dict[str, Any]]:
        """Return the objects in the field *key*, whatever they hold; no error."""
        value = self._data.get(key)
        items = value if isinstance(value, list) else []
        return [item for item in items if isinstance(item, dict)]

    def _path_of(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key


def one_line(text: str) -> str:
    """Return *text* without markup, entities, line breaks or unprintable characters.

    Shops keep markup in names: ``Größe "L" &amp; Co <b>x</b>``.
    """
    plain = html.unescape(_TAG.sub("", _BREAK.sub(" ", text)))
    printable = (
        " " if unicodedata.category(character) in _UNPRINTABLE else character
        for character in plain.translate(_UNSEEN)
    )
    return " ".join("".join(printable).split())


def _is_number(value: object) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _to_decimal(value: object) -> Decimal | None:
    if isinstance(value, str):
        number = Decimal(value) if _NUMBER.fullmatch(value) else None
    elif isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        number = Decimal(value)
    else:
        number = None
    if number is None or not number.is_finite():
        return None
    if number.adjusted() > _MAX_MAGNITUDE or _decimals(number) > _MAX_DECIMALS:
        return None
    # The shop may write -0.00, which would be shown.
    return number.copy_abs() if number.is_zero() else number


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _to_time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year in _YEARS else None


def _shown(value: object) -> str:
    """Return a short name of *value* for an error message."""
    match value:
        case None:
            return "null"
        case dict():
            return say("an object")
        case list():
            return say("a list")
        case bool():
            return str(value).lower()
        case str():
            text = one_line(value[: 4 * _SHOWN])
            return f'"{text[:_SHOWN]}…"' if len(text) > _SHOWN else f'"{text}"'
        case _:
            return str(value)[:_SHOWN]
