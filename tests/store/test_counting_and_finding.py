"""Orders are counted by tallies and found by words, both kept beside the orders."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, select, text

from dashboard.domain.search import BEGINNING
from dashboard.domain.status import OrderStatus
from dashboard.domain.timespans import TimeSpan
from dashboard.store import order_counts, order_ids, order_words, tallies
from dashboard.store.database import MIGRATIONS
from dashboard.store.listing_orders import OrderListing
from dashboard.store.order_filter import OrderFilter, OrderSort
from dashboard.store.schema import OrderTallyRow
from dashboard.store.tallies import fold_tallies
from tests.fixtures.builders import a_customer, a_refund, an_order
from tests.fixtures.clocks import SettableClock
from tests.fixtures.company import Company
from tests.fixtures.databases import ClockedDatabase, DatabaseMaker, opened


@pytest.fixture
def listing(database: ClockedDatabase) -> OrderListing:
    return OrderListing(database)


def counted(listing: OrderListing, wanted: OrderFilter) -> dict[OrderStatus, int]:
    return {each.status: each.count for each in listing.counts(wanted)}


def found(listing: OrderListing, search: str) -> list[str]:
    page = listing.page(OrderFilter(search=search), OrderSort.OLDEST, size=50)
    return [order.number for order in page.orders]


def test_counts_follow_every_change_of_status(
    company: Company, listing: OrderListing
) -> None:
    company.take_in(an_order("1001"), an_order("1002"), an_order("1003", payments=()))
    company.orders.ignore(company.row("1002").id, "A test order.", actor="Pat")

    assert counted(listing, OrderFilter()) == {
        OrderStatus.QUEUED: 1,
        OrderStatus.IGNORED: 1,
        OrderStatus.AWAITING_PAYMENT: 1,
    }
    assert counted(listing, OrderFilter(shop="shop")) == counted(listing, OrderFilter())
    assert counted(listing, OrderFilter(shop="no such shop")) == {}


def test_many_tallies_are_folded_into_few_that_come_to_the_same(
    company: Company, listing: OrderListing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tallies, "_FOLDED_FROM", 3)
    company.take_in(*(an_order(str(number)) for number in range(1001, 1011)))
    before = counted(listing, OrderFilter())
    newest = _of_tallies(company, func.max(OrderTallyRow.id))

    fold_tallies(company.database)

    assert counted(listing, OrderFilter()) == before
    assert _of_tallies(company, func.count(OrderTallyRow.id)) == 1
    assert _of_tallies(company, func.max(OrderTallyRow.id)) > newest

    fold_tallies(company.database)

    assert _of_tallies(company, func.count(OrderTallyRow.id)) == 1


def _of_tallies(company: Company, figure: func.max) -> int:
    with company.database.read() as session:
        return session.scalar(select(figure)) or 0


def test_a_changed_order_is_found_by_what_it_says_now(
    company: Company, listing: OrderListing
) -> None:
    order = an_order("1001", customer=a_customer("1", company="Before Ltd"))
    company.take_in(order)

    company.take_in(replace(order, customer=a_customer("1", company="Afterwards Ltd")))

    assert found(listing, "before") == []
    assert found(listing, "afterwards") == ["1001"]
    company.assert_orders_are_counted_and_found()


def test_an_order_is_found_by_every_number_of_it(
    company: Company, listing: OrderListing
) -> None:
    paid = replace(an_order("1001").payments[0], reference="pi_3Kx9")
    order = an_order("1001", external_id="5521", payments=("12.00",))
    company.take_in(
        replace(order, payments=(paid,), refunds=(a_refund("2.00", "88"),)),
        an_order("1002"),
    )

    for number in ("5521", "pi_3Kx9", "W-1001", "W-1001-P1", "W-1001-CN88", "w 1001"):
        assert found(listing, number) == ["1001"], number
    assert found(listing, "W-1002-CN88") == []
    company.assert_orders_are_counted_and_found()


def test_a_list_is_narrowed_by_all_that_is_asked_for_at_once(
    company: Company, listing: OrderListing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_words, "COMMON", 3)
    company.take_in(*(an_order(str(number)) for number in range(1001, 1006)))
    now = company.clock.now()
    today = TimeSpan(start=now - timedelta(hours=1), end=now + timedelta(hours=1))
    long_ago = TimeSpan(start=now - timedelta(days=900), end=now - timedelta(days=9))

    def shown(**limits: Any) -> tuple[list[str], int]:
        wanted = OrderFilter(statuses=(OrderStatus.QUEUED,), **limits)
        page = listing.page(wanted, OrderSort.OLDEST, size=50)
        count = sum(each.count for each in listing.counts(wanted))
        return [order.number for order in page.orders], count

    assert shown(search="1003", shop="shop", received=today) == (["1003"], 1)
    assert shown(search="100", shop="shop", received=today)[1] == 5
    assert shown(search="1003", shop="another") == ([], 0)
    assert shown(search="100", received=long_ago) == ([], 0)
    assert shown(received=long_ago, shop="shop") == ([], 0)


def test_three_letters_are_a_beginning_and_two_are_a_word(
    company: Company, listing: OrderListing
) -> None:
    company.take_in(
        an_order("1001", customer=a_customer("1", company="Ed Edwards")),
        an_order("1002", customer=a_customer("2", company="Edwina Ash")),
    )

    assert found(listing, "edw") == ["1001", "1002"]
    assert found(listing, "ed") == ["1001"]
    assert found(listing, "ash edw") == ["1002"]
    assert found(listing, "w") == []
    assert len("edw") == BEGINNING


def test_a_word_that_is_too_long_for_an_index_is_found_by_its_beginning(
    company: Company, listing: OrderListing
) -> None:
    # Without a pattern: PostgreSQL makes others short before it measures them.
    name = "".join(sha256(bytes([n])).hexdigest() for n in range(100))

    company.take_in(
        an_order("1001", customer=a_customer("1", company=name)), an_order("1002")
    )

    for search in (name, name[:100], name[:10]):
        assert found(listing, search) == ["1001"]
    company.assert_orders_are_counted_and_found()


def test_a_count_that_stops_early_says_so(
    company: Company, listing: OrderListing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_counts, "COUNTED_UP_TO", 3)
    monkeypatch.setattr(order_words, "COMMON", 3)
    company.take_in(*(an_order(str(number)) for number in range(1001, 1006)))

    (limited,) = listing.counts(OrderFilter(search="100"))
    (whole,) = listing.counts(OrderFilter(search="1003"))

    assert (limited.count, limited.at_least) == (3, True)
    assert (whole.count, whole.at_least) == (1, False)


@pytest.mark.parametrize("near", [2, 100])
def test_what_many_orders_say_is_found_among_the_next_ones_and_further_on(
    company: Company,
    listing: OrderListing,
    monkeypatch: pytest.MonkeyPatch,
    near: int,
) -> None:
    monkeypatch.setattr(order_words, "COMMON", 3)
    monkeypatch.setattr(order_ids, "_NEAR", near)
    company.take_in(*(an_order(str(number)) for number in range(1001, 1009)))
    wanted = OrderFilter(search="100")

    first = listing.page(wanted, OrderSort.NEWEST, size=3)
    second = listing.page(wanted, OrderSort.NEWEST, size=3, after=first.orders[-1].id)
    back = listing.page(wanted, OrderSort.NEWEST, size=3, before=second.orders[0].id)

    shown = [order.number for order in (*first.orders, *second.orders)]
    assert shown == ["1008", "1007", "1006", "1005", "1004", "1003"]
    assert back.orders == first.orders


@pytest.mark.parametrize("others", [0, 20])
def test_of_two_words_that_many_say_those_with_both_are_found(
    company: Company,
    listing: OrderListing,
    monkeypatch: pytest.MonkeyPatch,
    others: int,
) -> None:
    # The commoner word is listed where it is not much commoner, else asked for.
    monkeypatch.setattr(order_words, "COMMON", 2)
    monkeypatch.setattr(order_words, "_ASKED_FOR", 4)
    monkeypatch.setattr(order_ids, "_NEAR", 1)
    names = [*["Anna Bram"] * 2, *["Anna"] * 2, *["Bram"] * others]
    for number, name in enumerate(names, start=1001):
        customer = a_customer(str(number), company=name)
        company.take_in(an_order(str(number), customer=customer))

    assert found(listing, "bram anna") == ["1001", "1002"]


@pytest.mark.parametrize("asked_for", [1, 20], ids=["each is asked", "both listed"])
def test_where_few_have_all_words_a_page_comes_with_what_they_are_exactly(
    company: Company,
    listing: OrderListing,
    monkeypatch: pytest.MonkeyPatch,
    asked_for: int,
) -> None:
    monkeypatch.setattr(order_words, "COMMON", 3)
    monkeypatch.setattr(order_words, "_ASKED_FOR", asked_for)
    monkeypatch.setattr(order_ids, "_NEAR", 2)
    first, last = ("Ada", "Finn", "Guus"), ("Wood", "Field", "Brook")
    for number in range(9):
        name = f"{first[number % 3]} {last[number // 3]}"
        customer = a_customer(str(number), company=name)
        company.take_in(an_order(f"10{number}", customer=customer))
    wanted = OrderFilter(search="wood finn")

    page, counts = listing.page_and_counts(wanted, OrderSort.NEWEST, size=5)

    assert [order.number for order in page.orders] == ["101"]
    assert [(c.status, c.count, c.at_least) for c in counts] == [
        (OrderStatus.QUEUED, 1, False)
    ]


@pytest.mark.parametrize("sort", list(OrderSort))
@pytest.mark.parametrize(
    "statuses", [(), (OrderStatus.QUEUED, OrderStatus.AWAITING_PAYMENT)]
)
@pytest.mark.parametrize("shop", ["", "shop"])
def test_a_list_of_several_statuses_is_sorted_as_one(
    company: Company,
    listing: OrderListing,
    sort: OrderSort,
    statuses: tuple[OrderStatus, ...],
    shop: str,
) -> None:
    for number in range(1001, 1009):
        paid = {} if number % 2 else {"payments": ()}
        company.take_in(an_order(str(number), f"{10 + number % 3}.00", **paid))
    wanted = OrderFilter(statuses=statuses, shop=shop)
    whole = listing.page(wanted, sort, size=50).orders

    first = listing.page(wanted, sort, size=3)
    second = listing.page(wanted, sort, size=3, after=first.orders[-1].id)
    back = listing.page(wanted, sort, size=3, before=second.orders[0].id)

    by_total = sort in {OrderSort.HIGHEST, OrderSort.LOWEST}
    keys = [(order.total if by_total else 0, order.id) for order in whole]
    down = sort in {OrderSort.NEWEST, OrderSort.HIGHEST}
    assert len(whole) == 8
    assert keys == sorted(keys, reverse=down)
    assert (*first.orders, *second.orders) == whole[:6]
    assert back.orders == first.orders


def test_orders_from_before_are_counted_and_found_after_the_upgrade(
    maker: DatabaseMaker, clock: SettableClock
) -> None:
    url = maker.empty()
    with opened(url) as (app, engine), app.app_context():
        upgrade(directory=str(MIGRATIONS))
        database = ClockedDatabase(engine, clock)
        company = Company(database)
        paid = replace(an_order().payments[0], reference="pi_3Kx9")
        company.take_in(
            replace(an_order("1001", external_id="5521"), payments=(paid,)),
            an_order("1002", payments=()),
            an_order("1003", payments=()),
        )
        downgrade(directory=str(MIGRATIONS), revision="0001")
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM orders")) == 3
            unprintable = b'{"transaction_id": "pi_\\u0000"}'
            too_deep = b"[" * 100_000
            for order_id, payload in ((2, unprintable), (3, too_deep)):
                sent = "UPDATE order_revisions SET payload = :it WHERE order_id = :id"
                connection.execute(text(sent), {"it": payload, "id": order_id})
            connection.commit()

        upgrade(directory=str(MIGRATIONS))

        company.assert_orders_are_counted_and_found()
    maker.drop(url)
