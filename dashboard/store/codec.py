"""Values of the domain as JSON and back, exact to the last decimal."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar

from dashboard.domain.books import ContactDraft, Draft, InvoiceDraft, PaymentDraft
from dashboard.domain.postings import PostingKind

_T = TypeVar("_T")

_DRAFTS: dict[PostingKind, type[Draft]] = {
    PostingKind.CONTACT: ContactDraft,
    PostingKind.INVOICE: InvoiceDraft,
    PostingKind.PAYMENT: PaymentDraft,
}


def dump_draft(draft: Draft) -> str:
    """Write a draft as JSON text; equal drafts give equal texts."""
    return json.dumps(to_plain(draft), sort_keys=True, ensure_ascii=False)


def load_draft(kind: PostingKind, text: str) -> Draft:
    """Read what `dump_draft` wrote for a posting of *kind*."""
    return from_plain(_DRAFTS[kind], json.loads(text))


def to_plain(value: object) -> Any:  # noqa: ANN401 - JSON
    """Turn a dataclass into what JSON can hold; decimals and dates become text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in dataclasses.fields(value))
        return {name: to_plain(getattr(value, name)) for name in names}
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    return value


def from_plain(wanted: type[_T], data: Any) -> _T:  # noqa: ANN401 - JSON
    """Turn what `to_plain` made back into a value of type *wanted*.

    Fields that *wanted* has no more are passed over: an earlier version kept them.
    """
    return typing.cast("_T", _load(wanted, data))


def _load(wanted: Any, data: Any) -> Any:  # noqa: ANN401 - JSON
    origin = typing.get_origin(wanted)
    if origin is tuple:
        (item, _ellipsis) = typing.get_args(wanted)
        return tuple(_load(item, each) for each in data)
    if origin in {types.UnionType, typing.Union}:
        (item,) = (a for a in typing.get_args(wanted) if a is not types.NoneType)
        return None if data is None else _load(item, data)
    if dataclasses.is_dataclass(wanted) and isinstance(wanted, type):
        hints = _hints(wanted)
        return wanted(**{k: _load(hints[k], v) for k, v in data.items() if k in hints})
    if issubclass(wanted, (datetime, date)):
        return wanted.fromisoformat(data)
    if issubclass(wanted, (Decimal, Enum)):
        return wanted(data)
    return data


@lru_cache
def _hints(wanted: type) -> dict[str, Any]:
    return typing.get_type_hints(wanted)
