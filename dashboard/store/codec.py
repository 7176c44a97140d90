"""Values of the domain as JSON and back, exact to the last decimal."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from dashboard.domain.books import (
    AllocationDraft,
    ContactDraft,
    CreditNoteDraft,
    Draft,
    InvoiceDraft,
    PaymentDraft,
    RefundDraft,
    VoidDraft,
)
from dashboard.domain.postings import PostingKind

_T = TypeVar("_T")
_Loader = Callable[[Any], Any]

_DRAFTS: dict[PostingKind, type[Draft]] = {
    PostingKind.CONTACT: ContactDraft,
    PostingKind.INVOICE: InvoiceDraft,
    PostingKind.PAYMENT: PaymentDraft,
    PostingKind.CREDIT_NOTE: CreditNoteDraft,
    PostingKind.ALLOCATION: AllocationDraft,
    PostingKind.REFUND: RefundDraft,
    PostingKind.VOID: VoidDraft,
}


def dump_draft(draft: Draft) -> str:
    """Write a draft as JSON text; equal drafts give equal texts."""
    return json.dumps(to_plain(draft), sort_keys=True, ensure_ascii=False)


def load_draft(kind: PostingKind, text: str) -> Draft:
    """Read what `dump_draft` wrote for a posting of *kind*."""
    return from_plain(_DRAFTS[kind], json.loads(text))


def to_plain(value: object) -> Any:  # noqa: ANN401 - JSON
    """Turn a dataclass into what JSON can hold; decimals and dates become text."""
    kind: Any = type(value)
    names = _field_names(kind)
    if names is not None:
        return {name: to_plain(getattr(value, name)) for name in names}
    match value:
        case tuple():
            return [to_plain(item) for item in value]
        case Enum():
            return value.value
        case Decimal():
            return str(value)
        case date():  # a datetime is one, too
            return value.isoformat()
        case _:
            return value


def from_plain(wanted: type[_T], data: Any) -> _T:  # noqa: ANN401 - JSON
    """Turn what `to_plain` made back into a value of type *wanted*.

    Fields that *wanted* has no more are passed over: an earlier version kept them.
    """
    target: Any = wanted
    return typing.cast("_T", _loader(target)(data))


@cache
def _field_names(kind: type) -> tuple[str, ...] | None:
    """Return the fields of a dataclass, None for any other type."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple(field.name for field in dataclasses.fields(kind))


@cache  # a type is looked into once, not for every value
def _loader(wanted: Any) -> _Loader:  # noqa: ANN401 - a type, or an alias of one
    """Return what turns JSON into a value of type *wanted*."""
    origin = typing.get_origin(wanted)
    if origin is tuple:
        item = _loader(typing.get_args(wanted)[0])
        return lambda data: tuple(map(item, data))
    if origin in {types.UnionType, typing.Union}:
        (some,) = (a for a in typing.get_args(wanted) if a is not types.NoneType)
        load = _loader(some)
        return lambda data: None if data is None else load(data)
    if dataclasses.is_dataclass(wanted) and isinstance(wanted, type):
        return _dataclass_loader(wanted)
    plain: _Loader = _as_it_is
    if issubclass(wanted, (datetime, date)):
        plain = wanted.fromisoformat
    elif issubclass(wanted, (Decimal, Enum)):
        plain = wanted
    return plain


def _as_it_is(data: Any) -> Any:  # noqa: ANN401 - JSON
    return data


def _dataclass_loader(wanted: type) -> _Loader:
    hints = typing.get_type_hints(wanted)
    loaders = {name: _loader(hints[name]) for name in _field_names(wanted) or ()}
    made = [(name, load) for name, load in loaders.items() if load is not _as_it_is]

    def load(data: Mapping[str, Any]) -> Any:  # noqa: ANN401 - of type wanted
        fields = {name: data[name] for name in loaders if name in data}
        for name, make in made:
            if name in fields:
                fields[name] = make(fields[name])
        return wanted(**fields)

    return load
