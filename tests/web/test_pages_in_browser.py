"""The pages in a real browser: live without disturbing, accessible, and closed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Route,
    expect,
)
from sqlalchemy import select, update

from dashboard.domain.alarms import AlarmKind
from dashboard.domain.clock import SystemClock
from dashboard.domain.reconciliation import DifferenceKind
from dashboard.domain.rules import Shop
from dashboard.domain.selections import SelectionAct
from dashboard.domain.sentences import say
from dashboard.domain.uploads import CellError, FiledOrder, Standing
from dashboard.domain.users import Role
from dashboard.store.schema import OrderEventRow, OrderRow
from tests.web.conftest import MakeScene
from tests.web.scene import PASSWORD, SECRET, Scene, serving
from tests.web.test_reconciliation import a_difference, compare
from tests.web.test_uploads import FILE as A_FILE

pytestmark = pytest.mark.browser

PATHS = (
    "/",
    "/orders",
    "/orders?status=attention&q=a",
    "/orders?q=nobody",
    "/orders/1",
    "/orders/7",
    "/orders/7/preview",
    "/orders/7/revisions/7",
    "/selections",
    "/selections/1",
    "/problems",
    "/problems/unknown-tax-rate?about=13+%25+in+NL",
    "/runs",
    "/figures",
    "/figures?span=month",
    "/runs/1",
    "/processes",
    "/exchanges",
    "/exchanges?purpose=ask&slow=1",
    "/exchanges/1",
    "/reconciliation",
    "/reconciliation/1",
    "/schedules",
    "/schedules/1",
    "/settings",
    "/settings/shops/woo",
    "/settings/shops/second/rules",
    "/settings/shops/demo/upload",
    "/uploads/1?of=wrong",
    "/uploads/2",
    "/settings/notifications",
    "/settings/notifications/1",
    "/settings/organisations",
    "/settings/retention",
    "/settings/notifications/new/email",
    "/users",
    "/users/1",
    "/activity",
    "/activity?kind=order&q=nobody",
    "/you",
    "/nothing-here",
)
AXE = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    }
}


@pytest.fixture
def served(make_scene: MakeScene) -> Iterator[Scene]:
    """A dashboard with orders of many kinds, served on a free port."""
    scene = make_scene(SystemClock())
    fill(scene)
    with serving(scene):
        yield scene


A_CURRENCY = say("must be a currency of three letters, such as EUR")
WHAT_BECAME = (
    FiledOrder(number="1", standing=Standing.NEW, order_id=1),
    FiledOrder(
        number="3",
        standing=Standing.WRONG,
        errors=(CellError(line=4, column="Gross", message=A_CURRENCY),),
    ),
)


def fill(scene: Scene) -> None:
    scene.shop()
    scene.shop("second", "Second shop")
    woo = Shop(id=0, slug="woo", name="Woo shop", kind="woocommerce", prefix="O-")
    scene.program.company.add_shop(woo, SECRET, at=scene.clock.now())
    scene.program.company.save_rules(
        scene.rules,
        expected_version=0,
    )
    second = scene.program.company.shop("second")
    assert second is not None
    scene.program.company.change_shop_rules(
        second, lambda own: replace(own, due_days=7, tax_rules=scene.rules.tax_rules)
    )
    scene.connect()
    scene.beat()
    scene.schedule()
    scene.user(Role.ADMINISTRATOR)
    booked = [scene.order(str(number)) for number in range(1001, 1006)]
    scene.book(*booked)
    scene.order("1006", paid=False, name="Grace Example")
    scene.order("1007", rate="13", name="Zoë Çelik-Østergård")
    scene.order("1008", method="barter", name="Ada Byron")
    scene.refuse(scene.order("1009", name="Ada King", slug="second"))
    kept = scene.program.selections.freeze(SelectionAct.IGNORE, [6, 7], "Pat")
    scene.program.selections.start(kept.id, "By hand")
    scene.program.selections.pause(kept.id)
    scene.close_gate("The books asked for a pause")
    scene.channel("http://127.0.0.1:9/")
    scene.upload(A_FILE)
    scene.program.uploads.store.finish(scene.upload(A_FILE), WHAT_BECAME)
    scene.hold(AlarmKind.NO_ORDERS, AlarmKind.NEEDS_PERSON)
    missing = a_difference(2, kind=DifferenceKind.MISSING, document_id="")
    compare(scene, a_difference(1), missing)


@pytest.fixture
def page(chromium: Browser, served: Scene) -> Iterator[Page]:
    """A signed-in browser window on the overview."""
    context = chromium.new_context()
    page = context.new_page()
    sign_in(page, served)
    yield page
    context.close()


def sign_in(page: Page, served: Scene) -> None:
    page.goto(f"{served.url}/sign-in")
    # Whatever the language.
    page.locator("[name=email]").fill("administrator@sluice.example")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    expect(page.locator("#headline")).to_be_visible()


def refresh(page: Page) -> None:
    """Let the page ask for news now, as it does when its tab is shown again."""
    with page.expect_response(lambda answer: "x-live" in answer.request.headers):
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")


def test_the_first_pages_of_all_are_accessible(
    chromium: Browser, make_scene: MakeScene
) -> None:
    scene = make_scene(SystemClock())
    scene.user(Role.ADMINISTRATOR)
    faults = []

    with serving(scene), chromium.new_context() as context:
        page = context.new_page()
        sign_in(page, scene)
        for path in ("/", "/orders", "/runs", "/settings", "/schedules", "/processes"):
            page.goto(scene.url + path)
            faults += axe_faults(page)

    assert faults == []


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    # German words are the longest, and a phone the narrowest.
    [
        (1366, "light", "en-GB"),
        (1366, "dark", "nl-NL"),
        (390, "light", "de-DE"),
        (390, "dark", "en-GB"),
    ],
)
def test_every_page_is_accessible_fits_and_loads_nothing_foreign(
    chromium: Browser, served: Scene, scheme: Any, width: int, language: str
) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=scheme,
        locale=language,
    )
    page = context.new_page()
    complaints: list[str] = []
    asked: set[str] = set()
    page.on("console", lambda message: hear(message, complaints))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.add(request.url))
    page.goto(f"{served.url}/sign-in")
    faults = axe_faults(page)
    sign_in(page, served)

    for path in PATHS:
        page.goto(served.url + path)
        if path == "/orders/1":
            page.locator("details.exchange summary").first.click()
        faults += axe_faults(page)
        wide = page.evaluate(
            "() => document.documentElement.scrollWidth - window.innerWidth"
        )
        assert wide <= 0, f"{path} scrolls sideways by {wide} px"

    assert faults == []
    # The browser itself says that a page was not found; that one is meant.
    assert [text for text in complaints if "404" not in text] == []
    foreign = {url for url in asked if not url.startswith((f"{served.url}/", "data:"))}
    assert foreign == set()
    context.close()


@pytest.mark.parametrize(
    ("width", "language"), [(1280, "de"), (995, "de"), (900, "en"), (390, "de")]
)
def test_lists_keep_all_their_columns_in_sight(
    page: Page, served: Scene, width: int, language: str
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.set_extra_http_headers({"Accept-Language": language})
    for path in PATHS:
        page.goto(served.url + path)
        hidden = page.evaluate(
            """() => [
                ...document.querySelectorAll('main, .card-plain, .side-link')
            ].map(
                (box) => box.scrollWidth - box.clientWidth
            )"""
        )
        assert max(hidden, default=0) <= 1, path


def hear(message: ConsoleMessage, complaints: list[str]) -> None:
    if message.type in {"error", "warning"}:
        complaints.append(message.text)


def axe_faults(page: Page) -> list[str]:
    page.wait_for_load_state()  # after a click the page may be half there
    violations = Axe().run(page, options=AXE).response["violations"]
    return [
        f"{page.url}: {violation['id']}: {node['html']} {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]


def test_axe_does_find_a_planted_fault(page: Page) -> None:
    page.evaluate("() => document.querySelector('main').append(new Image())")

    assert any("image-alt" in fault for fault in axe_faults(page))


def test_a_refresh_keeps_ticks_focus_and_typed_text(page: Page, served: Scene) -> None:
    page.goto(f"{served.url}/orders")
    page.get_by_label("Tick order 1007").check()
    page.get_by_role("searchbox").fill("half a wor")
    page.get_by_label("Tick order 1008").focus()

    served.order("1010")
    served.refuse(7, "Refused for another reason.")
    refresh(page)

    expect(page.get_by_role("link", name="1010", exact=True)).to_be_visible()
    expect(page.get_by_label("Tick order 1007")).to_be_checked()
    expect(page.get_by_label("Tick order 1008")).to_be_focused()
    expect(page.get_by_role("searchbox")).to_have_value("half a wor")
    expect(page.locator("[data-ticked]")).to_have_text("1")


def test_a_refresh_keeps_open_what_is_being_read(page: Page, served: Scene) -> None:
    page.goto(f"{served.url}/orders/1")
    details = page.locator("details.exchange").first
    details.locator("summary").click()

    served.book(1)
    refresh(page)

    expect(page.locator("details.exchange")).to_have_count(5)
    expect(details).to_have_attribute("open", "")


def test_an_order_that_moves_on_leaves_the_list_and_the_counts(
    page: Page, served: Scene
) -> None:
    page.goto(f"{served.url}/orders?status=attention")
    tab = page.get_by_role("link", name=re.compile("Needs attention"))
    expect(tab).to_contain_text("3")

    served.program.actions.retry([9], "Somebody")
    refresh(page)

    expect(tab).to_contain_text("2")
    expect(page.get_by_role("link", name="1009", exact=True)).to_have_count(0)


def test_counts_of_the_tabs_follow_the_search(page: Page, served: Scene) -> None:
    page.goto(f"{served.url}/orders")

    page.get_by_role("searchbox").fill("grace")
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="All 1")).to_be_visible()
    expect(page.get_by_role("link", name="Awaiting payment 1")).to_be_visible()
    page.get_by_role("link", name="Remove: Search: grace").click()
    expect(page.get_by_role("link", name="All 9")).to_be_visible()


def test_a_server_that_is_away_is_said_and_forgotten_when_it_is_back(
    page: Page, served: Scene
) -> None:
    def refuse(route: Route) -> None:
        route.abort()

    away = page.get_by_text("Connection lost.")
    page.goto(f"{served.url}/orders")
    expect(away).to_be_hidden()

    page.route("**/orders", refuse)
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(away).to_be_visible()

    page.unroute("**/orders", refuse)
    refresh(page)
    expect(away).to_be_hidden()


def test_a_page_whose_session_ended_says_so(page: Page, served: Scene) -> None:
    page.goto(f"{served.url}/orders")
    page.context.clear_cookies()

    refresh(page)

    expect(page.get_by_text("You have been signed out.")).to_be_visible()


def test_who_signs_in_again_in_another_tab_goes_on_with_what_was_typed(
    page: Page, served: Scene
) -> None:
    page.goto(f"{served.url}/orders/1")
    page.get_by_label("Add a note").fill("They call back")
    page.context.clear_cookies()
    refresh(page)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Sign in again").click()
    opened.value.wait_for_url("**/sign-in?next=/orders/1")
    opened.value.locator("[name=email]").fill("administrator@sluice.example")
    opened.value.locator("[name=password]").fill(PASSWORD)
    opened.value.locator("[name=password]").press("Enter")
    expect(opened.value.get_by_role("heading", name="Order 1001")).to_be_visible()

    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("You have been signed out.")).to_be_hidden()
    page.get_by_role("button", name="Add note").click()

    expect(page.get_by_text("The note is added.")).to_be_visible()
    expect(page.get_by_text("They call back")).to_be_visible()


def test_the_live_switch_stops_the_refreshing(page: Page, served: Scene) -> None:
    page.goto(f"{served.url}/orders")
    asked: list[str] = []
    page.get_by_role("switch", name="Live").uncheck()
    page.on("request", lambda request: asked.append(request.url))

    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    page.reload()

    expect(page.get_by_role("switch", name="Live")).not_to_be_checked()
    assert [url for url in asked if "assets" not in url].count(
        f"{served.url}/orders"
    ) == 1


def test_a_chosen_theme_stays_chosen(page: Page, served: Scene) -> None:
    page.get_by_label("You and the look of the pages").click()
    page.get_by_role("button", name="Dark").click()

    page.goto(f"{served.url}/runs")

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_times_are_relative_and_exact_on_a_tap(page: Page, served: Scene) -> None:
    page.goto(f"{served.url}/orders")
    time = page.locator("#orders time").first
    expect(time).to_have_text(re.compile("ago|now"))

    time.click()

    expect(time).to_have_text(re.compile(r"20\d\d"))


def test_on_paper_times_are_exact(page: Page, served: Scene) -> None:
    page.goto(f"{served.url}/orders")
    time = page.locator("#orders time").first
    expect(time).to_have_text(re.compile("ago|now"))

    page.emulate_media(media="print")
    expect(time).to_have_text(re.compile(r"20\d\d"))

    page.emulate_media(media="screen")
    expect(time).to_have_text(re.compile("ago|now"))


def test_a_number_is_copied_beside_it(page: Page, served: Scene) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{served.url}/orders/1")

    page.get_by_role("button", name="Copy W-1001", exact=True).first.click()

    expect(page.locator("[data-copied]")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == "W-1001"


def test_on_a_phone_every_place_is_in_the_menu(page: Page, served: Scene) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{served.url}/orders")
    places = page.get_by_role("navigation", name="Main")
    activity = places.get_by_role("link", name="Activity")
    expect(places.get_by_role("link", name="Problems")).to_be_in_viewport()
    expect(activity).to_be_hidden()

    places.get_by_role("button", name="More").click()
    expect(activity).to_be_in_viewport(ratio=1)
    activity.click()

    expect(page).to_have_url(f"{served.url}/activity")
    expect(activity).to_be_in_viewport(ratio=1)


def test_ticked_orders_are_retried_after_a_question(page: Page, served: Scene) -> None:
    page.goto(f"{served.url}/orders?status=attention")
    page.get_by_label("Tick all that can be acted on").check()
    page.get_by_role("button", name="Retry", exact=True).click()

    page.get_by_role("button", name="Retry 3 orders").click()

    expect(page.get_by_role("status").filter(has_text="tried again")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/selections/\d+\?next=/orders"))


def test_an_order_is_ignored_from_its_page(page: Page, served: Scene) -> None:
    page.goto(f"{served.url}/orders/7")
    page.get_by_text("Ignore this order").click()
    page.get_by_label("Reason").fill("Only a test")
    page.get_by_role("button", name="Ignore", exact=True).click()

    expect(page.get_by_text("The order is ignored.")).to_be_visible()
    page.get_by_label("Reason").fill("Tested")
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("The order is restored.")).to_be_visible()


def test_the_example_follows_the_pattern_while_it_is_typed(
    page: Page, served: Scene
) -> None:
    page.goto(f"{served.url}/settings")

    page.get_by_label("Invoice number", exact=True).fill("F-{number}")

    expect(page.get_by_text("Order 1042 gets F-1042")).to_be_visible()


def test_the_slash_key_goes_to_the_search(page: Page, served: Scene) -> None:
    page.goto(f"{served.url}/orders")

    page.keyboard.press("/")

    expect(page.get_by_role("searchbox")).to_be_focused()


def test_who_is_invited_chooses_a_password_in_their_own_browser(
    page: Page, served: Scene, chromium: Browser
) -> None:
    page.goto(f"{served.url}/users")
    page.get_by_label("Name").fill("Bo")
    page.get_by_label("E-mail address").fill("bo@shop.example")
    page.get_by_label("Role", exact=True).select_option("manager")
    page.get_by_role("button", name="Invite").click()
    link = page.locator("#link").inner_text()

    context = chromium.new_context()
    theirs = context.new_page()
    theirs.goto(link)
    theirs.get_by_label("New password", exact=True).fill(PASSWORD)
    theirs.get_by_label("New password again").fill(PASSWORD)
    theirs.get_by_role("button", name="Set the password").click()

    expect(theirs.get_by_text("Welcome. Your password is set.")).to_be_visible()
    expect(theirs.get_by_role("link", name="Users")).to_have_count(0)
    theirs.goto(link)
    expect(theirs.get_by_text("This link no longer works")).to_be_visible()
    context.close()


def test_a_chosen_time_zone_changes_the_times_that_are_shown(
    page: Page, served: Scene
) -> None:
    page.goto(f"{served.url}/you")
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_role("button", name="Save").click()

    page.goto(f"{served.url}/exchanges/1")

    expect(page.locator(".page-head time")).to_have_text(re.compile(r"GMT\+9|JST"))


def test_a_browser_that_was_signed_out_elsewhere_says_so(
    page: Page, served: Scene, chromium: Browser
) -> None:
    context = chromium.new_context()
    other = context.new_page()
    sign_in(other, served)
    page.goto(f"{served.url}/you")

    page.get_by_role("button", name="Sign out all other browsers").click()
    expect(page.get_by_text("All other browsers are signed out.")).to_be_visible()
    refresh(other)

    expect(other.get_by_text("You have been signed out.")).to_be_visible()
    context.close()


def test_the_filter_of_the_api_log_survives_a_look_at_one_call(
    page: Page, served: Scene
) -> None:
    page.goto(f"{served.url}/exchanges")
    page.get_by_label("Purpose", exact=True).select_option("book")
    expect(page).to_have_url(re.compile("purpose=book"))

    page.locator("#exchanges a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Call"))
    page.go_back()

    expect(page.get_by_label("Purpose", exact=True)).to_have_value("book")
    expect(page.get_by_text("Purpose: Book")).to_be_visible()


def test_a_row_changes_while_it_is_ticked_opened_and_focused(
    page: Page, served: Scene
) -> None:
    page.goto(f"{served.url}/orders?status=attention")
    row = page.locator("#orders tr[data-key]").filter(has_text="1009")
    row.get_by_role("checkbox").check()
    row.locator(".order-link").focus()
    before = row.get_attribute("data-rev")
    with served.database.write() as session:
        renamed = update(OrderRow).where(OrderRow.number == "1009")
        session.execute(renamed.values(customer_name="Ada Lovelace"))
    served.order("1010")

    refresh(page)

    expect(row).to_contain_text("Ada Lovelace")
    assert row.get_attribute("data-rev") != before
    expect(row.get_by_role("checkbox")).to_be_checked()
    expect(row.locator(".order-link")).to_be_focused()


def test_the_back_button_returns_to_the_list_as_it_was_asked_for(
    page: Page, served: Scene
) -> None:
    page.goto(f"{served.url}/orders?status=attention&q=ada")
    asked = page.url
    page.locator("#orders .order-link").first.click()
    expect(page).to_have_url(re.compile(r"/orders/\d+"))

    page.go_back()

    expect(page).to_have_url(asked)
    expect(page.get_by_label("Search orders")).to_have_value("ada")
    refresh(page)
    expect(page.locator("#orders .order-link").first).to_be_visible()


def test_of_two_people_who_act_at_once_the_second_is_told(
    page: Page, served: Scene, chromium: Browser
) -> None:
    context = chromium.new_context()
    other = context.new_page()
    sign_in(other, served)
    for each in (page, other):
        each.goto(f"{served.url}/orders/9")
        each.get_by_text("Ignore this order").click()
        each.get_by_label("Reason").fill("Booked by hand")

    page.get_by_role("button", name="Ignore", exact=True).click()
    expect(page.get_by_text("The order is ignored.")).to_be_visible()
    other.get_by_role("button", name="Ignore", exact=True).click()

    expect(other.get_by_text("Nothing was done.")).to_contain_text("was there before")
    with served.database.read() as session:
        told = select(OrderEventRow.text).where(
            OrderEventRow.order_id == 9, OrderEventRow.kind == "person"
        )
        assert session.scalars(told).all() == ["Ignored: Booked by hand"]
    context.close()


def test_keys_walk_through_a_list_and_show_what_they_do(
    page: Page, served: Scene
) -> None:
    page.goto(f"{served.url}/orders")
    links = page.locator("#orders .order-link")

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(links.nth(0)).to_be_focused()

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert axe_faults(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()

    page.keyboard.press("/")
    page.keyboard.type("j?")
    expect(page.get_by_label("Search orders")).to_have_value("j?")


def test_keys_walk_through_lists_without_a_search_too(
    page: Page, served: Scene
) -> None:
    page.goto(f"{served.url}/runs")
    page.keyboard.press("j")
    expect(page.locator("#runs .order-link").first).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Task")).to_be_focused()

    page.goto(f"{served.url}/users")
    page.keyboard.press("k")
    expect(page.locator(".order-link").last).to_be_focused()


def test_after_an_act_the_keyboard_goes_on_from_what_came_of_it(
    page: Page, served: Scene
) -> None:
    page.goto(f"{served.url}/orders?status=attention")
    page.locator('[name="order"]').first.check()
    page.get_by_role("button", name="Retry", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Retry 1 order?")).to_be_focused()

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("main > [role=status]:focus")).to_contain_text("1 ")


@pytest.mark.parametrize("path", ["/orders", "/orders/1", "/runs/1"])
def test_on_paper_tables_keep_their_columns_and_nothing_can_be_pressed(
    page: Page, served: Scene, path: str
) -> None:
    page.goto(f"{served.url}{path}")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 1000})  # a sheet of A4

    expect(page.locator("main thead").first).to_be_visible()
    for row in page.locator("main thead tr, main tbody tr").all():
        assert row.evaluate("row => getComputedStyle(row).display") == "table-row"
    assert page.locator(".side:visible, .btn:visible, .pager:visible").count() == 0
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 700


@pytest.mark.parametrize("language", ["nl", "de"])
def test_the_narrowest_phone_needs_no_scrolling_sideways(
    page: Page, served: Scene, language: str
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.set_extra_http_headers({"Accept-Language": language})

    for path in ("/", "/orders", "/orders/7", "/figures", "/schedules", "/runs/1"):
        page.goto(f"{served.url}{path}")
        assert page.locator("html").get_attribute("lang") == language
        width = page.evaluate("() => document.documentElement.scrollWidth")
        assert width <= 320, f"{path} is {width} px wide"
