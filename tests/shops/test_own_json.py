"""Orders in our own format, and the promise that docs and schema agree."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dashboard.domain.order import LineKind, Order, OrderPhase
from dashboard.shops.own_json.connector import OwnJson
from dashboard.shops.own_json.schema import ORDER_SCHEMA
from dashboard.shops.protocol import Deleted, NotUnderstood, Received

DOCS = Path(__file__).parents[2] / "docs" / "orders.md"

Json = dict[str, Any]


A_TAX: Json = {"rate_percent": "21", "amount": "2.10"}


def a_line(**fields: Any) -> Json:
    return {"description": "Mug", "net": "10.00", **fields}


def an_order(**fields: Any) -> Json:
    order = {
        "id": "7",
        "status": "placed",
        "currency": "EUR",
        "total": "10.00",
        "ordered_at": "2026-11-22T10:30:00+01:00",
        "customer": {},
        "lines": [a_line()],
    }
    return {**order, **fields}


def read(payload: Json) -> Order:
    message = OwnJson().read({}, json.dumps(payload).encode())
    assert isinstance(message, Received), message
    return message.order


def faults(payload: Json) -> dict[str, str]:
    message = OwnJson().read({}, json.dumps(payload).encode())
    assert isinstance(message, NotUnderstood), message
    return {error.path: error.message for error in message.errors}


def documented_orders() -> list[Json]:
    """Return the JSON examples of the docs, in their order."""
    blocks = re.findall(r"```json\n(.*?)```", DOCS.read_text(), re.DOTALL)
    return [json.loads(block) for block in blocks]


def test_smallest_order() -> None:
    order = read(an_order())

    assert (order.external_id, order.number) == ("7", "7")
    assert order.phase is OrderPhase.PLACED
    assert order.ordered_at == datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    assert order.modified_at is None
    assert order.lines[0].kind is LineKind.PRODUCT
    assert order.lines[0].taxes == ()


@pytest.mark.parametrize(("told", "country"), [({}, ""), ({"country": "BE"}, "BE")])
def test_tax_may_say_whose_it_is(told: Json, country: str) -> None:
    order = read(an_order(lines=[a_line(taxes=[{**A_TAX, **told}])]))

    assert order.lines[0].taxes[0].country == country


def test_full_order_of_the_docs() -> None:
    order = read(documented_orders()[0])

    total = sum((line.net + line.tax for line in order.lines), Decimal(0))
    assert total == order.total
    assert order.paid == order.total
    assert len(order.payments) > 1
    kinds = {line.kind for line in order.lines}
    assert kinds == set(LineKind)


def test_a_refund_tells_its_day_and_its_lines() -> None:
    (refund,) = read(documented_orders()[0]).refunds

    assert sum((line.net + line.tax for line in refund.lines), Decimal(0)) == Decimal(5)
    assert refund.refunded_at == datetime(2026, 11, 24, 13, 2, tzinfo=UTC)
    assert refund.refunded_on == date(2026, 11, 24)


def test_a_refund_needs_no_lines() -> None:
    (refund,) = read(an_order(refunds=[{"id": "1", "amount": "5.00"}])).refunds

    assert (refund.lines, refund.refunded_at) == ((), None)


def test_every_order_of_the_docs_is_understood() -> None:
    for payload in documented_orders():
        message = OwnJson().read({}, json.dumps(payload).encode())

        assert isinstance(message, (Received, Deleted)), message


@pytest.mark.parametrize("status", ["draft", "pending", "placed", "failed"])
def test_status_is_the_phase(status: str) -> None:
    assert read(an_order(status=status)).phase == status


def test_deleted_order_needs_no_more_than_its_id() -> None:
    message = OwnJson().read({}, b'{"id": "7", "status": "deleted"}')

    assert message == Deleted(external_id="7")


@pytest.mark.parametrize(
    ("fields", "path", "words"),
    [
        ({"id": 7}, "id", "text"),
        ({"id": "7\n"}, "id", "text"),
        ({"number": "<b>"}, "number", "text"),
        ({"status": "paid"}, "status", "placed"),
        ({"total": 10}, "total", '"12.50"'),
        ({"total": "10.005"}, "total", "two decimals"),
        ({"currency": "eur"}, "currency", "EUR"),
        ({"ordered_at": "2026-11-22T10:30:00"}, "ordered_at", "offset"),
        ({"ordered_at": "2026-02-30T10:30:00Z"}, "ordered_at", "2026-02-30"),
        ({"lines": []}, "lines", "empty"),
        ({"lines": {}}, "lines", "a list"),
        ({"lines": [a_line(kind="gift")]}, "lines[0].kind", "shipping"),
        ({"lines": [a_line(quantity="0")]}, "lines[0].quantity", "above zero"),
        ({"lines": [a_line(discount="-1")]}, "lines[0].discount", "zero or more"),
        ({"lines": [a_line(taxs=[])]}, "lines[0].taxs", "not a field"),
        ({"lines": [{}]}, "lines[0].net", "missing"),
        (
            {"lines": [a_line(taxes=[{"amount": "1"}])]},
            "lines[0].taxes[0].rate_percent",
            "missing",
        ),
        # One would take the place of the other, and what it gave back be lost.
        ({"refunds": [{"id": "1", "amount": "1"}] * 2}, "refunds[1].id", "twice"),
        ({"payments": [{"amount": "1"}]}, "payments[0].paid_at", "missing"),
        ({"customer": {"address": {"country": "NLD"}}}, "customer.address.country", ""),
        (
            {"lines": [a_line(taxes=[{**A_TAX, "country": "nl"}])]},
            "lines[0].taxes[0].country",
            "two capital letters",
        ),
        ({"vat_exempt": "yes"}, "vat_exempt", "true or false"),
    ],
)
def test_wrong_field_is_named(fields: Json, path: str, words: str) -> None:
    assert words in faults(an_order(**fields))[path]


def test_every_missing_field_is_named_at_once() -> None:
    assert set(faults({"id": "7"})) == {
        "status",
        "currency",
        "total",
        "ordered_at",
        "customer",
        "lines",
    }


def test_order_not_understood_keeps_its_id_and_number() -> None:
    body = json.dumps(an_order(number="2026-7", total=None)).encode()

    message = OwnJson().read({}, body)

    assert isinstance(message, NotUnderstood)
    assert (message.external_id, message.number) == ("7", "2026-7")


def test_signature_is_the_hex_hmac_of_the_raw_body() -> None:
    body = b'{"id": "7"}'
    digest = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
    headers = {"x-sluice-signature": f"sha256={digest}"}

    assert OwnJson().signature_is_valid(headers, body, ["other", "secret"])
    assert not OwnJson().signature_is_valid(headers, body + b"\n", ["secret"])
    assert not OwnJson().signature_is_valid(headers, body, ["other"])
    assert not OwnJson().signature_is_valid({}, body, ["secret"])


def test_nothing_unsigned_is_let_in() -> None:
    assert not OwnJson().is_unsigned_ping({}, b"webhook_id=1")


def test_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(ORDER_SCHEMA)


def test_docs_name_every_field_of_the_schema() -> None:
    text = DOCS.read_text()
    objects = [ORDER_SCHEMA, *ORDER_SCHEMA["$defs"].values()]
    names = {name for each in objects for name in each.get("properties", {})}

    assert {name for name in names if f"`{name}`" not in text} == set()
