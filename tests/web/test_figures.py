"""The figures, in the time of the company, each with the orders it counts."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from tests.fixtures.clocks import SettableClock
from tests.web.scene import Scene


@pytest.mark.parametrize(
    ("span", "written", "booked"),
    [
        # Booked at 23:30 UTC: in Amsterdam it is the next day.
        ("", "00:00", "2026-11-22T23:00Z"),
        ("month", "23 Nov 2026", "2026-11-23"),
    ],
)
def test_bookings_stand_in_the_hour_and_day_of_the_company(
    scene: Scene, clock: SettableClock, span: str, written: str, booked: str
) -> None:
    clock.jump(
        (datetime.fromisoformat("2026-11-22T23:30Z") - clock.now()).total_seconds()
    )
    scene.book(scene.order("1001"))
    client = scene.client()

    text = client.get(f"/figures?span={span}").text

    assert "in Europe/Amsterdam)" in text
    row = re.search(rf'>{written}</th><td[^>]*><a href="([^"]+)">1</a>', text)
    assert row is not None
    assert row.group(1) == f"/orders?booked={booked}"
    orders = client.get(row.group(1)).text
    assert "1001" in orders
    assert "Booked" in orders


def test_the_backlog_leads_to_the_orders_it_counts(scene: Scene) -> None:
    scene.order("1001")
    client = scene.client()

    text = client.get("/figures").text

    (href,) = re.findall(r'href="([^"]+age=0)">1</a>', text)
    assert "1001" in client.get(href.replace("&amp;", "&")).text
    assert "No order matches" in client.get("/orders?status=moving&age=1").text
