"""What a webhook says: events of changed documents, in a body that is signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from mock_accounting.dialect import jsontext
from mock_accounting.dialect.jsontext import JsonObject, JsonValue
from mock_accounting.ledger.books import Change
from mock_accounting.ledger.model import Contact, CreditNote, Invoice

TIMEOUT_S = 5


class Category(StrEnum):
    """What can be subscribed to."""

    CONTACT = "CONTACT"
    INVOICE = "INVOICE"
    CREDITNOTE = "CREDITNOTE"


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """A document that came or changed."""

    tenant_id: str
    category: Category
    resource: str
    """As in the document's address, for example `Invoices`."""
    resource_id: str
    names: tuple[str, ...]
    """What people call the document: its number, its reference."""
    is_new: bool
    at: datetime


def event_of(tenant_id: str, change: Change, now: datetime) -> Event:
    """The event that tells of *change*."""
    category, resource, names = _told_as(change.document)
    return Event(
        tenant_id=tenant_id,
        category=category,
        resource=resource,
        resource_id=change.document_id,
        names=names,
        is_new=change.is_new,
        at=now,
    )


def body_of(events: Sequence[Event], first: int, api_url: str) -> bytes:
    """What is posted of *events*; the first one has the sequence number *first*.

    Without events it is the body that asks for the intent to receive.
    """
    first = first if events else 0
    shown: list[JsonValue] = [_shown(it, api_url) for it in events]
    return jsontext.dumps(
        {
            "events": shown,
            "firstEventSequence": first,
            "lastEventSequence": first + max(0, len(events) - 1),
            "entropy": secrets.token_hex(10).upper(),
        }
    )


def signature(key: str, body: bytes) -> str:
    """What `x-xero-signature` says of *body*."""
    digest = hmac.new(key.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def post(url: str, body: bytes, key: str) -> int:
    """Post *body*, signed with *key*; the status that came back.

    Raises:
        OSError, http.client.HTTPException: If none came within five seconds.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    target = parts.path or "/"
    if parts.query:
        target += f"?{parts.query}"
    headers = {
        "Content-Type": "application/json",
        "x-xero-signature": signature(key, body),
    }
    try:
        connection.request("POST", target, body=body, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def _told_as(
    document: Contact | Invoice | CreditNote,
) -> tuple[Category, str, tuple[str, ...]]:
    match document:
        case Contact(name=name, contact_number=number):
            return Category.CONTACT, "Contacts", (name, number or "")
        case Invoice(number=number, reference=reference):
            return Category.INVOICE, "Invoices", (number, reference)
        case CreditNote(number=number, reference=reference):
            return Category.CREDITNOTE, "CreditNotes", (number, reference)


def _shown(event: Event, api_url: str) -> JsonObject:
    root = f"{api_url}/api.xro/2.0"
    return {
        "resourceUrl": f"{root}/{event.resource}/{event.resource_id}",
        "resourceId": event.resource_id,
        "eventDateUtc": event.at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3],
        "eventType": "CREATE" if event.is_new else "UPDATE",
        "eventCategory": event.category.value,
        "tenantId": event.tenant_id,
        "tenantType": "ORGANISATION",
    }
