"""Whatever comes in, reading it answers; it never breaks off or hangs."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.shops.protocol import NotJson, NotUnderstood, Received
from dashboard.shops.registry import CONNECTORS

SAMPLES = Path(__file__).parents[1] / "data"
ORDERS: dict[str, dict[str, Any]] = {
    "woocommerce": json.loads(
        (SAMPLES / "woocommerce/06_fee_taxed_and_negative_fee.json").read_text()
    ),
    "shopify": json.loads(
        (SAMPLES / "shopify/07_refund_lines_and_shipping.json").read_text()
    ),
    "json": {
        "id": "7",
        "status": "placed",
        "currency": "EUR",
        "total": "12.10",
        "ordered_at": "2026-11-22T09:30:00Z",
        "modified_at": "2026-11-22T09:30:00Z",
        "customer": {"email": "ann@shop.example", "address": {"country": "NL"}},
        "lines": [
            {
                "description": "Mug",
                "net": "10.00",
                "taxes": [{"rate_percent": "21", "amount": "2.10"}],
            }
        ],
        "payments": [{"amount": "12.10", "paid_at": "2026-11-22T09:30:00Z"}],
    },
}
KINDS = sorted(CONNECTORS)
TOTALS: dict[str, tuple[str, ...]] = {
    "woocommerce": ("total",),
    "shopify": ("totalPriceSet", "shopMoney", "amount"),
    "json": ("total",),
}

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["12.00", "-0.00", "1e400", "NaN", "\x00", "<b>", "\ud800"])
)
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the place of every value inside *value*."""
    found = [path] if path else []
    if isinstance(value, dict):
        inside = list(value.items())
    else:
        inside = list(enumerate(value)) if isinstance(value, list) else []
    for step, inner in inside:
        found.extend(paths(inner, (*path, step)))
    return found


def with_value(payload: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy of *payload* with *value* at *path*."""
    copy = json.loads(json.dumps(payload))
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return copy


@pytest.mark.parametrize("kind", KINDS)
@given(body=st.binary(max_size=200))
def test_any_bytes_are_answered(kind: str, body: bytes) -> None:
    with suppress(NotJson):
        CONNECTORS[kind].read({}, body)


@pytest.mark.parametrize("kind", KINDS)
@given(payload=st.dictionaries(st.text(max_size=8), json_values, max_size=5))
def test_any_object_is_answered(kind: str, payload: dict[str, Any]) -> None:
    CONNECTORS[kind].read({}, json.dumps(payload).encode())


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_an_order_with_anything_in_any_place_is_answered(
    kind: str, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(paths(ORDERS[kind])))
    payload = with_value(ORDERS[kind], path, data.draw(json_values))

    message = CONNECTORS[kind].read({}, json.dumps(payload).encode())

    if isinstance(message, Received):
        # What is understood can be kept: every text is fit for any database.
        text = json.dumps(asdict(message.order), ensure_ascii=False, default=str)
        assert "\\u0000" not in text
        text.encode()
    elif isinstance(message, NotUnderstood):
        assert message.errors


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "number",
    ["1e999999999", "1e99999999999999999999", "9" * 5000, "NaN", "-Infinity", "1e-999"],
)
def test_number_beyond_all_measure_is_a_wrong_field(kind: str, number: str) -> None:
    payload = with_value(ORDERS[kind], TOTALS[kind], "@")
    body = json.dumps(payload).replace('"@"', number).encode()

    message = CONNECTORS[kind].read({}, body)

    assert isinstance(message, NotUnderstood)
    assert [error.path for error in message.errors] == [".".join(TOTALS[kind])]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("depth", [100, 100_000])
@pytest.mark.parametrize("bracket", ["[]", "{}"])
def test_deep_nesting_is_refused(kind: str, depth: int, bracket: str) -> None:
    opening = "[" if bracket == "[]" else '{"a":'
    body = f'{{"id": {opening * depth}0{bracket[1] * depth}}}'.encode()

    with pytest.raises(NotJson, match="levels deep"):
        CONNECTORS[kind].read({}, body)


def test_ten_thousand_lines_are_read() -> None:
    payload = ORDERS["woocommerce"]
    lines = payload["line_items"][:1] * 10_000
    body = json.dumps({**payload, "line_items": lines}).encode()

    message = CONNECTORS["woocommerce"].read({}, body)

    assert isinstance(message, Received)
    assert len(message.order.lines) > 10_000


def test_more_lines_than_our_format_allows_are_refused() -> None:
    lines = ORDERS["json"]["lines"] * 10_000
    body = json.dumps({**ORDERS["json"], "lines": lines}).encode()

    message = CONNECTORS["json"].read({}, body)

    assert isinstance(message, NotUnderstood)
    assert message.errors[0].path == "lines"


def test_last_of_two_equal_keys_counts_for_a_shop_that_writes_json_by_plugins() -> None:
    body = json.dumps(ORDERS["woocommerce"])[:-1].encode() + b', "number": "77"}'

    message = CONNECTORS["woocommerce"].read({}, body)

    assert isinstance(message, Received)
    assert message.order.number == "77"


def test_two_equal_keys_are_refused_in_our_own_format() -> None:
    body = json.dumps(ORDERS["json"])[:-1].encode() + b', "total": "1.00"}'

    message = CONNECTORS["json"].read({}, body)

    assert isinstance(message, NotUnderstood)
    assert [error.path for error in message.errors] == ["total"]
