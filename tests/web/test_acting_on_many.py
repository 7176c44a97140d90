"""Acting on all orders of a list: asked with the number, done with those alone."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from dashboard.domain.selections import Result, SelectionAct
from dashboard.domain.users import Role
from dashboard.store import order_counts, order_words
from tests.fixtures.clocks import SettableClock
from tests.web.scene import Browsing, Scene
from tests.web.test_freshness import statements
from tests.web.test_problems import frozen, orders_of


def ask(client: Browsing, act: str, address: str = "") -> str:
    path = f"/orders/bulk?scope=all{address}"
    return client.post(path, {"act": act}, page="/orders").text


def many(scene: Scene, count: int, **fields: str) -> list[int]:
    return [scene.order(str(2000 + n), rate="13", **fields) for n in range(count)]


def words(page: str) -> str:
    """Return a page without its tags."""
    return re.sub(r"<[^>]*>", "", page)


def let_work(scene: Scene) -> None:
    """Let the background do what waits for it, here and now."""
    scene.program.performer.work_now()


def test_all_of_a_list_means_what_its_filter_holds(scene: Scene) -> None:
    meant = [
        scene.order("1001", rate="13", name="Ada Sample"),
        scene.order("1002", rate="13", name="Ada Byron"),
    ]
    scene.order("1003", rate="13", name="Grace Example")
    scene.order("1004", name="Ada Lively")
    client = scene.client()

    assert "Select all 3 orders of this list" in client.get("/orders?q=ada").text
    asked = ask(client, "retry", "&q=ada")

    assert "Retry 2 orders?" in asked
    assert "1 order of these does not need attention" in asked
    assert orders_of(scene, frozen(asked)) == meant


def test_a_list_of_which_only_other_orders_were_counted_can_be_acted_on(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_words, "COMMON", 1)
    monkeypatch.setattr(order_counts, "COUNTED_UP_TO", 1)
    scene.order("1001", name="Ada Sample")
    scene.order("1002", rate="13", name="Ada Byron")

    text = scene.client().get("/orders?q=ada&status=attention").text

    assert re.findall(r'tab-attention".*?tab-count">(\d+)', text) == ["0"]
    assert "Ada Byron" in text
    assert "Select every order of this list" in text
    # How many of them need nothing, nobody has counted.
    monkeypatch.setattr(order_words, "COMMON", 3)
    for number in ("0997", "0998"):
        scene.order(number, name="Ada Lively")
    asked = ask(scene.client(), "retry", "&q=ada")
    assert "Retry 1 order?" in asked
    assert "not need attention" not in asked


def test_a_list_without_orders_for_the_act_is_not_a_list_of_all(scene: Scene) -> None:
    many(scene, 2)
    client = scene.client()

    answer = client.post(
        "/orders/bulk?scope=all&status=paid", {"act": "retry"}, page="/orders"
    )

    assert answer.status_code == 302


def test_many_orders_are_acted_on_in_the_background_and_each_says_what_became_of_it(
    scene: Scene,
) -> None:
    order_ids = many(scene, 55)
    client = scene.client(Role.WATCHER)
    selection = frozen(ask(client, "ignore"))
    form = {"selection": selection, "reason": "Sold by the other company"}

    answer = client.post("/orders/bulk/confirmed", form, page="/orders")
    page = answer.headers["Location"]
    assert "0 of 55 orders handled" in words(client.get(page).text)
    let_work(scene)
    text = client.get(page).text

    assert {scene.status(each) for each in order_ids} == {"ignored"}
    assert "55 of 55 orders handled" in words(text)
    assert "Sold by the other company" in text
    counts = re.findall(r'data-key="tab-(\w*)".*?tab-count">(\d+)<', text, re.DOTALL)
    assert dict(counts) == {"": "55", "handled": "55", "done": "55"}


def test_what_somebody_else_did_first_is_told_of_each_order(scene: Scene) -> None:
    order_ids = many(scene, 2)
    client = scene.client()
    selection = frozen(ask(client, "retry"))
    scene.program.actions.ignore(order_ids[0], "Booked by hand", "Kim")

    form = {"selection": selection}
    answer = client.post("/orders/bulk/confirmed", form, page="/orders")

    page = client.get(answer.headers["Location"]).text
    assert page.count("Kim was there before: Ignored: Booked by hand") == 1


def test_what_is_confirmed_twice_is_done_once(scene: Scene) -> None:
    many(scene, 2)
    client = scene.client()
    selection = frozen(ask(client, "ignore"))
    form = {"selection": selection, "reason": "By hand"}

    client.post("/orders/bulk/confirmed", form, page="/orders")
    answer = client.post("/orders/bulk/confirmed", form, page="/orders")

    assert answer.headers["Location"] == f"/selections/{selection}"
    assert "is not done a second time" in client.get(answer.headers["Location"]).text
    activity = client.get("/activity?kind=selection").text
    assert activity.count(f'<a href="/selections/{selection}">2 orders</a>') == 1
    story = client.get("/orders/1").text
    assert story.count("Ignored: By hand") == 1


def test_a_paused_act_stands_still_until_it_goes_on(scene: Scene) -> None:
    order_ids = many(scene, 51)
    client = scene.client()
    selection = frozen(ask(client, "ignore"))
    form = {"selection": selection, "reason": "By hand"}
    client.post("/orders/bulk/confirmed", form, page="/orders")
    page = f"/selections/{selection}"

    client.post(f"{page}/pause", {}, page=page)
    let_work(scene)
    assert {scene.status(each) for each in order_ids} == {"needs attention"}

    client.post(f"{page}/resume", {}, page=page)
    let_work(scene)
    assert {scene.status(each) for each in order_ids} == {"ignored"}


def test_each_number_of_the_list_leads_to_as_many_orders(scene: Scene) -> None:
    order_ids = many(scene, 12)
    selections = scene.program.selections
    begun = selections.freeze(SelectionAct.RETRY, order_ids, "Pat")
    selections.start(begun.id, "")
    assert selections.take() is not None
    started = selections.next_members(begun.id, 5)
    results = [Result.DONE, Result.DONE, Result.SKIPPED, Result.STOPPED, Result.FAILED]
    selections.record(
        begun.id,
        [replace(m, result=r) for m, r in zip(started, results, strict=True)],
    )
    scene.refuse(scene.order("1001"))
    plan(scene.client(Role.MANAGER), scene)
    client = scene.client()

    counts = re.findall(
        r'class="count" href="([^"]+)">(\d+)<', client.get("/selections").text
    )

    assert [number for _href, number in counts] == ["1", "12", "5"]
    for href, number in counts:
        page = client.get(html.unescape(href)).text
        assert page.count('data-key="member-') == int(number), href


def test_a_stopped_act_leaves_the_rest_undone_for_good(scene: Scene) -> None:
    order_ids = many(scene, 51)
    client = scene.client()
    selection = frozen(ask(client, "ignore"))
    form = {"selection": selection, "reason": "By hand"}
    client.post("/orders/bulk/confirmed", form, page="/orders")
    page = f"/selections/{selection}"

    client.post(f"{page}/stop", {}, page=page)
    client.post(f"{page}/resume", {}, page=page)
    let_work(scene)

    assert {scene.status(each) for each in order_ids} == {"needs attention"}
    text = client.get(page).text
    assert "Stopped" in text
    assert "Waiting" not in text
    assert "Not done" in client.get(f"{page}.csv").text


def test_an_act_that_is_stopped_counts_what_it_was_at(scene: Scene) -> None:
    order_ids = many(scene, 3)
    selections = scene.program.selections
    asked = selections.freeze(SelectionAct.IGNORE, order_ids, "Pat")
    selections.start(asked.id, "By hand", claim=True)
    first, *_ = selections.next_members(asked.id, 1)

    selections.stop(asked.id)
    selections.record(asked.id, [replace(first, result=Result.DONE)])

    stopped = selections.one(asked.id)
    assert stopped is not None
    assert stopped.tally.results == {Result.DONE: 1, Result.WAITING: 2}


def test_what_an_ended_act_came_to_is_not_counted_again(scene: Scene) -> None:
    many(scene, 3)
    client = scene.client()
    selection = frozen(ask(client, "ignore"))
    form = {"selection": selection, "reason": "By hand"}
    client.post("/orders/bulk/confirmed", form, page="/orders")
    let_work(scene)

    with statements(scene) as asked:
        text = client.get("/selections").text

    assert text.count('data-key="selection-') == 1
    assert not [each for each in asked if "FROM selection_orders" in each]


def test_orders_are_restored_with_a_reason_and_not_without(scene: Scene) -> None:
    order_ids = many(scene, 3)
    for order_id in order_ids:
        scene.program.actions.ignore(order_id, "by hand", "Pat")
    client = scene.client()
    selection = frozen(ask(client, "restore", "&status=ignored"))

    form = {"selection": selection}
    without = client.post("/orders/bulk/confirmed", form, page="/orders")
    assert without.status_code == 422
    assert {scene.status(each) for each in order_ids} == {"ignored"}

    form["reason"] = "It was ours"
    client.post("/orders/bulk/confirmed", form, page="/orders")

    assert {scene.status(each) for each in order_ids} == {"needs attention"}
    assert "Restored: It was ours" in client.get(f"/orders/{order_ids[0]}").text


def test_what_a_rule_ignores_is_not_offered_to_be_restored(scene: Scene) -> None:
    by_rule = scene.order("3001", status="cancelled", paid=False)
    by_person, *_others = many(scene, 2)
    scene.program.actions.ignore(by_person, "by hand", "Pat")
    client = scene.client()

    listed = client.get("/orders?status=ignored").text
    all_matching = frozen(ask(client, "restore", "&status=ignored"))
    ticked = {"act": "restore", "order": [str(by_rule), str(by_person)]}
    question = client.post("/orders/bulk", ticked, page="/orders").text

    assert scene.status(by_rule) == "ignored"
    assert re.findall(r'name="order" value="(\d+)"', listed) == [str(by_person)]
    assert orders_of(scene, all_matching) == [by_person]
    assert orders_of(scene, frozen(question)) == [by_person]
    assert "1 order of these was not ignored by a person" in question


def test_what_nobody_confirms_is_forgotten(empty: Scene, clock: SettableClock) -> None:
    empty.shop()
    many(empty, 2)
    client = empty.client()
    selection = frozen(ask(client, "ignore"))

    clock.advance(3 * 24 * 3600)
    let_work(empty)

    assert empty.program.selections.one(int(selection)) is None


@pytest.mark.parametrize("act", ["backfill", "explode", ""])
def test_an_act_that_makes_no_sense_for_a_list_is_refused(
    scene: Scene, act: str
) -> None:
    answer = scene.client().post("/orders/bulk?scope=all", {"act": act}, page="/orders")

    assert answer.status_code == 422


def test_a_note_stands_in_the_story_with_who_wrote_it(scene: Scene) -> None:
    order_id = scene.order("1001")
    client = scene.client(Role.WATCHER)

    client.post(
        f"/orders/{order_id}/notes", {"text": "She calls on Monday <b>"}, page="/orders"
    )
    empty = client.post(f"/orders/{order_id}/notes", {"text": " "}, page="/orders")

    text = client.get(f"/orders/{order_id}").text
    assert "She calls on Monday &lt;b&gt;" in text
    assert "Watcher" in text
    assert empty.status_code == 422


def plan(client: Browsing, scene: Scene, last: str = "2026-11-22") -> str:
    """Let a person ask what a backfill comes to; return where it is told."""
    form = {"shop": "demo", "first": "2026-11-22", "last": last}
    answer = client.post("/selections", form, page="/selections")
    assert answer.status_code == 302, answer.text
    let_work(scene)
    return str(answer.headers["Location"])


def test_a_backfill_is_planned_first_and_books_when_it_is_started(
    scene: Scene,
) -> None:
    refused = scene.order("1001", name="Ada Sample")
    scene.refuse(refused)
    unknown = scene.order("1002", rate="13", name="Grace Example")
    scene.book(scene.order("1003", name="Ada Lively"))
    client = scene.client(Role.MANAGER)

    page = plan(client, scene)
    text = client.get(page).text
    counts = re.findall(r'data-key="tab-(\w*)".*?tab-count">(\d+)<', text, re.DOTALL)
    assert dict(counts) == {"": "3", "creates": "1", "skips": "1", "blocked": "1"}
    assert "It is in the books already." in client.get(f"{page}?of=skips").text
    assert "has no tax type" in client.get(f"{page}?of=blocked").text
    assert "Takes about" in text
    assert scene.status(refused) == "needs attention"

    lines = client.get(f"{page}.csv?of=skips").text.lstrip("\ufeff").splitlines()
    assert lines[1:] == ["1003,Skips,,It is in the books already.,Paid"]
    client.post(f"{page}/start", {}, page=page)
    let_work(scene)

    assert scene.status(refused) == "queued"
    assert scene.status(unknown) == "needs attention"
    assert "1 of 1 orders handled" in words(client.get(page).text)


def test_a_backfill_that_would_book_nothing_says_so(scene: Scene) -> None:
    scene.book(scene.order("1001"))
    client = scene.client(Role.MANAGER)

    text = client.get(plan(client, scene)).text

    assert "There is nothing to book in these days" in text
    assert "Takes about" not in text
    assert "/start" not in text


def test_only_managers_start_a_backfill_or_stop_it(scene: Scene) -> None:
    scene.refuse(scene.order("1001"))
    page = plan(scene.client(Role.MANAGER), scene)
    watcher = scene.client(Role.WATCHER)

    assert watcher.get(page).status_code == 200
    for act in ("start", "stop"):
        assert watcher.post(f"{page}/{act}", {}, page="/orders").status_code == 403


def test_a_backfill_of_a_period_that_makes_no_sense_is_refused(scene: Scene) -> None:
    client = scene.client(Role.MANAGER)
    form = {"shop": "demo", "first": "2026-11-22", "last": "2026-11-21"}

    answer = client.post("/selections", form, page="/selections")

    assert answer.status_code == 422
    assert "The period ends before it begins." in answer.text


def test_acts_on_many_are_a_list_of_pages_tabs_and_filters(scene: Scene) -> None:
    selections = scene.program.selections
    (order_id,) = many(scene, 1)
    for number in range(27):
        act = SelectionAct.RETRY if number else SelectionAct.IGNORE
        begun = selections.freeze(act, [order_id], "Pat" if number else "Kim")
        selections.start(begun.id, "By hand")
        if number < 2:
            selections.stop(begun.id)
    selections.freeze(SelectionAct.RETRY, [order_id], "Lee")  # nobody confirmed it
    client = scene.client()

    def shown(address: str) -> tuple[int, dict[str, str]]:
        text = client.get(address).text
        counts = re.findall(r">\s*([A-Z][a-z ]+) <[^>]*tab-count\">(\d+)<", text)
        return text.count('data-key="selection-'), dict(counts)

    rows, counts = shown("/selections")
    assert rows == 25
    assert (counts["All"], counts["Under way"], counts["Stopped"]) == ("27", "25", "2")
    rest = re.findall(r'href="([^"]+)" rel="next"', client.get("/selections").text)
    assert shown(rest[0])[0] == 2
    people = re.findall(r"<option>(\w+)</option>", client.get("/selections").text)
    assert people == ["Kim", "Pat"]
    rows, counts = shown("/selections?by=Kim&act=ignore")
    assert (rows, counts["Stopped"], counts["Under way"]) == (1, "1", "0")
    assert "Nothing matches" in client.get("/selections?by=Kim&state=failed").text
    file = client.get("/selections.csv?state=stopped&sort=oldest").text
    assert [row.split(",")[9] for row in file.splitlines()[1:]] == ["Kim", "Pat"]
