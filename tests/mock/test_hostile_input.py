"""Whatever is sent, the answer is one of the API's own, never a crash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_accounting.api.endpoints import ENDPOINTS
from mock_accounting.app import create_app
from mock_accounting.config import Settings
from tests.contract.answers import Caller, write_calls

ANSWERS = {200, 204, 400, 404, 405}
FIELDS = [
    "Invoices",
    "Type",
    "Contact",
    "ContactID",
    "Name",
    "LineItems",
    "Quantity",
    "UnitAmount",
    "LineAmount",
    "DiscountRate",
    "TaxType",
    "AccountCode",
    "Description",
    "Date",
    "CurrencyCode",
    "CurrencyRate",
    "Amount",
    "Account",
    "Code",
    "Invoice",
    "InvoiceNumber",
]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=20),
    st.sampled_from(["ACCREC", "200", "OUTPUT2", "EUR", "USD", "2026-03-14", "W-1"]),
)
BODIES = st.recursive(
    VALUES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=8)
    ),
    max_leaves=25,
)


@pytest.fixture(scope="module")
def http() -> Any:
    client = create_app(Settings(enforce_limits=False)).test_client()
    form = {"grant_type": "client_credentials"}
    token = client.post("/connect/token", data=form, auth=("demo", "demo")).get_json()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token['access_token']}"
    return client


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    body=BODIES,
    method=st.sampled_from(["PUT", "POST"]),
    path=st.sampled_from(
        [
            "Invoices",
            "Invoices/W-1",
            "Contacts",
            "CreditNotes",
            "CreditNotes/CN-1/Allocations",
            "Items",
            "Payments",
            "BatchPayments",
            "Accounts",
            "TaxRates",
            "Currencies",
        ]
    ),
)
def test_any_json_is_answered(http: Any, body: Any, method: str, path: str) -> None:
    answer = http.open(f"/api.xro/2.0/{path}", method=method, json=body)

    assert answer.status_code in ANSWERS


def _spoilt(body: Any, choose: Callable[[int], int], value: Any) -> Any:
    """*body* with *value* in one of its places."""
    if isinstance(body, dict) and body:
        name = list(body)[choose(len(body))]
        return body | {name: _spoilt(body[name], choose, value)}
    if isinstance(body, list) and body:
        place = choose(len(body))
        return [
            _spoilt(item, choose, value) if at == place else item
            for at, item in enumerate(body)
        ]
    return value


@pytest.fixture(scope="module")
def busy() -> tuple[Caller, list[tuple[str, str, Any]]]:
    """A client of books that hold everything, and good calls to spoil."""
    app = create_app(Settings(enforce_limits=False))
    calls = write_calls(app)
    return Caller(app), calls


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(data=st.data(), value=VALUES | BODIES)
def test_a_good_body_with_one_bad_value_is_answered(
    busy: tuple[Caller, list[tuple[str, str, Any]]], data: st.DataObject, value: Any
) -> None:
    caller, calls = busy
    method, path, body = data.draw(st.sampled_from(calls))

    def choose(count: int) -> int:
        return data.draw(st.integers(0, count - 1))

    answer = caller.send(method, path, _spoilt(body, choose, value))

    assert answer.status_code in ANSWERS, answer.text


LISTS = sorted(
    parts[0] for parts, methods in ENDPOINTS.items() if len(parts) == 1 and methods
)


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_filtered_and_ordered_or_says_why_not(
    busy: tuple[Caller, list[tuple[str, str, Any]]], name: str
) -> None:
    caller, _ = busy
    for query in (
        "where=UpdatedDateUTC>=DateTime(2020,1,1)&order=UpdatedDateUTC DESC",
        "where=Status==%22ACTIVE%22&page=1",
        "where=Nothing==1",
        "order=Code,Name",
        "page=0&pageSize=999999",
        "page=-1",
    ):
        assert caller.send("GET", f"{name}?{query}").status_code in ANSWERS


@settings(max_examples=150, deadline=None)
@given(where=st.text(max_size=40), order=st.text(max_size=10))
def test_any_filter_is_answered(http: Any, where: str, order: str) -> None:
    query = {"where": where, "order": order, "page": "1"}

    answer = http.get("/api.xro/2.0/Invoices", query_string=query)

    assert answer.status_code in ANSWERS


@pytest.mark.parametrize(
    "fields",
    [
        {"Quantity": 10**9, "UnitAmount": 10**9},
        {"Quantity": "9e9", "UnitAmount": "9e9", "DiscountRate": 99.99999},
        {"Quantity": 1, "UnitAmount": "0." + "1" * 5000},
        {"LineAmount": 5, "UnitAmount": 0},
        {"LineAmount": 5, "Quantity": 0},
        {"Quantity": 1, "UnitAmount": 1, "Description": "\ud800"},
        {"Quantity": 1, "UnitAmount": -1},
    ],
)
def test_extreme_lines_are_answered_and_the_pages_live(
    http: Any, fields: dict[str, Any]
) -> None:
    line = {"Description": "x", "AccountCode": "200"} | fields
    body = {
        "Type": "ACCREC",
        "Contact": {"Name": "Extreme"},
        "CurrencyCode": "USD",
        "CurrencyRate": "0.000001",
        "LineItems": [line],
    }

    answer = http.put("/api.xro/2.0/Invoices", json=body)

    assert answer.status_code in ANSWERS
    assert http.get("/").status_code == 200


@pytest.mark.parametrize("rate", [0, -1, "0.0000001"])
def test_a_rate_of_nothing_is_refused(http: Any, rate: Any) -> None:
    line = {"Description": "x", "UnitAmount": 1, "AccountCode": "200"}
    body = {
        "Type": "ACCREC",
        "Contact": {"Name": "Extreme"},
        "CurrencyCode": "USD",
        "CurrencyRate": rate,
        "LineItems": [line],
    }

    answer = http.put("/api.xro/2.0/Invoices", json=body)

    assert answer.status_code == 400
