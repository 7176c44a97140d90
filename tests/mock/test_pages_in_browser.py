"""The pages in a real browser: live, without complaint, on a phone, in the dark."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright

from mock_accounting.app import Server, create_app
from mock_accounting.config import Settings

CHROMIUM = shutil.which("chromium")
InvoiceBody = Callable[..., dict[str, Any]]
Write = Callable[[dict[str, Any]], None]

PAGES = (
    "/",
    "/?q=nobody",
    "/invoices/W-1",
    "/credit-notes",
    "/payments",
    "/contacts",
    "/contacts/C-1",
    "/requests",
    "/requests/2",
    "/faults",
    "/snapshots",
    "/api",
    "/organisations",
)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        missing = pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip
        missing("Chromium was not found on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def write(server: Server) -> Write:
    """Writes an invoice as a client does."""
    form = {"grant_type": "client_credentials"}
    token = requests.post(
        f"{server.url}/connect/token", data=form, auth=("demo", "demo"), timeout=5
    ).json()["access_token"]

    def put(body: dict[str, Any]) -> None:
        requests.put(
            f"{server.url}/api.xro/2.0/Invoices",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=5,
        ).raise_for_status()

    return put


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390])
def test_pages_are_accessible_fit_and_stay_on_this_server(
    chromium: Browser,
    server: Server,
    write: Write,
    invoice_body: InvoiceBody,
    width: int,
    scheme: Any,
) -> None:
    contact = {"Name": "Wool Shop Customer", "ContactNumber": "C-1"}
    write(invoice_body("W-1", Contact=contact))
    for switch in ("presets/answers-lost", "snapshots/before-lunch"):
        address = f"{server.url}/__mock__/{switch}"
        requests.post(address, timeout=5).raise_for_status()
    viewport: Any = {"width": width, "height": 800}
    page = chromium.new_page(viewport=viewport, color_scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    for path in PAGES:
        page.goto(server.url + path)
        _looks_right(page, width)

    assert complaints == []
    assert all(url.startswith((server.url, "data:")) for url in asked)
    page.close()


def test_a_new_invoice_appears_by_itself_and_flashes(
    chromium: Browser, server: Server, write: Write, invoice_body: InvoiceBody
) -> None:
    page = chromium.new_page()
    page.goto(server.url)
    expect(page.get_by_text("The books are empty")).to_be_visible()

    write(invoice_body("W-1"))

    expect(page.get_by_role("link", name="W-1")).to_be_visible(timeout=10_000)
    expect(page.locator("tr.is-new")).to_have_count(1)
    page.close()


def test_a_fault_is_set_and_cleared_by_hand_and_shown_on_every_page(
    chromium: Browser, server: Server, write: Write, invoice_body: InvoiceBody
) -> None:
    page = chromium.new_page()
    page.goto(f"{server.url}/faults")
    page.get_by_role("button", name="Set: The month is closed").click()
    banner = page.get_by_role("region", name="Active faults")
    expect(banner).to_contain_text("The month is closed")

    page.goto(f"{server.url}/payments")
    expect(banner).to_contain_text("The month is closed")
    page.goto(f"{server.url}/faults")
    page.get_by_role("button", name="All is well again").click()

    expect(banner).to_be_empty()
    write(invoice_body("W-1"))
    page.close()


def test_a_rule_of_ones_own_is_set_by_a_form(chromium: Browser, server: Server) -> None:
    page = chromium.new_page()
    page.goto(f"{server.url}/faults")
    page.get_by_text("A rule of your own").click()
    page.get_by_label("What happens").select_option("status")
    page.get_by_label("Name").fill("No payments today")
    page.get_by_label("Path begins with").fill("/Payments")
    page.get_by_label("How many times").fill("")
    page.get_by_label("Options").fill('{"status": 502}')
    page.get_by_role("button", name="Set this rule").click()

    expect(
        page.get_by_text("status 502; any method /Payments; every time")
    ).to_be_visible()
    page.close()


def test_the_api_is_tried_from_its_page(chromium: Browser, server: Server) -> None:
    page = chromium.new_page()
    page.goto(f"{server.url}/api")
    page.get_by_role("button", name="PUT /Invoices Create.").click()
    page.get_by_text("Fields that may be sent").click()
    expect(page.get_by_text("list of LineItem, needed")).to_be_visible()
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator("[data-answer-status]")).to_contain_text("200 OK")
    expect(page.locator("[data-answer]")).to_contain_text('"InvoiceNumber": "W-1042"')
    page.close()


def test_a_snapshot_is_kept_and_put_back_by_hand(
    chromium: Browser, server: Server, write: Write, invoice_body: InvoiceBody
) -> None:
    write(invoice_body("W-1"))
    page = chromium.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{server.url}/snapshots")
    page.get_by_label("Name").fill("before lunch")
    page.get_by_role("button", name="Keep the state").click()
    restore = page.get_by_role("button", name="Restore before lunch")
    expect(restore).to_be_visible()
    write(invoice_body("W-2"))
    restore.click()
    expect(page.get_by_text("Done.")).to_have_count(2)

    page.goto(server.url)
    expect(page.get_by_role("link", name="W-1")).to_be_visible()
    expect(page.get_by_role("link", name="W-2")).to_have_count(0)
    page.close()


def test_the_state_is_downloaded_thrown_away_and_loaded_by_hand(
    chromium: Browser, server: Server, write: Write, invoice_body: InvoiceBody
) -> None:
    write(invoice_body("W-1"))
    page = chromium.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{server.url}/snapshots")
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="Download the state").click()
    page.get_by_role("button", name="Reset the mock").click()
    expect(page.get_by_text("Done.")).to_be_visible()
    page.get_by_label("Begin with a file").set_input_files(downloaded.value.path())
    page.get_by_role("button", name="Load", exact=True).click()
    expect(page.get_by_text("Done.")).to_have_count(2)

    page.goto(server.url)
    expect(page.get_by_role("link", name="W-1")).to_be_visible()
    page.close()


def test_an_organisation_is_opened_from_its_page(
    chromium: Browser, server: Server
) -> None:
    page = chromium.new_page()
    page.goto(f"{server.url}/organisations")
    page.get_by_label("Name").fill("Second Shop")
    page.get_by_role("button", name="Open an organisation").click()

    expect(page.get_by_role("link", name="Second Shop")).to_be_visible()
    page.close()


def test_news_leaves_opened_details_and_what_was_typed_alone(
    chromium: Browser, server: Server
) -> None:
    page = chromium.new_page()
    page.goto(f"{server.url}/faults")
    page.get_by_text("A rule of your own").click()
    page.get_by_label("Holds the word").fill("W-1042")

    preset = f"{server.url}/__mock__/presets/month-closed"
    requests.post(preset, timeout=5).raise_for_status()

    banner = page.get_by_role("region", name="Active faults")
    expect(banner).to_contain_text("The month is closed", timeout=10_000)
    expect(page.get_by_label("Holds the word")).to_have_value("W-1042")
    expect(page.get_by_label("Holds the word")).to_be_focused()
    page.close()


def test_what_happens_to_an_open_invoice_appears_on_it(
    chromium: Browser, server: Server, write: Write, invoice_body: InvoiceBody
) -> None:
    write(invoice_body("W-1"))
    page = chromium.new_page()
    page.goto(f"{server.url}/invoices/W-1")
    expect(page.get_by_text("Awaiting payment")).to_be_visible()

    void = f"{server.url}/__mock__/invoices/W-1/void"
    requests.post(void, timeout=5).raise_for_status()

    expect(page.get_by_text("Voided in the accounting package.")).to_be_visible(
        timeout=10_000
    )
    page.close()


def test_a_hidden_tab_asks_for_nothing(chromium: Browser, server: Server) -> None:
    page = chromium.new_page()
    page.clock.install()
    page.goto(server.url)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.clock.run_for(2500)
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    seen = len(asked)
    page.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", { value: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    page.clock.run_for(60_000)

    assert seen >= 1
    assert len(asked) == seen
    page.close()


def test_on_paper_there_is_the_invoice_and_nothing_else(
    chromium: Browser, server: Server, write: Write, invoice_body: InvoiceBody
) -> None:
    write(invoice_body("W-1"))
    page = chromium.new_page()
    page.goto(f"{server.url}/invoices/W-1")
    page.emulate_media(media="print")

    expect(page.get_by_role("heading", name="INVOICE")).to_be_visible()
    expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
    expect(page.get_by_text("History")).to_be_hidden()
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    page.close()


def test_a_preset_set_in_an_organisations_pages_is_about_it_alone(
    chromium: Browser, server: Server
) -> None:
    opened = requests.post(
        f"{server.url}/__mock__/organisations", json={"name": "Second"}, timeout=5
    ).json()
    page = chromium.new_page()
    page.goto(f"{server.url}/faults?organisation={opened['organisation']}")
    page.get_by_role("button", name="Set: Everything is slow").click()
    expect(page.get_by_text("one organisation")).to_be_visible()

    rules = requests.get(f"{server.url}/__mock__/faults", timeout=5).json()["faults"]
    assert rules[0]["match"]["organisation"] == opened["organisation"]
    page.close()


def test_the_clock_and_the_limits_are_switched_by_hand(
    chromium: Browser, server: Server
) -> None:
    page = chromium.new_page()
    page.goto(f"{server.url}/faults")
    page.get_by_role("button", name="Stop it").click()
    expect(page.get_by_text("The clock stands still")).to_be_visible()
    page.get_by_role("button", name="A day on").click()
    page.get_by_role("button", name="Switch limits on").click()

    expect(page.get_by_text("60 a minute")).to_be_visible()
    page.close()


@pytest.fixture
def guarded() -> Iterator[Server]:
    """A mock whose control API wants a token."""
    settings = Settings(enforce_limits=False, control_token="only-for-tests")
    server = Server(create_app(settings), "127.0.0.1", 0)
    server.start()
    yield server
    server.close()


def test_a_page_asks_for_the_control_token_once(
    chromium: Browser, guarded: Server
) -> None:
    page = chromium.new_page()
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept("only-for-tests")

    page.on("dialog", answer)
    page.goto(f"{guarded.url}/faults")
    banner = page.get_by_role("region", name="Active faults")
    for preset in ("Everything is slow", "The month is closed"):
        page.get_by_role("button", name=f"Set: {preset}").click()
        expect(banner).to_contain_text(preset)

    assert len(asked) == 1
    page.close()


def _looks_right(page: Page, width: int) -> None:
    tags = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
    found = Axe().run(page, options=tags).response["violations"]
    assert [(it["id"], it["nodes"][0]["html"]) for it in found] == [], page.url
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
