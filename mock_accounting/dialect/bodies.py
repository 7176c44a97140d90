"""Request bodies: JSON or XML, with or without an envelope, as plain elements."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from mock_accounting.dialect import answers, jsontext
from mock_accounting.dialect.dates import read_day
from mock_accounting.dialect.messages import Call, Rejected

MAX_ELEMENTS = 1000
_MAX_XML_DEPTH = 20
_MAX_DIGITS = 10
_LISTS = frozenset(
    {
        "accounts",
        "addresses",
        "allocations",
        "batchpayments",
        "contactpersons",
        "contacts",
        "creditnotes",
        "currencies",
        "historyrecords",
        "invoices",
        "items",
        "lineitems",
        "payments",
        "phones",
        "taxcomponents",
        "taxrates",
        "tracking",
        "validationerrors",
    }
)


class Element:
    """One element of a body; field names are found in any case of letters."""

    def __init__(self, fields: Mapping[str, Any], path: str) -> None:
        self._fields = {
            str(name).lower(): value
            for name, value in fields.items()
            if value is not None
        }
        self._path = path

    def text(self, name: str) -> str | None:
        """A text field."""
        value = self._fields.get(name.lower())
        match value:
            case None:
                return None
            case str():
                return self._encodable(name, value)
            case bool():
                return "true" if value else "false"
            case int() | Decimal():
                return str(value)
            case _:
                raise self._unreadable(name, "string")

    def number(self, name: str) -> Decimal | None:
        """A numeric field, sent as a number or as text."""
        value = self._fields.get(name.lower())
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
            raise self._unreadable(name, "decimal")
        try:
            number = Decimal(value)
        except (InvalidOperation, ValueError) as error:
            raise self._unreadable(name, "decimal") from error
        if not number.is_finite() or number.adjusted() >= _MAX_DIGITS:
            raise self._unreadable(name, "decimal")
        return number

    def flag(self, name: str) -> bool | None:
        """A boolean field."""
        value = self._fields.get(name.lower())
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
            return value.strip().lower() == "true"
        raise self._unreadable(name, "boolean")

    def day(self, name: str) -> date | None:
        """A calendar day."""
        value = self._fields.get(name.lower())
        if value is None or not value:
            return None
        try:
            return read_day(str(value))
        except ValueError as error:
            raise self._unreadable(name, "DateTime") from error

    def child(self, name: str) -> Element | None:
        """An element inside this one."""
        value = self._fields.get(name.lower())
        if value is None or not value:
            return None
        if not isinstance(value, Mapping):
            raise self._unreadable(name, "object")
        return Element(value, f"{self._path}.{name}")

    def children(self, name: str) -> list[Element] | None:
        """The elements of a list inside this one; None if it was not sent."""
        value = self._fields.get(name.lower())
        if value is None:
            return None
        if not value:
            return []
        return _elements(value, f"{self._path}.{name}")

    def _encodable(self, name: str, value: str) -> str:
        """Refuse half a character: no page could ever show it."""
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise self._unreadable(name, "string") from error
        return value

    def _unreadable(self, name: str, kind: str) -> Rejected:
        return _bad_data(f"Could not convert to {kind}. Path '{self._path}.{name}'.")


def read_elements(call: Call, envelope: str) -> list[Element]:
    """The elements of a call's body, for example those under `Invoices`.

    Raises:
        Rejected: If there are none or the body cannot be read.
    """
    body = call.body.strip()
    if not body:
        raise Rejected(answers.no_data(envelope))
    if body.startswith(b"<") or "xml" in call.header("Content-Type", ""):
        value = _read_xml(body)
    else:
        try:
            value = jsontext.loads(body)
        except ValueError as error:
            raise _bad_data(str(error)) from error
    if isinstance(value, Mapping):
        value = _unwrapped(value, envelope)
    elements = _elements(value, envelope)
    if not elements:
        raise Rejected(answers.no_data(envelope))
    if len(elements) > MAX_ELEMENTS:
        raise _bad_data(f"More than {MAX_ELEMENTS} elements in one request.")
    return elements


def _unwrapped(value: Mapping[str, Any], envelope: str) -> object:
    for name, inner in value.items():
        if str(name).lower() == envelope.lower():
            return inner
    return value


def _elements(value: object, path: str) -> list[Element]:
    items = value if isinstance(value, list) else [value]
    found = []
    for position, item in enumerate(items):
        if not isinstance(item, Mapping):
            raise _bad_data(f"An object was expected. Path '{path}[{position}]'.")
        found.append(Element(item, f"{path}[{position}]"))
    return found


def _bad_data(reason: str) -> Rejected:
    return Rejected(answers.bad_data(reason))


class _NoDoctype(ET.TreeBuilder):
    """Builds the tree, but refuses declarations: entities can be bombs."""

    def doctype(self, *_declaration: str | None) -> None:
        raise ValueError("A document type declaration is not allowed.")


def _read_xml(body: bytes) -> object:
    parser = ET.XMLParser(target=_NoDoctype())  # noqa: S314 - no declarations
    try:
        parser.feed(body)
        root = parser.close()
        return _from_xml(root, 0)
    except (ET.ParseError, ValueError, LookupError) as error:
        raise _bad_data(str(error)) from error


def _from_xml(node: ET.Element, depth: int) -> object:
    if depth > _MAX_XML_DEPTH:
        raise ValueError("nested too deep")
    if node.tag.lower() in _LISTS:
        return [_from_xml(child, depth + 1) for child in node]
    if len(node):
        return {child.tag: _from_xml(child, depth + 1) for child in node}
    return node.text or ""
