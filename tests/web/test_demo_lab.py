"""The Demo lab: who may use it, what it asks of the demo shop, and what it shows."""

from __future__ import annotations

import html
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from dashboard.config import SettingWrong, load_settings
from dashboard.domain.clock import DemoClock
from dashboard.domain.status import OrderStatus
from dashboard.domain.users import Role
from dashboard.store.schema import UserRow
from dashboard.store.user_sessions import DEMO_LIMITS, UserSessionStore
from tests.web.conftest import MakeScene
from tests.web.demo_lab import LabDouble
from tests.web.scene import RULES, Browsing, Scene

SHOP = "demo-shop"
PAGE = "/demo"
POSTS = (
    "/demo/orders",
    "/demo/orders/500001/refund",
    "/demo/scenes/unknown-tax",
    "/demo/clock",
    "/demo/speed",
    "/demo/faults/clear",
    "/demo/start",
)


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> LabDouble:
    double = LabDouble()
    monkeypatch.setattr("dashboard.app.Lab", lambda *_: double)
    return double


@pytest.fixture
def stage(lab: LabDouble, make_scene: MakeScene) -> Scene:
    """A dashboard that a demo started, with its lab."""
    assert lab.asked == []
    scene = make_scene(DemoClock(), demo_lab_url="http://127.0.0.1:9")
    scene.shop(SHOP)
    scene.program.company.save_rules(RULES, expected_version=0)
    scene.connect()
    scene.beat()
    return scene


def text_of(client: Browsing, path: str = PAGE) -> str:
    return html.unescape(client.get(path).text)


# Who may


def test_without_a_demo_shop_there_is_no_lab_and_no_tour(empty: Scene) -> None:
    client = empty.client(Role.ADMINISTRATOR)

    assert client.get(PAGE).status_code == 404
    assert client.post("/demo/start").status_code == 404
    assert "Demo lab" not in client.get("/").text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLUICE_DEMO_LAB_URL", "http://127.0.0.1:9"),
        ("SLUICE_DEMO_LAB_TOKEN", "token"),
        ("SLUICE_DEMO_AHEAD_SECONDS", "60"),
    ],
)
def test_a_real_installation_does_not_start_with_a_lab(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(SettingWrong, match=f"{name} is for a demonstration"):
        load_settings({"SLUICE_DATA_DIR": str(tmp_path), name: value})


def test_a_watcher_sees_the_lab_and_cannot_use_it(stage: Scene, lab: LabDouble) -> None:
    client = stage.client(Role.WATCHER)

    page = client.get(PAGE)
    answers = [client.post(path, page=PAGE).status_code for path in POSTS]

    assert page.status_code == 200
    assert "Answers get lost" in page.text
    assert "Place the order" not in page.text
    assert answers == [403] * len(POSTS)
    assert client.get("/demo/start").status_code == 403
    assert lab.asked == []


def test_who_is_not_signed_in_gets_nothing(stage: Scene, lab: LabDouble) -> None:
    client = stage.client(None)
    form = {"csrf_token": client.token("/sign-in")}

    paths = (*POSTS, "/demo/tour/begin")
    answers = [client.post_bare(path, data=form) for path in paths]

    assert {answer.status_code for answer in answers} == {401}
    assert "/sign-in" in client.get(PAGE).headers["Location"]
    assert lab.asked == []


def test_a_form_without_its_token_is_refused(stage: Scene, lab: LabDouble) -> None:
    client = stage.client(Role.MANAGER)

    answers = [
        client.post_bare(path).status_code for path in (*POSTS, "/demo/returned")
    ]

    assert set(answers) == {400}
    assert lab.asked == []


def test_every_page_bears_the_badge(stage: Scene) -> None:
    client = stage.client(Role.MANAGER)

    pages = [
        client.get(path).text for path in ("/", "/orders", PAGE, "/demo/start", "/no")
    ]

    assert all(">DEMO</span>" in page for page in pages)
    assert ">DEMO</span>" in stage.client(None).get("/sign-in").text


# What it asks


def test_an_order_is_placed_with_what_was_chosen(stage: Scene, lab: LabDouble) -> None:
    client = stage.client(Role.MANAGER)
    form = {"item-MUG-01": "2", "item-LAMP-07": "0", "paying": "later"}

    answer = client.post("/demo/orders", form, page=PAGE)

    assert answer.headers["Location"].endswith("/demo#orders")
    assert lab.asked == [("/lab/orders", {"items": {"MUG-01": 2}, "paying": "later"})]
    assert "Order 500001 is placed." in text_of(client)


def test_an_order_of_nothing_is_not_placed(stage: Scene, lab: LabDouble) -> None:
    client = stage.client(Role.MANAGER)

    client.post("/demo/orders", {"item-MUG-01": "0"}, page=PAGE)

    assert "Choose at least one product." in text_of(client)
    assert lab.asked == []


@pytest.mark.parametrize("quantity", ["99999999", "100", "-1", "1.5", "x"])
def test_a_quantity_the_shop_does_not_sell_is_said_and_not_made_another(
    stage: Scene, lab: LabDouble, quantity: str
) -> None:
    client = stage.client(Role.MANAGER)
    form = {"item-MUG-01": quantity, "item-LAMP-07": "1"}

    client.post("/demo/orders", form, page=PAGE)

    said = f"of MUG-01, {quantity} is not a number from 0 to 99"
    assert said in text_of(client)
    assert lab.asked == []


def test_what_can_happen_to_an_order_is_a_press(stage: Scene, lab: LabDouble) -> None:
    lab.has("500001", "", "edit", "refund")
    client = stage.client(Role.MANAGER)
    page = text_of(client)

    client.post("/demo/orders/500001/refund", page=PAGE)

    assert "Refund all" in page
    assert "Cancel" not in page
    assert lab.asked == [("/lab/orders/500001/refund", None)]


@pytest.mark.parametrize(
    "path", ["/demo/orders/500001/burn", "/demo/scenes/fire", "/demo/tour/fly"]
)
def test_what_there_is_not_is_not_asked_for(
    stage: Scene, lab: LabDouble, path: str
) -> None:
    client = stage.client(Role.MANAGER)

    assert client.post(path, page=PAGE).status_code == 404
    assert lab.asked == []


def test_a_refusal_of_the_shop_is_told_in_its_words(
    stage: Scene, lab: LabDouble
) -> None:
    lab.refusal = "This scene is being played already."
    client = stage.client(Role.MANAGER)

    client.post("/demo/scenes/edited", page=PAGE)

    assert lab.refusal in text_of(client)


def test_a_shop_that_is_away_is_told_on_the_page(stage: Scene, lab: LabDouble) -> None:
    lab.is_away = True
    client = stage.client(Role.MANAGER)

    answer = client.get(PAGE)

    assert answer.status_code == 502
    assert "The demo shop does not answer." in answer.text


def test_what_is_done_in_the_lab_stands_in_activity(stage: Scene) -> None:
    client = stage.client(Role.MANAGER)

    client.post("/demo/scenes/edited", page=PAGE)
    client.post("/demo/clock", {"seconds": "3600"}, page=PAGE)

    activity = text_of(client, "/activity")
    assert "Played the scene" in activity
    assert "Moved the clock of the demo by" in activity


# What it shows


def test_a_scene_that_needs_a_person_says_so_and_links_its_order(
    stage: Scene, lab: LabDouble
) -> None:
    order_id = stage.order("503001", rate="13", slug=SHOP)
    lab.has("503001", "unknown-tax")
    assert stage.status(order_id) == OrderStatus.NEEDS_ATTENTION

    page = text_of(stage.client(Role.WATCHER))

    assert "Your turn" in page
    assert f'href="/orders/{order_id}">503001' in page


def test_a_scene_is_running_while_its_orders_are_and_ends_with_them(
    stage: Scene, lab: LabDouble
) -> None:
    order_id = stage.order("501001", slug=SHOP)
    lab.has("501001", "answers-lost")
    client = stage.client(Role.WATCHER)

    before = text_of(client)
    stage.book(order_id)

    assert "Running" in before
    assert "Ended well" in text_of(client)


def test_a_scene_that_broke_off_says_why(stage: Scene, lab: LabDouble) -> None:
    lab.scenes["edited"] = {"reason": "It waited in vain for its payment."}

    page = text_of(stage.client(Role.WATCHER))

    assert "Broken off" in page
    assert "It waited in vain for its payment." in page


def test_what_fails_at_present_is_shown(stage: Scene, lab: LabDouble) -> None:
    lab.faults = ["The package is down for two minutes"]

    assert lab.faults[0] in text_of(stage.client(Role.WATCHER), PAGE)


def test_a_poll_sees_what_changed_in_the_shop_alone(
    stage: Scene, lab: LabDouble
) -> None:
    client = stage.client(Role.WATCHER)
    live = {"X-Live": "1"}
    first = client.get(PAGE, headers=live)
    known = {**live, "If-None-Match": first.headers["ETag"]}

    lab.faults = ["The package is down for two minutes"]
    changed = client.get(PAGE, headers=known)

    assert changed.status_code == 200
    assert lab.faults[0] in changed.text


# The clock


def test_a_moved_clock_moves_all_and_nothing_seems_dead(
    stage: Scene, lab: LabDouble
) -> None:
    client = stage.client(Role.MANAGER)
    before = stage.clock.now()

    client.post("/demo/clock", {"seconds": str(7 * 86_400)}, page=PAGE)

    assert lab.asked == [("/lab/clock", {"advance_s": 7 * 86_400})]
    assert stage.clock.now() - before >= timedelta(days=7)
    page = text_of(client)
    assert 'data-rev="alive"' in page
    assert 'data-ahead="604800"' in page


def test_the_clock_takes_no_steps_but_those_offered(
    stage: Scene, lab: LabDouble
) -> None:
    client = stage.client(Role.MANAGER)

    answers = [
        client.post("/demo/clock", {"seconds": seconds}, page=PAGE).status_code
        for seconds in ("-60", "1", "x")
    ]

    assert answers == [400, 400, 400]
    assert lab.asked == []


def test_a_demo_clock_never_goes_back() -> None:
    clock = DemoClock(timedelta(hours=1))

    clock.move_to(timedelta(minutes=1))

    assert clock.ahead == timedelta(hours=1)


# Back to the start


def test_going_back_asks_first_and_then_the_shop(stage: Scene, lab: LabDouble) -> None:
    client = stage.client(Role.MANAGER)

    question = text_of(client, "/demo/start")
    assert lab.asked == []
    client.post("/demo/start", page="/demo/start")

    assert "Everything in this demonstration is forgotten" in question
    assert lab.asked == [("/lab/start", None)]


def test_who_went_back_is_signed_in_again_although_all_sessions_are_gone(
    stage: Scene,
) -> None:
    client = stage.client(Role.MANAGER)
    client.post("/demo/start", page="/demo/start")
    form = {"csrf_token": client.token("/orders")}
    forget_sessions(stage)
    make_users_anew(stage)
    assert client.get(PAGE).status_code == 302

    answer = client.post_bare("/demo/returned", data=form)

    assert answer.headers["Location"] == PAGE
    assert "as it was at the start" in text_of(client)


def test_who_comes_back_to_what_was_never_emptied_is_told_so(stage: Scene) -> None:
    client = stage.client(Role.MANAGER)
    client.post("/demo/start", page="/demo/start")

    client.post("/demo/returned", page="/orders")

    assert "It did not go back to the start." in text_of(client)


def test_nobody_is_signed_in_who_did_not_go_back(stage: Scene) -> None:
    stage.user(Role.MANAGER)
    client = stage.client(None)
    form = {"csrf_token": client.token("/sign-in"), "email": "manager@sluice.example"}

    answer = client.post_bare("/demo/returned", data=form)

    assert "/sign-in" in answer.headers["Location"]
    assert "/sign-in" in client.get(PAGE).headers["Location"]


def test_one_return_is_good_for_one_sign_in(stage: Scene) -> None:
    client = stage.client(Role.MANAGER)
    client.post("/demo/start", page="/demo/start")
    client.post("/demo/returned", page="/orders")
    form = {"csrf_token": client.token("/orders")}
    forget_sessions(stage)

    answer = client.post_bare("/demo/returned", data=form)

    assert "/sign-in" in answer.headers["Location"]


def make_users_anew(stage: Scene) -> None:
    with stage.database.write() as session:
        later = stage.clock.now() + timedelta(seconds=20)
        session.execute(update(UserRow).values(created_at=later))


def forget_sessions(stage: Scene) -> None:
    sessions = UserSessionStore(stage.database, stage.clock, DEMO_LIMITS)
    for user in stage.program.users.all():
        sessions.revoke_all(user.id)


# The guided tour


def test_the_tour_is_on_every_page_from_its_beginning_on(stage: Scene) -> None:
    client = stage.client(Role.WATCHER)
    before = text_of(client, "/orders")

    answer = client.post("/demo/tour/begin", page=PAGE)

    assert answer.headers["Location"] == "/"
    assert "step 1 of" not in before
    assert "step 1 of" in text_of(client, "/orders")
    assert "Go to the page of this step" in text_of(client, "/orders")
    assert "Go to the page of this step" not in text_of(client, "/")


def test_the_tour_can_be_left_and_resumed_where_it_was(stage: Scene) -> None:
    client = stage.client(Role.WATCHER)
    for move in ("begin", "next", "next", "leave"):
        client.post(f"/demo/tour/{move}", page=PAGE)
    left = text_of(client)

    client.post("/demo/tour/resume", page=PAGE)

    assert "step 3 of" not in left
    assert "Resume the tour at step 3" in left
    assert "step 3 of" in text_of(client)


def test_the_tour_goes_back_but_not_before_its_beginning(stage: Scene) -> None:
    client = stage.client(Role.WATCHER)
    for move in ("begin", "next", "back", "back"):
        client.post(f"/demo/tour/{move}", page=PAGE)

    assert "step 1 of" in text_of(client)


def test_the_tour_shows_the_order_that_was_placed(stage: Scene, lab: LabDouble) -> None:
    client = stage.client(Role.WATCHER)
    for move in ("begin", "next", "next"):
        client.post(f"/demo/tour/{move}", page=PAGE)
    nothing_placed = client.get("/demo/newest").headers["Location"]
    order_id = stage.order("500001", slug=SHOP)
    lab.has("500001")

    led_to = client.get("/demo/newest").headers["Location"]

    assert (nothing_placed, led_to) == ("/orders", f"/orders/{order_id}")
    assert "Go to the page of this step" in text_of(client, "/orders")
    assert "Go to the page of this step" not in text_of(client, led_to)


def test_the_tour_leads_over_real_pages_to_its_end(stage: Scene) -> None:
    client = stage.client(Role.WATCHER)
    answer = client.post("/demo/tour/begin", page=PAGE)
    seen = []
    while "End of the tour" not in (page := text_of(client)):
        seen.append(answer.headers["Location"].partition("#")[0])
        assert client.get(seen[-1]).status_code in {200, 302}
        answer = client.post("/demo/tour/next", page=PAGE)

    client.post("/demo/tour/end", page=PAGE)

    assert {"/", "/demo/newest", "/problems", "/reconciliation", PAGE} <= set(seen)
    assert "Now you" in page
    assert "Guided tour, 5 minutes" in text_of(client)
