"""What a caller asks for, read from the address and the body; errors name the field."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from dashboard.domain.problems import Cause
from dashboard.domain.reconciliation import DifferenceKind
from dashboard.domain.rules import SLUG_PATTERN
from dashboard.domain.runs import Task
from dashboard.domain.status import OrderStatus
from dashboard.store.order_filter import OrderFilter

MAX_LIMIT = 200
_DEFAULT_LIMIT = 50
_MAX_SEARCH = 120
# What a database counts rows with.
MAX_ID = 2**63 - 1

_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """A field that cannot be used, and why."""

    path: str
    message: str


class QuestionWrong(Exception):
    """What was asked makes no sense; *code* is the HTTP status that says so."""

    def __init__(
        self, message: str, *, code: int, fields: Sequence[Wrong] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.fields = tuple(fields)


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Which part of a list is wanted: what follows the one with the id *after*."""

    limit: int
    after: int | None


def read_slice(args: MultiDict[str, str]) -> Slice:
    """Read `limit` and `after`.

    Raises:
        QuestionWrong: If one is not a number that makes sense.
    """
    limit = _number(args, "limit", MAX_LIMIT)
    return Slice(
        limit=_DEFAULT_LIMIT if limit is None else limit,
        after=_number(args, "after", MAX_ID),
    )


def read_filter(args: MultiDict[str, str]) -> OrderFilter:
    """Read which orders are wanted; `status` may be given several times.

    Raises:
        QuestionWrong: If there is no such status or cause.
    """
    cause = args.get("cause")
    return OrderFilter(
        statuses=tuple(
            _word("status", text, OrderStatus) for text in args.getlist("status")
        ),
        search=_text(args, "search").strip()[:_MAX_SEARCH],
        shop=_text(args, "shop"),
        cause=_word("cause", cause, Cause) if cause else None,
    )


def read_difference_kind(args: MultiDict[str, str]) -> DifferenceKind | None:
    """Read `kind`, which differences are wanted; None for all.

    Raises:
        QuestionWrong: If there is no such kind.
    """
    kind = args.get("kind")
    return _word("kind", kind, DifferenceKind) if kind else None


def read_run(body: bytes) -> tuple[Task, str]:
    """Read which task is to run, from `{"task": "pull", "shop": "woo"}`.

    Returns:
        The task, and the slug of the shop it is to be about; "" for all shops.

    Raises:
        QuestionWrong: If the body is not JSON, names no task, or a shop for one that
            is about all of them.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise QuestionWrong(f"The body is not JSON: {error}.", code=400) from error
    wanted = content if isinstance(content, dict) else {}
    try:
        task = Task(str(wanted.get("task")))
    except ValueError as error:
        raise _wrong("task", _one_of(Task), code=422) from error
    shop = wanted.get("shop")
    if shop is None:
        return task, ""
    if task is not Task.PULL:
        raise _wrong("shop", "is only for the task pull", code=422)
    slug = str(shop)
    if not re.fullmatch(SLUG_PATTERN, slug):
        raise no_such_shop(slug)
    return task, slug


def no_such_shop(slug: str) -> QuestionWrong:
    """Return what to raise where a body names a shop that there is not."""
    return _wrong("shop", f"must be a shop there is: {slug!r} is none", code=422)


def _text(args: MultiDict[str, str], name: str) -> str:
    text = args.get(name, "")
    if "\0" in text:
        # PostgreSQL knows no such character.
        raise _wrong(name, "must not hold a NUL character")
    return text


def _number(args: MultiDict[str, str], name: str, most: int) -> int | None:
    text = args.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= most):
        raise _wrong(name, f"must be a whole number from 1 to {most}")
    return int(text)


def _word(name: str, text: str, words: type[_Word]) -> _Word:
    try:
        return words(text)
    except ValueError as error:
        raise _wrong(name, _one_of(words)) from error


def _one_of(words: type[StrEnum]) -> str:
    return "must be one of: " + ", ".join(word.value for word in words)


def _wrong(path: str, message: str, *, code: int = 400) -> QuestionWrong:
    return QuestionWrong(
        f"{path} {message}.", code=code, fields=[Wrong(path=path, message=message)]
    )
