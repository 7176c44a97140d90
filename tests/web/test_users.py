"""Users and their links, one's own account, and what Activity says of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from dashboard.domain.users import Role
from dashboard.web.browser_name import browser_name
from tests.fixtures.clocks import SettableClock
from tests.web.scene import PASSWORD, Scene

NEW = "another battery of horses"


def link_in(text: str) -> str:
    """Return the path of the link a page shows."""
    (path,) = re.findall(r"http://localhost(/welcome/[\w-]+)", text)
    return path


def test_the_first_start_is_finished_in_the_browser(empty: Scene) -> None:
    token = empty.program.password_links.make_first()
    browsing = empty.client(None)
    path = f"/welcome/{token}"
    form = {"name": "Ann", "email": "ann@shop.example"}
    chosen = {"password": NEW, "again": NEW}

    differs = browsing.post(path, form | {"password": NEW, "again": "x"}, page=path)
    answer = browsing.post(path, form | chosen, page=path)

    assert "The two passwords differ." in differs.text
    assert answer.headers["Location"] == "/"
    assert "Users" in browsing.get("/").text
    assert browsing.get(path).status_code == 410
    assert "Became the first administrator" in browsing.get("/activity").text


def test_an_invitation_leads_to_a_user_who_signs_in(scene: Scene) -> None:
    admin = scene.client()
    invitation = {"name": "Bo", "email": "Bo@shop.example", "role": "manager"}

    shown = admin.post("/users", invitation, page="/users")
    path = link_in(shown.text)
    invited = scene.client(None)
    invited.get(path)
    invited.post(path, {"password": NEW, "again": NEW}, page=path)

    assert invited.get("/schedules").status_code == 200
    assert invited.get("/users").status_code == 403
    assert path not in admin.get("/users").text
    activity = admin.get("/activity").text
    assert "Invited" in activity
    assert "bo@shop.example" in activity


def test_an_address_is_invited_once(scene: Scene) -> None:
    admin = scene.client()
    invitation = {"name": "Bo", "email": "bo@shop.example", "role": "watcher"}
    admin.post("/users", invitation, page="/users")

    again = admin.post("/users", invitation, page="/users")
    wrong = admin.post("/users", invitation | {"email": "bo"}, page="/users")

    assert "There is a user bo@shop.example already." in again.text
    assert "This is not an e-mail address." in wrong.text
    assert again.status_code == wrong.status_code == 422


def test_a_reset_signs_out_and_the_link_sets_another_password(scene: Scene) -> None:
    email = scene.user(Role.WATCHER)
    theirs = scene.client(None)
    theirs.sign_in(email, PASSWORD)
    admin = scene.client()

    path = link_in(admin.post("/users/1/reset", page="/users/1").text)

    assert theirs.get("/").status_code == 302
    assert theirs.sign_in(email, PASSWORD).status_code == 401
    theirs.post(path, {"password": NEW, "again": NEW}, page=path)
    assert theirs.get("/").status_code == 200


def test_who_is_switched_off_is_out_until_switched_on(scene: Scene) -> None:
    email = scene.user(Role.WATCHER)
    theirs = scene.client(None)
    theirs.sign_in(email, PASSWORD)
    admin = scene.client()

    admin.post("/users/1/off", page="/users/1")

    assert theirs.get("/").status_code == 302
    assert theirs.sign_in(email, PASSWORD).status_code == 401
    assert "Switched off" in admin.get("/users").text
    admin.post("/users/1/on", page="/users/1")
    assert theirs.sign_in(email, PASSWORD).status_code == 302


def test_the_last_administrator_cannot_lock_everybody_out(scene: Scene) -> None:
    scene.user(Role.ADMINISTRATOR)
    admin = scene.client()

    for path, form in (
        ("/users/1/role", {"role": "watcher"}),
        ("/users/1/off", {}),
        ("/users/1/reset", {}),
    ):
        admin.post(path, form, page="/users/1")
        assert "is the only administrator" in admin.get("/users/1").text


def test_another_role_counts_and_is_written_down(scene: Scene) -> None:
    scene.user(Role.WATCHER)
    admin = scene.client()

    admin.post("/users/1/role", {"role": "manager"}, page="/users/1")

    assert (
        admin.post("/users/1/role", {"role": "emperor"}, page="/users/1").status_code
        == 400
    )
    assert "watcher to manager" in admin.get("/activity").text


def test_one_changes_ones_own_password_and_stays_signed_in_here(scene: Scene) -> None:
    email = scene.user(Role.WATCHER)
    here, elsewhere = scene.client(None), scene.client(None)
    here.sign_in(email, PASSWORD)
    elsewhere.sign_in(email, PASSWORD)
    form = {"password": NEW, "again": NEW}

    wrong = here.post("/you/password", form | {"current": "no"}, page="/you")
    done = here.post("/you/password", form | {"current": PASSWORD}, page="/you")

    assert "This is not your current password." in wrong.text
    assert done.status_code == 302
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert elsewhere.sign_in(email, NEW).status_code == 302


def test_guessing_the_current_password_is_slowed_down(scene: Scene) -> None:
    browsing = scene.client(Role.WATCHER)
    form = {"password": NEW, "again": NEW, "current": "not the password"}
    for _ in range(5):
        browsing.post("/you/password", form, page="/you")

    assert browsing.post("/you/password", form, page="/you").status_code == 429


def test_a_chosen_time_zone_is_used_on_every_page(scene: Scene) -> None:
    browsing = scene.client(Role.WATCHER)
    chosen = {"time_zone": "Europe/Amsterdam", "language": "nl"}

    browsing.post("/you/preferences", chosen, page="/you")
    wrong = browsing.post(
        "/you/preferences", chosen | {"time_zone": "Europe/Atlantis"}, page="/you"
    )

    assert wrong.status_code == 422
    assert 'data-zone="Europe/Amsterdam"' in browsing.get("/orders").text
    assert '<option selected value="nl">' in browsing.get("/you").text


def test_a_session_is_ended_from_another_browser(scene: Scene) -> None:
    email = scene.user(Role.WATCHER)
    lost, here = scene.client(None), scene.client(None)
    lost.sign_in(email, PASSWORD)
    here.sign_in(email, PASSWORD)

    here.post("/you/sessions/1/end", page="/you")

    assert lost.get("/").status_code == 302
    assert here.get("/").status_code == 200


def test_nobody_but_an_administrator_ends_the_sessions_of_others(scene: Scene) -> None:
    watcher = scene.client(Role.WATCHER)
    manager = scene.client(Role.MANAGER)

    assert manager.post("/you/sessions/1/end", page="/you").status_code == 404
    assert watcher.get("/").status_code == 200

    scene.client().post("/users/1/sessions/end", page="/users/1")
    assert watcher.get("/").status_code == 302


def test_activity_says_who_did_what_to_which_order(scene: Scene) -> None:
    order_id = scene.order("1001", rate="13")
    client = scene.client(Role.WATCHER)
    client.post(
        f"/orders/{order_id}/ignore", {"reason": "Only a test"}, page="/settings"
    )

    text = client.get("/activity").text

    assert "Watcher" in text
    assert f'Ignored <a href="/orders/{order_id}">order 1001</a>' in text
    assert "Only a test" in text


def test_activity_is_narrowed_by_person_kind_and_day(
    scene: Scene, clock: SettableClock
) -> None:
    scene.order("1001", rate="13")
    watcher, manager = scene.client(Role.WATCHER), scene.client(Role.MANAGER)
    watcher.post("/orders/1/retry", page="/orders")
    clock.advance(24 * 3600)
    watcher = scene.client(Role.WATCHER)
    watcher.post("/runs", {"task": "sync"}, page="/runs")

    def shown(query: str) -> tuple[bool, bool]:
        text = scene.client(Role.WATCHER).get(f"/activity?{query}").text
        return "order 1001" in text, "run 1" in text

    assert shown("") == (True, True)
    assert shown("kind=order") == (True, False)
    assert shown("person=1") == (True, True)
    assert shown("person=2") == (False, False)
    today = clock.now().date().isoformat()
    assert shown(f"since={today}") == (False, True)
    assert shown("until=2026-11-22") == (True, False)
    assert shown("kind=nonsense&since=never&person=x") == (True, True)
    assert shown("since=0001-01-01&until=9999-12-31") == (True, True)
    assert manager is not watcher


def test_a_day_of_activity_begins_in_the_readers_zone(
    scene: Scene, clock: SettableClock
) -> None:
    evening = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    clock.advance((evening - clock.now()).total_seconds())
    client = scene.client(Role.WATCHER)
    client.post("/you/preferences", {"time_zone": "Europe/Amsterdam"}, page="/you")
    client.post("/runs", {"task": "sync"}, page="/runs")

    assert "run 1" in client.get("/activity?since=2026-11-23").text
    assert "run 1" not in client.get("/activity?until=2026-11-22").text


def test_addresses_in_activity_are_for_administrators(scene: Scene) -> None:
    scene.client(Role.WATCHER).post("/runs", {"task": "sync"}, page="/runs")

    assert "127.0.0.1" in scene.client(Role.ADMINISTRATOR).get("/activity").text
    assert "127.0.0.1" not in scene.client(Role.MANAGER).get("/activity").text


def test_activity_is_searched_in_the_readers_language(scene: Scene) -> None:
    client = scene.client()
    order_id = scene.order("1001", rate="13")
    other = scene.order("1002", rate="13")
    for each in (order_id, other):
        reason = {"reason": "Booked by hand"}
        client.post(f"/orders/{each}/ignore", reason, page=f"/orders/{each}")
    client.post("/language", {"language": "nl"}, page="/activity")

    page = client.get("/activity?q=genegeerd+1002&kind=order").text

    assert page.count('data-key="act-') == 1
    assert f'href="/orders/{other}"' in page
    file = client.get("/activity.csv?q=1002").text.splitlines()
    assert len(file) == 2


def test_activity_is_paged_and_saved_whole(scene: Scene) -> None:
    client = scene.client(Role.WATCHER)
    for _ in range(52):
        client.post("/runs", {"task": "sync"}, page="/runs")

    client.get("/")  # says what was done last
    first = client.get("/activity?kind=run").text
    (more,) = re.findall(r'href="(/activity\?[^"]*after=\d+)"', first)
    rest = client.get(more.replace("&amp;", "&")).text
    lines = client.get("/activity.csv?kind=run").text.splitlines()

    assert first.count("Asked for") == 50
    assert rest.count("Asked for") == 2
    assert len(lines) == 53
    assert lines[1].split(",")[1:4] == ["Watcher", "Runs", "asked for"]


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko Firefox/140.0",
            "Firefox, Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU OS 18 like Mac OS X) Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/8.14", ""),
    ],
)
def test_a_browser_is_named_so_that_its_owner_knows_it(
    user_agent: str, name: str
) -> None:
    assert browser_name(user_agent) == name
