"""What the demo shop sells and how it is set up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Rounding(StrEnum):
    """WooCommerce's setting "Round tax at subtotal level, instead of per line"."""

    LINE = "line"
    SUBTOTAL = "subtotal"


class TaxClass(StrEnum):
    """Tax classes by the slug WooCommerce sends; the standard class has none."""

    STANDARD = ""
    REDUCED = "reduced-rate"
    ZERO = "zero-rate"


@dataclass(frozen=True, kw_only=True)
class Shop:
    """The settings of a shop that its orders' figures depend on."""

    url: str
    prices_include_tax: bool
    rounding: Rounding
    base_country: str = "NL"
    time_zone: str = "Europe/Amsterdam"


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product; *price* is as the shopkeeper typed it, with tax or without."""

    product_id: int
    sku: str
    name: str
    price: Decimal
    tax_class: TaxClass = TaxClass.STANDARD
    taxable: bool = True
    virtual: bool = False


MUG = Product(product_id=11, sku="MUG-01", name="Stoneware mug", price=Decimal("12.95"))
PEN = Product(product_id=12, sku="PEN-03", name="Gel pen, black", price=Decimal("0.99"))
LAMP = Product(product_id=13, sku="LAMP-07", name="Desk lamp", price=Decimal("64.95"))
NOTEBOOK = Product(
    product_id=14, sku="NOTE-A5", name="Notebook A5, dotted", price=Decimal("7.49")
)
INK = Product(
    product_id=15, sku="INK-12", name="Ink 30 ml - Blue", price=Decimal("8.35")
)
CHAIR = Product(
    product_id=16, sku="CHAIR-2", name="Office chair", price=Decimal("249.00")
)
BOOK = Product(
    product_id=21,
    sku="BOOK-114",
    name="The Quiet Ledger (paperback)",
    price=Decimal("14.99"),
    tax_class=TaxClass.REDUCED,
)
COFFEE = Product(
    product_id=22,
    sku="COF-1KG",
    name="Coffee beans 1 kg",
    price=Decimal("17.45"),
    tax_class=TaxClass.REDUCED,
)
EBOOK = Product(
    product_id=23,
    sku="EBOOK-9",
    name="The Quiet Ledger (e-book)",
    price=Decimal("9.99"),
    tax_class=TaxClass.REDUCED,
    virtual=True,
)
STAMPS = Product(
    product_id=31,
    sku="STAMP-10",
    name="Postage stamps, 10",
    price=Decimal("11.40"),
    tax_class=TaxClass.ZERO,
)
GIFT_CARD = Product(
    product_id=32,
    sku="GIFT-25",
    name="Gift card",
    price=Decimal("25.00"),
    taxable=False,
    virtual=True,
)
# WooCommerce sends names as the shopkeeper typed them: with markup and entities.
POSTER = Product(
    product_id=41,
    sku="POSTER-Ü",
    name='Poster ☕ Größe "L" &amp; rahmen <b>neu</b>',
    price=Decimal("19.90"),
)

GOODS = (MUG, PEN, LAMP, NOTEBOOK, INK, CHAIR, BOOK, COFFEE)
PRODUCTS = (*GOODS, EBOOK, STAMPS, GIFT_CARD, POSTER)
