"""The API log on its pages: found, read, copied, and never a secret."""

from __future__ import annotations

import re

from dashboard.domain.exchanges import MASK, Exchange
from dashboard.domain.users import Role
from dashboard.store.exchanges import ExchangeStore
from dashboard.web.exchange_view import as_curl
from tests.web.scene import Scene


def keep(scene: Scene, **fields: object) -> None:
    """Let there have been a call to the books."""
    exchange = Exchange(
        **{
            "at": scene.clock.now(),
            "purpose": "book",
            "method": "PUT",
            "url": "https://books.example/Invoices",
            "status": 200,
            **fields,
        }
    )
    ExchangeStore(scene.database).add(exchange, request_id=None, run_id=None)


def test_tabs_count_what_the_filter_leaves(scene: Scene) -> None:
    keep(scene)
    keep(scene, status=400)
    keep(scene, status=None, error="nobody there", purpose="ask", duration_ms=9_000)
    client = scene.client(Role.WATCHER)

    every = re.sub(r"<[^>]+>", "", client.get("/exchanges").text)
    asked = re.sub(r"<[^>]+>", "", client.get("/exchanges?purpose=ask").text)
    refused = client.get("/exchanges?result=refused").text

    assert re.search(r"All 3\s+Answered 1\s+Refused 1", every)
    assert re.search(r"All 1\s+Answered 0\s+Refused 0", asked)
    assert "nobody there" in asked
    assert refused.count('data-key="exchange-') == 1


def test_only_slow_ones_are_shown_when_asked_for(scene: Scene) -> None:
    keep(scene, duration_ms=20)
    keep(scene, duration_ms=9_000)

    text = scene.client().get("/exchanges?slow=1").text

    assert text.count('data-key="exchange-') == 1
    assert "9.0 s" in text


def test_the_log_leads_from_an_order_and_back(scene: Scene) -> None:
    order_id = scene.order("1001")
    scene.book(order_id)
    keep(scene)
    client = scene.client(Role.WATCHER)

    (of_order,) = re.findall(
        r'href="(/exchanges\?q=\w+)"', client.get(f"/orders/{order_id}").text
    )
    listed = client.get(of_order).text
    (first, *_rest) = re.findall(r'href="(/exchanges/\d+)"', listed)

    assert listed.count('data-key="exchange-') == 3
    assert f'<a href="/orders/{order_id}">1001</a>' in client.get(first).text


def test_a_list_without_a_match_offers_the_way_back(scene: Scene) -> None:
    keep(scene)

    text = scene.client().get("/exchanges?q=nothing").text

    assert "No call matches" in text
    assert 'href="/exchanges"' in text


def test_the_list_is_paged_and_saved_whole(scene: Scene) -> None:
    for _ in range(52):
        keep(scene)
    client = scene.client(Role.WATCHER)

    first = client.get("/exchanges?purpose=book").text
    (more,) = re.findall(r'href="(/exchanges\?[^"]*after=\d+)"', first)
    rest = client.get(more.replace("&amp;", "&")).text

    assert first.count('data-key="exchange-') == 50
    assert rest.count('data-key="exchange-') == 2
    assert len(client.get("/exchanges.csv?purpose=book").text.splitlines()) == 53


def test_a_copied_command_has_words_to_fill_in_where_secrets_were(scene: Scene) -> None:
    exchange = Exchange(
        at=scene.clock.now(),
        purpose="sign in",
        method="POST",
        url="https://books.example/connect/token",
        request_headers={"Authorization": MASK, "Accept": "application/json"},
        request_body=f"client_secret={MASK}&name=it's",
    )

    command = as_curl(exchange)

    assert "-H 'Authorization: Bearer YOUR_ACCESS_TOKEN'" in command
    assert "client_secret=HIDDEN" in command
    assert MASK not in command


def test_an_address_that_makes_no_sense_shows_the_whole_list(scene: Scene) -> None:
    keep(scene)
    client = scene.client(Role.WATCHER)

    for query in ("result=odd", "slow=maybe", "q=%00", "after=x", "before=-1"):
        assert client.get(f"/exchanges?{query}").text.count('"exchange-1"') == 1
