"""What people do with many orders, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.scene import Scene
from tests.web.test_pages_in_browser import page, refresh, served

pytestmark = pytest.mark.browser

# What pytest finds by name.
FIXTURES = (page, served)


def test_all_of_a_list_is_acted_on_and_what_comes_later_is_not(
    page: Page, served: Scene
) -> None:
    page.goto(f"{served.url}/orders?status=attention")
    ignore = page.get_by_role("button", name="Ignore", exact=True)
    expect(ignore).to_be_disabled()
    page.get_by_label("Select all 3 orders of this list").check()
    ignore.click()
    expect(page.get_by_role("heading", name="Ignore 3 orders?")).to_be_visible()

    late = served.order("1010", rate="13")
    page.get_by_label("Reason").fill("Sold by the other company")
    page.get_by_role("button", name="Ignore 3 orders").click()

    expect(page.get_by_text("3 orders are set aside.")).to_be_visible()
    assert "status=attention" in page.url
    assert served.status(late) == "needs attention"
    assert [served.status(each) for each in (7, 8, 9)] == ["ignored"] * 3


def test_a_long_act_is_paused_and_goes_on_before_the_readers_eyes(
    page: Page, served: Scene
) -> None:
    for number in range(2000, 2050):
        served.order(str(number), rate="13")
    page.goto(f"{served.url}/orders")
    page.get_by_label("Select all 59 orders of this list").check()
    page.get_by_role("button", name="Ignore", exact=True).click()
    page.get_by_label("Reason").fill("Sold by the other company")
    page.get_by_role("button", name="Ignore 53 orders").click()

    expect(page.get_by_text("0 of 53 orders handled")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    served.program.performer.work_now()
    refresh(page)
    expect(page.get_by_text("0 of 53 orders handled")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    served.program.performer.work_now()
    refresh(page)

    expect(page.get_by_text("53 of 53 orders handled")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    page.get_by_role("link", name="Done 53").click()
    expect(page).to_have_url(re.compile("of=done"))


def test_a_backfill_shows_its_plan_before_anything_is_booked(
    page: Page, served: Scene
) -> None:
    today = served.clock.now().date().isoformat()
    page.goto(f"{served.url}/orders")
    page.get_by_role("link", name="Backfill and bulk acts").click()
    page.get_by_label("First day").fill(today)
    page.get_by_label("Last day").fill(today)
    page.get_by_role("button", name="Make the plan").click()
    expect(page.get_by_text("Nothing is booked.", exact=False)).to_be_visible()
    served.program.performer.work_now()
    refresh(page)

    page.get_by_role("link", name="Blocked 2").click()
    expect(page.get_by_text("tax rate 13 % in NL has no tax type")).to_be_visible()
    expect(page.get_by_text("Takes about")).to_be_visible()
    assert served.status(7) == "needs attention"


def test_a_note_is_written_and_a_preview_is_read(page: Page, served: Scene) -> None:
    page.goto(f"{served.url}/orders/6")
    page.get_by_label("Add a note").fill("She pays on Monday")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#timeline").get_by_text("She pays on Monday")).to_be_visible()

    page.get_by_role("link", name="Preview").click()

    expect(page.get_by_text("Nothing is sent yet.", exact=False)).to_be_visible()
    expect(page.get_by_text("tax rule for 21 %", exact=False)).to_be_visible()
    expect(page.locator("pre").first).to_contain_text('{"Contacts":[{"Name":')
