"""Whatever is sent, the answer is one of the API's own, never a crash."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_accounting.app import create_app
from mock_accounting.config import Settings

ANSWERS = {200, 400, 404, 405}
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
    path=st.sampled_from(["Invoices", "Contacts", "Payments", "Invoices/W-1"]),
)
def test_any_json_is_answered(http: Any, body: Any, method: str, path: str) -> None:
    answer = http.open(f"/api.xro/2.0/{path}", method=method, json=body)

    assert answer.status_code in ANSWERS


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
