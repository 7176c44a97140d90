"""Lists of documents: filters, order and pages that the query asks for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, TypeVar

from mock_accounting.dialect import answers
from mock_accounting.dialect.dates import read_since
from mock_accounting.dialect.jsontext import JsonObject
from mock_accounting.dialect.messages import Answer, Call, Rejected
from mock_accounting.dialect.where import BadFilter, Fields, Value, parse_where

D = TypeVar("D")

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000
_MAX_DIGITS = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind(Generic[D]):
    """What a list can be filtered and ordered by."""

    name: str
    fields: Fields[D]
    updated_at: Callable[[D], datetime] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[D]):
    """The documents to answer, and the pagination if a page was asked for."""

    documents: Sequence[D]
    pagination: JsonObject | None

    @property
    def is_paged(self) -> bool:
        """Whether a page was asked for: only then are line items shown."""
        return self.pagination is not None


def list_documents(call: Call, kind: Kind[D], documents: Iterable[D]) -> Page[D]:
    """What the query asks for of *documents*, which come in order of change.

    Raises:
        Rejected: If a filter, an order or a page cannot be read.
    """
    try:
        found = _filtered(call, kind, documents)
        found = _ordered(call, kind, found)
    except BadFilter as problem:
        raise Rejected(answers.bad_query(str(problem))) from problem
    return _paged(call, found)


def listed(call: Call, name: str) -> list[str] | None:
    """The values of a comma list such as `IDs`, or None if it was not given."""
    given = call.query.get(name)
    if not given:
        return None
    return [value for part in given.split(",") if (value := part.strip())]


def flag(call: Call, name: str, *, default: bool) -> bool:
    """A boolean of the query: `true`, `True`, `1` and their opposites."""
    given = call.query.get(name, "").strip().lower()
    if given in {"true", "1"}:
        return True
    if given in {"false", "0"}:
        return False
    return default


def unit_decimals(call: Call) -> int:
    """How many decimals of a unit amount are kept: `unitdp=4` asks for four."""
    return 4 if call.query.get("unitdp") == "4" else 2


def _filtered(call: Call, kind: Kind[D], documents: Iterable[D]) -> list[D]:
    found = list(documents)
    since = call.header("If-Modified-Since")
    moment = read_since(since) if since else None
    if since and moment is None:
        raise Rejected(Answer(status=412))
    if moment is not None and kind.updated_at is not None:
        updated_at = kind.updated_at
        limit = moment.replace(microsecond=0)
        found = [
            document
            for document in found
            if updated_at(document).replace(microsecond=0) >= limit
        ]
    where = call.query.get("where", "").strip()
    if where:
        passes = parse_where(where, kind.fields, kind.name)
        found = [document for document in found if passes(document)]
    return found


def _ordered(call: Call, kind: Kind[D], documents: list[D]) -> list[D]:
    """Sort by `Field DESC, Other`; without an order, as they came."""
    clauses = [part.split() for part in call.query.get("order", "").split(",")]
    for clause in reversed([clause for clause in clauses if clause]):
        name, *direction = clause
        read = kind.fields.get(name.lower())
        if read is None or len(direction) > 1:
            raise BadFilter(
                f"No property or field '{name}' exists in type '{kind.name}'"
            )
        descending = "".join(direction).upper() in {"DESC", "DESCENDING"}
        documents.sort(key=_sort_key(read), reverse=descending)
    return documents


def _sort_key(
    read: Callable[[D], Value | date],
) -> Callable[[D], tuple[int, str | Decimal | date]]:
    def key(document: D) -> tuple[int, str | Decimal | date]:
        match read(document):
            case None:
                return (0, "")
            case bool() as value:
                return (1, Decimal(value))
            case str() as value:
                return (1, value.casefold())
            case value:
                return (1, value)

    return key


def _paged(call: Call, documents: list[D]) -> Page[D]:
    if "page" not in call.query and "pageSize" not in call.query:
        return Page(documents=documents, pagination=None)
    page = _whole_number(call, "page", 1)
    size = min(_whole_number(call, "pageSize", DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE)
    start = (page - 1) * size
    return Page(
        documents=documents[start : start + size],
        pagination={
            "page": page,
            "pageSize": size,
            "pageCount": math.ceil(len(documents) / size),
            "itemCount": len(documents),
        },
    )


def _whole_number(call: Call, name: str, default: int) -> int:
    given = call.query.get(name, "").strip()
    if not given:
        return default
    if not given.isascii() or not given.isdigit() or len(given) > _MAX_DIGITS:
        raise Rejected(answers.bad_query(f"{name} must be a number from 1 up"))
    return max(1, int(given))
