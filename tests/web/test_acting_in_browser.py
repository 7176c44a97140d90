"""What people do with many orders, in a real browser."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from dashboard.domain.reconciliation import Period
from dashboard.domain.runs import RunState, Task, Trigger
from dashboard.domain.selections import Effort, Member, Outlook
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

    expect(page.get_by_text("3 orders are ignored.")).to_be_visible()
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
    expect(page.get_by_text("There is nothing to book in these days")).to_be_visible()
    assert served.status(7) == "needs attention"


def test_a_note_is_written_and_a_preview_is_read(page: Page, served: Scene) -> None:
    page.goto(f"{served.url}/orders/6")
    page.get_by_label("Add a note").fill("She pays on Monday")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#timeline").get_by_text("She pays on Monday")).to_be_visible()

    page.get_by_role("link", name="Preview").click()

    expect(page.get_by_text("Nothing is sent yet.", exact=False)).to_be_visible()
    expect(page.get_by_text("tax rule for 21%", exact=False)).to_be_visible()
    expect(page.locator("pre").first).to_contain_text('{"Contacts":[{"Name":')


def test_a_run_is_stopped_after_the_batch_it_is_at(page: Page, served: Scene) -> None:
    runs = served.program.engine.runs
    run = runs.begin(Task.SYNC, Trigger.PERSON)
    page.goto(f"{served.url}/runs?state=moving")
    page.locator("#runs .order-link").click()

    page.get_by_role("button", name="Stop after this batch").click()

    expect(page.get_by_text("The run ends after what it is at.")).to_be_visible()
    expect(page.get_by_text("Administrator has stopped it")).to_be_visible()
    expect(page.get_by_role("button", name="Stop after this batch")).to_have_count(0)
    assert runs.stopped_by(run.id) == "Administrator"
    runs.finish(run.id, RunState.STOPPED)
    refresh(page)
    expect(page.locator("#head").get_by_text("Stopped", exact=True)).to_be_visible()


def test_how_long_things_are_kept_is_chosen_and_a_slip_is_said(
    page: Page, served: Scene
) -> None:
    page.goto(f"{served.url}/settings/retention")
    failed = page.get_by_label("Calls that failed, days")

    failed.fill("3")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Keep them for a week at least")).to_be_visible()
    assert served.program.retention.kept().version == 0

    failed.fill("800")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(failed).to_have_value("800")
    assert served.program.retention.kept().rules.failure_days == 800


def test_a_planned_backfill_is_started_and_stopped(page: Page, served: Scene) -> None:
    today = served.clock.now().date()
    selections = served.program.selections
    asked = selections.ask_backfill(
        1, Period(first=today, last=today), "Pat", claim=True
    )
    member = Member(
        position=1,
        order_id=6,
        external_id="id-1006",
        number="1006",
        outlook=Outlook.CREATES,
    )
    selections.add_members(asked.id, [member])
    selections.set_ready(asked.id, Effort(calls=2, lasts=timedelta(minutes=1)))
    page.goto(f"{served.url}/selections/{asked.id}")

    page.get_by_role("button", name="Book 1 order").click()
    expect(page.get_by_text("0 of 1 orders handled")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("It pauses after the orders it is at.")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("It is stopped. What is done stays done.")).to_be_visible()
    served.program.performer.work_now()

    expect(page.get_by_role("button", name="Resume")).to_have_count(0)
    assert served.status(6) == "awaiting payment"


def test_an_attempt_is_copied_as_a_command(page: Page, served: Scene) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{served.url}/orders/1")
    page.locator("details.exchange summary").first.click()

    page.get_by_role("link", name="Copy as curl").first.click()

    expect(page.locator("[data-copied]")).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.startswith("curl -X PUT")
    assert "YOUR_ACCESS_TOKEN" in copied
