"""Runs, schedules and the signs of life on every page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from dashboard.domain.runs import RunState, Task, Trigger
from dashboard.domain.users import Role
from dashboard.scheduling.mirror import install_defaults
from dashboard.store.schedules import ScheduleStore
from tests.web.scene import Scene


def test_a_run_shows_what_it_did_and_its_calls(scene: Scene) -> None:
    run_id = scene.book(scene.order("1001"))

    text = scene.client().get(f"/runs/{run_id}").text

    assert "Invoice W-1001 booked." in text
    assert "/api.xro/2.0/Invoices" in text


def test_runs_with_nothing_to_do_are_hidden_until_asked_for(scene: Scene) -> None:
    empty = scene.book()
    client = scene.client()

    assert f'href="/runs/{empty}"' not in client.get("/runs").text
    assert f'href="/runs/{empty}"' in client.get("/runs?empty=1").text


def test_a_run_is_asked_for_by_a_button(scene: Scene) -> None:
    client = scene.client(Role.WATCHER)

    answer = client.post("/runs", {"task": "sync"}, page="/runs")

    assert answer.status_code == 302
    assert "Queued" in client.get(answer.headers["Location"]).text
    assert client.post("/runs", {"task": "dance"}, page="/runs").status_code == 400


def test_a_run_under_way_shows_how_far_it_is_and_can_be_stopped(scene: Scene) -> None:
    scene.order("1001")
    runs = scene.program.engine.runs
    run = runs.begin(Task.SYNC, Trigger.PERSON)
    client = scene.client(Role.WATCHER)
    page = f"/runs/{run.id}"
    assert "<progress" in client.get(page).text

    client.post(f"{page}/stop", {}, page=page)
    text = client.get(page).text
    assert "Watcher has stopped it: it ends after what it is at." in text
    assert "Stop after this batch" not in text

    runs.finish(run.id, RunState.STOPPED)
    client.post(f"{page}/stop", {}, page=page)
    assert "The run has ended already." in client.get(page).text


def test_a_comparison_cannot_be_stopped_half_way(scene: Scene) -> None:
    run = scene.program.engine.runs.begin(Task.RECONCILE, Trigger.PERSON)

    assert "Stop after" not in scene.client().get(f"/runs/{run.id}").text


def test_a_whole_exchange_can_be_copied_as_a_command(scene: Scene) -> None:
    scene.book(scene.order("1001"))

    text = scene.client().get("/exchanges/1").text

    assert "curl -X PUT" in text
    assert "Authorization: Bearer YOUR_ACCESS_TOKEN" in text


def test_each_attempt_on_an_orders_page_can_be_copied_as_a_command(
    scene: Scene,
) -> None:
    order_id = scene.order("1001")
    scene.book(order_id)
    client = scene.client(Role.WATCHER)

    story = client.get(f"/orders/{order_id}").text
    (first, *others) = re.findall(r'href="([^"]+/curl)" data-copy-from', story)

    assert len(others) == 2
    answer = client.get(first)
    assert answer.mimetype == "text/plain"
    assert answer.text.startswith("curl -X PUT")
    assert "Bearer YOUR_ACCESS_TOKEN" in answer.text
    assert client.get("/exchanges/999/curl").status_code == 404


def test_a_schedule_is_previewed_before_it_is_saved(scene: Scene) -> None:
    schedule = scene.schedule()
    client = scene.client(Role.MANAGER)
    wanted = {
        "version": str(schedule.version),
        "kind": "cron",
        "cron": "0 7 * * 1-5",
        "unit": "60",
        "timezone": "Europe/Amsterdam",
    }
    path = f"/schedules/{schedule.id}"

    preview = client.post(path, {**wanted, "preview": "1"}, page=path)
    assert "Every weekday at 07:00, Amsterdam" in preview.text
    assert "2026-11-23T06:00:00" in preview.text
    assert "Every minute" in client.get("/schedules").text

    client.post(path, wanted, page=path)
    assert "Every weekday at 07:00, Amsterdam" in client.get("/schedules").text


def test_a_schedule_is_said_in_days_and_a_time_without_a_cron_line(
    scene: Scene,
) -> None:
    schedule = scene.schedule()
    client = scene.client(Role.MANAGER)
    path = f"/schedules/{schedule.id}"
    for days, words in (
        ("12345", "Every weekday at 07:30, Amsterdam"),
        ("1234560", "Every day at 07:30, Amsterdam"),
        ("60", "Every Saturday, Sunday at 07:30, Amsterdam"),
    ):
        wanted = {
            "version": str(scene.schedule().version),
            "kind": "days",
            "days": list(days),
            "at": "07:30",
            # What is entered for another way counts for nothing.
            "every": "soon",
            "unit": "60",
            "timezone": "Europe/Amsterdam",
        }

        client.post(path, wanted, page=path)

        assert words in client.get("/schedules").text
        form = client.get(path).text
        ticked = re.findall(r'checked[^>]*name="days"[^>]*value="(\d)"', form)
        assert ticked == list(days)
        assert 'value="07:30"' in form


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "days", "at": "07:30"}, "Choose a day."),
        ({"kind": "days", "days": "1"}, "Enter a time of day."),
        ({"kind": "interval"}, "Enter a number."),
        ({"kind": "cron", "cron": "soon"}, "five fields"),
        ({"kind": "interval", "every": "1", "unit": "1"}, "from 10"),
        ({"kind": "interval", "every": "5", "timezone": "Mars/Base"}, "no time zone"),
    ],
)
def test_a_schedule_that_cannot_be_says_why(
    scene: Scene, change: dict[str, str], said: str
) -> None:
    schedule = scene.schedule()
    path = f"/schedules/{schedule.id}"
    form = {"version": "1", "unit": "60", "timezone": "UTC", **change}

    answer = scene.client(Role.MANAGER).post(path, form, page=path)

    assert answer.status_code == 422
    assert said in answer.text


def test_a_schedule_is_paused_with_a_reason_and_resumed(scene: Scene) -> None:
    schedule = scene.schedule()
    client = scene.client(Role.MANAGER)
    path = f"/schedules/{schedule.id}"

    client.post(f"{path}/pause", {"reason": "Stocktaking"}, page=path)
    assert "Stocktaking (Manager)" in client.get("/schedules").text
    assert not scene.schedule().active

    client.post(f"{path}/resume", page=path)
    assert scene.schedule().active


def test_all_schedules_are_paused_with_a_reason_and_resumed(scene: Scene) -> None:
    scene.schedule()
    install_defaults(ScheduleStore(scene.database), scene.clock.now())
    client = scene.client(Role.MANAGER)

    def active() -> list[bool]:
        return [each.active for each in ScheduleStore(scene.database).all()]

    client.post("/schedules/pause", {"reason": ""}, page="/schedules")
    assert all(active())

    client.post("/schedules/pause", {"reason": "Moving house"}, page="/schedules")
    assert not any(active())
    shown = client.get("/schedules").text
    assert shown.count("Moving house (Manager)") == len(active())

    client.post("/schedules/resume", page="/schedules")
    assert all(active())


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(seconds=10), "alive"),
        (timedelta(minutes=2), "late"),
        (timedelta(hours=1), "stopped"),
    ],
)
def test_every_page_says_whether_the_engine_is_at_work(
    scene: Scene, age: timedelta, said: str
) -> None:
    scene.beat(age)

    assert f'data-rev="{said}"' in scene.client().get("/settings").text


def test_a_closed_gate_is_said_on_every_page(scene: Scene) -> None:
    scene.close_gate("The books asked for a pause")

    assert "The books asked for a pause" in scene.client().get("/runs").text


def test_a_dashboard_without_books_says_so(empty: Scene) -> None:
    text = empty.client().get("/").text

    assert "No accounting package is connected" in text
    assert "The engine has stopped" in text


def test_the_overview_says_when_everything_is_booked(scene: Scene) -> None:
    scene.book(scene.order("1001"))

    text = scene.client().get("/").text

    assert "Everything is booked" in text
    assert re.search(r'href="/orders\?booked=[^"]+">1</a>', text)


def test_tabs_of_runs_count_what_the_filter_leaves(scene: Scene) -> None:
    done = scene.book(scene.order("1001"))
    scene.book()  # nothing to do
    client = scene.client(Role.WATCHER)
    client.post("/runs", {"task": "sync"}, page="/runs")

    def counts(query: str) -> list[str]:
        text = re.sub(r"<[^>]+>", "", client.get(f"/runs?{query}").text)
        found = re.search(
            r"All (\S+)\s+Under way (\S+)\s+Done (\S+)\s+Failed (\S+)", text
        )
        return list(found.groups()) if found else []

    assert counts("") == ["2", "1", "1", "0"]
    assert counts("empty=1&state=failed") == ["3", "1", "2", "0"]
    assert counts("trigger=person") == ["1", "1", "0", "0"]
    assert counts("task=pull") == ["0", "0", "0", "0"]
    assert f'href="/runs/{done}"' in client.get("/runs?state=done").text
    assert f'href="/runs/{done}"' not in client.get("/runs?state=moving").text
    assert "No run matches" in client.get("/runs?state=failed").text


def test_runs_are_saved_as_they_are_filtered(scene: Scene) -> None:
    scene.book(scene.order("1001"))
    scene.book()
    client = scene.client(Role.WATCHER)

    (header, row) = client.get("/runs.csv").text.splitlines()

    assert row.startswith("1,Write orders to the books,An order came in,,,Done,")
    assert header.endswith("Payments,Credits,Refused,Calls,Message")
    assert row.split(",")[9:14] == ["1", "0", "1", "1", "0"]
    assert len(client.get("/runs.csv?empty=1").text.splitlines()) == 3


@pytest.mark.parametrize("page", ["runs", "exchanges", "activity"])
def test_lists_are_turned_round(scene: Scene, page: str) -> None:
    client = scene.client(Role.WATCHER)
    for _ in range(2):
        client.post("/runs", {"task": "pull"}, page="/runs")
        client.post("/runs", {"task": "sync"}, page="/runs")
    scene.book(scene.order("1001"))

    def keys(query: str) -> list[str]:
        text = client.get(f"/{page}{query}").text
        return re.findall(r'data-key="((?:run|exchange|act)-\d+)"', text)

    assert len(keys("")) > 1
    assert keys("?sort=oldest") == keys("")[::-1]


@pytest.mark.parametrize("page", ["/runs", "/runs/{run_id}"])
def test_the_numbers_of_a_run_lead_to_what_they_count(scene: Scene, page: str) -> None:
    scene.order("1000")
    run_id = scene.book(scene.order("1001"), scene.order("1002"))
    client = scene.client(Role.WATCHER)

    text = client.get(page.format(run_id=run_id)).text

    def led_to(href: str) -> str:
        assert re.search(rf'href="{re.escape(href)}(#[-a-z]+)?">\d', text), href
        return client.get(href).text

    orders = led_to(f"/orders?run={run_id}")
    assert orders.count('data-key="order-') == 2
    assert f"Touched by run {run_id}" in orders
    did = led_to(f"/runs/{run_id}?of=invoices")
    assert did.count('data-key="event-') == 2
    assert "Payment" not in did[did.index('id="events"') : did.index('id="calls"')]


def test_what_a_run_did_is_paged(scene: Scene) -> None:
    run_id = scene.book(*(scene.order(str(n)) for n in range(1001, 1031)))
    client = scene.client(Role.WATCHER)

    first = client.get(f"/runs/{run_id}").text
    (rest,) = re.findall(rf'href="(/runs/{run_id}\?after=\d+)"', first)

    assert first.count('data-key="event-') == 50
    assert client.get(rest).text.count('data-key="event-') == 1 + 2 * 30 - 50


def test_calls_of_one_run_are_a_list_of_their_own(scene: Scene) -> None:
    scene.book(scene.order("1001"))
    run_id = scene.book(scene.order("1002", name="Grace Example"))

    text = scene.client().get(f"/exchanges?run={run_id}").text

    assert text.count('data-key="exchange-') == 3
    assert re.search(r"All <[^>]+>3<", text)
    assert f"Run {run_id}" in text


def test_the_runs_of_a_schedule_are_listed(scene: Scene) -> None:
    schedule = scene.schedule()
    scene.book(scene.order("1001"))

    text = scene.client().get(f"/runs?schedule={schedule.id}").text

    assert "Schedule: Book orders" in text
    assert "No run matches" in text
