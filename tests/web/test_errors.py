"""An error page says what happened, what to do, and leads somewhere useful."""

from __future__ import annotations

import io

import pytest
from werkzeug.exceptions import Conflict, TooManyRequests

from dashboard.domain.users import Role
from dashboard.web import overview, uploads
from tests.web.scene import Scene
from tests.web.test_uploads import FORM


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/orders/999", "/orders"),
        ("/runs/999", "/runs"),
        ("/exchanges/999", "/exchanges"),
        ("/uploads/999", "/settings"),
        ("/nowhere", "/orders"),
    ],
)
def test_what_is_not_there_leads_to_the_list_it_would_stand_in(
    scene: Scene, path: str, leads_to: str
) -> None:
    answer = scene.client().get(path)

    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert f'btn-primary" href="{leads_to}"' in answer.text


def test_who_may_not_do_it_is_led_back_and_to_their_role(scene: Scene) -> None:
    client = scene.client(Role.WATCHER)

    answer = client.get("/users", headers={"Referer": "http://localhost/runs?empty=1"})

    assert answer.status_code == 403
    assert 'btn-primary" href="/runs?empty=1"' in answer.text
    assert 'href="/you"' in answer.text


@pytest.mark.parametrize(
    "referrer",
    [
        "http://localhost//elsewhere.example/",
        "http://localhost/\\elsewhere.example/",
        "http://elsewhere.example/",
        "http://[",
    ],
)
def test_an_error_page_leads_back_to_pages_of_ours_alone(
    scene: Scene, referrer: str
) -> None:
    client = scene.client(Role.WATCHER)

    answer = client.get("/users", headers={"Referer": referrer})

    assert answer.status_code == 403
    assert "elsewhere" not in answer.text
    assert "Back to the page before" not in answer.text


def test_who_sends_too_much_is_told_how_much_may_be_sent(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_MOST_SENT", 10_000)
    client = scene.client(Role.MANAGER)
    file = (io.BytesIO(b"x" * 20_000), "sales.csv")

    answer = client.post(FORM, {"file": file}, page=FORM)

    assert answer.status_code == 413
    assert "At most 1 MB" in answer.text


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (Conflict(), "What you looked at has changed meanwhile"),
        (TooManyRequests(retry_after=90), "Wait 90 seconds, then try again."),
        (ValueError("of ours"), "Look whether what you did is done"),
    ],
)
def test_each_failure_says_what_to_do(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, error: Exception, says: str
) -> None:
    def fail(*_any: object, **_named: object) -> None:
        raise error

    monkeypatch.setattr(overview, "headline", fail)

    answer = scene.client().get("/")

    assert says in answer.text
    assert "give this number" in answer.text
