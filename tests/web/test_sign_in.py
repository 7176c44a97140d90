"""Signing in: who gets in, how often one may try, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form, PasswordField
from wtforms.fields.core import UnboundField

from dashboard.domain.users import Role
from dashboard.web.forms import PageForm
from dashboard.web.typed import typed
from tests.fixtures.clocks import SettableClock
from tests.web.scene import PASSWORD, Scene


def test_a_right_password_opens_the_page_that_was_asked_for(scene: Scene) -> None:
    email = scene.user(Role.WATCHER)
    browsing = scene.client(None)
    assert browsing.get("/orders?q=ada").headers["Location"] == (
        "/sign-in?next=/orders?q%3Dada"
    )

    answer = browsing.sign_in(email, PASSWORD, "/orders?q=ada")

    assert answer.headers["Location"] == "/orders?q=ada"
    assert browsing.get("/orders?q=ada").status_code == 200


def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(
    scene: Scene,
) -> None:
    email = scene.user(Role.WATCHER)

    wrong = scene.client(None).sign_in(email, "not the password")
    unknown = scene.client(None).sign_in("nobody@sluice.example", "not the password")

    assert wrong.status_code == unknown.status_code == 401
    sentence = "The e-mail address or the password is wrong."
    assert sentence in wrong.text
    assert sentence in unknown.text


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "//[evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "orders",
    ],
)
def test_signing_in_never_leads_to_another_site(scene: Scene, elsewhere: str) -> None:
    email = scene.user(Role.WATCHER)

    answer = scene.client(None).sign_in(email, PASSWORD, elsewhere)

    assert answer.headers["Location"] == "/"


def test_after_five_wrong_tries_one_has_to_wait(
    scene: Scene, clock: SettableClock
) -> None:
    email = scene.user(Role.WATCHER)
    browsing = scene.client(None)
    for _ in range(5):
        browsing.sign_in(email, "not the password")

    blocked = browsing.sign_in(email, PASSWORD)
    assert blocked.status_code == 429
    assert "Too many tries" in blocked.text

    clock.advance(seconds=3)
    assert browsing.sign_in(email, PASSWORD).status_code == 302


def test_signing_out_ends_the_session_on_the_server(scene: Scene) -> None:
    scene.user(Role.WATCHER)
    browsing = scene.client(Role.WATCHER)
    cookie = browsing._client.get_cookie("sluice")

    browsing.post("/sign-out", page="/")

    browsing._client.set_cookie("sluice", cookie.value)
    assert browsing.get("/").status_code == 302


def test_signing_in_starts_a_new_session(scene: Scene) -> None:
    browsing = scene.client(Role.WATCHER)
    before = browsing._client.get_cookie("sluice").value
    browsing.post("/sign-out", page="/")

    browsing.sign_in("watcher@sluice.example", PASSWORD)

    assert browsing._client.get_cookie("sluice").value != before


def test_a_session_ends_when_nothing_was_done_for_long(
    scene: Scene, clock: SettableClock
) -> None:
    browsing = scene.client(Role.WATCHER)

    clock.advance(timedelta(hours=13).total_seconds())

    assert browsing.get("/").status_code == 302


def test_a_page_that_refreshes_itself_does_not_keep_its_session_alive(
    scene: Scene, clock: SettableClock
) -> None:
    browsing = scene.client(Role.WATCHER)
    clock.advance(timedelta(hours=11).total_seconds())
    assert browsing.get("/", headers={"X-Live": "1"}).status_code == 200

    clock.advance(timedelta(hours=2).total_seconds())

    assert browsing.get("/", headers={"X-Live": "1"}).status_code == 401


def test_without_users_the_page_says_how_to_make_one(empty: Scene) -> None:
    text = empty.client(None).get("/sign-in").text

    assert "sluice users first-link" in text


def test_a_changed_role_counts_at_once(scene: Scene) -> None:
    browsing = scene.client(Role.ADMINISTRATOR)
    schedule = scene.schedule()
    assert browsing.get(f"/schedules/{schedule.id}").status_code == 200

    scene.set_role("administrator@sluice.example", Role.WATCHER)

    assert browsing.get(f"/schedules/{schedule.id}").status_code == 403


def test_a_form_without_its_token_changes_nothing(scene: Scene) -> None:
    browsing = scene.client(Role.ADMINISTRATOR)

    answer = browsing.post_bare("/sign-out")

    assert answer.status_code == 400
    assert "no longer valid" in answer.text
    assert browsing.get("/").status_code == 200


def test_text_that_a_database_cannot_hold_is_refused(scene: Scene) -> None:
    answer = scene.client(None).sign_in("a\0b@shop.example", PASSWORD)

    assert answer.status_code == 400


def test_failures_to_sign_in_are_written_down_without_what_was_typed(
    scene: Scene,
) -> None:
    email = scene.user(Role.WATCHER)
    browsing = scene.client(None)
    browsing.sign_in(email, "not the password")
    browsing.sign_in("my secret password", PASSWORD)

    text = scene.client().get("/activity?kind=sign-in").text

    assert f"Failed to sign in as {email}" in text
    assert "Failed to sign in as an unknown user" in text
    assert "my secret password" not in text


def test_a_form_sent_after_signing_out_gives_back_what_was_typed(scene: Scene) -> None:
    order_id = scene.order("1001")
    client = scene.client(None)

    answer = client.post_bare(
        f"/orders/{order_id}/notes",
        data={"text": "They call back <soon>", "password": "hunter2"},
        headers={"Referer": f"http://localhost/orders/{order_id}?q=ada"},
    )

    assert answer.status_code == 401
    assert "They call back &lt;soon&gt;" in answer.text
    assert f'href="/sign-in?next=/orders/{order_id}?q%3Dada"' in answer.text
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("role", [None, Role.ADMINISTRATOR])
@pytest.mark.parametrize("row", ["9" * 5_000, "²", "a" * 20_000])
def test_a_field_that_no_form_has_is_refused(
    scene: Scene, role: Role | None, row: str
) -> None:
    client = scene.client(role)
    form = {f"tax_rows-{row}-country": "CH", "csrf_token": client.token("/settings")}

    answer = client.post_bare("/settings/taxes", data=form)

    assert answer.status_code == 400


def test_what_another_site_sends_is_given_back_to_nobody(scene: Scene) -> None:
    answer = scene.client(None).post_bare(
        "/orders/1/notes",
        data={"text": "Call this number"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 403
    assert "Call this number" not in answer.text


def test_settings_sent_after_signing_out_are_given_back_without_what_is_secret(
    scene: Scene,
) -> None:
    rules = {"tax_rows-1-rate_percent": "8.1", "tax_rows-1-country": "CH"}
    connection = {"base_url": "https://books.example", "client_secret": "hunter2"}
    shop = {"base_url": "https://shop.example", "key": "ck_9", "secret": "cs_9"}
    signed_in = {"base_url": "https://me:hunter2@books.example", "client_id": "mine"}

    def answer(path: str, form: dict[str, str]) -> str:
        return scene.client(None).post_bare(path, data=form).text

    text = answer("/settings/taxes", rules)
    assert "Country or region, row 2" in text
    assert 'value="CH"' in text
    text = answer("/settings/connection", connection)
    assert "https://books.example" in text
    assert "hunter2" not in text
    text = answer("/settings/shops/demo/access", shop)
    assert "https://shop.example" in text
    assert "ck_9" not in text
    assert "cs_9" not in text
    assert "hunter2" not in answer("/settings/connection", signed_in)
    bare = {"base_url": "me:hunter2@shop.example"}
    assert "hunter2" not in answer("/settings/shops/demo/access", bare)


def every_form(form: type[Form] = PageForm) -> Iterator[type[Form]]:
    for below in form.__subclasses__():
        yield below
        yield from every_form(below)


def test_no_form_gives_back_a_secret(scene: Scene) -> None:
    for form in every_form():
        fields = {n: f for n, f in vars(form).items() if isinstance(f, UnboundField)}
        sent = MultiDict({name: f"<{name}>" for name in fields})
        secret = {n for n, f in fields.items() if f.field_class is PasswordField}

        with scene.app.test_request_context():
            given = {each.text for each in typed(sent)}

        assert given.isdisjoint({f"<{name}>" for name in secret}), form


@pytest.mark.parametrize(
    "asked_from",
    [
        "http://elsewhere.example/orders",
        "http://localhost/orders/1/notes",
        "http://[localhost/orders",
        "",
    ],
)
def test_a_form_of_no_page_of_ours_leads_to_the_overview(
    scene: Scene, asked_from: str
) -> None:
    client = scene.client(None)

    answer = client.post_bare("/orders/1/notes", headers={"Referer": asked_from})

    assert 'href="/sign-in"' in answer.text
