"""A call to every imitated endpoint, on books that hold one document of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from mock_accounting.api.endpoints import ENDPOINTS

_ROOT = "/api.xro/2.0"
_LINE = {
    "Description": "Mug",
    "Quantity": 2,
    "UnitAmount": 10.50,
    "AccountCode": "200",
    "TaxType": "OUTPUT2",
}
_CUSTOMER = {
    "Name": "Wool Shop Customer",
    "ContactNumber": "C-7",
    "EmailAddress": "c@wool.example",
    "DefaultCurrency": "EUR",
    "ContactPersons": [{"FirstName": "Ada", "EmailAddress": "ada@wool.example"}],
}
_SALE = {
    "Status": "AUTHORISED",
    "Contact": {"ContactNumber": "C-7"},
    "LineItems": [_LINE],
}
_ITEM = {
    "Code": "MUG-1",
    "Name": "Mug",
    "SalesDetails": {"UnitPrice": 10.5, "AccountCode": "200", "TaxType": "OUTPUT2"},
}
_NOTE = {"HistoryRecords": [{"Details": "Called"}]}
_FILE = b"%PDF-1.7"


def _invoice(number: str, **fields: Any) -> dict[str, Any]:
    return (
        _SALE
        | {
            "Type": "ACCREC",
            "InvoiceNumber": number,
            "Url": "https://shop.example/1",
            "ExpectedPaymentDate": "2026-04-01",
        }
        | fields
    )


def _credit(number: str) -> dict[str, Any]:
    return _SALE | {"Type": "ACCRECCREDIT", "CreditNoteNumber": number}


def _payment(number: str, amount: float) -> dict[str, Any]:
    return {
        "Invoice": {"InvoiceNumber": number},
        "Account": {"Code": "091"},
        "Amount": amount,
        "Reference": "P-1",
    }


def _batch(number: str) -> dict[str, Any]:
    return {
        "Account": {"Code": "091"},
        "Reference": "Payout",
        "Payments": [{"Invoice": {"InvoiceNumber": number}, "Amount": 1}],
    }


def _rate(name: str) -> dict[str, Any]:
    return {"Name": name, "TaxComponents": [{"Name": "VAT", "Rate": 7.5}]}


def _allocation(number: str) -> dict[str, Any]:
    return {"Amount": 1, "Invoice": {"InvoiceNumber": number}}


@dataclass(frozen=True, kw_only=True)
class Example:
    """One endpoint, and how it answered."""

    endpoint: tuple[str, ...]
    method: str
    answer: TestResponse


class Caller:
    """Calls the imitated API with a token of the demo client."""

    def __init__(self, app: Flask) -> None:
        self._http = app.test_client()
        token = self._http.post(
            "/connect/token",
            data={"grant_type": "client_credentials"},
            auth=("demo", "demo"),
        ).get_json()["access_token"]
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
        }

    def send(self, method: str, path: str, body: Any = None) -> TestResponse:
        kind = {"data": body} if isinstance(body, bytes) else {"json": body}
        return self._http.open(
            f"{_ROOT}/{path}", method=method, headers=self._headers, **kind
        )

    def made(self, path: str, body: Any) -> dict[str, Any]:
        answer = self.send("PUT", path, body)
        assert answer.status_code == 200, answer.text
        name = path.rpartition("/")[2]
        document: dict[str, Any] = answer.get_json()[name][0]
        return document


def examples(app: Flask) -> list[Example]:
    """Every endpoint with its answer."""
    caller = Caller(app)
    calls = _calls(_set_up(caller))
    missing = {
        (endpoint, method)
        for endpoint, methods in ENDPOINTS.items()
        for method in methods
    } - set(calls)
    assert not missing, f"Give an example call of {missing} in this file."
    return [
        Example(
            endpoint=endpoint,
            method=method,
            answer=caller.send(method, *call),
        )
        for (endpoint, method), call in calls.items()
    ]


def write_calls(app: Flask) -> list[tuple[str, str, Any]]:
    """Method, path and a good body of every endpoint that takes JSON."""
    calls = _calls(_set_up(Caller(app)))
    return [
        (method, *call)
        for (_, method), call in calls.items()
        if len(call) > 1 and isinstance(call[1], dict)
    ]


def known_paths(app: Flask) -> dict[str, str]:
    """Write one document of each kind; their paths by the resource's short name."""
    return _set_up(Caller(app))


def _set_up(caller: Caller) -> dict[str, str]:
    """Write one document of each kind; their paths."""
    contact = caller.made("Contacts", _CUSTOMER)
    caller.made("Items", _ITEM)
    caller.made("Invoices", _invoice("W-1"))
    caller.made("CreditNotes", _credit("CN-1"))
    caller.made("CreditNotes/CN-1/Allocations", _allocation("W-1"))
    payment = caller.made("Payments", _payment("W-1", 2))
    batch = caller.made("BatchPayments", _batch("W-1"))
    caller.made("Invoices", _invoice("W-2"))
    caller.made("Payments", _payment("W-2", 25.41))
    for document in ("Invoices/W-1", "CreditNotes/CN-1", "Contacts/C-7"):
        caller.send("PUT", f"{document}/Attachments/a.pdf", _FILE)
    spare = caller.made("CreditNotes/CN-1/Allocations", _allocation("W-1"))
    account = caller.send("GET", "Accounts").get_json()["Accounts"][0]
    return {
        "accounts": f"Accounts/{account['AccountID']}",
        "batchpayments": f"BatchPayments/{batch['BatchPaymentID']}",
        "contacts": f"Contacts/{contact['ContactID']}",
        "creditnotes": "CreditNotes/CN-1",
        "invoices": "Invoices/W-1",
        "items": "Items/MUG-1",
        "payments": f"Payments/{payment['PaymentID']}",
        "taxrates": "TaxRates/OUTPUT2",
        "allocation": f"CreditNotes/CN-1/Allocations/{spare['AllocationID']}",
    }


_Calls = Mapping[tuple[tuple[str, ...], str], tuple[Any, ...]]


def _calls(paths: Mapping[str, str]) -> _Calls:
    """The call of each endpoint, reading first and deleting last."""
    one = "{id}"
    calls: dict[tuple[tuple[str, ...], str], tuple[Any, ...]] = {}
    for endpoint, methods in ENDPOINTS.items():
        if "GET" in methods:
            calls[endpoint, "GET"] = (_reading(endpoint, paths),)
        if "history" in endpoint:
            calls[endpoint, "PUT"] = (_reading(endpoint, paths), _NOTE)
        if endpoint[2:] == ("attachments", one):
            for method in ("PUT", "POST"):
                calls[endpoint, method] = (_reading(endpoint, paths), _FILE)
    deleted = {"Status": "DELETED"}
    writes: dict[tuple[str, ...], dict[str, Any]] = {
        ("accounts",): {"PUT": {"Code": "201", "Name": "More", "Type": "SALES"}},
        ("taxrates",): {"PUT": _rate("One"), "POST": _rate("Two")},
        ("currencies",): {"PUT": {"Code": "SEK"}},
        ("contacts",): {"PUT": {"Name": "Other"}, "POST": _CUSTOMER},
        ("contacts", one): {"POST": {"FirstName": "Ada"}},
        ("items",): {"PUT": {"Code": "BOWL"}, "POST": _ITEM},
        ("items", one): {"POST": {"Name": "Cup"}, "DELETE": None},
        ("invoices",): {"PUT": _invoice("W-3"), "POST": _invoice("W-4")},
        ("invoices", one, "email"): {"POST": {}},
        ("creditnotes",): {"PUT": _credit("CN-2"), "POST": _credit("CN-3")},
        ("creditnotes", one, "allocations"): {"PUT": _allocation("W-1")},
        ("payments",): {"PUT": _payment("W-1", 1), "POST": _payment("W-1", 1)},
        ("payments", one): {"POST": deleted},
        ("batchpayments",): {"PUT": _batch("W-1"), "POST": _batch("W-1")},
        ("batchpayments", one): {"POST": deleted},
    }
    for endpoint, bodies in writes.items():
        for method, body in bodies.items():
            calls[endpoint, method] = (_reading(endpoint, paths), body)
    changed = {"Reference": "changed"}
    calls[("invoices", one), "POST"] = ("Invoices/W-3", changed)
    calls[("creditnotes", one), "POST"] = ("CreditNotes/CN-2", changed)
    removal = ("creditnotes", one, "allocations", one), "DELETE"
    calls[removal] = (paths["allocation"],)
    return calls


def _reading(endpoint: tuple[str, ...], paths: Mapping[str, str]) -> str:
    """The path of an endpoint, with a document's own where an id stands."""
    resource, *rest = endpoint
    if rest[:1] != ["{id}"]:
        return "/".join(endpoint)
    tail = ["a.pdf" if part == "{id}" else part for part in rest[1:]]
    return "/".join([paths[resource], *tail])
