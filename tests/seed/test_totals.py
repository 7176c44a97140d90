"""The arithmetic, held against orders of a running WooCommerce."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from seed.basket import Basket, BasketLine, Coupon, Fee, Shipping
from seed.catalogue import Product, Rounding, Shop, TaxClass
from seed.totals import Charge, cents, totals

DATA = Path(__file__).parent / "data"
# Prices in the shop that the samples come from; with or without tax, as it was set.
PRICES = {
    "MUG": "4.99",
    "PEN": "0.99",
    "LAMP": "33.33",
    "BOOK": "12.35",
    "STAMP": "3.00",
    "GIFT": "25.00",
}


@pytest.mark.parametrize(
    ("sample", "rounding"),
    [
        ("fees_and_deduction", Rounding.LINE),
        ("two_taxes", Rounding.LINE),
        ("every_rate_prices_without_tax", Rounding.LINE),
        ("coupon_prices_with_tax_rounded_at_subtotal", Rounding.SUBTOTAL),
    ],
)
def test_a_real_order_is_reproduced_to_the_cent(
    sample: str, rounding: Rounding
) -> None:
    real = json.loads((DATA / f"{sample}.json").read_text("utf-8"))
    shop = a_shop(incl=real["prices_include_tax"], rounding=rounding)

    figures = totals(basket_of(real), shop)

    assert str(figures.total) == real["total"]
    assert str(cents(figures.total_tax)) == real["total_tax"]
    assert str(cents(figures.cart_tax)) == real["cart_tax"]
    assert str(cents(figures.shipping_tax)) == real["shipping_tax"]
    assert str(cents(figures.discount)) == real["discount_total"]
    assert str(cents(figures.discount_tax)) == real["discount_tax"]
    assert [shown(charge) for charge in figures.lines] == [
        (item["total"], item["total_tax"]) for item in real["line_items"]
    ]
    assert [shown(charge) for charge in figures.fees] == [
        (fee["total"], fee["total_tax"]) for fee in real["fee_lines"]
    ]
    assert {
        (tax.rate.rate_id, str(cents(tax.cart)), str(cents(tax.shipping)))
        for tax in figures.tax_lines
    } == {
        (tax["rate_id"], tax["tax_total"], tax["shipping_tax_total"])
        for tax in real["tax_lines"]
    }


@pytest.mark.parametrize(
    ("incl", "rounding", "total", "tax"),
    [
        (False, Rounding.LINE, "24.00", "4.20"),
        (False, Rounding.SUBTOTAL, "23.96", "4.16"),
        (True, Rounding.LINE, "19.80", "3.40"),
        (True, Rounding.SUBTOTAL, "19.80", "3.44"),
    ],
)
def test_twenty_lines_of_one_pen_differ_by_the_shops_settings(
    *, incl: bool, rounding: Rounding, total: str, tax: str
) -> None:
    pen = Product(product_id=1, sku="PEN", name="Pen", price=Decimal("0.99"))
    line = BasketLine(product=pen, quantity=1)

    figures = totals(
        Basket(lines=(line,) * 20, country="NL"), a_shop(incl=incl, rounding=rounding)
    )

    assert (str(figures.total), str(cents(figures.total_tax))) == (total, tax)


def test_a_tax_exempt_buyer_pays_the_price_without_tax() -> None:
    lamp = Product(product_id=1, sku="LAMP", name="Lamp", price=Decimal("121.00"))
    line = BasketLine(product=lamp, quantity=1)

    figures = totals(
        Basket(lines=(line,), country="DE", tax_exempt=True),
        a_shop(incl=True, rounding=Rounding.LINE),
    )

    assert (str(figures.total), figures.tax_lines) == ("100.00", ())


def a_shop(*, incl: bool, rounding: Rounding) -> Shop:
    return Shop(url="https://shop.example", prices_include_tax=incl, rounding=rounding)


def basket_of(real: dict[str, Any]) -> Basket:
    coupons = real["coupon_lines"]
    shipping = real["shipping_lines"]
    return Basket(
        lines=tuple(line_of(item) for item in real["line_items"]),
        country=real["billing"]["country"],
        coupon=Coupon(coupon_id=1, code="c", percent=coupons[0]["nominal_amount"])
        if coupons
        else None,
        shipping=Shipping(
            method_id="flat_rate", title="", net=Decimal(shipping[0]["total"])
        )
        if shipping
        else None,
        fees=tuple(
            Fee(
                name=fee["name"],
                net=Decimal(fee["total"]),
                taxable=fee["tax_status"] == "taxable",
            )
            for fee in real["fee_lines"]
        ),
    )


def line_of(item: dict[str, Any]) -> BasketLine:
    product = Product(
        product_id=item["product_id"],
        sku=item["sku"],
        name=item["name"],
        price=Decimal(PRICES[item["sku"]]),
        tax_class=TaxClass(item["tax_class"]),
        taxable=bool(item["taxes"]),
    )
    return BasketLine(product=product, quantity=item["quantity"])


def shown(charge: Charge) -> tuple[str, str]:
    return str(cents(charge.total)), str(cents(charge.total_tax))
