"""Languages: how one is chosen, and that a page keeps to it."""

from __future__ import annotations

import pytest

from dashboard.domain.users import Role
from tests.web.scene import PASSWORD, Scene


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("nl-NL,nl;q=0.9,en;q=0.8", "nl-NL"),
        ("nl-BE", "nl-BE"),
        ("de", "de"),
        ("de-CH,en;q=0.5", "de-CH"),
        ("en-US,en;q=0.9", "en-US"),
        ("fr-FR,nl;q=0.3", "nl"),
        ("fr-FR", "en-GB"),
        ("", "en-GB"),
    ],
)
def test_the_language_is_the_one_the_browser_asks_for(
    scene: Scene, asked: str, spoken: str
) -> None:
    page = scene.client(None).get("/sign-in", headers={"Accept-Language": asked})

    assert f'<html lang="{spoken}"' in page.text
    assert "Accept-Language" in page.headers["Vary"]


def test_who_cannot_read_the_sign_in_page_chooses_another_language(
    scene: Scene,
) -> None:
    email = scene.user(Role.WATCHER)
    browsing = scene.client(None)

    browsing.post("/language", {"language": "de", "next": "/sign-in"}, page="/sign-in")

    assert '<html lang="de"' in browsing.get("/sign-in").text
    browsing.sign_in(email, PASSWORD)
    assert '<html lang="de"' in browsing.get("/").text


def test_what_a_user_chose_for_themselves_wins_and_outlives_the_session(
    scene: Scene,
) -> None:
    browsing = scene.client(Role.WATCHER)
    chosen = {"time_zone": "", "language": "nl"}
    browsing.post("/you/preferences", chosen, page="/you")

    page = browsing.get("/orders", headers={"Accept-Language": "de"})
    browsing.post("/sign-out", page="/")

    assert '<html lang="nl"' in page.text
    assert '<html lang="nl"' in browsing.get("/sign-in").text


def test_a_language_nobody_speaks_leaves_it_to_the_browser(scene: Scene) -> None:
    browsing = scene.client(None)

    browsing.post("/language", {"language": "tlh"}, page="/sign-in")

    assert '<html lang="en-GB"' in browsing.get("/sign-in").text
