"""Ids in addresses and forms: numbers a database can hold, or nothing at all."""

from __future__ import annotations

from typing import Final

from typing_extensions import override
from werkzeug.routing import IntegerConverter, Map, ValidationError

_LARGEST: Final = 2**63 - 1


def row_id(text: str) -> int:
    """Read an id.

    Raises:
        ValueError: If no row can have it; the database would fail on it.
    """
    number = int(text)
    if not 0 < number <= _LARGEST:
        raise ValueError(f"No row has the id {text}.")
    return number


def optional_row_id(text: str) -> int | None:
    """Read an id out of an address; None for what no row can have."""
    try:
        return row_id(text)
    except ValueError:
        return None


class RowIdConverter(IntegerConverter):
    """An id as a part of an address; another number is an address we do not have."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, min=1, max=_LARGEST)

    @override
    def to_python(self, value: str) -> int:
        """Read the id out of an address."""
        # Python refuses to read thousands of digits; so do we.
        if len(value) > len(str(_LARGEST)):
            raise ValidationError
        return int(super().to_python(value))
