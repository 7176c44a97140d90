"""What the tests of the demo shop share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from seed.catalogue import Rounding, Shop
from seed.orders import FIRST_NUMBER, Snapshot, turn

START = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    return Shop(
        url="https://demo-shop.example",
        prices_include_tax=True,
        rounding=Rounding.SUBTOTAL,
    )


@pytest.fixture
def story() -> Callable[..., Iterator[Snapshot]]:
    """Everything the shop tells of *orders* orders, a minute apart."""

    def tell(orders: int, *, seed: int = 1) -> Iterator[Snapshot]:
        placed: dict[int, datetime] = {}
        for index in range(orders):
            number = FIRST_NUMBER + index
            placed[number] = START + timedelta(minutes=index)
            yield from turn(number, seed=seed, placed=placed)

    return tell
