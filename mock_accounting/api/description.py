"""The imitated API as an OpenAPI document, made from the endpoints themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping

from mock_accounting.api.endpoints import ENDPOINTS, ONE, Endpoint
from mock_accounting.api.schemas import (
    INPUT,
    Schema,
    all_schemas,
    envelope,
    reference,
)
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
_DOCUMENTS = {
    "history": ("HistoryRecords", "HistoryRecord"),
    "currencies": ("Currencies", "Currency"),
    "onlineinvoice": ("OnlineInvoices", "OnlineInvoice"),
    "organisation": ("Organisations", "Organisation"),
}
"""What an answer calls its list, and what is in it, where no letter tells."""
_LINE = {
    "Description": "Mug",
    "Quantity": 2,
    "UnitAmount": 10.5,
    "AccountCode": "200",
    "TaxType": "OUTPUT2",
}
_EXAMPLES: Mapping[str, Schema] = {
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
_LIST_QUERY: Mapping[str, Schema] = {
    "where": {"type": "string"},
    "order": {"type": "string"},
    "page": {"type": "integer", "minimum": 1},
    "pageSize": {"type": "integer", "minimum": 1, "maximum": 1000},
    "IDs": {"type": "string"},
    "searchTerm": {"type": "string"},
}
_FLAG = {"type": "boolean"}
_FILES: Schema = {"application/octet-stream": {}}
_REFUSALS = {
    "400": ("The query, the body or an element was refused.", "ErrorAnswer"),
    "401": ("No token, a wrong one or an expired one.", "Problem"),
    "403": ("The token does not open this organisation or endpoint.", "Problem"),
    "404": ("There is no such document; the answer is empty.", None),
    "412": ("The condition of a header cannot be read.", None),
    "413": ("The body is too large.", None),
    "429": ("Too many calls; the answer is empty.", None),
}


def describe_api() -> Schema:
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
            "schemas": all_schemas(),
            "responses": {
                status: {"description": said} | _content(schema)
                for status, (said, schema) in _REFUSALS.items()
            },
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
            },
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


def _operation(parts: tuple[str, ...], method: str, endpoint: Endpoint) -> Schema:
    operation: Schema = {
        "summary": _summary(parts, method, endpoint),
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
        "responses": _answers(parts, method)
        | {
            status: {"$ref": f"#/components/responses/{status}"} for status in _REFUSALS
        },
    }
    if method == "GET" and parts[-1] != ONE:
        operation["parameters"] += [_query(*it) for it in _LIST_QUERY.items()]
    if method in {"PUT", "POST"}:
        operation["parameters"] += [_query("summarizeErrors", _FLAG), _KEY]
        operation["requestBody"] = {"content": _body(parts)}
    return operation


def _summary(parts: tuple[str, ...], method: str, endpoint: Endpoint) -> str:
    """What a call does, and what the endpoint's own documentation adds."""
    about_one = parts[-1] == ONE
    match method:
        case "GET":
            does = "Read one" if about_one else "Read"
        case "PUT":
            does = "Create"
        case "POST" if parts[-1] == "email":
            does = "Send"
        case "POST":
            does = "Change one" if about_one else "Create or change"
        case _:
            does = "Delete"
    first_line = (inspect.getdoc(endpoint) or "").partition("\n")[0]
    more = re.sub(r"^[^:,]+(: |, |$)", "", first_line)
    return f"{does}: {more}" if more else f"{does}."


def _body(parts: tuple[str, ...]) -> Schema:
    """What a write takes: elements in their envelope, or one without."""
    word = _word(parts)
    if parts[-1] == ONE and word == "attachments":
        return _FILES
    example = {"example": _EXAMPLES.get(word, {})}
    if word == "email":
        return {"application/json": example}
    name, document = _shown_as(word)
    element: Schema = reference(document + INPUT)
    if parts[-1] == ONE:
        # What is not sent of a document that is there stays as it is.
        element = {"type": "object"}
    wrapped = {
        "type": "object",
        "properties": {name: {"type": "array", "items": element}},
        "required": [name],
    }
    return {"application/json": {"schema": {"anyOf": [wrapped, element]}} | example}


def _answers(parts: tuple[str, ...], method: str) -> Schema:
    """What comes if all is well."""
    word = _word(parts)
    if word == "email" or (word, method) == ("items", "DELETE"):
        return {"204": {"description": "Done; the answer is empty."}}
    if parts[-1] == "pdf":
        content: Schema = {"application/pdf": {}}
    elif method == "DELETE":
        content = {"application/json": {"schema": reference("Allocation")}}
    elif method == "GET" and word == "attachments" and parts[-1] == ONE:
        content = {"*/*": {}}
    else:
        content = {"application/json": {"schema": envelope(*_shown_as(word))}}
    return {"200": {"description": "As the real API answers.", "content": content}}


def _content(schema: str | None) -> Schema:
    if schema is None:
        return {}
    return {"content": {"application/json": {"schema": reference(schema)}}}


def _word(parts: tuple[str, ...]) -> str:
    """The last part of a path that is no identifier."""
    return [part for part in parts if part != ONE][-1]


def _shown_as(word: str) -> tuple[str, str]:
    """What an answer calls its list, and the schema of what is in it."""
    name = _NAMES.get(word, word)
    return _DOCUMENTS.get(word, (name, name.removesuffix("s")))


_REFUSED = {
    status: {"$ref": f"#/components/responses/{status}"} for status in _REFUSALS
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 128},
}


def _query(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema}
