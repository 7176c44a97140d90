"""A WooCommerce shop is asked for its orders, and none is lost on the way.

The shop is the imitation of tests/fixtures, served over HTTP; an hour ahead of UTC.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from dashboard.domain.clock import SystemClock
from dashboard.domain.exchanges import Exchange
from dashboard.domain.order import Order, OrderPhase
from dashboard.outbound.transport import Reply, Transport
from dashboard.shops.protocol import (
    Fetched,
    NotUnderstood,
    Received,
    ShopAccess,
    ShopSilent,
)
from dashboard.shops.registry import CONNECTORS, READERS
from dashboard.shops.woocommerce.failures import failure_of
from dashboard.shops.woocommerce.reader import WooCommerceReader
from tests.fixtures.served_shops import Answer, served
from tests.fixtures.woocommerce_shop import (
    KEY,
    SECRET,
    WooCommerceShop,
    firewall,
    maintenance,
    noise_before_data,
    page_in_place_of_data,
)

START = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
_CLOCK = SystemClock()


@pytest.fixture
def shop() -> Iterator[WooCommerceShop]:
    with served(WooCommerceShop(START)) as shop:
        yield shop


def a_reader(
    shop: WooCommerceShop,
    *,
    url: str = "",
    key: str = KEY,
    secret: str = SECRET,
    since: datetime = START,
    log: list[Exchange] | None = None,
) -> WooCommerceReader:
    access = ShopAccess(
        base_url=url or shop.url, key=key, secret=secret, orders_since=since
    )
    transport = Transport(_CLOCK, 10, allow_inner=True)
    exchanges = [] if log is None else log
    return WooCommerceReader(access, transport, _CLOCK, exchanges.append)


def order_of(fetched: Fetched) -> Order:
    assert isinstance(fetched.message, Received), fetched.message
    return fetched.message.order


class Sync:
    """What a pull does: it keeps the newest version of each order, and the cursor."""

    def __init__(self) -> None:
        self.cursor = ""
        self.known: dict[str, Fetched] = {}
        self.pages = 0

    def run(self, reader: WooCommerceReader) -> Sync:
        for page in reader.changes(self.cursor):
            self.pages += 1
            self.known |= {fetched.external_id: fetched for fetched in page.orders}
            self.cursor = page.cursor
        return self

    def statuses(self) -> dict[int, str]:
        return {int(k): order_of(v).shop_status for k, v in self.known.items()}


def statuses_of(shop: WooCommerceShop) -> dict[int, str]:
    return {order_id: order["status"] for order_id, order in shop.orders.items()}


def test_an_order_is_read_as_its_webhook_would_be(shop: WooCommerceShop) -> None:
    order_id = shop.place()

    (fetched,) = Sync().run(a_reader(shop)).known.values()

    order = order_of(fetched)
    assert order.external_id == str(order_id)
    assert order.ordered_at == START
    assert order.paid == order.total > 0


def test_what_is_kept_reads_the_same_again(shop: WooCommerceShop) -> None:
    shop.refund(shop.place("28_"), "28_")

    (fetched,) = Sync().run(a_reader(shop)).known.values()

    again = CONNECTORS["woocommerce"].read(fetched.headers, fetched.payload)
    assert again == fetched.message


def test_orders_placed_before_the_chosen_day_are_left_alone(
    shop: WooCommerceShop,
) -> None:
    old = shop.place()
    shop.tick(3600)
    new = shop.place()
    shop.edit(old)

    sync = Sync().run(a_reader(shop, since=START + timedelta(hours=1)))

    assert list(sync.statuses()) == [new]


def test_the_shops_own_time_does_not_hide_its_last_hour(shop: WooCommerceShop) -> None:
    sync = Sync().run(a_reader(shop))
    shop.place()
    sync.run(a_reader(shop))
    shop.tick(20 * 60)
    shop.place()

    sync.run(a_reader(shop))

    assert sync.statuses() == statuses_of(shop)


def test_times_are_asked_for_without_an_offset(shop: WooCommerceShop) -> None:
    shop.place()

    Sync().run(a_reader(shop))

    asked = next(target for target in shop.asked if "modified_after" in target)
    assert "modified_after=2026-11-22T09%3A29%3A59&" in asked
    assert "dates_are_gmt=true" in asked


def test_several_changes_in_one_second_are_all_read(shop: WooCommerceShop) -> None:
    first, second = shop.place(), shop.place()
    sync = Sync().run(a_reader(shop))
    shop.edit(first, status="completed")
    shop.edit(second, status="completed")

    sync.run(a_reader(shop))

    assert sync.statuses() == {first: "completed", second: "completed"}


def test_a_page_that_ends_within_a_second_loses_nothing_and_brings_nothing_twice(
    shop: WooCommerceShop,
) -> None:
    for place in range(150):
        shop.place()
        shop.tick(0 if 95 < place < 105 else 1)

    pages = list(a_reader(shop).changes(""))

    brought = [fetched.external_id for page in pages for fetched in page.orders]
    assert brought == [str(order_id) for order_id in sorted(shop.orders)]


@pytest.mark.parametrize("apart_s", [1, 0], ids=["a second apart", "in one second"])
def test_no_order_is_lost_while_orders_are_edited_between_the_pages(
    shop: WooCommerceShop, apart_s: int
) -> None:
    for _ in range(450):
        shop.place()
        shop.tick(apart_s)
    oldest_first = iter(sorted(shop.orders))

    def edit_some() -> None:
        """Edit orders that are read already: all behind them move up."""
        shop.tick(1)
        for order_id in itertools.islice(oldest_first, 4):
            shop.edit(order_id, status="completed")

    shop.before_list = edit_some
    sync = Sync().run(a_reader(shop))
    assert set(sync.statuses()) == set(shop.orders)

    shop.before_list = lambda: None
    sync.run(a_reader(shop))

    assert sync.statuses() == statuses_of(shop)


def test_a_change_that_becomes_visible_late_is_read_all_the_same(
    shop: WooCommerceShop,
) -> None:
    slow = shop.place()
    hidden = shop.orders.pop(slow)
    shop.tick(60)
    shop.place()
    sync = Sync().run(a_reader(shop))

    shop.orders[slow] = hidden
    sync.run(a_reader(shop))

    assert slow in sync.statuses()


def test_a_change_dated_in_the_future_does_not_hide_the_next_ones(
    shop: WooCommerceShop,
) -> None:
    odd = shop.place()
    shop.orders[odd]["modified"] = START + timedelta(days=365)
    sync = Sync().run(a_reader(shop))
    shop.tick(30)
    order_id = shop.place()

    sync.run(a_reader(shop))

    assert order_id in sync.statuses()


def test_an_order_in_the_bin_is_read_as_deleted(shop: WooCommerceShop) -> None:
    order_id = shop.place()
    sync = Sync().run(a_reader(shop))
    shop.tick(3600)
    shop.trash(order_id)

    sync.run(a_reader(shop))

    assert order_of(sync.known[str(order_id)]).phase is OrderPhase.DELETED


def test_nothing_new_is_one_page_of_what_is_known(shop: WooCommerceShop) -> None:
    shop.place()
    sync = Sync().run(a_reader(shop))
    shop.tick(24 * 3600)
    before, shop.asked = sync.cursor, []

    sync.run(a_reader(shop))

    assert sync.cursor == before
    assert len([target for target in shop.asked if "/orders?" in target]) == 2


def test_amounts_are_asked_for_as_they_were_charged_whatever_the_shop_shows(
    shop: WooCommerceShop,
) -> None:
    order_id = shop.place("28_")
    shop.orders[order_id]["line_items"][0]["total"] = "8.2634"
    shop.refund(order_id, "28_")
    shop.decimals = 4

    fetched = Sync().run(a_reader(shop)).known[str(order_id)]
    again = a_reader(shop).order(str(order_id))

    assert order_of(fetched).lines[0].net == Decimal("8.26")
    assert again is not None
    assert order_of(again) == order_of(fetched)
    asked = [target for target in shop.asked if "/orders" in target]
    assert all("dp=2" in target for target in asked)


def test_a_refund_is_read_with_its_lines(shop: WooCommerceShop) -> None:
    order_id = shop.place("28_")
    sync = Sync().run(a_reader(shop))
    shop.tick(60)
    shop.refund(order_id, "28_")

    sync.run(a_reader(shop))

    (refund,) = order_of(sync.known[str(order_id)]).refunds
    assert [line.description for line in refund.lines] == ["Mug"]
    assert refund.refunded_at == START + timedelta(minutes=1)


@pytest.mark.parametrize("sample", ["28_", "29b_", "30_"])
def test_refunds_are_the_same_from_every_version(
    shop: WooCommerceShop, sample: str
) -> None:
    order_id = shop.place(sample)
    shop.refund(order_id, sample)
    told = []
    for version in ((11, 0), (10, 9), (10, 6), (8, 9)):
        shop.version = version
        fetched = a_reader(shop).order(str(order_id))
        assert fetched is not None
        told.append(order_of(fetched))

    assert told[0].refunds
    assert all(order == told[0] for order in told)


def test_one_order_is_read_anew(shop: WooCommerceShop) -> None:
    order_id = shop.place()

    fetched = a_reader(shop).order(str(order_id))

    assert fetched is not None
    assert order_of(fetched).external_id == str(order_id)


def test_an_order_deleted_for_good_is_not_there(shop: WooCommerceShop) -> None:
    assert a_reader(shop).order("999") is None


def test_the_list_of_all_orders_tells_what_shows_a_change(
    shop: WooCommerceShop,
) -> None:
    order_id = shop.place("28_")
    shop.refund(order_id, "28_")

    (listed,) = a_reader(shop).orders(START)

    assert listed.external_id == str(order_id)
    assert listed.modified_at == START
    assert (str(listed.total), str(listed.refunded)) == ("21.66", "6.04")


# The Test button --------------------------------------------------------------------


def test_a_shop_that_works_tells_what_it_is(shop: WooCommerceShop) -> None:
    shop.place()

    facts = a_reader(shop).facts()

    assert (facts.currency, facts.decimals, facts.orders) == ("EUR", 2, 1)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (maintenance(), "maintenance"),
        (page_in_place_of_data(), "Coming soon"),
        (noise_before_data(), "prints into its answers"),
        (firewall(), "firewall"),
        (firewall(429), "fewer calls"),
        (Answer(404, b"<html></html>", kind="text/html"), "Permalinks"),
        (Answer(301, b"", {"Location": "https://www.x.example/wp-json/wc"}), "www.x"),
        (Answer(200, b"{}"), "in place of data"),
        (Answer(500, b'{"code":"internal_server_error","message":"Oops"}'), "Oops"),
    ],
)
def test_an_answer_without_data_is_told_in_words(
    shop: WooCommerceShop, broken: Answer, words: str
) -> None:
    shop.broken = broken

    with pytest.raises(ShopSilent, match=words):
        a_reader(shop).facts()


def test_plain_permalinks_are_told_from_a_wrong_address(shop: WooCommerceShop) -> None:
    shop.permalinks = False

    with pytest.raises(ShopSilent, match="plain permalinks"):
        a_reader(shop).facts()


def test_keys_over_http_are_told_from_wrong_ones(shop: WooCommerceShop) -> None:
    shop.behind_tls = False

    with pytest.raises(ShopSilent, match="over https only"):
        a_reader(shop).facts()


def test_an_unknown_key_over_https_may_be_a_proxy_that_does_not_say_so() -> None:
    body = b'{"code":"woocommerce_rest_cannot_view","message":"Sorry."}'
    reply = Reply(status=401, headers={}, body=body)

    told = failure_of(reply, "https://shop.example/wp-json/wc/v3/orders")

    assert "does not know this consumer key" in str(told)
    assert "X-Forwarded-Proto" in str(told)


def test_a_wrong_secret_is_told(shop: WooCommerceShop) -> None:
    with pytest.raises(ShopSilent, match="Consumer secret is invalid"):
        a_reader(shop, secret="wrong").facts()


def test_no_wordpress_at_all_is_told(shop: WooCommerceShop) -> None:
    with pytest.raises(ShopSilent, match="cannot be reached"):
        a_reader(shop, url="http://127.0.0.1:1").facts()


@pytest.mark.parametrize(
    "ask",
    [
        lambda reader, _order_id: reader.facts(),
        lambda reader, _order_id: list(reader.changes("")),
        lambda reader, order_id: reader.order(str(order_id)),
    ],
    ids=["test", "pull", "one order"],
)
def test_a_shop_with_too_few_decimals_is_not_read(
    shop: WooCommerceShop, ask: Callable[[WooCommerceReader, int], object]
) -> None:
    order_id = shop.place()
    shop.decimals = 0

    with pytest.raises(ShopSilent, match="Number of decimals to 2"):
        ask(a_reader(shop), order_id)


def test_an_order_in_a_finer_currency_than_the_shops_is_not_understood(
    shop: WooCommerceShop,
) -> None:
    shop.currency, shop.decimals = "JPY", 0
    shop.place()

    (fetched,) = Sync().run(a_reader(shop)).known.values()

    assert isinstance(fetched.message, NotUnderstood)
    assert fetched.message.errors[0].path == "total"


def test_a_busy_shop_says_when_to_come_back(shop: WooCommerceShop) -> None:
    shop.broken = firewall(429, Retry_After="90")

    with pytest.raises(ShopSilent) as caught:
        a_reader(shop).facts()

    assert caught.value.wait_s == 90


# Webhooks ---------------------------------------------------------------------------


def test_a_webhook_that_is_off_is_told(shop: WooCommerceShop) -> None:
    hook = shop.add_hook("order.updated", f"{shop.url}/nowhere", "s")
    for _ in range(7):
        shop.place()
        assert shop.deliver() == [404]

    (told,) = a_reader(shop).webhooks()

    assert (told.id, told.disabled) == (str(hook.id), True)


def test_keys_that_may_only_read_switch_nothing_on(shop: WooCommerceShop) -> None:
    shop.add_hook("order.updated", f"{shop.url}/nowhere", "s").status = "disabled"
    (told,) = a_reader(shop).webhooks()

    assert not a_reader(shop).switch_on(told)

    shop.may_write = True
    assert a_reader(shop).switch_on(told)
    assert not a_reader(shop).webhooks()[0].disabled


# What is kept of the calls ------------------------------------------------------------


def test_calls_are_kept_without_keys_and_people(shop: WooCommerceShop) -> None:
    shop.place()
    log: list[Exchange] = []

    Sync().run(a_reader(shop, log=log))

    kept = repr(log)
    assert len(log) == 3
    assert {exchange.status for exchange in log} == {200}
    assert SECRET not in kept
    assert "Authorization" not in kept
    assert "@" not in kept


def test_every_kind_of_shop_that_can_be_asked_has_a_connector() -> None:
    assert READERS.keys() <= CONNECTORS.keys()
