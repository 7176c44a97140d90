"""What the lab of a demonstration tells, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Product:
    """Something the demo shop sells; the price holds the tax."""

    sku: str
    name: str
    price: Decimal


@dataclass(frozen=True, kw_only=True)
class LabOrder:
    """An order a trainer placed; *acts* is what can be done with it now."""

    number: str
    scene: str
    items: tuple[tuple[int, str], ...]
    status: str
    total: Decimal
    acts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PlayedScene:
    """A scene; *since* is when it was last begun, None if it was not.

    *reason* says why it could not be played to its end. *orders* are the numbers of
    its orders, the newest first.
    """

    key: str
    since: datetime | None
    running: bool
    reason: str
    orders: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LabState:
    """All there is to know of the lab.

    *speed* is how many times faster than usual orders come by themselves, 0 for not at
    all. *faults* are what the books fail with at present, in their own words.
    """

    ahead_s: float
    speed: int
    speeds: tuple[int, ...]
    faults: tuple[str, ...]
    products: tuple[Product, ...]
    orders: tuple[LabOrder, ...]
    scenes: tuple[PlayedScene, ...]


def read_state(told: Mapping[str, Any]) -> LabState:
    """Return what the lab told.

    Raises:
        KeyError, TypeError, ValueError, ArithmeticError: If it makes no sense.
    """
    return LabState(
        ahead_s=float(told["ahead_s"]),
        speed=int(told["speed"]),
        speeds=tuple(int(speed) for speed in told["speeds"]),
        faults=tuple(str(fault) for fault in told["faults"]),
        products=tuple(
            Product(
                sku=str(each["sku"]),
                name=str(each["name"]),
                price=Decimal(each["price"]),
            )
            for each in told["products"]
        ),
        orders=tuple(_order(each) for each in told["orders"]),
        scenes=tuple(_scene(each) for each in told["scenes"]),
    )


def _order(told: Mapping[str, Any]) -> LabOrder:
    return LabOrder(
        number=str(told["number"]),
        scene=str(told["scene"]),
        items=tuple((int(it["quantity"]), str(it["name"])) for it in told["items"]),
        status=str(told["status"]),
        total=Decimal(told["total"]),
        acts=tuple(str(act) for act in told["acts"]),
    )


def _scene(told: Mapping[str, Any]) -> PlayedScene:
    since = told["since"]
    return PlayedScene(
        key=str(told["key"]),
        since=None if since is None else datetime.fromisoformat(since),
        running=bool(told["running"]),
        reason=str(told["reason"]),
        orders=tuple(str(number) for number in told["orders"]),
    )
