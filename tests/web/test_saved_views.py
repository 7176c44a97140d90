"""Saved views: a list of orders under a name, for the one who saved it."""

from __future__ import annotations

import re

from dashboard.domain.users import Role
from tests.web.scene import Browsing, Scene

_LINK = re.compile(r'<a class="chip-link" href="([^"]+)"( aria-current="page")?>')


def views(client: Browsing, path: str = "/orders") -> list[tuple[str, bool]]:
    """Return where each view leads, and whether it is what the page shows."""
    found = _LINK.findall(client.get(path).text)
    return [(href.replace("&amp;", "&"), bool(here)) for href, here in found]


def save(client: Browsing, query: str, name: str) -> str:
    """Save a list and return the page that says so."""
    return client.get(
        client.post(f"/orders/views?{query}", {"name": name}).location
    ).text


def test_a_view_brings_back_tab_search_sorting_and_size(scene: Scene) -> None:
    client = scene.client()
    query = "status=attention&q=ada+b&sort=highest&size=50"

    assert "This list is saved as “Ada first”." in save(client, query, " Ada first ")

    assert views(client) == [(f"/orders?{query}", False)]
    assert views(client, f"/orders?{query}") == [(f"/orders?{query}", True)]
    page = client.get(f"/orders?{query}").text
    assert "Ada first" in page
    assert "Save this view" not in page


def test_a_name_that_is_taken_stands_for_the_newer_list(scene: Scene) -> None:
    client = scene.client()
    save(client, "status=paid", "Mine")

    save(client, "status=ignored", "Mine")

    assert views(client) == [("/orders?status=ignored", False)]


def test_views_are_ones_own(scene: Scene) -> None:
    mine, theirs = scene.client(Role.WATCHER), scene.client(Role.MANAGER)
    save(mine, "status=paid", "Mine")
    (view_id,) = re.findall(r"/orders/views/(\d+)/remove", mine.get("/orders").text)

    assert views(theirs) == []
    theirs.post(f"/orders/views/{view_id}/remove")
    assert len(views(mine)) == 1

    answer = mine.post(f"/orders/views/{view_id}/remove?status=paid")
    assert answer.location == "/orders?status=paid"
    assert views(mine) == []


def test_a_view_without_a_name_is_refused(scene: Scene) -> None:
    client = scene.client()

    for name in ("", "   ", "a" * 41):
        text = save(client, "status=paid", name)
        assert "A view needs a name of 40 letters at most." in text

    assert views(client) == []


def test_nobody_has_more_views_than_fit_above_the_list(scene: Scene) -> None:
    client = scene.client()
    for number in range(20):
        save(client, f"q={number}", f"View {number}")

    text = save(client, "q=another", "One more")

    assert "You have 20 views: remove one first." in text
    assert len(views(client)) == 20
    save(client, "q=newer", "View 3")
    assert ("/orders?q=newer", False) in views(client)


def test_a_page_shows_as_many_orders_as_are_asked_for(scene: Scene) -> None:
    for number in range(1001, 1056):
        scene.order(str(number))
    client = scene.client()

    def shown(path: str) -> int:
        return len(re.findall(r'class="order-link"', client.get(path).text))

    assert shown("/orders") == 25
    assert shown("/orders?size=50") == 50
    assert shown("/orders?size=1000000") == 25
    (following,) = re.findall(
        r'href="([^"]+)" rel="next"', client.get("/orders?size=50").text
    )
    assert shown(following.replace("&amp;", "&")) == 5
