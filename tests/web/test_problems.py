"""Problems: grouped by what puts them right, and acted on together."""

from __future__ import annotations

import re

import pytest

from dashboard.domain.users import Role
from tests.web.scene import Browsing, Scene


def numbers(text: str) -> list[str]:
    return re.findall(r'class="order-link"[^>]*>([^<]+)<', text)


def group_links(text: str) -> list[str]:
    found = re.findall(r'class="problem-cause" href="([^"]+)"', text)
    return [link.replace("&amp;", "&") for link in found]


def frozen(text: str) -> str:
    """Return what the question that a page asks is about."""
    (selection,) = re.findall(r'name="selection" value="([^"]*)"', text)
    return str(selection)


def orders_of(scene: Scene, selection: str) -> list[int | None]:
    page = scene.program.selections.page(int(selection), None, size=100)
    return [each.member.order_id for each in page.members]


def ask(client: Browsing, act: str, **form: object) -> str:
    return client.post("/orders/bulk", {"act": act, **form}, page="/problems").text


def test_orders_are_grouped_by_cause_and_what_tells_it_from_others(
    scene: Scene,
) -> None:
    for number, method in (("1001", "barter"), ("1002", "barter"), ("1003", "shells")):
        scene.order(number, method=method)
    scene.order("1004", rate="13")
    client = scene.client()

    text = client.get("/problems").text
    groups = [numbers(client.get(link).text) for link in group_links(text)]

    assert "4 orders stand still" in text
    assert groups[0] == ["1002", "1001"]
    assert sorted(groups[1:]) == [["1003"], ["1004"]]
    assert "barter" in text


def test_a_group_says_what_to_do_and_leads_to_the_place_where_it_is_done(
    scene: Scene,
) -> None:
    scene.order("1001", method="barter")
    client = scene.client()

    (link,) = group_links(client.get("/problems").text)
    text = client.get(link).text

    assert "Choose the bank account" in text
    assert 'href="/settings?payment_method=barter#payments"' in text
    assert 'value="barter"' in client.get("/settings?payment_method=barter").text


def test_groups_are_named_in_words(scene: Scene) -> None:
    numbered = {"address": {"country": "DE"}, "vat_number": "DE123456789"}
    free = [{"description": "Stoneware mug", "net": "12.10"}]
    scene.order("1001", rate="0", customer=numbered, vat_exempt=True, lines=free)
    scene.order("1002", rate="13", customer={"address": {"country": "DE"}})
    client = scene.client()

    index = client.get("/problems").text
    groups = {link: client.get(link).text for link in group_links(index)}

    titles = re.findall(r'class="problem-cause"[^>]*>([^<]+)<', index)
    assert sorted(titles) == ["Unknown tax rate: 13%, Germany", "VAT number not valid"]
    # The number is wrong, not the rule that asks for one.
    (vat,) = (text for link, text in groups.items() if "vat-number" in link)
    assert "Put it right in Settings" not in vat


def test_where_each_order_is_chosen_for_the_choice_is_offered_and_no_retry_of_all(
    scene: Scene,
) -> None:
    order_id = scene.order("1001", total="12.10")
    scene.book(order_id)
    scene.order("1001", total="24.20")
    manager, watcher = scene.client(Role.MANAGER), scene.client(Role.WATCHER)

    index = manager.get("/problems").text
    (link,) = group_links(index)
    group = manager.get(link).text

    assert "Retry all" not in index + group
    (order,) = re.findall(r'href="([^"]*#to-do)"', group)
    assert "How the books can follow" in manager.get(order.replace("&amp;", "&")).text
    text = watcher.get(link).text
    assert "A manager decides how the books follow." in text
    assert "#to-do" not in text


def test_a_group_that_was_put_right_says_so(scene: Scene) -> None:
    text = scene.client().get("/problems/unknown-tax-rate?about=9+%25+in+NL").text

    assert "This is put right" in text


def test_retry_of_a_whole_group_acts_on_the_orders_of_that_moment(
    scene: Scene,
) -> None:
    refused = [scene.order(str(number)) for number in (1001, 1002)]
    other = scene.order("1003", rate="13")
    for order_id in refused:
        scene.refuse(order_id)
    client = scene.client(Role.WATCHER)
    (link,) = [
        link for link in group_links(client.get("/problems").text) if "refused" in link
    ]
    query = link.partition("?")[2]
    address = f"/orders/bulk?scope=all&cause=refused&{query}&next=/problems"

    asked = client.post(address, {"act": "retry"}, page="/problems").text
    selection = frozen(asked)
    late = scene.order("1004")
    scene.refuse(late)
    form = {"selection": selection, "next": "/problems"}
    answer = client.post("/orders/bulk/confirmed", form, page="/problems")

    assert "Retry 2 orders?" in asked
    assert orders_of(scene, selection) == refused
    assert answer.headers["Location"] == "/problems"
    assert "2 orders are tried again" in client.get("/problems").text
    assert [scene.status(each) for each in (*refused, other, late)] == [
        "queued",
        "queued",
        "needs attention",
        "needs attention",
    ]


def test_only_ticked_orders_that_need_a_person_are_acted_on(scene: Scene) -> None:
    refused = [scene.order(str(number)) for number in (1001, 1002)]
    for order_id in refused:
        scene.refuse(order_id)
    booked = scene.order("1003")
    scene.book(booked)

    asked = ask(scene.client(), "retry", order=[refused[0], booked])

    assert "Retry 1 order?" in asked
    assert "1 order of these does not need attention" in asked
    assert orders_of(scene, frozen(asked)) == [refused[0]]


def test_the_result_says_what_was_done_what_moved_on_and_what_still_stops(
    scene: Scene,
) -> None:
    refused, moved = scene.order("1001"), scene.order("1002")
    still = scene.order("1003", rate="13")
    for order_id in (refused, moved):
        scene.refuse(order_id)
    client = scene.client()
    selection = frozen(ask(client, "retry", order=[refused, moved, still]))
    scene.book(moved)

    form = {"selection": selection, "next": "/problems"}
    answer = client.post("/orders/bulk/confirmed", form, page="/problems")
    text = client.get(answer.headers["Location"]).text

    assert "1 order is tried again." in text
    assert "1 still cannot be booked and says why." in text
    assert "1 had moved on meanwhile and was left alone." in text
    assert "tax rate 13 % in NL has no tax type" in text
    assert text.count("It had moved on meanwhile") == 1


def test_a_group_is_ignored_with_a_reason_and_not_without(scene: Scene) -> None:
    order_ids = [scene.order(str(number), rate="13") for number in (1001, 1002)]
    client = scene.client()
    selection = frozen(ask(client, "ignore", order=order_ids))
    form = {"selection": selection, "next": "/problems"}

    without = client.post("/orders/bulk/confirmed", form, page="/problems")
    assert without.status_code == 422
    assert {scene.status(each) for each in order_ids} == {"needs attention"}

    reasoned = {**form, "reason": "Booked by hand"}
    client.post("/orders/bulk/confirmed", reasoned, page="/problems")

    assert {scene.status(each) for each in order_ids} == {"ignored"}
    assert "2 orders are ignored." in client.get("/problems").text


def test_an_order_that_moved_on_is_not_ignored_with_its_group(scene: Scene) -> None:
    order_id = scene.order("1001")
    scene.refuse(order_id)
    client = scene.client()
    selection = frozen(ask(client, "ignore", order=[order_id]))
    scene.book(order_id)

    form = {"selection": selection, "reason": "Booked by hand"}
    client.post("/orders/bulk/confirmed", form, page="/problems")

    assert scene.status(order_id) == "paid"


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"selection": "one"},
        {"selection": "0"},
        {"selection": "77"},
    ],
)
def test_a_confirmation_that_makes_no_sense_is_refused(
    scene: Scene, form: dict[str, str]
) -> None:
    answer = scene.client().post("/orders/bulk/confirmed", form, page="/problems")

    assert answer.status_code == 422


@pytest.mark.parametrize("address", ["/problems/fate", "/problems/refused?about=%00"])
def test_there_is_no_group_of_what_is_no_cause(scene: Scene, address: str) -> None:
    assert scene.client().get(address).status_code == 404


def test_groups_are_sent_as_a_file(scene: Scene) -> None:
    scene.order("1001", method="barter")
    scene.order("1002", method="barter")

    rows = scene.client(Role.WATCHER).get("/problems.csv").text.splitlines()

    assert len(rows) == 2
    assert rows[1].startswith("Unknown payment method,barter,2,")
