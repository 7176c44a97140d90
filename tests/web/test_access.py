"""Every page names a role, and the headers keep browsers on the safe side."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import abort
from flask.typing import ResponseReturnValue

from dashboard.domain.users import Role
from dashboard.store.database import db
from dashboard.web.access import public
from dashboard.web.icons import USED
from tests.web.scene import Scene

BEARER = {"Authorization": "Bearer none-of-ours"}
WEB = Path(__file__).parents[2] / "dashboard" / "web"


def test_a_page_that_names_no_role_is_closed(empty: Scene) -> None:
    empty.app.view_functions["overview.show"] = lambda: "open to all"

    assert empty.client(Role.ADMINISTRATOR).get("/").status_code == 403


def test_a_form_sent_by_another_site_is_refused(scene: Scene) -> None:
    browsing = scene.client(Role.ADMINISTRATOR)

    for site in ("cross-site", "same-site"):
        answer = browsing.post_bare(
            "/sign-out", headers={"Sec-Fetch-Site": site}, data={}
        )
        assert answer.status_code in {400, 403}


def test_every_answer_carries_the_headers_that_protect_it(scene: Scene) -> None:
    browsing = scene.client(Role.WATCHER)
    for path in ("/", "/orders", "/sign-in", "/nothing-here", "/assets/sluice.css"):
        headers = browsing.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert browsing.get("/").headers["Cache-Control"] == "no-store"


def test_files_with_a_version_are_kept_by_browsers(scene: Scene) -> None:
    page = scene.client(None).get("/sign-in").text
    (css,) = re.findall(r'href="(/assets/sluice.css\?v=[^"]+)"', page)

    assert "immutable" in scene.client(None).get(css).headers["Cache-Control"]


def test_templates_hold_no_inline_code_and_never_trust_text() -> None:
    for path in WEB.rglob("*.html"):
        text = path.read_text()
        assert "|safe" not in text, path
        assert "style=" not in text, path
        assert "<style" not in text, path
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path
        assert not re.search(r"\bon[a-z]+=\"", text), path


def test_the_icons_that_are_cut_out_are_those_that_pages_use() -> None:
    texts = [
        path.read_text()
        for path in (*WEB.rglob("*.html"), *WEB.glob("*.py"))
        if path.name != "icons.py"
    ]
    quoted = set(re.findall(r"""["']([a-z0-9-]+)["']""", " ".join(texts)))
    called = set(re.findall(r"""icon\(["']([a-z0-9-]+)["']""", " ".join(texts)))

    assert called <= set(USED)
    assert set(USED) <= quoted


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing-here", 404),
        ("/orders/999999", 404),
        ("/orders/0", 404),
        (f"/orders/{2**63}", 404),
        (f"/orders/{'9' * 5000}", 404),
    ],
)
def test_error_pages_offer_a_way_back_and_a_number(
    scene: Scene, path: str, status: int
) -> None:
    answer = scene.client(Role.WATCHER).get(path)

    assert answer.status_code == status
    assert 'href="/"' in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_a_method_a_page_does_not_take_gets_an_error_page(scene: Scene) -> None:
    answer = scene.client(Role.WATCHER).post("/orders", page="/orders")

    assert answer.status_code == 405
    assert 'href="/"' in answer.text


def test_machines_get_errors_as_json(empty: Scene) -> None:
    answer = empty.client(None).get("/api/nothing-here")

    assert answer.status_code == 404
    assert answer.get_json()["request_id"] == answer.headers["X-Request-Id"]


def test_a_failing_database_gets_a_page_that_says_to_come_back(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    browsing = scene.client(Role.WATCHER)
    with scene.app.app_context():
        db.drop_all()

    answer = browsing.get("/orders?q=ada")
    for_machines = browsing.get("/api/v1/orders", headers=BEARER)

    assert answer.status_code == for_machines.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "Sluice cannot work right now" in answer.text
    assert 'href="/orders?q=ada"' in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert for_machines.get_json()["request_id"]
    assert "database away" in caplog.messages


@pytest.mark.parametrize("code", [400, 403, 404, 405, 413, 429, 500, 503])
def test_every_error_has_a_page_for_people_and_json_for_machines(
    empty: Scene, code: int
) -> None:
    def fail() -> ResponseReturnValue:
        abort(code)

    empty.app.view_functions["sign_in.form"] = public(fail)
    empty.app.view_functions["api_v1.openapi"] = fail
    browsing = empty.client(None)

    page = browsing.get("/sign-in")
    data = browsing.get("/api/v1/openapi.json")

    assert page.status_code == data.status_code == code
    assert f">{code}<" in page.text
    assert "That did not work" not in page.text
    assert 'href="/"' in page.text
    assert page.headers["X-Request-Id"] in page.text
    assert data.get_json()["error"]


def test_a_mistake_of_ours_tells_nobody_what_it_was(
    empty: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> ResponseReturnValue:
        raise RuntimeError("the secret is swordfish")

    empty.app.view_functions["sign_in.form"] = public(fail)

    answer = empty.client(None).get("/sign-in")

    assert answer.status_code == 500
    assert "swordfish" not in answer.text
    assert "request failed" in caplog.messages


def test_a_form_that_is_too_large_gets_an_error_page(scene: Scene) -> None:
    huge = {"q": "x" * 1_100_000}

    answer = scene.client(Role.WATCHER).post_bare("/sign-in", data=huge)

    assert answer.status_code == 413
    assert "That is too large" in answer.text
