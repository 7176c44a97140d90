"""The list of orders: it finds, counts, pages, and acts on what was ticked."""

from __future__ import annotations

import re

import pytest

from tests.web.scene import Scene


def numbers(text: str) -> list[str]:
    return re.findall(r'class="order-link"[^>]*>([^<]+)<', text)


def counts(text: str) -> dict[str, str]:
    found = re.findall(
        r'data-key="tab-([a-z]*)".*?tab-count">([^<]+)<', text, re.DOTALL
    )
    return dict(found)


def test_counts_of_the_tabs_follow_the_search(scene: Scene) -> None:
    scene.order("1001", name="Ada Sample")
    scene.order("1002", name="Grace Example", rate="13")
    scene.order("1003", name="Ada Byron", paid=False)

    text = scene.client().get("/orders?q=ada").text

    assert numbers(text) == ["1003", "1001"]
    assert counts(text)[""] == "2"
    assert counts(text)["attention"] == "0"
    assert counts(text)["awaiting"] == "1"


def test_orders_are_found_by_number_name_and_address(scene: Scene) -> None:
    first = scene.order("1001", name="Ada Sample")
    scene.order("2002", name="Grace Example")
    scene.book(first)
    client = scene.client()

    for search in ("1001", "w-1001", "sample", "ada@post"):
        assert numbers(client.get(f"/orders?q={search}").text) == ["1001"], search


def test_a_percent_sign_in_a_search_is_only_a_percent_sign(scene: Scene) -> None:
    scene.order("1001")

    assert numbers(scene.client().get("/orders?q=%25").text) == []


def test_pages_follow_each_other_without_gaps_or_doubles(scene: Scene) -> None:
    for number in range(1001, 1061):
        # Many orders of one total: the key must tell them apart.
        scene.order(str(number), total=f"{12 + number % 3}.10")
    client = scene.client()

    for sort in ("newest", "lowest"):
        seen: list[str] = []
        path = f"/orders?sort={sort}"
        while path:
            text = client.get(path).text
            seen += numbers(text)
            found = re.search(r'href="([^"]+)" rel="next"', text)
            path = found.group(1).replace("&amp;", "&") if found else ""
        assert len(seen) == 60
        assert len(set(seen)) == 60


def test_the_page_before_is_the_page_one_came_from(scene: Scene) -> None:
    for number in range(1001, 1061):
        scene.order(str(number))
    client = scene.client()
    first = client.get("/orders").text
    (onward,) = re.findall(r'href="([^"]+)" rel="next"', first)

    second = client.get(onward.replace("&amp;", "&")).text
    (back,) = re.findall(r'href="([^"]+)" rel="prev"', second)

    assert numbers(client.get(back.replace("&amp;", "&")).text) == numbers(first)


def test_an_open_list_that_grows_leads_on_from_the_rows_it_shows_now(
    scene: Scene,
) -> None:
    client = scene.client()
    for number in range(1001, 1026):
        scene.order(str(number))
    live = {"X-Live": "1"}
    whole = client.get("/orders", headers=live).text

    scene.order("1026")
    grown = client.get("/orders", headers=live).text

    # Only what stands in a part that is kept up to date reaches an open page.
    pagers = r'<div id="pager" data-live>(.*?)</div>'
    (before,) = re.findall(pagers, whole, re.DOTALL)
    (after,) = re.findall(pagers, grown, re.DOTALL)
    assert "href" not in before
    (onward,) = re.findall(r'href="([^"]+)" rel="next"', after)
    assert numbers(client.get(onward).text) == ["1001"]


def test_an_empty_list_says_which_kind_of_empty_it_is(scene: Scene) -> None:
    client = scene.client()
    assert "No orders yet" in client.get("/orders").text

    scene.order("1001")

    assert "Nothing needs you" in client.get("/orders?status=attention").text
    assert "No order matches" in client.get("/orders?q=nobody").text


def test_nothing_a_reader_opens_changes_anything(scene: Scene) -> None:
    order_id = scene.order("1001", rate="13")
    client = scene.client()

    for path in ("/orders/bulk/confirmed", f"/orders/{order_id}/retry", "/runs"):
        client.get(f"{path}?order={order_id}")

    assert scene.status(order_id) == "needs attention"


def test_text_of_a_customer_or_a_search_stays_text(scene: Scene) -> None:
    scene.order("1001", name="Ada", note="<script>alert(1)</script>")
    client = scene.client()

    order = client.get("/orders/1").text
    search = client.get("/orders?q=<script>alert(1)</script>").text

    assert "<script>alert" not in order + search
    assert "&lt;script&gt;alert" in search


def test_a_refresh_that_finds_nothing_new_is_answered_with_nothing(
    scene: Scene,
) -> None:
    scene.order("1001")
    client = scene.client()
    first = client.get("/orders", headers={"X-Live": "1"})

    again = {"X-Live": "1", "If-None-Match": first.headers["ETag"]}
    assert client.get("/orders", headers=again).status_code == 304
    scene.order("1002")

    assert client.get("/orders", headers=again).status_code == 200


def test_what_refreshes_itself_holds_no_form_token(scene: Scene) -> None:
    order_id = scene.order("1001", rate="13")
    scene.schedule()
    client = scene.client()

    for path in ("/", "/orders", f"/orders/{order_id}", "/schedules", "/runs"):
        assert "csrf_token" not in client.get(path, headers={"X-Live": "1"}).text, path


@pytest.mark.parametrize(
    "question",
    [
        "q=%00",
        "q=" + "x" * 1000,
        "after=0",
        f"after={2**63}",
        "before=soon",
        "status=gone&sort=sideways&day=yesterday&cause=fate&shop=%00",
        "run=x&age=9&booked=9999-12-31&day=0001-01-01",
    ],
)
def test_a_question_that_makes_no_sense_does_no_harm(
    scene: Scene, question: str
) -> None:
    scene.order("1001")

    assert scene.client().get(f"/orders?{question}").status_code == 200


def test_the_list_on_the_page_is_the_list_in_the_file(scene: Scene) -> None:
    scene.order("1001", name="Grace Example")
    scene.order("1002", name="=HYPERLINK(0) Byron", total="9.05")

    answer = scene.client().get("/orders.csv?q=byron")

    assert answer.headers["Content-Disposition"].startswith("attachment")
    header, row = answer.text.lstrip("\ufeff").splitlines()
    assert header.startswith("Order,Shop,Customer")
    assert row.startswith("1002,Demo shop,'=HYPERLINK(0) Byron,")
    assert ",EUR,9.05,Queued," in row


def test_a_file_holds_the_orders_of_all_pages(scene: Scene) -> None:
    numbers = [str(number) for number in range(1001, 1031)]
    for number in numbers:
        scene.order(number)

    lines = scene.client().get("/orders.csv?sort=oldest").text.splitlines()

    assert [line.split(",")[0] for line in lines[1:]] == numbers
