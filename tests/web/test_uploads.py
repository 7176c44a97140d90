"""Orders from a file: seen before they are taken in, and taken in once."""

from __future__ import annotations

import html
import io
import re

import pytest
from werkzeug.test import TestResponse

from dashboard.domain.users import Role
from dashboard.store.order_filter import OrderFilter, OrderSort
from tests.web.scene import Browsing, Scene

FORM = "/settings/shops/demo/upload"
FILE = (
    "Order;Date;Email;Item;Gross;VAT rate;Payment method;Paid on\n"
    "1;2026-11-01;ada@post.example;Mug;12,10;21;ideal;2026-11-01\n"
    "2;2026-11-01;bob@post.example;Mug;10,90;9;ideal;2026-11-01\n"
    "3;2026-11-01;cy@post.example;Mug;many;21;;\n"
)


def send(client: Browsing, text: str = FILE, name: str = "sales.csv") -> TestResponse:
    file = (io.BytesIO(text.encode()), name)
    return client.post(FORM, {"file": file}, page=FORM)


def uploaded(client: Browsing, text: str = FILE) -> str:
    """Upload a file and return the address of its page."""
    answer = send(client, text)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def chosen(page: str) -> dict[str, str]:
    """Return what the columns stand for, as the form of the page would send it."""
    columns = {}
    for name, options in re.findall(
        r'<select[^>]*name="(column-\d+)".*?>(.*?)</select>', page, re.DOTALL
    ):
        value = re.search(r'value="([^"]*)" selected', options)
        columns[name] = value[1] if value else ""
    return columns


def version(page: str) -> str:
    found = re.search(r'name="version" value="(\w+)"', page)
    assert found is not None
    return found[1]


def numbers(scene: Scene) -> list[str]:
    page = scene.program.listing.page(OrderFilter(), OrderSort.OLDEST, size=50)
    return sorted(order.number for order in page.orders)


def test_a_file_is_shown_before_anything_is_taken_in(scene: Scene) -> None:
    client = scene.client(Role.MANAGER)

    page = client.get(uploaded(client)).text

    assert "1 new order is booked." in page
    assert "1 new order is taken in, and waits for you: Unknown tax rate" in page
    assert "1 order is wrong and left out." in page
    assert re.search(r"Line 4</th><td>Gross</td><td[^>]*>must be an amount", page)
    assert "Take in 2 orders" in page
    assert numbers(scene) == []


def test_what_is_taken_in_goes_the_way_of_all_orders(scene: Scene) -> None:
    client = scene.client(Role.MANAGER)
    address = uploaded(client)
    shown = client.get(address).text

    answer = client.post(f"{address}/take", {"version": version(shown)}, page=address)

    page = client.get(answer.headers["Location"]).text
    assert "2 orders are taken in; 0 were known already, 1 are wrong." in page
    assert numbers(scene) == ["1", "2"]
    activity = client.get("/activity?kind=upload").text
    assert f'<a href="{address}">sales.csv (demo)</a>' in activity
    watched = scene.client(Role.WATCHER).get("/activity").text
    assert "sales.csv (demo)" in watched
    assert f'href="{address}"' not in watched


def test_each_number_of_a_file_leads_to_its_orders(scene: Scene) -> None:
    client = scene.client(Role.MANAGER)
    more = "".join(
        f"{number};2026-11-01;{number}@post.example;Mug;12,10;21;ideal;2026-11-01\n"
        for number in range(10, 62)
    )
    address = uploaded(client, FILE + more)

    before = numbers_and_lists(client, address)
    told = {"version": version(client.get(address).text)}
    client.post(f"{address}/take", told, page=address)
    after = numbers_and_lists(client, address)

    for found in (before, after):
        assert {n: len(orders) for n, orders in found.items()} == {
            54: 54,
            0: 0,
            1: 1,
        }
        assert found[1] == ["3"]
    assert "Line 4, Gross: must be an amount" in client.get(f"{address}?of=wrong").text


def test_what_would_become_of_orders_leads_to_those_orders(scene: Scene) -> None:
    client = scene.client(Role.MANAGER)
    address = uploaded(client)
    page = client.get(address).text

    stops = re.search(r'href="([^"]+)">1 new order is taken in, and waits', page)

    assert stops is not None
    assert orders_listed(client.get(html.unescape(stops[1])).text) == ["2"]


def numbers_and_lists(client: Browsing, address: str) -> dict[int, list[str]]:
    """Return the counters of a file, each with the orders its link leads to."""
    counters = re.findall(
        r'<li class="counter[^>]*><a href="([^"]+)">.*?counter-number">(\d+)<',
        client.get(address).text,
        re.DOTALL,
    )
    found = {}
    for href, number in counters:
        listed, rest = [], html.unescape(href)
        while rest:
            page = client.get(rest).text
            listed += orders_listed(page)
            following = re.search(r'href="([^"]+)" rel="next"', page)
            rest = html.unescape(following[1]) if following else ""
        found[int(number)] = listed
    return found


def orders_listed(page: str) -> list[str]:
    _head, _title, table = page.rpartition('id="orders-title"')
    return re.findall(r'<th scope="row"[^>]*>(?:<a [^>]*>)?(\d+)<', table)


def test_the_same_file_again_changes_nothing_and_is_read_as_the_last_one(
    scene: Scene,
) -> None:
    client = scene.client(Role.MANAGER)
    first = uploaded(client)
    form = chosen(client.get(first).text) | {
        "decimals": "comma",
        "day_order": "day-first",
        "currency": "EUR",
        "column-3": "note",
    }
    client.post(f"{first}/columns", form, page=first)
    told = {"version": version(client.get(first).text)}
    client.post(f"{first}/take", told, page=first)

    page = client.get(uploaded(client)).text

    assert chosen(page)["column-3"] == "note"
    assert "2 orders are known and say the same: nothing happens." in page
    assert "Take in" not in page


def test_an_order_that_says_something_else_now_is_a_change(scene: Scene) -> None:
    client = scene.client(Role.MANAGER)
    first = uploaded(client)
    told = {"version": version(client.get(first).text)}
    client.post(f"{first}/take", told, page=first)

    page = client.get(uploaded(client, FILE.replace("12,10", "24,20"))).text

    assert "1 order is known and says something else now." in page
    assert "Take in 1 order<" in page.replace("\n", "")


def test_columns_that_nobody_recognises_are_named_by_a_person(scene: Scene) -> None:
    client = scene.client(Role.MANAGER)
    address = uploaded(client, FILE.replace("Gross", "Sold for"))
    before = client.get(address).text
    form = chosen(before) | {
        "column-4": "gross",
        "decimals": "comma",
        "day_order": "day-first",
        "currency": "EUR",
    }

    client.post(f"{address}/columns", form, page=address)

    assert "Say below which column stands for: Line with tax." in before
    assert "1 new order is booked." in client.get(address).text


def test_two_columns_never_stand_for_the_same(scene: Scene) -> None:
    client = scene.client(Role.MANAGER)
    address = uploaded(client)
    form = chosen(client.get(address).text)
    form |= {"column-3": form["column-0"], "decimals": "comma"}
    form |= {"day_order": "day-first", "currency": "EUR"}

    client.post(f"{address}/columns", form, page=address)

    assert "Two columns stand for the same." in client.get(address).text


def test_what_somebody_else_read_otherwise_is_not_taken_in(scene: Scene) -> None:
    client = scene.client(Role.MANAGER)
    address = uploaded(client)
    shown = version(client.get(address).text)
    form = chosen(client.get(address).text) | {"decimals": "point"}
    form |= {"day_order": "day-first", "currency": "EUR"}
    client.post(f"{address}/columns", form, page=address)

    client.post(f"{address}/take", {"version": shown}, page=address)

    assert "look at it again" in client.get(address).text
    assert numbers(scene) == []


def test_a_file_thrown_away_is_gone(scene: Scene) -> None:
    client = scene.client(Role.MANAGER)
    address = uploaded(client)

    client.post(f"{address}/discard", {}, page=address)

    assert client.get(address).status_code == 404
    assert numbers(scene) == []


def test_all_that_is_wrong_comes_as_a_file(scene: Scene) -> None:
    client = scene.client(Role.MANAGER)

    text = client.get(f"{uploaded(client)}/errors.csv").text

    assert text.splitlines()[1].startswith('4,3,Gross,"must be an amount')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no rows below its first line"),
        ("\0", "no CSV file"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    scene: Scene, text: str, message: str
) -> None:
    answer = send(scene.client(Role.MANAGER), text)

    assert answer.status_code == 422
    assert message in answer.text


def test_only_a_shop_of_our_own_json_takes_files(scene: Scene) -> None:
    client = scene.client(Role.MANAGER)

    assert client.get("/settings/shops/nowhere/upload").status_code == 404
    assert "Upload orders" in client.get("/settings/shops/demo").text
    watcher = scene.client(Role.WATCHER).get("/settings/shops/demo").text
    assert "Upload orders" not in watcher
