"""Fixtures of the mock's tests: a frozen clock, books, and a client of the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mock_accounting.app import Server, close_app, create_app
from mock_accounting.config import Settings
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.ids import IdSource
from mock_accounting.ledger.inputs import ContactInput, InvoiceInput, LineInput
from mock_accounting.ledger.organisations import Organisations
from mock_accounting.ledger.storage import Memory

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


class ApiClient:
    """Speaks to the imitated API with a token of the demo client."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.http: FlaskClient = app.test_client()
        answer = self.http.post(
            "/connect/token",
            data={"grant_type": "client_credentials"},
            auth=("demo", "demo"),
        )
        self.token = answer.get_json()["access_token"]

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/json",
        } | options.pop("headers", {})
        return self.http.open(
            f"/api.xro/2.0/{path}", method=method, headers=headers, **options
        )

    def close(self) -> None:
        """Let the data file go, as the end of the process does."""
        close_app(self.app)

    def get(self, path: str, **query: str) -> TestResponse:
        return self.call("GET", path, query_string=query)

    def put(self, path: str, body: Any, **headers: str) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("PUT", path, json=body, headers=sent)

    def post(self, path: str, body: Any) -> TestResponse:
        return self.call("POST", path, json=body)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.open(f"/__mock__/{path}", method=method, json=body or {})
        assert answer.status_code == 200, answer.text
        return answer.get_json()


@pytest.fixture
def clock() -> Clock:
    return Clock(frozen_at=NOW)


@pytest.fixture
def books(clock: Clock) -> Books:
    return Organisations(Memory(), clock, IdSource(1)).all()[0]


@pytest.fixture
def app(clock: Clock) -> Iterator[Flask]:
    return create_app(Settings(enforce_limits=False), clock)


@pytest.fixture
def api(app: Flask) -> ApiClient:
    return ApiClient(app)


@pytest.fixture
def limited_api(clock: Clock) -> ApiClient:
    return ApiClient(create_app(Settings(enforce_limits=True), clock))


@pytest.fixture
def server() -> Iterator[Server]:
    """A real server on a free port, on the machine's time."""
    server = Server(create_app(Settings(enforce_limits=False)), "127.0.0.1", 0)
    server.start()
    yield server
    server.close()


@pytest.fixture
def api_on() -> Iterator[Callable[[Path, Clock], ApiClient]]:
    """A client of a mock that keeps its books in a folder."""
    opened: list[ApiClient] = []

    def open_on(folder: Path, clock: Clock) -> ApiClient:
        settings = Settings(data_dir=folder, enforce_limits=False)
        opened.append(ApiClient(create_app(settings, clock)))
        return opened[-1]

    yield open_on
    for api in opened:
        api.close()


@pytest.fixture
def a_line() -> Callable[..., LineInput]:
    def build(unit_amount: str = "10.00", **fields: Any) -> LineInput:
        values: dict[str, Any] = {
            "description": "Mug",
            "quantity": Decimal(1),
            "unit_amount": Decimal(unit_amount),
            "account_code": "200",
            "tax_type": "OUTPUT2",
        }
        return LineInput(**(values | fields))

    return build


@pytest.fixture
def an_invoice(a_line: Callable[..., LineInput]) -> Callable[..., InvoiceInput]:
    def build(**fields: Any) -> InvoiceInput:
        values: dict[str, Any] = {
            "type": "ACCREC",
            "contact": ContactInput(name="Wool Shop Customer"),
            "lines": (a_line(),),
        }
        return InvoiceInput(**(values | fields))

    return build


@pytest.fixture
def invoice_body() -> Callable[..., dict[str, Any]]:
    """An invoice as a client sends it."""

    def build(number: str | None = None, **fields: Any) -> dict[str, Any]:
        body: dict[str, Any] = {
            "Type": "ACCREC",
            "Status": "AUTHORISED",
            "Contact": {"Name": "Wool Shop Customer"},
            "LineItems": [
                {
                    "Description": "Mug",
                    "Quantity": 2,
                    "UnitAmount": 10.50,
                    "AccountCode": "200",
                    "TaxType": "OUTPUT2",
                }
            ],
        }
        if number is not None:
            body["InvoiceNumber"] = number
        return body | fields

    return build
