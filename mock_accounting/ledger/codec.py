"""Documents as JSON text and back: what the data file and exports hold."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

_Convert = Callable[[Any], Any]


def to_json(document: object) -> dict[str, Any]:
    """*document*, a dataclass, as a JSON object; decimals, dates and files as text."""
    return {
        field.name: _plain(value)
        for field in _fields(cast("Hashable", type(document)))
        if (value := getattr(document, field.name)) is not None
    }


def from_json(kind: type[T], stored: dict[str, Any]) -> T:
    """The document of type *kind* that `to_json` gave *stored* for."""
    readers = _readers(cast("Hashable", kind))
    return kind(**{name: readers[name](value) for name, value in stored.items()})


def dumps(document: object) -> str:
    """*document* as compact JSON text."""
    return json.dumps(to_json(document), separators=(",", ":"))


def loads(kind: type[T], text: str) -> T:
    """The document of type *kind* that `dumps` gave *text* for."""
    return from_json(kind, json.loads(text))


@cache
def _fields(kind: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any dataclass
    return fields(kind)


def _plain(value: object) -> object:
    match value:
        case bool() | int() | str():
            return value
        case Decimal():
            return str(value)
        case bytes():
            return b64encode(value).decode()
        case date():
            return value.isoformat()
        case tuple():
            return [_plain(item) for item in value]
        case _:
            return to_json(value)


@cache
def _readers(kind: Any) -> dict[str, _Convert]:  # noqa: ANN401 - same
    return {name: _reader(hint) for name, hint in get_type_hints(kind).items()}


def _reader(hint: Any) -> _Convert:  # noqa: ANN401 - a type hint of any shape
    """What turns a stored value into one of type *hint*."""
    if isinstance(hint, UnionType):
        (inner,) = (part for part in get_args(hint) if part is not NoneType)
        return _reader(inner)
    if get_origin(hint) is tuple:
        item = _reader(get_args(hint)[0])
        return lambda values: tuple(item(value) for value in values)
    if is_dataclass(hint):
        return lambda value: from_json(cast("type[Any]", hint), value)
    if issubclass(hint, Enum):
        return cast("_Convert", hint)
    return _SIMPLE.get(hint, _as_it_is)


def _as_it_is(value: object) -> object:
    return value


_SIMPLE: dict[Any, _Convert] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    Decimal: Decimal,
    bytes: b64decode,
}
