"""The switcher in a real browser: by keyboard, from one organisation to another."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from tests.installation.conftest import PASSWORD, Scene
from tests.web.conftest import chromium as chromium  # noqa: PLC0414 - a fixture
from tests.web.test_pages_in_browser import axe_faults, refresh

ANN = "ann@company.example"


@pytest.fixture
def address(two: Scene) -> Iterator[str]:
    """Two organisations that know Ann, served; an order waits for her at Acme."""
    two.set_up("", "secret")
    two.set_up("acme", "secret")
    two.book("")
    for slug in ("", "acme"):
        two.add_user(slug, ANN)
    two.push("/at/acme/intake/shop", "1", "secret", method="barter")
    two.installation.look()
    server = make_server("127.0.0.1", 0, two.first.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in")
    page.locator("[name=email]").fill(ANN)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    expect(page.locator("#headline")).to_be_visible()


@pytest.mark.parametrize("maker", ["sqlite"], indirect=True)
def test_the_keyboard_leads_from_one_organisation_to_the_other_and_back(
    chromium: Browser, address: str, two: Scene
) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    sign_in(page, f"{address}/at/acme")
    sign_in(page, address)
    switcher = page.locator("#organisations summary")
    expect(switcher).to_contain_text("Books of first")
    expect(switcher).to_contain_text("1 needs attention elsewhere")

    switcher.focus()
    page.keyboard.press("Enter")
    faults = axe_faults(page)
    two.push("/at/acme/intake/shop", "2", "secret", method="barter")
    two.installation.look()
    refresh(page)
    expect(page.get_by_role("link", name="Acme Trading 2")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page).to_have_title("Overview · Acme Trading · Sluice")
    expect(page).to_have_url(f"{address}/at/acme/")
    assert faults == []
    page.locator("#organisations summary").click()
    page.get_by_role("link", name="Books of first").click()
    expect(page).to_have_title("Overview · Books of first · Sluice")
    context.close()
