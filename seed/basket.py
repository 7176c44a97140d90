"""What a customer puts together before paying, still without any tax."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from seed.catalogue import Product, TaxClass


@dataclass(frozen=True, kw_only=True)
class BasketLine:
    """A product and how many of it were bought."""

    product: Product
    quantity: int

    @property
    def price(self) -> Decimal:
        """The price of the whole line, as entered in the shop."""
        return self.product.price * self.quantity


@dataclass(frozen=True, kw_only=True)
class Coupon:
    """A discount of some percent on everything."""

    coupon_id: int
    code: str
    percent: int


@dataclass(frozen=True, kw_only=True)
class Fee:
    """An extra charge, or a deduction when *net* is negative."""

    name: str
    net: Decimal
    taxable: bool = True


@dataclass(frozen=True, kw_only=True)
class Shipping:
    """A way to send the goods; the price is always entered without tax."""

    method_id: str
    title: str
    net: Decimal


@dataclass(frozen=True, kw_only=True)
class Basket:
    """What is charged for, and where the goods go."""

    lines: tuple[BasketLine, ...]
    country: str
    coupon: Coupon | None = None
    shipping: Shipping | None = None
    fees: tuple[Fee, ...] = ()
    tax_exempt: bool = False

    @property
    def shipping_class(self) -> TaxClass | None:
        """The class shipping is taxed in: the standard one if anything is."""
        taxable = [line.product for line in self.lines if line.product.taxable]
        classes = [product.tax_class for product in taxable]
        if TaxClass.STANDARD in classes:
            return TaxClass.STANDARD
        return classes[0] if classes else None
