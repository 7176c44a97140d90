"""JSON text whose numbers are exact decimals."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from json.encoder import encode_basestring_ascii
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Encoded:
    """A value that is JSON text already."""

    text: str


JsonValue: TypeAlias = (
    "str | int | bool | Decimal | list[JsonValue] | dict[str, JsonValue] | Encoded"
    " | None"
)
JsonObject: TypeAlias = dict[str, JsonValue]


def dumps(value: JsonValue) -> bytes:
    """*value* as JSON text; a decimal keeps the digits it has."""
    return encoded(value).text.encode()


def encoded(value: JsonValue) -> Encoded:
    """*value* as JSON text that may stand inside other values."""
    parts: list[str] = []
    _write(value, parts)
    return Encoded("".join(parts))


def indented(value: JsonValue, indent: int = 2) -> str:
    """*value* as JSON text for people to read, not to reckon with."""
    return json.dumps(value, indent=indent, ensure_ascii=False, default=float)


def loads(text: bytes | str) -> Any:  # noqa: ANN401 - whatever a client sent
    """The value of JSON text; numbers become int or Decimal, never float.

    Raises:
        ValueError: If it is no JSON, or nested too deep.
    """
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")


def _write(value: JsonValue, parts: list[str]) -> None:
    """Append *value* to *parts*; the most frequent types are asked for first."""
    if isinstance(value, str):
        parts.append(encode_basestring_ascii(value))
    elif isinstance(value, dict):
        separator = "{"
        for key, item in value.items():
            parts.append(f"{separator}{encode_basestring_ascii(key)}:")
            _write(item, parts)
            separator = ","
        parts.append("}" if value else "{}")
    elif isinstance(value, Decimal):
        parts.append(format(value, "f"))
    elif isinstance(value, list):
        separator = "["
        for item in value:
            parts.append(separator)
            _write(item, parts)
            separator = ","
        parts.append("]" if value else "[]")
    elif isinstance(value, bool):
        parts.append("true" if value else "false")
    elif isinstance(value, Encoded):
        parts.append(value.text)
    elif value is None:
        parts.append("null")
    else:
        parts.append(str(int(value)))
