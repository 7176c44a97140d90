"""Whatever is sent to the control API, it answers, and says what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mock_accounting.app import create_app
from mock_accounting.config import Settings

FIELDS = [
    *("kind", "match", "options", "window", "times", "nth", "probability", "seed"),
    *("method", "path", "key", "organisation", "seconds", "up_to_seconds", "status"),
    *("from", "until", "for_s", "document", "number", "element", "title", "when"),
    *("freeze", "advance_s", "reset", "mode", "minute", "day", "checks", "check"),
    *("numbers", "total", "currency", "in", "format", "clock", "limits", "faults"),
    *("presets", "organisations", "clients", "documents", "Invoices", "name"),
]
WORDS = [
    *("status", "delay", "lose_answer", "lock_period", "void_document", "off", "real"),
    *("sum", "all_paid", "one_live_invoice_each", "2026-03-14", "before", "hang"),
    *("9999-12-31T23:59:59Z", "0001-01-01", "EUR", "down", "contact", "nan", "1e999"),
]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=10),
    st.sampled_from(WORDS),
)
BODIES = st.recursive(
    VALUES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=8)
    ),
    max_leaves=25,
)
PATHS = [
    *("faults", "clock", "limits", "assertions", "load", "organisations", "lock-date"),
    *("presets/down", "invoices/W-1/rename", "snapshots/one"),
]


@pytest.fixture(scope="module")
def http() -> Any:
    return create_app(Settings(enforce_limits=False)).test_client()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=BODIES, path=st.sampled_from(PATHS))
@example(body={"advance_s": 1e300}, path="clock")
@example(body={"advance_s": 10**12}, path="clock")
@example(body={"freeze": "9999-12-31T23:59:59Z"}, path="clock")
@example(body={"freeze": "0001-01-01T00:00:00+14:00"}, path="clock")
@example(body={"kind": "status", "window": {"for_s": 1e300}}, path="faults")
@example(body={"kind": "status", "times": 10**40, "seed": 10**40}, path="faults")
@example(body={"kind": ["status"]}, path="faults")
@example(body={"kind": "status", "match": []}, path="faults")
@example(body={"checks": [{"check": "sum", "total": "NaN"}]}, path="assertions")
@example(body={"checks": [5]}, path="assertions")
@example(body={"organisations": [None]}, path="load")
@example(body={"organisations": [{"Invoices": [5]}]}, path="load")
@example(body={"name": "", "number": ""}, path="organisations")
def test_any_json_is_answered(http: Any, body: Any, path: str) -> None:
    answer = http.post(f"/__mock__/{path}", json=body)

    assert answer.status_code in {200, 400, 404}, answer.text
    http.post("/__mock__/reset")


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"{", b'{"kind": NaN}', b"[" * 100_000, b'"\\ud800"']
)
def test_a_body_that_is_no_json_is_refused(http: Any, body: bytes) -> None:
    answer = http.post("/__mock__/faults", data=body)

    assert answer.status_code == 400
    assert answer.get_json()["error"]
