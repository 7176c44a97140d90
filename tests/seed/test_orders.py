"""The demo shop's story is the same every time, and it moves on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

from seed.catalogue import Shop
from seed.customers import customers
from seed.orders import FIRST_NUMBER, Snapshot, order_numbered, turn
from seed.woocommerce import body

Story = Callable[..., Iterator[Snapshot]]


def test_the_same_seed_tells_the_same_story(story: Story, shop: Shop) -> None:
    customers.cache_clear()
    first = [body(snapshot, shop) for snapshot in story(40, seed=7)]
    customers.cache_clear()

    assert [body(snapshot, shop) for snapshot in story(40, seed=7)] == first


def test_another_seed_tells_another_story(story: Story, shop: Shop) -> None:
    ours = [body(snapshot, shop) for snapshot in story(5, seed=1)]

    assert ours != [body(snapshot, shop) for snapshot in story(5, seed=2)]


def test_orders_on_hold_are_paid_some_orders_later(story: Story) -> None:
    statuses: dict[int, list[str]] = {}
    for snapshot in story(80):
        statuses.setdefault(snapshot.order.number, []).append(snapshot.status.value)

    ways = Counter(" then ".join(way) for way in statuses.values())
    assert ways["on-hold then processing"] >= 4
    assert ways["processing then completed"] >= 4
    assert ways["failed then processing"] >= 1
    assert ways["checkout-draft then processing"] >= 1
    assert ways["on-hold then cancelled"] >= 1


def test_news_of_an_order_keeps_everything_but_status_and_dates(story: Story) -> None:
    latest: dict[int, Snapshot] = {}
    for snapshot in story(80):
        before = latest.get(snapshot.order.number)
        if before is not None:
            assert snapshot.order == before.order
            assert snapshot.placed_at == before.placed_at
            assert snapshot.modified_at > before.modified_at
        latest[snapshot.order.number] = snapshot


def test_a_story_taken_up_again_needs_only_the_latest_orders(story: Story) -> None:
    told = list(story(60))
    placed = {s.order.number: s.placed_at for s in told if s.is_new}
    number = FIRST_NUMBER + 60
    now = max(placed.values()) + timedelta(minutes=1)
    lately = {n: at for n, at in placed.items() if n > number - 11}

    full = turn(number, seed=1, placed={**placed, number: now})

    assert turn(number, seed=1, placed={**lately, number: now}) == full


def test_order_numbers_are_not_used_twice(story: Story) -> None:
    new = [snapshot.order.number for snapshot in story(80) if snapshot.is_new]

    assert new == list(range(FIRST_NUMBER, FIRST_NUMBER + 80))


def test_two_customers_share_a_name_but_not_an_address() -> None:
    names = Counter((c.first_name, c.last_name) for c in customers(1))
    emails = Counter(customer.email for customer in customers(1))

    assert names.most_common(1)[0][1] == 2
    assert emails.most_common(1)[0][1] == 1


def test_every_address_is_one_that_nobody_can_have() -> None:
    assert all(c.email.endswith("@post.example") for c in customers(1))
    assert all(c.email.isascii() for c in customers(1))


def test_guests_and_registered_customers_both_buy() -> None:
    kinds = Counter(customer.customer_id == 0 for customer in customers(1))

    assert min(kinds.values()) >= 8


def test_an_order_without_an_address_has_no_customer() -> None:
    orders = [order_numbered(FIRST_NUMBER + i, seed=1) for i in range(40)]

    nobody = [order for order in orders if order.customer is None]
    assert nobody
    assert all(order.scene.without_address for order in nobody)
