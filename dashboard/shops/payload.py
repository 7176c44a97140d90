"""From the bytes a shop sent to JSON objects, with exact numbers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any

from dashboard.domain.sentences import say
from dashboard.shops.protocol import NotJson

_SIGNS = {sign: re.compile(rf"\s*\{sign}\s*") for sign in "[],"}
# A number with more digits than this is no amount, and slow to convert.
_MAX_DIGITS = 60
# What is nested deeper is no order, and whoever walks it runs out of stack.
_MAX_DEPTH = 50
_TOO_DEEP = f"this is nested more than {_MAX_DEPTH} levels deep"


def parse_object(body: bytes) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Parse *body* without ever making a float.

    Returns:
        The object, in which the last of several equal keys counts, and the keys that
        some object in it has more than once.

    Raises:
        NotJson: If *body* is anything else than a JSON object in UTF-8.
    """
    repeated: list[str] = []

    def to_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            times = Counter(name for name, _ in pairs)
            repeated.extend(name for name in found if times[name] > 1)
        return found

    with _said_in_words(body):
        data = _decoder(to_object).decode(body.decode("utf-8-sig"))
    if not isinstance(data, dict):
        raise NotJson(say("a JSON object is expected, in curly braces"))
    if _is_deeper(data, _MAX_DEPTH):
        raise NotJson(_TOO_DEEP)
    return data, tuple(repeated)


def parse_list(body: bytes) -> tuple[tuple[dict[str, Any], str], ...]:
    """Parse a list of objects; return each with the very text it was written as.

    Raises:
        NotJson: If *body* is anything else than a list of objects in UTF-8.
    """
    with _said_in_words(body):
        return tuple(_elements(body.decode("utf-8-sig")))


def _elements(text: str) -> Iterator[tuple[dict[str, Any], str]]:
    decoder = _decoder(dict)
    at = _next_sign(text, 0, "[")
    if _SIGNS["]"].match(text, at):
        return
    while True:
        element, end = decoder.raw_decode(text, at)
        if not isinstance(element, dict):
            raise NotJson(say("a list of objects is expected"))
        yield element, text[at:end]
        if _SIGNS["]"].match(text, end):
            return
        at = _next_sign(text, end, ",")


def _next_sign(text: str, at: int, sign: str) -> int:
    """Return where the text goes on after *sign*, which has to come next."""
    found = _SIGNS[sign].match(text, at)
    if found is None:
        raise json.JSONDecodeError(f"Expecting {sign!r}", text, at)
    return found.end()


def header(headers: Mapping[str, str], name: str) -> str:
    """Return the header called *name*, in whatever case, or an empty text."""
    wanted = name.lower()
    return next((v for k, v in headers.items() if k.lower() == wanted), "")


def _decoder(
    to_object: Callable[[list[tuple[str, Any]]], dict[str, Any]],
) -> json.JSONDecoder:
    return json.JSONDecoder(
        parse_float=_number,
        parse_int=_number,
        parse_constant=Decimal,
        object_pairs_hook=to_object,
    )


@contextmanager
def _said_in_words(body: bytes) -> Iterator[None]:
    """Say what is wrong with *body* as one kind of error."""
    try:
        yield
    except json.JSONDecodeError as error:
        raise NotJson(error.msg, line=error.lineno, column=error.colno) from error
    except UnicodeDecodeError as error:
        line, column = _position(body, error.start)
        raise NotJson(say("this is not UTF-8"), line=line, column=column) from error
    except RecursionError as error:
        raise NotJson(_TOO_DEEP) from error


def _is_deeper(data: object, limit: int) -> bool:
    level = [data]
    for _ in range(limit):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterable[object]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()


def _number(text: str) -> int | Decimal:
    """Return an exact number; one beyond all measure is not a number (NaN)."""
    if len(text) > _MAX_DIGITS:
        return Decimal("NaN")
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def _position(body: bytes, offset: int) -> tuple[int, int]:
    before = body[:offset]
    return before.count(b"\n") + 1, offset - (before.rfind(b"\n") + 1) + 1
