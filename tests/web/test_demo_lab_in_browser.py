"""The Demo lab and its guided tour in a real browser: keyboard, phone and dark too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.domain.clock import DemoClock
from dashboard.domain.users import Role
from tests.web.conftest import MakeScene
from tests.web.demo_lab import LabDouble
from tests.web.scene import Scene, serving
from tests.web.test_demo_lab import make_users_anew
from tests.web.test_pages_in_browser import axe_faults, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> LabDouble:
    double = LabDouble()
    monkeypatch.setattr("dashboard.app.Lab", lambda *_: double)
    double.has("500001", "", "edit", "refund-one", "refund")
    double.has("503001", "unknown-tax", "edit", "refund-one", "refund")
    double.has("501001", "answers-lost", "edit", "refund-one", "refund")
    double.faults = ["The package is down for two minutes"]
    return double


@pytest.fixture
def served(lab: LabDouble, make_scene: MakeScene) -> Iterator[Scene]:
    """A dashboard that a demo started, served on a free port."""
    assert lab.asked == []
    scene = make_scene(DemoClock(), demo_lab_url="http://127.0.0.1:9")
    scene.shop("demo-shop")
    scene.program.company.save_rules(scene.rules, expected_version=0)
    scene.connect()
    scene.beat()
    scene.user(Role.ADMINISTRATOR)
    scene.book(scene.order("501001", slug="demo-shop"))
    scene.order("503001", rate="13", slug="demo-shop")
    with serving(scene):
        yield scene


@pytest.fixture
def page(chromium: Browser, served: Scene) -> Iterator[Page]:
    context = chromium.new_context()
    page = context.new_page()
    sign_in(page, served)
    yield page
    context.close()


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1366), ("dark", 390)], ids=["desk", "dark phone"]
)
def test_lab_and_tour_are_accessible_and_fit(
    chromium: Browser, served: Scene, scheme: Any, width: int
) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, served)
    faults = []
    for path in ("/demo", "/demo/start"):
        page.goto(served.url + path)
        faults += axe_faults(page) + wideness(page)
    page.goto(f"{served.url}/demo")
    with page.expect_navigation():
        page.get_by_role("button", name="Guided tour").click()
    faults += axe_faults(page)
    while page.get_by_role("button", name="End of the tour").count() == 0:
        faults += wideness(page)
        with page.expect_navigation():
            page.get_by_role("button", name="Next").click()
    faults += axe_faults(page)

    assert faults == []
    assert complaints == []
    context.close()


def wideness(page: Page) -> list[str]:
    wide = page.evaluate(
        "() => document.documentElement.scrollWidth - window.innerWidth"
    )
    return [f"{page.url} scrolls sideways by {wide} px"] if wide > 0 else []


def test_the_tour_is_walked_with_the_keyboard(page: Page, served: Scene) -> None:
    page.goto(f"{served.url}/demo")
    page.get_by_role("button", name="Guided tour").press("Enter")
    tour = page.get_by_role("complementary", name="Guided tour")
    expect(tour).to_contain_text("step 1 of")

    skip = page.get_by_role("link", name="Skip to the guided tour")
    skip.press("Enter")
    expect(tour).to_be_focused()
    tour.get_by_role("button", name="Next").press("Enter")

    expect(tour).to_contain_text("step 2 of")
    expect(page).to_have_url(f"{served.url}/demo#order")


def test_what_has_the_focus_is_not_behind_the_tour(page: Page, served: Scene) -> None:
    page.set_viewport_size({"width": 1366, "height": 700})
    page.emulate_media(reduced_motion="reduce")  # else scrolling takes its time
    page.goto(f"{served.url}/demo")
    page.get_by_role("button", name="Guided tour").click()
    page.goto(f"{served.url}/demo")
    page.get_by_label("Never: leave at the payment page").focus()

    for _ in range(8):
        page.keyboard.press("Tab")
        overlap = page.evaluate(
            """() => {
                const has = document.activeElement;
                const tour = document.querySelector("#tour");
                if (tour.contains(has)) return 0;
                return has.getBoundingClientRect().bottom -
                    tour.getBoundingClientRect().top;
            }"""
        )
        assert overlap <= 0, page.evaluate("() => document.activeElement.outerHTML")


def test_a_scene_is_played_and_an_order_placed_by_pressing(
    page: Page, served: Scene, lab: LabDouble
) -> None:
    page.goto(f"{served.url}/demo")

    page.get_by_role("button", name="Play Edited after booking").click()
    expect(page.get_by_text("The scene runs: Edited after booking.")).to_be_visible()
    page.get_by_label("Desk lamp").fill("3")
    page.get_by_label("Pay later").check()
    page.get_by_role("button", name="Place the order").click()
    expect(page.get_by_text("Order 500001 is placed.")).to_be_visible()

    assert [path for path, _body in lab.asked] == ["/lab/scenes/edited", "/lab/orders"]
    assert lab.asked[1][1] == {"items": {"MUG-01": 1, "LAMP-07": 3}, "paying": "later"}


def test_what_came_of_an_act_is_in_sight_far_down_the_page(
    page: Page, served: Scene
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{served.url}/demo")
    page.get_by_label("Stoneware mug").fill("0")

    page.get_by_role("button", name="Place the order").click()

    told = page.get_by_text("Choose at least one product.")
    expect(told).to_be_in_viewport()
    expect(page.locator(".flash")).to_be_focused()
    assert page.evaluate("() => scrollY") > 0
    page.keyboard.press("Tab")
    expect(told).not_to_be_in_viewport()


def test_the_page_of_a_return_waits_and_goes_on_by_itself(
    page: Page, served: Scene
) -> None:
    page.goto(f"{served.url}/demo/start")
    health: list[int] = []
    page.route(
        "**/healthz",
        lambda route: (
            health.append(1),
            route.abort() if len(health) in {2, 3, 4} else route.fulfill(body="{}"),
        ),
    )

    page.get_by_role("button", name="Forget everything").click()
    expect(page.get_by_role("heading", name="Going back")).to_be_visible()
    make_users_anew(served)

    expect(page.get_by_text("as it was at the start")).to_be_visible()
    assert len(health) == 5


def test_the_page_of_a_return_that_takes_too_long_says_so(
    page: Page, served: Scene
) -> None:
    page.clock.install()
    page.goto(f"{served.url}/demo/start")
    page.route("**/healthz", lambda route: route.abort())
    page.get_by_role("button", name="Forget everything").click()
    late = page.get_by_text("It has not come back for a minute.")
    expect(page.get_by_text("this page goes on by itself")).to_be_visible()
    expect(late).to_be_hidden()

    page.clock.run_for(61_000)
    expect(late).to_be_visible()
    page.get_by_role("button", name="Look again").click()

    expect(late).to_be_hidden()
