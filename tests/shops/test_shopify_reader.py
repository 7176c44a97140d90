"""A Shopify shop is asked for its orders, and none is lost on the way.

The shop is the imitation of tests/fixtures, served over HTTP.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from dashboard.domain.exchanges import Exchange
from dashboard.domain.order import Order
from dashboard.domain.tokens import AccessToken
from dashboard.outbound.transport import Transport
from dashboard.shops.protocol import (
    Fetched,
    Received,
    ShopAccess,
    ShopSilent,
)
from dashboard.shops.registry import CONNECTORS
from dashboard.shops.shopify.queries import TOPICS
from dashboard.shops.shopify.reader import ShopifyReader
from tests.fixtures.served_shops import Answer, served
from tests.fixtures.shopify_shop import (
    CLIENT_ID,
    CLIENT_SECRET,
    SCOPES,
    ShopifyShop,
)

START = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
HOOK = "https://sluice.example/intake/shopify"


@pytest.fixture
def shop() -> Iterator[ShopifyShop]:
    with served(ShopifyShop(START)) as shop:
        yield shop


class ShopTime:
    """Goes by the shop's time, and passes when somebody waits."""

    def __init__(self, shop: ShopifyShop) -> None:
        self._shop = shop
        self.waited_s: list[float] = []

    def now(self) -> datetime:
        return self._shop.now

    def monotonic_s(self) -> float:
        return (self._shop.now - START).total_seconds()

    def wait(self, seconds: float) -> None:
        self.waited_s.append(seconds)
        self._shop.tick(seconds)


class Here:
    """Our side: what a pull keeps, the newest version of each order and the cursor."""

    def __init__(self, shop: ShopifyShop) -> None:
        self.shop = shop
        self.time = ShopTime(shop)
        self.cursor = ""
        self.known: dict[str, Fetched] = {}
        self.seen = 0
        self.token: AccessToken | None = None
        self.log: list[Exchange] = []

    def keep(self, token: AccessToken) -> None:
        self.token = token

    def reader(
        self,
        *,
        url: str = "",
        key: str = CLIENT_ID,
        secret: str = CLIENT_SECRET,
        since: datetime = START,
    ) -> ShopifyReader:
        access = ShopAccess(
            base_url=url or self.shop.url,
            key=key,
            secret=secret,
            orders_since=since,
            token=self.token,
            keep_token=self.keep,
        )
        transport = Transport(self.time, 10, allow_inner=True)
        return ShopifyReader(
            access, transport, self.time, self.log.append, self.time.wait
        )

    def pull(self, reader: ShopifyReader | None = None) -> Here:
        for page in (reader or self.reader()).changes(self.cursor):
            self.seen += len(page.orders)
            self.known |= {fetched.external_id: fetched for fetched in page.orders}
            self.cursor = page.cursor
        return self

    def names(self) -> set[str]:
        return {order_of(fetched).number for fetched in self.known.values()}


@pytest.fixture
def here(shop: ShopifyShop) -> Here:
    return Here(shop)


def order_of(fetched: Fetched) -> Order:
    assert isinstance(fetched.message, Received), fetched.message
    return fetched.message.order


# Reading orders -----------------------------------------------------------------------


def test_an_order_is_read_and_what_is_kept_reads_the_same_again(
    shop: ShopifyShop, here: Here
) -> None:
    number = shop.place("07_")

    (fetched,) = here.pull().known.values()

    order = order_of(fetched)
    assert order.external_id == str(number)
    assert order.ordered_on == date(2026, 11, 22)
    assert [line.net for line in order.refunds[0].lines] == [
        Decimal("33.06"),
        Decimal("4.09"),
    ]
    again = CONNECTORS["shopify"].read(fetched.headers, fetched.payload)
    assert again == fetched.message


def test_the_second_pull_brings_what_has_changed_since(
    shop: ShopifyShop, here: Here
) -> None:
    first, _second = shop.place(), shop.place()
    shop.tick(3600)
    shop.place()
    here.pull()
    shop.tick(3600)
    shop.edit(first, displayFinancialStatus="REFUNDED")

    here.seen = 0
    here.pull()

    assert here.seen == 2  # the last ten minutes before are read once more
    assert order_of(here.known[str(first)]).shop_status == "refunded"


def test_orders_from_before_the_chosen_day_are_left_alone(
    shop: ShopifyShop, here: Here
) -> None:
    old = shop.place(createdAt="2026-11-21T00:00:00Z")
    shop.edit(old)

    assert here.pull().known == {}


def test_nothing_is_lost_by_edits_while_pages_are_read(
    shop: ShopifyShop, here: Here
) -> None:
    numbers = [shop.place() for _ in range(90)]
    victims = itertools.cycle(numbers)

    def edit() -> None:
        shop.tick(1)
        for number in itertools.islice(victims, 7):
            shop.edit(number, note=f"at {shop.now}")

    def stop_editing_late() -> None:
        if len(shop.asked) < 12:
            edit()

    shop.before_page = stop_editing_late
    here.pull()

    assert here.names() == {order["name"][1:] for order in shop.orders.values()}
    for number, order in shop.orders.items():
        modified = order_of(here.known[str(number)]).modified_at
        assert modified == datetime.fromisoformat(order["updatedAt"])


def test_a_long_list_goes_on_from_the_last_change(
    shop: ShopifyShop, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.shops.shopify.reader._ORDERS_OF_A_LIST", 50)
    shop.most_objects = 60
    for _ in range(160):
        shop.tick(1)
        shop.place()

    here.pull()

    assert len(here.known) == 160
    assert here.seen == 160


def test_a_change_dated_in_the_future_does_not_move_the_cursor_there(
    shop: ShopifyShop, here: Here
) -> None:
    shop.place(updatedAt="2027-01-01T00:00:00Z")

    here.pull()

    assert here.cursor == "2026-11-22T09:30:00Z"


def test_lists_within_an_order_are_read_to_their_end(
    shop: ShopifyShop, here: Here
) -> None:
    number = shop.place("07_")
    order = shop.orders[number]
    (line,) = order["lineItems"]["nodes"]
    order["lineItems"]["nodes"] = [
        {**line, "id": f"gid://shopify/LineItem/{n}"} for n in range(1, 251)
    ]
    (refund,) = order["refunds"]
    (row,) = refund["refundLineItems"]["nodes"]
    refund["refundLineItems"]["nodes"] = [
        {**row, "lineItem": {"id": f"gid://shopify/LineItem/{n}"}}
        for n in range(1, 121)
    ]

    (fetched,) = here.pull().known.values()

    assert len(order_of(fetched).lines) == 250 + 1
    assert len(order_of(fetched).refunds[0].lines) == 120 + 1


# One order, and all of them -----------------------------------------------------------


def test_one_order_is_read_by_its_number(shop: ShopifyShop, here: Here) -> None:
    number = shop.place()

    fetched = here.reader().order(str(number))

    assert fetched is not None
    assert order_of(fetched).external_id == str(number)
    shop.delete(number)
    assert here.reader().order(str(number)) is None
    assert here.reader().order("unread-1") is None


def test_all_orders_are_listed_with_the_date_of_their_change(
    shop: ShopifyShop, here: Here
) -> None:
    numbers = [shop.place() for _ in range(300)]

    listed = list(here.reader().orders(START))

    assert {each.external_id for each in listed} == {str(n) for n in numbers}
    assert {each.modified_at for each in listed} == {START}


def test_orders_older_than_the_scope_allows_are_hidden_and_not_gone(
    shop: ShopifyShop, here: Here
) -> None:
    long_ago = START - timedelta(days=365)
    assert here.reader(since=long_ago).told_since() == long_ago

    shop.scopes = "read_orders"
    here.token = None

    assert here.reader(since=long_ago).told_since() == START - timedelta(days=59)


# Tokens and the pace ------------------------------------------------------------------


def test_a_token_is_kept_and_used_until_it_ends(shop: ShopifyShop, here: Here) -> None:
    here.pull()
    here.pull()
    assert shop.exchanged == 1

    shop.tick(23 * 3600 + 3500)
    here.pull()

    assert shop.exchanged == 2


def test_a_refused_token_is_exchanged_once(shop: ShopifyShop, here: Here) -> None:
    here.pull()
    shop.end_tokens()

    here.pull()

    assert shop.exchanged == 2
    shop.broken = Answer(401, b'{"errors":"[API] Invalid API key"}')
    with pytest.raises(ShopSilent, match="token"):
        here.pull()


def test_neither_secret_nor_token_is_written_down(
    shop: ShopifyShop, here: Here
) -> None:
    shop.place()

    here.pull()

    written = repr(here.log)
    assert here.token is not None
    assert CLIENT_SECRET not in written
    assert here.token.text not in written
    assert "ChangedOrders" in written


def test_a_question_that_costs_too_much_is_asked_for_fewer_orders(
    shop: ShopifyShop, here: Here
) -> None:
    shop.max_cost = 300
    numbers = [shop.place() for _ in range(40)]

    assert len(here.pull().known) == len(numbers)


def test_a_question_that_always_costs_too_much_is_told(
    shop: ShopifyShop, here: Here
) -> None:
    shop.max_cost = 15
    shop.place()

    with pytest.raises(ShopSilent, match="too costly"):
        here.pull()


def test_we_wait_for_points_as_long_as_shopify_says(
    shop: ShopifyShop, here: Here
) -> None:
    shop.most_points = shop.points = 2000
    for _ in range(120):
        shop.place()

    here.pull()

    assert len(here.known) == 120
    assert here.time.waited_s
    assert sum(here.time.waited_s) < 60


def test_a_shop_that_other_apps_keep_busy_is_left_alone_for_a_while(
    shop: ShopifyShop, here: Here
) -> None:
    shop.place()
    shop.most_points = shop.points = 0

    with pytest.raises(ShopSilent, match="fewer calls") as silent:
        here.pull()

    assert silent.value.wait_s


# The first load -----------------------------------------------------------------------


@pytest.fixture
def many(shop: ShopifyShop, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A shop with more orders than are read page by page at first."""
    monkeypatch.setattr("dashboard.shops.shopify.reader._BULK_FROM", 20)
    return [shop.place("07_" if n % 10 == 0 else "01_") for n in range(230)]


def asked(shop: ShopifyShop) -> list[str]:
    return [name for name, _ in shop.asked]


def test_many_orders_are_loaded_by_one_bulk_operation(
    shop: ShopifyShop, here: Here, many: list[int]
) -> None:
    paged = Here(shop)
    here.pull()

    assert set(here.known) == {str(number) for number in many}
    assert "ChangedOrders" not in asked(shop)
    for number in (many[0], many[1]):
        read = paged.reader().order(str(number))
        assert read is not None
        assert order_of(here.known[str(number)]) == order_of(read)
    shop.tick(60)
    later = shop.place()
    here.seen = 0
    assert str(later) in here.pull().known


def test_what_happened_while_the_file_was_made_comes_with_the_next_pull(
    shop: ShopifyShop, here: Here, many: list[int]
) -> None:
    reader = here.reader()
    pages = reader.changes("")
    here.cursor = next(pages).cursor
    shop.tick(120)
    shop.edit(many[5], note="changed")

    here.pull(reader)
    here.pull()

    assert order_of(here.known[str(many[5])]).note == "changed"


@pytest.mark.usefixtures("many")
def test_a_bulk_operation_that_takes_long_is_taken_up_by_the_next_pull(
    shop: ShopifyShop, here: Here
) -> None:
    shop.bulk_polls = 12

    with pytest.raises(ShopSilent, match="still prepares"):
        here.pull()
    here.pull()

    assert len(here.known) == 230
    assert asked(shop).count("StartBulk") == 1


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("outcome", ["FAILED", "EXPIRED", "CANCELED"])
def test_a_bulk_operation_that_fails_is_made_up_for_page_by_page(
    shop: ShopifyShop, here: Here, outcome: str
) -> None:
    shop.bulk_outcome = outcome

    assert len(here.pull().known) == 230


@pytest.mark.usefixtures("many")
def test_a_bulk_operation_that_is_refused_is_made_up_for_page_by_page(
    shop: ShopifyShop, here: Here
) -> None:
    shop.bulk_refused = True

    assert len(here.pull().known) == 230


@pytest.mark.usefixtures("many")
def test_a_file_that_is_cut_off_is_read_again_and_not_taken_for_all(
    shop: ShopifyShop, here: Here
) -> None:
    reader = here.reader()
    here.cursor = next(reader.changes("")).cursor
    shop.cut_file()

    with pytest.raises(ShopSilent, match="not whole"):
        here.pull(reader)

    assert here.cursor.startswith("bulk ")


# Webhooks -----------------------------------------------------------------------------


def test_topics_that_shopify_has_dropped_are_told_as_off(
    shop: ShopifyShop, here: Here
) -> None:
    shop.subscribe(HOOK, *TOPICS[:5])

    off = [hook.name for hook in here.reader().webhooks() if hook.disabled]

    assert off == list(TOPICS[5:])


def test_dropped_topics_are_subscribed_to_again(shop: ShopifyShop, here: Here) -> None:
    shop.subscribe(HOOK, "ORDERS_CREATE")
    reader = here.reader()

    made = [reader.switch_on(h) for h in reader.webhooks() if h.disabled]

    assert all(made)
    assert {each["topic"] for each in shop.subscriptions} == set(TOPICS)
    assert not any(hook.disabled for hook in reader.webhooks())


def test_a_shop_without_subscriptions_has_none_to_switch_on(here: Here) -> None:
    assert here.reader().webhooks() == ()


# The test button ----------------------------------------------------------------------


def test_facts_tell_that_it_works(shop: ShopifyShop, here: Here) -> None:
    shop.place()
    shop.subscribe(HOOK, "ORDERS_CREATE")

    facts = here.reader().facts()

    assert (facts.currency, facts.decimals, facts.orders) == ("EUR", 2, 1)
    assert facts.webhooks[0].delivery_url == HOOK


def test_keys_go_to_shopify_alone(here: Here) -> None:
    with pytest.raises(ShopSilent, match="not the address of a shop at Shopify"):
        here.reader(url="https://shop.example").facts()
    assert here.log == []


def wrong(here: Here, **keys: str) -> str:
    with pytest.raises(ShopSilent) as silent:
        here.reader(**keys).facts()
    return str(silent.value)


def test_wrong_keys_are_told_apart(here: Here) -> None:
    assert "client ID" in wrong(here, key="other")
    assert "client secret" in wrong(here, secret="other")


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        ("app_not_installed: The app is not installed", "Install it there"),
        ("shop_not_permitted: Client credentials cannot be", "same organisation"),
        ("something_new: Words of Shopify", "Words of Shopify"),
    ],
)
def test_why_there_is_no_token_is_told(
    shop: ShopifyShop, here: Here, error: str, advice: str
) -> None:
    shop.token_error = error

    assert advice in wrong(here)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (402, "its plan is not paid"),
        (423, "locked by Shopify"),
        (404, "version 2026-10"),
        (403, "access scopes"),
        (429, "fewer calls"),
        (301, ".myshopify.com"),
        (503, "answered 503"),
    ],
)
def test_what_an_answer_without_data_means_is_told(
    shop: ShopifyShop, here: Here, status: int, advice: str
) -> None:
    here.pull()
    shop.broken = Answer(status, b'{"errors":"Unavailable Shop"}')

    with pytest.raises(ShopSilent) as silent:
        here.reader().order("1")

    assert advice in str(silent.value)


def test_a_token_goes_to_shopify_alone(here: Here) -> None:
    here.pull()
    assert here.token is not None
    elsewhere = here.reader(url="https://shop.example")

    with pytest.raises(ShopSilent, match=r"\.myshopify\.com") as refused:
        elsewhere.order("1")

    assert refused.value.code == "address"


def test_an_app_without_its_scopes_is_told_which(shop: ShopifyShop, here: Here) -> None:
    shop.scopes = "read_products"
    assert "read_orders" in wrong(here)

    shop.scopes = "read_orders"
    with pytest.raises(ShopSilent, match="read_all_orders"):
        here.reader(since=START - timedelta(days=90)).facts()


def test_what_was_put_right_in_the_app_is_seen_by_the_next_test(
    shop: ShopifyShop, here: Here
) -> None:
    shop.scopes = "read_products"
    assert "read_orders" in wrong(here)

    shop.scopes = SCOPES

    assert here.reader().facts().orders == 0


def test_keys_that_are_good_no_more_are_told_while_a_token_still_lasts(
    shop: ShopifyShop, here: Here
) -> None:
    here.pull()
    shop.secret = "shpss_rotated"

    assert "client secret" in wrong(here)


def test_scopes_decide_what_is_asked_for(shop: ShopifyShop, here: Here) -> None:
    shop.scopes = "read_orders,read_all_orders"
    number = shop.place("12_")
    del shop.orders[number]["customer"], shop.orders[number]["purchasingEntity"]

    (fetched,) = here.pull().known.values()

    assert order_of(fetched).customer.external_id == ""


def test_to_write_orders_is_to_read_them(shop: ShopifyShop, here: Here) -> None:
    shop.scopes = "write_orders,write_customers"
    shop.place()

    assert here.reader().facts().orders == 1
    (fetched,) = here.pull().known.values()
    assert order_of(fetched).customer.external_id


def test_a_version_that_is_gone_is_told(shop: ShopifyShop, here: Here) -> None:
    shop.version = "2027-01"

    assert "Update Sluice" in wrong(here)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"data":null}', b'{"errors":"No"}', b'{"data":7}']
)
def test_an_answer_that_makes_no_sense_is_no_answer(
    shop: ShopifyShop, here: Here, body: bytes
) -> None:
    here.pull()
    shop.broken = Answer(200, body)

    for ask in (
        here.pull,
        lambda: here.reader().order("1"),  # not told of is not deleted
        lambda: list(here.reader().orders(START)),
        lambda: here.reader().webhooks(),
        lambda: list(here.reader()._first_load()),
    ):
        with pytest.raises(ShopSilent):
            ask()


def test_payloads_are_exact_however_they_were_paged(
    shop: ShopifyShop, here: Here
) -> None:
    number = shop.place("02_")
    order = deepcopy(shop.orders[number])
    rate = order["lineItems"]["nodes"][0]["taxLines"][1]["ratePercentage"]

    (fetched,) = here.pull().known.values()

    taxes = order_of(fetched).lines[0].taxes
    assert [tax.rate_percent for tax in taxes] == [Decimal(5), Decimal(str(rate))]
