"""Reads the bodies of the control API, with messages that say what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

_LARGEST = 10**9
_YEARS = range(1970, 3000)
"""Far enough from the ends of the calendar to reckon with."""

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class BadControl(Exception):
    """A control request that makes no sense; the message says why."""


class Fields:
    """The fields of one JSON object; those never asked for are refused by `done`."""

    def __init__(self, content: object) -> None:
        if not isinstance(content, Mapping):
            raise BadControl("A JSON object is expected.")
        self._content: Mapping[str, Any] = content
        self._asked: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._content

    def text(self, name: str) -> str | None:
        """A text, or None."""
        return self._typed(name, str)

    def flag(self, name: str) -> bool | None:
        """True, false, or None."""
        return self._typed(name, bool)

    def whole(self, name: str, default: int) -> int:
        """A whole number from 0 up."""
        value = self._typed(name, int)
        if value is None:
            return default
        if isinstance(value, bool) or value < 0:
            raise BadControl(f"{name} must be a whole number from 0 up.")
        return value

    def maybe_whole(self, name: str) -> int | None:
        """A whole number from 0 up, or None."""
        return None if self.get(name) is None else self.whole(name, 0)

    def maybe_number(self, name: str) -> float | None:
        """Any number from 0 up, or None."""
        return None if self.get(name) is None else self.number(name, 0)

    def number(self, name: str, default: float) -> float:
        """Any number from 0 up."""
        value = self.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or value < 0:
            raise BadControl(f"{name} must be a number from 0 up.")
        if value > _LARGEST:
            raise BadControl(f"{name} must be {_LARGEST} at most.")
        return float(value)

    def amount(self, name: str) -> Decimal:
        """An amount of money."""
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
            raise BadControl(f"{name} must be an amount.")
        try:
            return Decimal(value)
        except ArithmeticError as error:
            raise BadControl(f"{name} must be an amount.") from error

    def choice(self, name: str, kind: type[E], default: E | None = None) -> E:
        """One of the values of *kind*."""
        value = self.get(name)
        if value is None and default is not None:
            return default
        try:
            return kind(value)
        except ValueError as error:
            known = ", ".join(kind)
            raise BadControl(f"{name} must be one of {known}.") from error

    def day(self, name: str) -> date | None:
        """A day as YYYY-MM-DD, or None."""
        value = self.text(name)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError as error:
            raise BadControl(f"{name} must be a day such as 2026-01-31.") from error

    def moment(self, name: str) -> datetime:
        """A moment in ISO form; without an offset it is UTC."""
        try:
            moment = datetime.fromisoformat(self.text(name) or "")
        except ValueError as error:
            raise BadControl(f"{name} must be a time in ISO form.") from error
        if moment.year not in _YEARS:
            raise BadControl(f"{name} must be between {_YEARS[0]} and {_YEARS[-1]}.")
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        value = self.get(name)
        if not isinstance(value, list) or not all(isinstance(it, str) for it in value):
            raise BadControl(f"{name} must be a list of texts.")
        return value

    def child(self, name: str) -> Fields:
        """An object inside this one; empty if it is missing."""
        return Fields(self.get(name) or {})

    def get(self, name: str) -> Any:  # noqa: ANN401 - whatever JSON holds
        """The value as it is."""
        self._asked.add(name)
        return self._content.get(name)

    def done(self, meaningful: Iterable[str] | None = None) -> None:
        """Refuse fields that mean nothing here: a typing error must not pass.

        Those asked for mean something, or those in *meaningful* if it is given.
        """
        meant = self._asked if meaningful is None else set(meaningful)
        unknown = sorted(set(self._content) - meant)
        if unknown:
            known = ", ".join(sorted(meant)) or "nothing"
            raise BadControl(f"Unknown: {', '.join(unknown)}. Known here: {known}.")

    def _typed(self, name: str, kind: type[T]) -> T | None:
        value = self.get(name)
        if value is not None and not isinstance(value, kind):
            raise BadControl(f"{name} must be a {kind.__name__}.")
        return value
