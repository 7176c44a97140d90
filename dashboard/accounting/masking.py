"""Takes secrets and people out of an exchange before it is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

_MASK = "•••"
_SECRET_HEADERS = {"authorization", "cookie", "set-cookie"}
_SECRET_FIELDS = {"access_token", "refresh_token", "id_token", "client_secret"}
# How the books name what tells who a customer is; the order page knows them anyway.
_PERSONAL_FIELDS = {
    "Name",
    "FirstName",
    "LastName",
    "EmailAddress",
    "PhoneNumber",
    "AddressLine1",
    "AddressLine2",
    "PostalCode",
    "City",
    "TaxNumber",
}
# Organisations, tax types and ledger accounts have names that hide nobody.
_PERSONAL_PARENTS = {"Contact", "Contacts", "Addresses", "Phones"}
_QUERY = re.compile(r'((?:EmailAddress|Name)\s*==\s*")[^"]*(")')


def mask_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with secrets masked."""
    return {
        name: _MASK if name.lower() in _SECRET_HEADERS else value
        for name, value in headers.items()
    }


def mask_body(body: bytes, content_type: str) -> str:
    """Return a body as text with secrets and people masked."""
    text = body.decode("utf-8", "replace")
    if "form-urlencoded" in content_type:
        pairs = parse_qsl(text, keep_blank_values=True)
        return urlencode(
            [(k, _MASK if k in _SECRET_FIELDS else v) for k, v in pairs], safe=_MASK
        )
    try:
        data = json.loads(text)
    except ValueError:
        return text
    return json.dumps(_masked(data, parent=""), ensure_ascii=False)


def mask_query(url: str) -> str:
    """Return an address with names and e-mail addresses in its filter masked."""
    return _QUERY.sub(rf"\1{_MASK}\2", url)


def _masked(data: Any, parent: str) -> Any:  # noqa: ANN401 - JSON
    if isinstance(data, list):
        return [_masked(item, parent) for item in data]
    if not isinstance(data, dict):
        return data
    return {key: _masked_field(key, value, parent) for key, value in data.items()}


def _masked_field(key: str, value: Any, parent: str) -> Any:  # noqa: ANN401 - JSON
    hides = key in _SECRET_FIELDS or (
        key in _PERSONAL_FIELDS and parent in _PERSONAL_PARENTS
    )
    if hides and isinstance(value, str) and value:
        return _MASK
    return _masked(value, key)
