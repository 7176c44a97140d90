"""One order: what its page tells and what may be done there."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from dashboard.domain.users import Role
from dashboard.store.schema import ConnectionRow
from tests.web.scene import Scene


def test_a_booked_order_shows_its_documents_and_their_exchanges(scene: Scene) -> None:
    order_id = scene.order("1001")
    run_id = scene.book(order_id)

    text = scene.client().get(f"/orders/{order_id}").text

    assert "Invoice W-1001 booked." in text
    assert "equal to the cent" in text
    assert f'href="/runs/{run_id}"' in text
    assert "&#34;InvoiceNumber&#34;: &#34;W-1001&#34;" in text


def test_a_booked_order_is_shown_though_the_secret_key_has_changed(
    scene: Scene,
) -> None:
    order_id = scene.order("1001")
    scene.book(order_id)
    scene.connect()
    with scene.database.write() as session:
        session.execute(update(ConnectionRow).values(client_secret="of another key"))

    answer = scene.client().get(f"/orders/{order_id}")

    assert answer.status_code == 200
    assert "Invoice W-1001 booked." in answer.text


def test_an_order_that_the_shop_deleted_still_shows_what_was_sold(
    scene: Scene,
) -> None:
    order_id = scene.order("1001")
    scene.send({"id": "id-1001", "status": "deleted"})

    text = scene.client().get(f"/orders/{order_id}").text

    assert "Stoneware mug" in text


def test_a_stopped_order_says_what_to_do_and_where(scene: Scene) -> None:
    order_id = scene.order("1001", rate="13")

    text = scene.client().get(f"/orders/{order_id}").text

    assert "Unknown tax rate" in text
    assert 'href="/settings#taxes"' in text
    assert f'formaction="/orders/{order_id}/retry"' in text


def test_what_has_a_page_in_the_books_leads_there(scene: Scene) -> None:
    order_id = scene.order("1001")
    scene.book(order_id)

    text = scene.client().get(f"/orders/{order_id}").text

    links = re.findall(r'href="http://127.0.0.1:9/([a-z-]+)/doc-\d+"', text)
    assert links == ["contacts", "invoices"]


def test_what_has_nothing_to_show_is_not_offered(scene: Scene) -> None:
    waiting = scene.order("1001", paid=False)
    paid = scene.order("1002")
    scene.book(paid)
    client = scene.client()

    before, after = (client.get(f"/orders/{each}").text for each in (waiting, paid))

    assert f"/orders/{waiting}/preview" in before
    assert f"/orders/{paid}/preview" not in after
    assert "In the API log" not in before


def test_who_may_not_change_settings_is_told_who_puts_an_order_right(
    scene: Scene,
) -> None:
    order_id = scene.order("1001", rate="13")
    client = scene.client(Role.WATCHER)

    for path in (f"/orders/{order_id}", "/problems", "/"):
        assert 'href="/settings#taxes"' not in client.get(path).text, path
    assert "Managers put this right" in client.get(f"/orders/{order_id}").text


def test_an_order_is_ignored_with_a_reason_and_restored(scene: Scene) -> None:
    order_id = scene.order("1001", rate="13")
    client = scene.client(Role.WATCHER)

    client.post(
        f"/orders/{order_id}/ignore", {"reason": "A test order"}, page="/orders"
    )
    assert scene.status(order_id) == "ignored"
    assert "A test order" in client.get(f"/orders/{order_id}").text

    client.post(f"/orders/{order_id}/restore", {"reason": "By mistake"}, page="/orders")
    assert scene.status(order_id) == "needs attention"


@pytest.mark.parametrize("act", ["retry", "ignore"])
def test_who_comes_too_late_is_told_what_happened_and_by_whom(
    scene: Scene, act: str
) -> None:
    order_id = scene.order("1001", rate="13")
    scene.program.actions.ignore(order_id, "Booked by hand", "Kim")
    client = scene.client()
    page = f"/orders/{order_id}"

    client.post(f"{page}/{act}", {"reason": "By hand"}, page=page)

    told = "Nothing was done. Kim was there before: Ignored: Booked by hand"
    assert told in client.get(page).text


def test_who_comes_after_it_was_booked_is_told_so(scene: Scene) -> None:
    order_id = scene.order("1001")
    scene.refuse(order_id)
    scene.book(order_id)
    client = scene.client()
    page = f"/orders/{order_id}"

    client.post(f"{page}/retry", {}, page=page)

    assert "Nothing was done. It had moved on meanwhile" in client.get(page).text


def test_without_a_reason_nothing_is_ignored(scene: Scene) -> None:
    order_id = scene.order("1001", rate="13")

    answer = scene.client().post(
        f"/orders/{order_id}/ignore", {"reason": " "}, page="/orders"
    )

    assert answer.status_code == 422
    assert scene.status(order_id) == "needs attention"


def test_what_a_person_did_is_written_down_with_their_name(scene: Scene) -> None:
    order_id = scene.order("1001", rate="13")
    scene.user(Role.WATCHER, name="Wilma Watcher")
    client = scene.client(Role.WATCHER)

    client.post(f"/orders/{order_id}/retry", page="/orders")

    assert "Wilma Watcher" in client.get(f"/orders/{order_id}").text


def test_next_and_previous_stay_within_the_list_one_came_from(scene: Scene) -> None:
    scene.order("1001", name="Ada Sample")
    middle = scene.order("1002", name="Ada Byron")
    scene.order("1003", name="Grace Example")
    last = scene.order("1004", name="Ada King")

    text = scene.client().get(f"/orders/{middle}?q=ada").text

    (previous,) = re.findall(r'rel="prev" href="([^"]+)"', text)
    assert previous == f"/orders/{last}?q=ada"


def test_what_the_shop_sent_is_for_managers(scene: Scene) -> None:
    order_id = scene.order("1001")

    path = f"/orders/{order_id}/revisions/1"
    assert scene.client(Role.WATCHER).get(path).status_code == 403
    assert "Stoneware mug" in scene.client(Role.MANAGER).get(path).text


def test_an_order_that_cannot_be_read_still_has_its_page(scene: Scene) -> None:
    scene.send_unread("77")

    text = scene.client().get("/orders/1").text

    assert "Order not understood" in text
    assert "cannot be read" in text


def test_amounts_are_written_as_the_reader_does(scene: Scene) -> None:
    order_id = scene.order("1001", total="1234.50")
    client = scene.client()

    page = client.get(f"/orders/{order_id}", headers={"Accept-Language": "en-GB"})

    assert "€1,234.50" in page.text


def a_changed_order(scene: Scene) -> int:
    order_id = scene.order("1001", total="12.10")
    scene.book(order_id)
    scene.order("1001", total="24.20")
    return order_id


def a_line(description: str, net: str, tax: str) -> dict[str, object]:
    return {
        "description": description,
        "net": net,
        "taxes": [{"rate_percent": "21", "amount": tax}],
    }


def shown_lines(page: str) -> dict[str, list[str]]:
    """Return the amounts of each line, charged and booked, by its name."""
    (table,) = re.findall(r'<div id="lines".*?<tbody>(.*?)</tbody>', page, re.DOTALL)
    names = re.findall(r'class="wide">(.*?)\s*<', table)
    rows = table.split('<th scope="row"')[1:]
    return {
        name: re.findall(r"€([\d.]+)", row)
        for name, row in zip(names, rows, strict=True)
    }


def test_a_line_that_was_put_in_later_stands_beside_no_other_line(
    scene: Scene,
) -> None:
    poster, postage = (
        a_line("Poster", "10.00", "2.10"),
        a_line("Postage", "5.00", "1.05"),
    )
    order_id = scene.order("1001", total="18.15", lines=[poster, postage])
    scene.book(order_id)
    pen = a_line("Pen", "20.00", "4.20")
    scene.order("1001", total="42.35", lines=[poster, pen, postage])

    text = scene.client().get(f"/orders/{order_id}").text
    assert shown_lines(text) == {
        "Poster": ["10.00", "2.10", "10.00", "2.10"],
        "Pen": ["20.00", "4.20"],
        "Postage": ["5.00", "1.05", "5.00", "1.05"],
    }
    assert "not on the invoice" in text
    assert "nothing was charged" not in text


def test_a_changed_order_shows_what_each_way_of_following_would_book(
    scene: Scene,
) -> None:
    order_id = a_changed_order(scene)

    text = scene.client(Role.MANAGER).get(f"/orders/{order_id}").text

    assert "How the books can follow" in text
    assert "W-1001-CNX" in text
    assert "W-1001-2" in text
    assert "W-1001-C1" in text


def test_a_manager_chooses_how_the_books_follow_a_change(scene: Scene) -> None:
    order_id = a_changed_order(scene)
    client = scene.client(Role.MANAGER)
    page = client.get(f"/orders/{order_id}").text
    (revision_id,) = set(re.findall(r'name="revision_id" value="(\d+)"', page))

    client.post(
        f"/orders/{order_id}/correct",
        {"revision_id": revision_id, "correction": "adjust"},
        page=f"/orders/{order_id}",
    )

    assert scene.status(order_id) == "in progress"
    assert "Chosen: book only the difference." in client.get(f"/orders/{order_id}").text


def test_amounts_are_called_booked_once_they_are_in_the_books(scene: Scene) -> None:
    order_id = scene.order("1001")
    client = scene.client()

    waiting = client.get(f"/orders/{order_id}").text
    scene.book(order_id)
    booked = client.get(f"/orders/{order_id}").text

    assert "Net to book" in waiting
    assert "€0.00 in the books so far" in re.sub(r"<[^>]+>", "", waiting)
    assert "Booked net" not in waiting
    assert "Booked net" in booked
    assert "in the books so far" not in booked


@pytest.mark.parametrize("correction", ["adjust", "renew"])
def test_an_order_that_was_paid_and_then_grew_says_what_was_paid_and_what_is_left(
    scene: Scene, correction: str
) -> None:
    order_id = a_changed_order(scene)
    client = scene.client(Role.MANAGER)
    page = client.get(f"/orders/{order_id}").text
    (revision_id,) = set(re.findall(r'name="revision_id" value="(\d+)"', page))
    form = {"revision_id": revision_id, "correction": correction}
    client.post(f"/orders/{order_id}/correct", form, page=f"/orders/{order_id}")

    scene.book(order_id)

    assert scene.status(order_id) == "invoiced"
    text = re.sub(r"<[^>]+>", "", client.get(f"/orders/{order_id}").text)
    paid, left = "€12.10 was paid in the shop before the order grew", "€12.10 is still"
    assert f"{paid}, {left} to pay." in text
    assert re.search(r"Paid in the shop\s*€12.10\s*€12.10 is still to pay", text)


def test_a_watcher_sees_the_choice_and_leaves_it_to_a_manager(scene: Scene) -> None:
    order_id = a_changed_order(scene)

    text = scene.client(Role.WATCHER).get(f"/orders/{order_id}").text

    assert "A manager decides how the books follow." in text
    assert 'name="correction"' not in text


def test_a_choice_made_on_an_old_page_books_nothing(scene: Scene) -> None:
    order_id = a_changed_order(scene)
    client = scene.client(Role.MANAGER)
    page = client.get(f"/orders/{order_id}").text
    (revision_id,) = set(re.findall(r'name="revision_id" value="(\d+)"', page))
    scene.order("1001", total="36.30")

    client.post(
        f"/orders/{order_id}/correct",
        {"revision_id": revision_id, "correction": "renew"},
        page=f"/orders/{order_id}",
    )

    assert scene.status(order_id) == "needs attention"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("136 695 976", "DE136695976, valid"),
        ("DE136695977", "DE136695977, not valid: a digit must be wrong"),
        ("US 12-34", "US 12-34, not checked"),
    ],
)
def test_vat_number_is_shown_with_what_came_of_the_check(
    scene: Scene, given: str, shown: str
) -> None:
    customer = {"vat_number": given, "address": {"country": "DE"}}
    order = scene.order("1001", customer=customer)

    assert shown in scene.client().get(f"/orders/{order}").text
