"""Takes secrets and people out of an exchange before it is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode

from dashboard.accounting.texts import storable
from dashboard.domain.exchanges import MASK

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
    "AddressLine3",
    "AddressLine4",
    "AttentionTo",
    "BankAccountDetails",
    "PostalCode",
    "City",
    "TaxNumber",
}
_HIDDEN_OF_PEOPLE = _SECRET_FIELDS | _PERSONAL_FIELDS
# Organisations, tax types and ledger accounts have names that hide nobody.
# "Elements" is what an answer of 400 says again.
_PERSONAL_PARENTS = {
    "Contact",
    "Contacts",
    "ContactPersons",
    "Elements",
    "Addresses",
    "Phones",
}
# A filter as it is written, or as it stands in an address.
_QUERY = re.compile(r'((?:EmailAddress|Name)(?:==|%3D%3D)(?:"|%22)).*?("|%22)')
_XML = re.compile(rf"<({'|'.join(sorted(_PERSONAL_FIELDS))})>[^<]*")
_NAME_TAKEN = re.compile(r"(The contact name ).*?( is already)")


def mask_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with secrets masked."""
    return {
        name: MASK if name.lower() in _SECRET_HEADERS else value
        for name, value in headers.items()
    }


def mask_body(body: bytes, content_type: str) -> str:
    """Return a body as text with secrets and people masked."""
    text = body.decode("utf-8", "replace")
    if "form-urlencoded" in content_type:
        pairs = parse_qsl(text, keep_blank_values=True)
        return urlencode(
            [(k, MASK if k in _SECRET_FIELDS else v) for k, v in pairs], safe=MASK
        )
    try:
        data = json.loads(text)
        return storable(json.dumps(_Masking(data).of(data, ""), ensure_ascii=False))
    except RecursionError:
        return MASK  # nested so deep that nobody can tell what is in it
    except ValueError:
        return storable(_XML.sub(rf"<\1>{MASK}", text))


def mask_query(url: str) -> str:
    """Return an address with names and e-mail addresses in its filter masked."""
    return _QUERY.sub(rf"\1{MASK}\2", url)


class _Masking:
    """Masks one document."""

    def __init__(self, document: Any) -> None:  # noqa: ANN401 - JSON
        self._document = document

    def of(self, data: Any, parent: str) -> Any:  # noqa: ANN401 - JSON
        """Return what stands under the name *parent*, masked."""
        if isinstance(data, dict):
            hidden = _hidden_under(parent)
            return {
                key: self._text(key, value, hidden)
                if isinstance(value, str)
                else self.of(value, key)
                for key, value in data.items()
            }
        if isinstance(data, list):
            return [self.of(item, parent) for item in data]
        return data

    def _text(self, key: str, text: str, hidden: set[str]) -> str:
        if key in hidden and text:
            return MASK
        return self._message(text) if key == "Message" else text

    def _message(self, message: str) -> str:
        """Return what the books say without the names they say it of."""
        for text in self._people:
            message = message.replace(text, MASK)
        return _NAME_TAKEN.sub(rf"\1{MASK}\2", message)

    @cached_property
    def _people(self) -> Sequence[str]:
        """All that tells who somebody is, the longest first; few answers need it."""
        return sorted(set(_people(self._document, "")), key=len, reverse=True)


def _people(data: Any, parent: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield all that tells who somebody is."""
    if isinstance(data, list):
        for item in data:
            yield from _people(item, parent)
    elif isinstance(data, dict):
        for key, value in data.items():
            if _is_personal(key, parent) and isinstance(value, str) and value:
                yield value
            yield from _people(value, key)


def _hidden_under(parent: str) -> set[str]:
    """Return the fields whose text is masked in what stands under *parent*."""
    return _HIDDEN_OF_PEOPLE if parent in _PERSONAL_PARENTS else _SECRET_FIELDS


def _is_personal(key: str, parent: str) -> bool:
    return key in _PERSONAL_FIELDS and parent in _PERSONAL_PARENTS
