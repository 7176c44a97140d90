"""Sentences that know what they were made of, so that they can be said in any language.

What the program tells people is made on floors that know no reader. A `Sentence` is the
English text, for logs, machines and the terminal, and beside it the pattern and the
values, from which the pages say the same in the reader's language.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

# A datetime is written in the zone it bears.
Value: TypeAlias = str | int | Decimal | date

_START: Final = '["'


class Sentence(str):
    """A text in English with what it was made of; *plural* only where there is one."""

    __slots__ = ("number", "pattern", "plural", "values")

    pattern: str
    plural: str
    number: int
    values: Mapping[str, Value]


def say(pattern: str, **values: Value) -> Sentence:
    """Make a sentence: "Order %(number)s is paid." with its values.

    A value that is a sentence itself is put into the same language as the whole.
    """
    return _made(pattern, values)


def say_number(one: str, many: str, number: int, **values: Value) -> Sentence:
    """Make a sentence about *number* things, which is %(num)s in it."""
    return _made(one, {"num": number, **values}, plural=many, number=number)


def together(parts: Iterable[str], between: str = " ") -> str:
    """Put sentences, or parts of a list, one after the other."""
    known = [part for part in parts if part]
    if len(known) < 2:  # noqa: PLR2004 - nothing to put together
        return known[0] if known else ""
    names = [f"part{place}" for place in range(len(known))]
    pattern = between.join(f"%({name})s" for name in names)
    return say(pattern, **dict(zip(names, known, strict=True)))


def without_stop(text: str) -> str:
    """Return a text as it stands within a sentence; ours have no full stop then."""
    return text if isinstance(text, Sentence) else text.rstrip(".")


def sentence_of(error: Exception) -> str:
    """Return what an error says, with what it was made of; str() would forget that."""
    first = error.args[0] if error.args else ""
    return first if isinstance(first, str) else str(error)


def dump_sentence(text: str) -> str:
    """Write a text so that `load_sentence` finds again what it was made of."""
    if isinstance(text, Sentence):
        return json.dumps(_plain(text), ensure_ascii=False, separators=(",", ":"))
    # What merely looks like one comes from elsewhere.
    return dump_sentence(say("%(text)s", text=text)) if _looks_made(text) else text


def load_sentence(text: str) -> str:
    """Read what `dump_sentence` wrote; a text from before there were any stays."""
    if not _looks_made(text):
        return text
    try:
        return _of_plain(json.loads(text))
    except (ValueError, TypeError, AttributeError, KeyError):
        return text


def _made(
    pattern: str, values: Mapping[str, Value], plural: str = "", number: int = 1
) -> Sentence:
    chosen = plural if plural and number != 1 else pattern
    english = {name: _english(value) for name, value in values.items()}
    sentence = Sentence(chosen % english if values else chosen)
    sentence.pattern = pattern
    sentence.values = values
    sentence.plural = plural
    sentence.number = number
    return sentence


def _english(value: Value) -> Value:
    return f"{value:%A %d %B %Y, %H:%M}" if isinstance(value, datetime) else value


def _looks_made(text: str) -> bool:
    return text.startswith(_START)


def _plain(sentence: Sentence) -> list[Any]:
    values = {name: _plain_value(value) for name, value in sentence.values.items()}
    parts: list[Any] = [sentence.pattern, values]
    return [*parts, sentence.plural, sentence.number] if sentence.plural else parts


def _plain_value(value: Value) -> Any:  # noqa: ANN401 - JSON
    match value:
        case Sentence():
            return _plain(value)
        case Decimal():
            return {"decimal": str(value)}
        case datetime():
            return {"at": value.isoformat(), "zone": str(value.tzinfo)}
        case date():
            return {"day": value.isoformat()}
        case _:
            return value


def _of_plain(data: list[Any]) -> Sentence:
    pattern, values, *rest = data
    plural, number = rest or ("", 1)
    known = {name: _value_of(value) for name, value in values.items()}
    return _made(pattern, known, plural, number)


def _value_of(data: Any) -> Value:  # noqa: ANN401 - JSON
    match data:
        case list():
            return _of_plain(data)
        case {"decimal": str(text)}:
            return Decimal(text)
        case {"at": str(text), "zone": str(zone)}:
            return datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
        case {"day": str(text)}:
            return date.fromisoformat(text)
        case _:
            value: Value = data
            return value
