"""Orders that a trainer places, and what can be done with them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from random import Random
from typing import Final

from seed.basket import Basket, BasketLine
from seed.catalogue import GOODS, MUG, PRODUCTS, Product, Shop
from seed.customers import Customer
from seed.orders import Order, Refund, Snapshot, customer_from, shipping_of
from seed.problems import LabRefused
from seed.scenes import BANK_TRANSFER, CARD, PaymentMethod, Scene, Status
from seed.totals import cents, totals

MOST_OF_ONE: Final = 99
_SECOND: Final = timedelta(seconds=1)
_KEY_LETTERS: Final = "abcdefghijkmnopqrstuvwxyzABCDEFGH23456789"
_METHODS: Final = {method.code: method for method in (CARD, BANK_TRANSFER)}
# The shop's other customers live where its books know the tax.
_FRENCH_CUSTOMER: Final = Customer(
    customer_id=0,
    first_name="Camille",
    last_name="Lemaître",
    street="12 rue de l'Exemple",
    city="Lyon",
    postcode="69001",
    country="FR",
    email="camille.lemaitre@post.example",
    phone="+33000123456",
)


class Paying(StrEnum):
    """When the customer pays."""

    NOW = "now"
    LATER = "later"
    NEVER = "never"


class Act(StrEnum):
    """What a trainer can let happen to an order."""

    PAY = "pay"
    EDIT = "edit"
    REFUND_ONE = "refund-one"
    REFUND = "refund"
    CANCEL = "cancel"


@dataclass(frozen=True, kw_only=True)
class Item:
    """A product, by its SKU, and how many of it."""

    sku: str
    quantity: int


@dataclass(frozen=True, kw_only=True)
class LabOrder:
    """An order as it is now.

    *scene* is the lab scene it was placed in, empty if by hand. *method* is the code
    of the payment method. Times are aware UTC, on the demo's clock.
    """

    number: int
    scene: str = ""
    items: tuple[Item, ...]
    country: str
    method: str
    status: Status
    placed_at: datetime
    modified_at: datetime
    paid_at: datetime | None = None
    refunds: tuple[Refund, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether its money is still to come."""
        return self.status in {Status.ON_HOLD, Status.PENDING}


_FIRST: Final[Mapping[Paying, tuple[PaymentMethod, Status]]] = {
    Paying.NOW: (CARD, Status.PROCESSING),
    Paying.LATER: (BANK_TRANSFER, Status.ON_HOLD),
    Paying.NEVER: (CARD, Status.PENDING),
}


def place(
    number: int,
    items: Sequence[Item],
    paying: Paying,
    *,
    at: datetime,
    country: str = "NL",
    scene: str = "",
) -> LabOrder:
    """Return a new order.

    Raises:
        LabRefused: If nothing, too much or something unknown is bought.
    """
    if not items:
        raise LabRefused("Choose at least one product.")
    for item in items:
        product(item.sku)
        if not 1 <= item.quantity <= MOST_OF_ONE:
            raise LabRefused(f"Of {item.sku}, choose 1 to {MOST_OF_ONE}.")
    method, status = _FIRST[paying]
    return LabOrder(
        number=number,
        scene=scene,
        items=tuple(items),
        country=country,
        method=method.code,
        status=status,
        placed_at=at,
        modified_at=at,
        paid_at=at if paying is Paying.NOW else None,
    )


def acts(order: LabOrder) -> tuple[Act, ...]:
    """Return what can happen to *order* now."""
    if order.is_open:
        return (Act.PAY, Act.EDIT, Act.CANCEL)
    if order.status is Status.PROCESSING:
        refunds = (Act.REFUND,) if order.refunds else (Act.REFUND_ONE, Act.REFUND)
        return (Act.EDIT, *refunds)
    return ()


def after(
    order: LabOrder, act: Act, *, at: datetime, seed: int, shop: Shop
) -> LabOrder:
    """Return *order* after *act*.

    Raises:
        LabRefused: If that cannot happen to it now.
    """
    if act not in acts(order):
        raise LabRefused(f"Order {order.number} is {order.status}: no {act} any more.")
    # WooCommerce tells changes apart by the second.
    changed = replace(order, modified_at=max(at, order.modified_at + _SECOND))
    match act:
        case Act.PAY:
            return replace(
                changed, status=Status.PROCESSING, paid_at=changed.modified_at
            )
        case Act.EDIT:
            return replace(changed, items=_with_one_more(order.items, MUG.sku))
        case Act.REFUND_ONE:
            one = _refund(order, _price_of_one(order, seed, shop), "One item came back")
            return replace(changed, refunds=(*order.refunds, one))
        case Act.REFUND:
            given = sum((refund.amount for refund in order.refunds), Decimal(0))
            rest = total(order, seed, shop) - given
            refund = _refund(order, rest, "Everything came back")
            return replace(
                changed, status=Status.REFUNDED, refunds=(*order.refunds, refund)
            )
        case Act.CANCEL:
            return replace(changed, status=Status.CANCELLED)


def snapshot_of(order: LabOrder, seed: int) -> Snapshot:
    """Return *order* as the shop shows it."""
    return Snapshot(
        order=_invented(order, seed),
        status=order.status,
        placed_at=order.placed_at,
        modified_at=order.modified_at,
        paid_at=order.paid_at,
        completed_at=None,
        refunds=order.refunds,
    )


def total(order: LabOrder, seed: int, shop: Shop) -> Decimal:
    """Return what *order* asks for."""
    return totals(_invented(order, seed).basket, shop).total


def product(sku: str) -> Product:
    """Return a product of the shop.

    Raises:
        LabRefused: If the shop does not sell it.
    """
    found = next((each for each in PRODUCTS if each.sku == sku), None)
    if found is None:
        raise LabRefused(f"The shop does not sell {sku}.")
    return found


def on_sale() -> tuple[Product, ...]:
    """Return what a trainer can choose from."""
    return GOODS


def _invented(order: LabOrder, seed: int) -> Order:
    """Invent what belongs to an order's number: the same for the same *seed*."""
    luck = Random(f"{seed}/order/{order.number}")
    scene = Scene(name="lab", country=order.country, payment=_METHODS[order.method])
    lines = tuple(
        BasketLine(product=product(item.sku), quantity=item.quantity)
        for item in order.items
    )
    return Order(
        number=order.number,
        key="".join(luck.choices(_KEY_LETTERS, k=13)),
        scene=scene,
        customer=_FRENCH_CUSTOMER
        if order.country == _FRENCH_CUSTOMER.country
        else customer_from(scene, luck, seed),
        basket=Basket(lines=lines, country=order.country, shipping=shipping_of(lines)),
    )


def _with_one_more(items: tuple[Item, ...], sku: str) -> tuple[Item, ...]:
    if all(item.sku != sku for item in items):
        return (*items, Item(sku=sku, quantity=1))
    return tuple(
        replace(item, quantity=item.quantity + 1) if item.sku == sku else item
        for item in items
    )


def _price_of_one(order: LabOrder, seed: int, shop: Shop) -> Decimal:
    line = totals(_invented(order, seed).basket, shop).lines[0]
    return cents((line.total + line.total_tax) / order.items[0].quantity)


def _refund(order: LabOrder, amount: Decimal, reason: str) -> Refund:
    number = order.number * 10 + len(order.refunds) + 1
    return Refund(refund_id=number, amount=amount, reason=reason)
