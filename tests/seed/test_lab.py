"""The lab of the demo shop: orders by hand, its notebook, its control over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from typing_extensions import override

from seed.catalogue import Shop
from seed.lab.books import Invoice, Json, LabBooks
from seed.lab.notebook import read_notes
from seed.lab.orders import Act, Item, Paying, acts, after, place, snapshot_of
from seed.lab.scenes import SCRIPTS, numbered_from
from seed.lab.server import LabServer
from seed.lab.stage import Lab
from seed.problems import LabRefused
from seed.send import Intake
from seed.woocommerce import payload
from tests.seed.conftest import IntakeDouble

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
MUGS = (Item(sku="MUG-01", quantity=2),)
TOKEN = "token-of-the-lab"


class BooksDouble(LabBooks):
    """Books that note what they are asked and hold no invoice."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9")
        self.asked: list[tuple[str, str, Json | None]] = []

    @override
    def invoice(self, number: str) -> Invoice | None:
        return None

    @override
    def _control(self, method: str, path: str, body: Json | None = None) -> Json:
        self.asked.append((method, path, body))
        return {"faults": []}


@pytest.fixture
def books() -> BooksDouble:
    return BooksDouble()


@pytest.fixture
def lab(tmp_path: Path, shop: Shop, intake: IntakeDouble, books: BooksDouble) -> Lab:
    return opened(tmp_path, shop, intake, books)


@pytest.fixture
def served(lab: Lab) -> Iterator[str]:
    server = LabServer(lab, TOKEN)
    server.start()
    yield server.url
    server.close()


def opened(folder: Path, shop: Shop, intake: IntakeDouble, books: BooksDouble) -> Lab:
    to = Intake.of(intake.url, "demo-shop", "secret")
    return Lab(folder, shop, to, books, seed=1)


def told(intake: IntakeDouble) -> dict[str, Any]:
    """Return the order the dashboard was sent last."""
    order = json.loads(intake.received[-1][2])
    assert isinstance(order, dict)
    return order


# Orders


def test_an_order_by_hand_is_told_as_woocommerce_tells_it(
    lab: Lab, intake: IntakeDouble
) -> None:
    lab.place(MUGS, Paying.NOW)

    order = told(intake)
    assert (order["number"], order["status"]) == ("500001", "processing")
    assert order["total"] == "31.89"
    assert order["date_paid_gmt"]
    assert order["line_items"][0]["quantity"] == 2


@pytest.mark.parametrize(
    ("paying", "status"), [(Paying.LATER, "on-hold"), (Paying.NEVER, "pending")]
)
def test_who_pays_later_or_never_has_not_paid(
    lab: Lab, intake: IntakeDouble, paying: Paying, status: str
) -> None:
    lab.place(MUGS, paying)

    assert (told(intake)["status"], told(intake)["date_paid_gmt"]) == (status, None)


def test_money_that_arrives_later_pays_the_order(
    lab: Lab, intake: IntakeDouble
) -> None:
    order = lab.place(MUGS, Paying.LATER)

    lab.act(order.number, Act.PAY)

    assert told(intake)["status"] == "processing"
    assert told(intake)["date_paid_gmt"]


def test_refunds_give_back_the_whole_order_and_no_cent_more(
    lab: Lab, intake: IntakeDouble
) -> None:
    order = lab.place(MUGS, Paying.NOW)

    lab.act(order.number, Act.REFUND_ONE)
    first = told(intake)["refunds"]
    lab.act(order.number, Act.REFUND)

    given = [Decimal(refund["total"]) for refund in told(intake)["refunds"]]
    assert [refund["total"] for refund in first] == ["-12.95"]
    assert sum(given) == -Decimal(told(intake)["total"])
    assert told(intake)["status"] == "refunded"


def test_an_edit_changes_the_total_and_is_newer(shop: Shop) -> None:
    order = place(500001, MUGS, Paying.NOW, at=NOW)

    changed = after(order, Act.EDIT, at=NOW, seed=1, shop=shop)

    before, later = (payload(snapshot_of(it, 1), shop) for it in (order, changed))
    assert Decimal(later["total"]) > Decimal(before["total"])
    assert later["date_modified_gmt"] > before["date_modified_gmt"]


@pytest.mark.parametrize("act", list(Act))
def test_nothing_happens_to_an_order_that_is_over(shop: Shop, act: Act) -> None:
    order = after(
        place(500001, MUGS, Paying.LATER, at=NOW), Act.CANCEL, at=NOW, seed=1, shop=shop
    )

    assert acts(order) == ()
    with pytest.raises(LabRefused, match="Order 500001 is cancelled"):
        after(order, act, at=NOW, seed=1, shop=shop)


@pytest.mark.parametrize(
    "items",
    [(), (Item(sku="YACHT", quantity=1),), (Item(sku="MUG-01", quantity=0),)],
)
def test_what_makes_no_order_is_refused(items: tuple[Item, ...]) -> None:
    with pytest.raises(LabRefused):
        place(500001, items, Paying.NOW, at=NOW)


def test_the_same_number_and_seed_are_the_same_customer_and_figures(
    shop: Shop,
) -> None:
    order = place(501001, MUGS, Paying.NOW, at=NOW)
    later = place(501001, MUGS, Paying.NOW, at=NOW + timedelta(days=9))

    first, second = (payload(snapshot_of(it, 1), shop) for it in (order, later))

    same = ("number", "billing", "total", "line_items", "order_key")
    assert [first[key] for key in same] == [second[key] for key in same]
    assert payload(snapshot_of(order, 2), shop)["billing"] != first["billing"]


# Scenes


def test_a_scene_has_numbers_that_no_other_uses(lab: Lab) -> None:
    firsts = {numbered_from(scene) for scene in ("", *SCRIPTS)}
    lab.place(MUGS, Paying.NOW)

    assert len(firsts) == len(SCRIPTS) + 1
    assert lab.next_number("") == 500002
    assert lab.next_number("answers-lost") == numbered_from("answers-lost")


def test_a_scene_there_is_not_is_refused(lab: Lab) -> None:
    with pytest.raises(LabRefused, match="no scene fire"):
        lab.play("fire")


def test_an_order_the_dashboard_does_not_take_is_not_placed(
    lab: Lab, intake: IntakeDouble
) -> None:
    intake.status = 500

    with pytest.raises(LabRefused, match="did not take order 500001: HTTP 500"):
        lab.place(MUGS, Paying.NOW)

    assert lab.orders() == ()


# Clock, notebook and the start


def test_the_clock_goes_forward_for_shop_and_books(
    lab: Lab, books: BooksDouble, intake: IntakeDouble
) -> None:
    before = lab.now()

    lab.advance(86_400)
    lab.place(MUGS, Paying.NOW)

    assert books.asked == [("POST", "clock", {"advance_s": 86_400})]
    assert lab.now() - before >= timedelta(days=1)
    placed = datetime.fromisoformat(told(intake)["date_created_gmt"])
    assert placed.replace(tzinfo=UTC) - before >= timedelta(days=1)


@pytest.mark.parametrize("seconds", [0, -60, 10**9, float("nan"), float("inf")])
def test_the_clock_goes_neither_back_nor_far(lab: Lab, seconds: float) -> None:
    with pytest.raises(LabRefused, match="forward"):
        lab.advance(seconds)


def test_a_lab_that_is_opened_again_knows_its_orders_and_its_clock(
    tmp_path: Path, shop: Shop, intake: IntakeDouble, books: BooksDouble
) -> None:
    first = opened(tmp_path, shop, intake, books)
    order = first.place(MUGS, Paying.NOW)
    refunded = first.act(order.number, Act.REFUND_ONE)
    first.advance(60)

    again = opened(tmp_path, shop, intake, books)
    again.catch_up()

    assert again.orders() == (refunded,)
    assert again.ahead_s == 60
    assert books.asked[-1] == ("POST", "clock", {"advance_s": 60})


def test_back_at_the_start_nothing_is_known_and_the_books_have_the_seed(
    lab: Lab, books: BooksDouble, tmp_path: Path
) -> None:
    lab.place(MUGS, Paying.NOW)
    lab.advance(60)
    lab.ask_for_start()
    assert lab.wants_start

    lab.begin_anew()

    assert not lab.wants_start
    assert (lab.orders(), lab.ahead_s) == ((), 0)
    assert read_notes(tmp_path).orders == {}
    assert books.asked[-1] == ("POST", "load", {"format": 1, "seed": 1})


# Over HTTP


def call(url: str, path: str, body: Json | None = None, token: str = TOKEN) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        return session.request(
            "GET" if body is None else "POST",
            url + path,
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )


@pytest.mark.parametrize("token", ["", "wrong", "tökén"])
def test_who_does_not_know_the_token_gets_nothing(served: str, token: str) -> None:
    header = f"Bearer {token}".encode()
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(
            f"{served}/lab", headers={"Authorization": header}, timeout=10
        )

    assert answer.status_code == 401
    assert "products" not in answer.json()


def test_the_lab_tells_how_things_stand(served: str, lab: Lab) -> None:
    lab.place(MUGS, Paying.NOW)

    state = call(served, "/lab").json()

    assert [order["number"] for order in state["orders"]] == ["500001"]
    assert [scene["key"] for scene in state["scenes"]] == list(SCRIPTS)
    assert {"sku": "MUG-01", "name": "Stoneware mug", "price": "12.95"} in state[
        "products"
    ]


def test_an_order_is_placed_and_refunded_over_http(
    served: str, intake: IntakeDouble
) -> None:
    order = {"items": {"MUG-01": 1}, "paying": "now"}

    placed = call(served, "/lab/orders", order).json()
    refunded = call(served, f"/lab/orders/{placed['number']}/refund", {})

    assert refunded.status_code == 200
    assert told(intake)["status"] == "refunded"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/lab/orders", {"items": {"YACHT": 1}, "paying": "now"}),
        ("/lab/orders", {"items": {"MUG-01": "two"}, "paying": "now"}),
        ("/lab/orders", {"items": {"MUG-01": 1}, "paying": "soon"}),
        ("/lab/orders", {"items": [], "paying": "now"}),
        ("/lab/orders/500009/refund", {}),
        ("/lab/scenes/fire", {}),
        ("/lab/clock", {"advance_s": -1}),
        ("/lab/clock", {"advance_s": True}),
        ("/lab/speed", {"speed": 3}),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    served: str, intake: IntakeDouble, path: str, body: Json
) -> None:
    answer = call(served, path, body)

    assert answer.status_code == 409
    assert "\n" not in answer.json()["error"]
    assert intake.received == []


def test_the_speed_is_one_of_those_offered(served: str, lab: Lab) -> None:
    call(served, "/lab/speed", {"speed": 0})

    assert lab.speed == 0


def test_a_notebook_holds_what_an_order_has_become(lab: Lab, tmp_path: Path) -> None:
    order = lab.place(MUGS, Paying.NOW)
    edited = lab.act(order.number, Act.EDIT)

    kept = read_notes(tmp_path).orders[order.number]

    assert kept == edited
