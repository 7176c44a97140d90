"""What a customer bought, as the shop tells it, in one form for every shop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class OrderPhase(StrEnum):
    """How far the order has come in the shop, apart from the money."""

    DRAFT = "draft"  # a basket that is not an order yet
    PENDING = "pending"  # the checkout is not finished
    PLACED = "placed"  # ordered, whether paid or not
    FAILED = "failed"  # the payment failed; the customer may try again
    CANCELLED = "cancelled"
    DELETED = "deleted"  # in the shop's bin, or gone
    TEST = "test"  # placed to try the shop out: nothing was sold


class LineKind(StrEnum):
    """What a line item stands for; it decides the ledger account."""

    PRODUCT = "product"
    SHIPPING = "shipping"
    FEE = "fee"
    GIFT_CARD = "gift card"  # sold: what was paid for it is owed, and not yet earned


@dataclass(frozen=True, kw_only=True)
class LineTax:
    """One tax on a line item, as charged."""

    rate_percent: Decimal
    amount: Decimal
    label: str = ""
    country: str = ""  # whose tax it is (ISO 3166-1 alpha-2), where the shop tells
    compound: bool = False  # charged on the net amount and the taxes before it


@dataclass(frozen=True, kw_only=True)
class LineItem:
    """One position of an order.

    *net* is what is charged without tax, after the discount; *discount* is what was
    taken off (also without tax, never negative). No *taxes* means that the line is
    not taxable, which is not the same as a tax of 0 %.
    """

    kind: LineKind
    description: str
    net: Decimal
    taxes: tuple[LineTax, ...] = ()
    quantity: Decimal = Decimal(1)
    discount: Decimal = Decimal(0)
    sku: str = ""

    @property
    def tax(self) -> Decimal:
        """The sum of the taxes."""
        return sum((tax.amount for tax in self.taxes), Decimal(0))


@dataclass(frozen=True, kw_only=True)
class Address:
    """A place; *country* is ISO 3166-1 alpha-2 or empty."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""


@dataclass(frozen=True, kw_only=True)
class Customer:
    """The buyer as the shop knows them; every text may be empty."""

    external_id: str = ""  # empty for a guest
    email: str = ""
    company: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    vat_number: str = ""
    address: Address = field(default_factory=Address)

    @property
    def name(self) -> str:
        """The company's name, else the person's, else nothing."""
        person = f"{self.first_name} {self.last_name}".strip()
        return self.company or person


@dataclass(frozen=True, kw_only=True)
class ShopPayment:
    """Money the shop took.

    *method* is the shop's own code of the payment method and may be empty;
    *reference* is the payment provider's transaction number and may be empty.
    *external_id* is the shop's own id of it, never used again; empty where a shop has
    none. *paid_on* is the day where the shop is; None where it does not tell.
    """

    amount: Decimal
    method: str
    paid_at: datetime
    reference: str = ""
    external_id: str = ""
    paid_on: date | None = None

    @property
    def day(self) -> date:
        """The day the books are to show: the shop's own, else the one in UTC."""
        return self.paid_on or self.paid_at.date()


@dataclass(frozen=True, kw_only=True)
class Refund:
    """Money the shop gave back; *amount* is positive and includes tax.

    *lines* are what was given back, with positive amounts and the tax of each as the
    shop counted it; none where the shop gave back an amount and no more, or does not
    tell. *refunded_on* is the day where the shop is; None where it does not tell.
    """

    external_id: str
    amount: Decimal
    reason: str = ""
    lines: tuple[LineItem, ...] = ()
    refunded_at: datetime | None = None
    refunded_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a customer bought, with the number the shop gave it.

    *total* includes tax and is what the customer was asked for; refunds do not
    lower it. *modified_at* orders the revisions of one order and is None when the
    shop does not tell. *shop_status* is the shop's own word, for showing only.
    *ordered_on* and *modified_on* are the days where the shop is; None where it does
    not tell. *delivery* holds no more than country and region, empty where nothing is
    delivered.
    """

    external_id: str
    number: str
    phase: OrderPhase
    shop_status: str
    currency: str
    total: Decimal
    ordered_at: datetime
    modified_at: datetime | None
    customer: Customer
    lines: tuple[LineItem, ...]
    payments: tuple[ShopPayment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    payment_method: str = ""
    payment_method_title: str = ""
    vat_exempt: bool = False
    note: str = ""
    ordered_on: date | None = None
    modified_on: date | None = None
    delivery: Address = field(default_factory=Address)

    def heard_on(self, day: date) -> Order:
        """Return the order as changed on *day*, where the shop does not tell when.

        What follows from a change, such as a credit note, would bear the day of the
        order else, which may lie in a tax period that is closed.
        """
        return self if self.modified_at else replace(self, modified_on=day)

    def deleted_on(self, day: date) -> Order:
        """Return the order as it was last told, but deleted; heard of on *day*.

        The shop does not tell when: the day of its last change may lie in a tax period
        that is closed.
        """
        return replace(
            self, phase=OrderPhase.DELETED, shop_status="deleted", modified_on=day
        )

    @property
    def bought_without_tax(self) -> bool:
        """Tell whether something was sold without tax because of who bought it.

        Some shops keep the mark of such a customer on an order they did tax.
        """
        untaxed = (line for line in self.lines if line.net and not line.tax)
        return self.vat_exempt and any(untaxed)

    @property
    def taxed_at(self) -> Address:
        """Where tax is due: where the goods go, else where the customer is billed."""
        return self.delivery if self.delivery.country else self.customer.address

    @property
    def day(self) -> date:
        """The day the books are to show: the shop's own, else the one in UTC.

        Around midnight the two differ, and at the turn of a month or year the tax
        period with them.
        """
        return self.ordered_on or self.ordered_at.date()

    @property
    def changed_on(self) -> date:
        """The day of what follows from a change of the order, never before its own."""
        modified = self.modified_at.date() if self.modified_at else self.day
        return max(self.day, self.modified_on or modified)

    def keyed_payments(self) -> Iterator[tuple[str, ShopPayment]]:
        """Yield the payments with what tells each apart: its id, else its place."""
        for place, payment in enumerate(self.payments, start=1):
            yield payment.external_id or str(place), payment

    @property
    def paid(self) -> Decimal:
        """What the shop took for this order, refunds not taken off."""
        return sum((payment.amount for payment in self.payments), Decimal(0))

    @property
    def refunded(self) -> Decimal:
        """What the shop gave back."""
        return sum((refund.amount for refund in self.refunds), Decimal(0))
