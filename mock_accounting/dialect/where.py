"""The filter language of `where`: parsed once, then asked of every document.

Grammar: comparisons (`== = != > >= < <=`) of a field with text, a number,
`true`, `false`, `null`, `Guid("...")` or `DateTime(y,m,d)`; `Contains`, `StartsWith`,
`EndsWith`; `AND`/`&&`, `OR`/`||`, parentheses. Text is compared without
regard to case.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from mock_accounting.ledger.ids import parse_id

D = TypeVar("D")
Value: TypeAlias = "str | Decimal | datetime | bool | None"
Fields: TypeAlias = Mapping[str, Callable[[D], "Value | date"]]
Predicate: TypeAlias = Callable[[D], bool]

MAX_LENGTH = 8000
_MAX_DEPTH = 40
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<number>-?\d{1,15}(?:\.\d{1,10})?)
    | (?P<method>\.[A-Za-z]+)
    | (?P<sign>==|!=|>=|<=|&&|\|\||[=<>(),!])
    | (?P<name>[A-Za-z_][A-Za-z0-9_.]*)
    )""",
    re.VERBOSE,
)
_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_TEXT_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": operator.contains,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
_CONSTANTS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}


class BadFilter(Exception):
    """The filter cannot be read; the message is the API's answer."""


class _Token(NamedTuple):
    kind: str
    text: str


def parse_where(text: str, fields: Fields[D], kind: str) -> Predicate[D]:
    """What tells whether a document of *kind* passes the filter *text*.

    Raises:
        BadFilter: If it cannot be read or names an unknown field.
    """
    if len(text) > MAX_LENGTH:
        raise BadFilter(f"Filter longer than {MAX_LENGTH} characters")
    return _Parser(_tokens(text), fields, kind).whole()


def _tokens(text: str) -> list[_Token]:
    tokens = []
    position = 0
    end = len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            raise BadFilter(f"Syntax error (at index {position})")
        tokens.append(_Token(found.lastgroup, found[found.lastgroup]))
        position = found.end()
    return tokens


class _Parser(Generic[D]):
    """Recursive descent over the tokens of one filter."""

    def __init__(self, tokens: list[_Token], fields: Fields[D], kind: str) -> None:
        self._tokens = tokens
        self._position = 0
        self._depth = 0
        self._fields = fields
        self._kind = kind

    def whole(self) -> Predicate[D]:
        predicate = self._either()
        if self._position < len(self._tokens):
            raise BadFilter("Syntax error: end of filter expected")
        return predicate

    def _either(self) -> Predicate[D]:
        parts = [self._both()]
        while self._takes("||", "or"):
            parts.append(self._both())
        if len(parts) == 1:
            return parts[0]
        return _any_of(parts)

    def _both(self) -> Predicate[D]:
        parts = [self._single()]
        while self._takes("&&", "and"):
            parts.append(self._single())
        if len(parts) == 1:
            return parts[0]
        return _all_of(parts)

    def _single(self) -> Predicate[D]:
        if not self._takes("("):
            return self._comparison()
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise BadFilter("Filter nested too deep")
        predicate = self._either()
        self._expect(")")
        self._depth -= 1
        return predicate

    def _comparison(self) -> Predicate[D]:
        name, method = self._field_name()
        read = self._fields.get(name.lower())
        if read is None:
            raise BadFilter(
                f"No property or field '{name}' exists in type '{self._kind}'"
            )
        if method is not None:
            return self._text_test(read, method)
        sign = self._next()
        if sign.text not in _SIGNS:
            raise BadFilter(f"Comparison expected after '{name}'")
        return _compared(read, sign.text, self._value())

    def _field_name(self) -> tuple[str, str | None]:
        """The field's name, and the text test called on it, if any."""
        token = self._next()
        if token.kind != "name":
            raise BadFilter(f"Field name expected instead of '{token.text}'")
        name = token.text
        head, _, last = name.rpartition(".")
        # Upper and lower case are alike here: ToLower() changes nothing.
        if head and last.lower() in {"tolower", "toupper", "tostring"}:
            self._expect("(")
            self._expect(")")
            name = head
            if self._peek().kind == "method":
                return name, self._next().text[1:].lower()
            return name, None
        method = last.lower()
        return (head, method) if head and method in _TEXT_TESTS else (name, None)

    def _text_test(
        self, read: Callable[[D], Value | date], method: str
    ) -> Predicate[D]:
        test = _TEXT_TESTS[method]
        self._expect("(")
        wanted = self._value()
        self._expect(")")
        if not isinstance(wanted, str):
            raise BadFilter(f"{method} needs a text in quotes")
        folded = wanted.casefold()

        def passes(document: D) -> bool:
            value = read(document)
            return isinstance(value, str) and test(value.casefold(), folded)

        return passes

    def _value(self) -> Value:
        token = self._next()
        match token.kind:
            case "text":
                return re.sub(r"\\(.)", r"\1", token.text[1:-1])
            case "number":
                return Decimal(token.text)
            case "name":
                return self._named_value(token.text)
            case _:
                raise BadFilter(f"Value expected instead of '{token.text}'")

    def _named_value(self, name: str) -> Value:
        match name.lower():
            case "guid":
                return self._guid()
            case "datetime":
                return self._moment()
            case constant if constant in _CONSTANTS:
                return _CONSTANTS[constant]
            case _:
                raise BadFilter(f"Value expected instead of '{name}'")

    def _guid(self) -> str:
        self._expect("(")
        found = parse_id(self._next().text.strip("\"'"))
        self._expect(")")
        if found is None:
            raise BadFilter("Guid should contain 32 digits with 4 dashes")
        return found

    def _moment(self) -> datetime:
        self._expect("(")
        parts = [self._next().text]
        while self._takes(","):
            parts.append(self._next().text)
        self._expect(")")
        try:
            year, month, day, *time = [int(part) for part in parts]
            hour, minute, second, *_ = [*time, 0, 0, 0]
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except (ValueError, OverflowError) as error:
            raise BadFilter("DateTime needs year, month and day") from error

    def _takes(self, *texts: str) -> bool:
        if self._peek().text.lower() not in texts:
            return False
        self._position += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._takes(text):
            raise BadFilter(f"'{text}' expected")

    def _peek(self) -> _Token:
        if self._position < len(self._tokens):
            return self._tokens[self._position]
        return _Token("end", "")

    def _next(self) -> _Token:
        token = self._peek()
        if token.kind == "end":
            raise BadFilter("Filter ends too early")
        self._position += 1
        return token


# Loops, where any() and all() would make a generator for each document.
def _any_of(parts: Sequence[Predicate[D]]) -> Predicate[D]:
    def passes(document: D) -> bool:
        for part in parts:  # noqa: SIM110 - see above
            if part(document):
                return True
        return False

    return passes


def _all_of(parts: Sequence[Predicate[D]]) -> Predicate[D]:
    def passes(document: D) -> bool:
        for part in parts:  # noqa: SIM110 - see above
            if not part(document):
                return False
        return True

    return passes


def _compared(
    read: Callable[[D], Value | date], sign: str, wanted: Value
) -> Predicate[D]:
    compare = _SIGNS[sign]
    orders = sign not in {"==", "=", "!="}
    if orders and (wanted is None or isinstance(wanted, bool)):
        raise BadFilter(f"Operator '{sign}' incompatible with the value")
    if isinstance(wanted, str):
        wanted = wanted.casefold()

    # Days are the most frequent: comparing them as they are takes half the time.
    wanted_day = _day_of(wanted)

    def passes(document: D) -> bool:
        found = read(document)
        if wanted_day is not None and type(found) is date:
            return compare(found, wanted_day)
        value = _comparable(found)
        if orders and type(value) is not type(wanted):
            return False
        return compare(value, wanted)

    return passes


def _day_of(value: Value) -> date | None:
    """The day that *value* begins, if it is the beginning of one."""
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date()
    return None


def _comparable(value: Value | date) -> Value:
    match value:
        case str():
            return value.casefold()
        case datetime():
            return value
        case date():
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        case _:
            return value
