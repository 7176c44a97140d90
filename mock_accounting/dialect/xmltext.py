"""Answers as XML: what a client gets that does not ask for JSON."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from mock_accounting.dialect import jsontext
from mock_accounting.dialect.messages import Answer, Call

_XML = "text/xml; charset=utf-8"
_NAMESPACES = (
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS_DATE = re.compile(r"/Date\((-?\d+)(\+0000)?\)/")
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPEATS = frozenset(
    {"DateString", "DueDateString", "DateUTCString", "UpdatedDateUTCString"}
)
"""Fields that only JSON needs: in XML every date is readable as it is."""
_ODD_SINGULARS = {"Tracking": "TrackingCategory"}


def as_accepted(answer: Answer, call: Call) -> Answer:
    """*answer* as XML unless the call asks for JSON, as the real API does."""
    is_json = (answer.content_type or "").startswith("application/json")
    if not is_json or "json" in call.header("Accept", "").lower():
        return answer
    return Answer(
        status=answer.status,
        body=_document(jsontext.loads(answer.body)).encode(),
        content_type=_XML,
        headers=answer.headers,
    )


def _document(content: dict[str, Any]) -> str:
    root = "ApiException" if "ErrorNumber" in content else "Response"
    parts = [f'<?xml version="1.0" encoding="utf-8"?><{root} {_NAMESPACES}>']
    for name, value in content.items():
        _write(name, value, parts)
    parts.append(f"</{root}>")
    return "".join(parts)


def _write(name: str, value: object, parts: list[str]) -> None:
    match value:
        case None | []:
            return
        case dict():
            parts.append(f"<{name}>")
            _write_fields(value, parts)
            parts.append(f"</{name}>")
        case list():
            parts.append(f"<{name}>")
            for item in value:
                _write_item(name, item, parts)
            parts.append(f"</{name}>")
        case _:
            parts.append(f"<{name}>{_text(value)}</{name}>")


def _write_fields(fields: dict[str, Any], parts: list[str]) -> None:
    for name, value in fields.items():
        if name not in _REPEATS:
            _write(name, value, parts)


def _write_item(name: str, item: object, parts: list[str]) -> None:
    if name != "Elements" or not isinstance(item, dict):
        _write(_singular(name), item, parts)
        return
    # A refused element says what it is by its type, not by its name.
    kind = next((field[:-2] for field in item if field.endswith("ID")), "Element")
    parts.append(f'<DataContractBase xsi:type="{kind}">')
    _write_fields(item, parts)
    parts.append("</DataContractBase>")


def _singular(name: str) -> str:
    if name in _ODD_SINGULARS:
        return _ODD_SINGULARS[name]
    if name.endswith("ies"):
        return name[:-3] + "y"
    return name[:-2] if name.endswith("sses") else name.removesuffix("s")


def _text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case str():
            return escape(_NOT_IN_XML.sub("", _with_readable_date(value)))
        case _:
            return str(value)


def _with_readable_date(text: str) -> str:
    """*text*, or the moment it is in ISO form; the envelope's own has a Z."""
    found = _MS_DATE.fullmatch(text)
    if found is None:
        return text
    moment = _EPOCH + timedelta(milliseconds=int(found[1]))
    shown = moment.replace(tzinfo=None).isoformat(
        timespec="milliseconds" if moment.microsecond else "seconds"
    )
    return shown if found[2] else f"{shown}Z"
