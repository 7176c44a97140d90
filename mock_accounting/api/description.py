"""The imitated API as an OpenAPI document, made from the endpoints themselves."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any

from mock_accounting.api.endpoints import ENDPOINTS, ONE, Endpoint
from mock_accounting.faults.rules import API_ROOT

_NAMES = {
    "accounts": "Accounts",
    "actions": "Actions",
    "allocations": "Allocations",
    "attachments": "Attachments",
    "batchpayments": "BatchPayments",
    "contacts": "Contacts",
    "creditnotes": "CreditNotes",
    "currencies": "Currencies",
    "history": "History",
    "invoices": "Invoices",
    "email": "Email",
    "items": "Items",
    "onlineinvoice": "OnlineInvoice",
    "organisation": "Organisation",
    "payments": "Payments",
    "taxrates": "TaxRates",
}
_LINE = {
    "Description": "Mug",
    "Quantity": 2,
    "UnitAmount": 10.5,
    "AccountCode": "200",
    "TaxType": "OUTPUT2",
}
_EXAMPLES: dict[str, Any] = {
    "contacts": {"Name": "Wool Shop Customer", "EmailAddress": "buyer@shop.example"},
    "invoices": {
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "InvoiceNumber": "W-1042",
        "Contact": {"Name": "Wool Shop Customer"},
        "LineItems": [_LINE],
    },
    "creditnotes": {
        "Type": "ACCRECCREDIT",
        "Status": "AUTHORISED",
        "CreditNoteNumber": "W-1042-CN1",
        "Contact": {"Name": "Wool Shop Customer"},
        "LineItems": [_LINE],
    },
    "payments": {
        "Invoice": {"InvoiceNumber": "W-1042"},
        "Account": {"Code": "091"},
        "Amount": 25.41,
        "Reference": "W-1042-P1",
    },
    "items": {"Code": "MUG", "Name": "Mug"},
    "allocations": {"Amount": 5, "Invoice": {"InvoiceID": "id of an invoice"}},
    "history": {"HistoryRecords": [{"Details": "Parcel sent"}]},
}
_LIST_QUERY = ("where", "order", "page", "pageSize", "IDs", "searchTerm")
_PLAIN = {"200": {"description": "As the real API answers."}}


def describe_api() -> dict[str, Any]:
    """Every endpoint that is imitated, with an example body where one is written."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mock Books",
            "version": "2.0",
            "description": "What Mock Books imitates of Xero's Accounting API. It is "
            "not Xero, and holds nothing real.",
        },
        "servers": [{"url": "/"}],
        "components": {
            "securitySchemes": {
                "oauth": {
                    "type": "oauth2",
                    "flows": {
                        "clientCredentials": {
                            "tokenUrl": "/connect/token",
                            "scopes": {},
                        }
                    },
                }
            }
        },
        "security": [{"oauth": []}],
        "paths": {
            f"{API_ROOT}/{_written(parts)}": {
                method.lower(): _operation(parts, method, endpoint)
                for method, endpoint in methods.items()
            }
            for parts, methods in ENDPOINTS.items()
            if parts[0] != "organisations"
        },
    }


def _written(parts: tuple[str, ...]) -> str:
    """The path as the API writes it; a second identifier has a name of its own."""
    names = [_NAMES.get(part, part) for part in parts]
    if names.count(ONE) > 1:
        names[names.index(ONE, 2)] = "{part}"
    return "/".join(names)


def _operation(
    parts: tuple[str, ...], method: str, endpoint: Endpoint
) -> dict[str, Any]:
    words = [part for part in parts if part != ONE]
    # A partial's own documentation is that of functools.
    said = None if isinstance(endpoint, partial) else inspect.getdoc(endpoint)
    named = f"{method} /{_written(parts)}."
    operation: dict[str, Any] = {
        "summary": said.partition("\n")[0] if said else named,
        "operationId": f"{method.lower()}-{'-'.join(parts)}".replace(ONE, "one"),
        "tags": [_NAMES.get(parts[0], parts[0])],
        "parameters": [
            {
                "name": name.strip("{}"),
                "in": "path",
                "required": True,
                "schema": {"type": "string"},
            }
            for name in _written(parts).split("/")
            if name.startswith("{")
        ],
        "responses": _PLAIN,
    }
    if method == "GET" and parts[-1] != ONE:
        operation["parameters"] += [_query(name) for name in _LIST_QUERY]
    if method in {"PUT", "POST"}:
        operation["parameters"] += [_query("summarizeErrors"), _KEY]
        operation["requestBody"] = {
            "content": {"application/json": {"example": _EXAMPLES.get(words[-1], {})}}
        }
    return operation


_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 128},
}


def _query(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": {"type": "string"},
    }
