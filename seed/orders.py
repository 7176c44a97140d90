"""The demo shop's orders: which one comes at which number, and how it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from random import Random
from typing import Final

from seed.basket import Basket, BasketLine, Shipping
from seed.catalogue import GOODS, PEN, Product
from seed.customers import Customer, customers
from seed.scenes import LONGEST_WAIT, SCENES, Scene, Stage, Status

FIRST_NUMBER: Final = 1001
_FREE_SHIPPING_FROM: Final = Decimal("75.00")
_FLAT_RATE: Final = Shipping(
    method_id="flat_rate", title="Flat rate", net=Decimal("4.95")
)
_FREE_SHIPPING: Final = Shipping(
    method_id="free_shipping", title="Free shipping", net=Decimal("0.00")
)


@dataclass(frozen=True, kw_only=True)
class Order:
    """What was bought, by whom and how it is paid; nothing that changes later."""

    number: int
    key: str
    scene: Scene
    customer: Customer | None
    basket: Basket


@dataclass(frozen=True, kw_only=True)
class Refund:
    """Money the shop gave back for an order."""

    refund_id: int
    amount: Decimal
    reason: str


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """An order as the shop shows it at one moment; times are aware UTC."""

    order: Order
    status: Status
    placed_at: datetime
    modified_at: datetime
    paid_at: datetime | None
    completed_at: datetime | None
    refunds: tuple[Refund, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether the shop tells of this order for the first time."""
        return self.modified_at == self.placed_at


def order_numbered(number: int, *, seed: int) -> Order:
    """Invent the order *number*: the same one for the same *seed*."""
    luck = Random(f"{seed}/order/{number}")
    scene = _scene(number, seed)
    lines = _lines(scene, luck)
    return Order(
        number=number,
        key="".join(luck.choices("abcdefghijkmnopqrstuvwxyzABCDEFGH23456789", k=13)),
        scene=scene,
        customer=None if scene.without_address else customer_from(scene, luck, seed),
        basket=Basket(
            lines=lines,
            country=scene.country,
            coupon=scene.coupon,
            shipping=shipping_of(lines),
            fees=scene.fees,
            tax_exempt=scene.tax_exempt,
        ),
    )


def turn(
    number: int, *, seed: int, placed: Mapping[int, datetime]
) -> tuple[Snapshot, ...]:
    """Return what the shop tells when order *number* is placed.

    First the news of earlier orders that are due by now, then the new order.

    Args:
        number: The new order's number.
        seed: Which shop's story this is.
        placed: When orders were placed, by number: this one and, as far as
            their news is wanted, the `LONGEST_WAIT` before it.
    """
    told = []
    for earlier in range(number - LONGEST_WAIT, number + 1):
        if earlier not in placed:
            continue
        order = order_numbered(earlier, seed=seed)
        for index, stage in enumerate(order.scene.stages):
            if stage.turns == number - earlier:
                story = order.scene.stages[: index + 1]
                told.append(_snapshot(order, story, placed[earlier], placed[number]))
    return tuple(told)


def _snapshot(
    order: Order, story: tuple[Stage, ...], placed_at: datetime, now: datetime
) -> Snapshot:
    stage = story[-1]
    paid_at = None
    if stage.paid:
        paid_at = placed_at if story[0].paid else now
    return Snapshot(
        order=order,
        status=stage.status,
        placed_at=placed_at,
        modified_at=now,
        paid_at=paid_at,
        completed_at=now if stage.status is Status.COMPLETED else None,
    )


@cache
def _deck() -> tuple[Scene, ...]:
    return tuple(scene for scene in SCENES for _ in range(scene.often))


def _scene(number: int, seed: int) -> Scene:
    """Deal scenes like cards, so that each comes up once in every round."""
    deck = list(_deck())
    deal, position = divmod(number - FIRST_NUMBER, len(deck))
    Random(f"{seed}/deal/{deal}").shuffle(deck)
    return deck[position]


def customer_from(scene: Scene, luck: Random, seed: int) -> Customer:
    """Pick one of the customers who fit *scene*."""
    fitting = [
        customer
        for customer in customers(seed)
        if customer.country == scene.country and customer.is_company == scene.company
    ]
    return luck.choice(fitting)


def _lines(scene: Scene, luck: Random) -> tuple[BasketLine, ...]:
    chosen: list[Product] = list(scene.certain)
    if not chosen:
        wanted = luck.randint(1, min(scene.most_lines, len(scene.products)))
        chosen = luck.sample(list(scene.products), wanted)
    return tuple(
        BasketLine(product=product, quantity=_quantity(product, luck))
        for product in chosen
    )


def _quantity(product: Product, luck: Random) -> int:
    if product is PEN:
        return luck.randint(1, 12)
    return luck.choices((1, 2, 3), weights=(6, 3, 1))[0] if product in GOODS else 1


def shipping_of(lines: tuple[BasketLine, ...]) -> Shipping | None:
    """Return how the goods are sent; None where there is nothing to send."""
    if all(line.product.virtual for line in lines):
        return None
    goods = sum((line.price for line in lines), Decimal(0))
    return _FREE_SHIPPING if goods >= _FREE_SHIPPING_FROM else _FLAT_RATE
