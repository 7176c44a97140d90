"""What the demo shop sends has the shape and the sums of real WooCommerce orders."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from seed.catalogue import Rounding, Shop
from seed.orders import Snapshot
from seed.scenes import SCENES, Status
from seed.woocommerce import body, payload

Story = Callable[..., Iterator[Snapshot]]
DATA = Path(__file__).parent / "data"
CHARGED = ("line_items", "shipping_lines", "fee_lines")
LISTS = (*CHARGED, "tax_lines", "coupon_lines", "meta_data")


@pytest.mark.parametrize("incl", [True, False])
@pytest.mark.parametrize("rounding", list(Rounding))
def test_what_lines_leave_of_the_total_is_at_most_a_cent_a_line(
    story: Story, shop: Shop, *, incl: bool, rounding: Rounding
) -> None:
    shop = replace(shop, prices_include_tax=incl, rounding=rounding)

    for snapshot in story(250):
        order = payload(snapshot, shop)

        lines = [line for kind in CHARGED for line in order[kind]]
        gross = sum(
            Decimal(line["total"]) + Decimal(line["total_tax"]) for line in lines
        )
        residual = abs(Decimal(order["total"]) - gross)
        assert residual <= Decimal("0.01") * len(lines), order["number"]
        if rounding is Rounding.LINE:
            assert residual == 0, order["number"]


def test_rounding_at_the_subtotal_does_leave_something_at_times(
    story: Story, shop: Shop
) -> None:
    def residual(order: dict[str, Any]) -> Decimal:
        lines = [line for kind in CHARGED for line in order[kind]]
        return Decimal(order["total"]) - sum(
            Decimal(line["total"]) + Decimal(line["total_tax"]) for line in lines
        )

    orders = [payload(snapshot, shop) for snapshot in story(60)]

    assert any(residual(order) for order in orders)


def test_every_order_has_exactly_the_keys_of_a_real_one(
    story: Story, shop: Shop
) -> None:
    real = merged_samples()

    for snapshot in story(80):
        order = payload(snapshot, shop)

        assert list(order) == list(real["order"])
        assert list(order["billing"]) == list(real["billing"])
        assert list(order["shipping"]) == list(real["shipping"])
        assert list(order["_links"]) == list(real["_links"])
        for kind in LISTS:
            for row in order[kind]:
                assert list(row) == list(real[kind]), kind
                for tax in row.get("taxes", []):
                    assert list(tax) == ["id", "total", "subtotal"]


def test_every_value_has_the_type_of_a_real_one(story: Story, shop: Shop) -> None:
    real = merged_samples()

    for snapshot in story(80):
        order = payload(snapshot, shop)

        assert types(order) == types(real["order"])
        for kind in LISTS:
            for row in order[kind]:
                assert types(row) == types(real[kind]), kind


def test_the_body_is_written_as_php_writes_json(story: Story, shop: Shop) -> None:
    sample = json.loads((DATA / "webhook_created.json").read_text("utf-8"))
    snapshot = next(story(1))

    raw = body(snapshot, shop)

    # The same order read and written again by this rule is the real body.
    again = json.dumps(json.loads(sample["raw"]), separators=(",", ":"))
    assert again.replace("/", "\\/") == sample["raw"]
    assert raw.isascii()
    assert b"https:\\/\\/demo-shop.example\\/" in raw
    assert json.loads(raw) == payload(snapshot, shop)


def test_times_are_the_shops_own_and_gmt_without_a_mark(
    story: Story, shop: Shop
) -> None:
    # Half past ten in the evening in London, just before summer time begins.
    order = payload(next(story(1)), shop)

    assert order["date_created_gmt"] == "2026-03-28T22:30:00"
    assert order["date_created"] == "2026-03-28T23:30:00"


def test_sixty_orders_show_every_kind(story: Story) -> None:
    told = list(story(60))

    assert {snapshot.order.scene.name for snapshot in told} == {
        scene.name for scene in SCENES
    }
    assert {snapshot.status for snapshot in told} == set(Status) - {Status.REFUNDED}


def test_only_orders_that_were_paid_have_a_payment_date_and_reference(
    story: Story, shop: Shop
) -> None:
    for snapshot in story(80):
        order = payload(snapshot, shop)

        is_paid = order["status"] in {"processing", "completed"}
        if order["payment_method"] != "cod":
            assert (order["date_paid_gmt"] is not None) == is_paid
        if order["transaction_id"]:
            assert order["date_paid_gmt"] is not None


def merged_samples() -> dict[str, Any]:
    """One real order, and one real row of every kind, from several samples."""
    real: dict[str, Any] = {}
    names = ["coupon_prices_with_tax_rounded_at_subtotal", "fees_and_deduction"]
    for name in names:
        order = json.loads((DATA / f"{name}.json").read_text("utf-8"))
        real.setdefault("order", order)
        for kind, rows in order.items():
            if isinstance(rows, dict):
                real.setdefault(kind, rows)
            elif isinstance(rows, list) and rows:
                real.setdefault(kind, rows[0])
    return real


def types(row: dict[str, Any]) -> dict[str, str]:
    """Name the JSON type of each value; dates may be missing, numbers be whole."""
    names = {}
    for key, value in row.items():
        if key.startswith("date_"):
            names[key] = "date"
        elif isinstance(value, bool):
            names[key] = "boolean"
        elif isinstance(value, int | float):
            names[key] = "number"
        else:
            names[key] = type(value).__name__
    return names
