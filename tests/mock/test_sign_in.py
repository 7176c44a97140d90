"""OAuth 2: consent, codes, refresh tokens, scopes, connections."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.demo import DEMO_TENANT_ID
from tests.mock.conftest import ApiClient

BACK = "http://localhost:5000/callback"
SCOPE = "offline_access accounting.invoices accounting.settings.read"
PAGE = "/identity/connect/authorize"
ApiOn = Callable[[Path, Clock], ApiClient]


def _query(**changes: str) -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": "demo",
        "redirect_uri": BACK,
        "scope": SCOPE,
        "state": "s-1",
    } | changes


def _answer(app: Flask, decision: str = "allow", **changes: str) -> dict[str, str]:
    """Decide on the consent page; what the app is sent back with."""
    given = app.test_client().post(
        PAGE,
        query_string=_query(**changes),
        data={"decision": decision, "organisation": DEMO_TENANT_ID},
    )
    assert given.status_code == 302, given.text
    assert given.location.startswith(BACK)
    fields = parse_qs(urlsplit(given.location).query)
    return {name: values[0] for name, values in fields.items()}


def _token(app: Flask, **form: str) -> TestResponse:
    return app.test_client().post("/connect/token", data=form, auth=("demo", "demo"))


def _redeem(app: Flask, code: str, **changes: str) -> TestResponse:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    return _token(app, **(form | changes))


def _refresh(app: Flask, token: str) -> TestResponse:
    return _token(app, grant_type="refresh_token", refresh_token=token)


def _signed_in(app: Flask) -> dict[str, Any]:
    token: dict[str, Any] = _redeem(app, _answer(app)["code"]).get_json()
    return token


def _error(answer: TestResponse) -> str:
    assert answer.status_code == 400
    error: str = answer.get_json()["error"]
    return error


def _get(app: Flask, path: str, token: str) -> TestResponse:
    return app.test_client().get(path, headers={"Authorization": f"Bearer {token}"})


def test_the_page_tells_who_asks_for_what(app: Flask) -> None:
    page = app.test_client().get(PAGE, query_string=_query())

    assert page.status_code == 200
    assert "demo" in page.text
    assert "accounting.settings.read" in page.text
    assert "Demo Company (NL)" in page.text
    assert (
        "form-action 'self' http://localhost:5000"
        in page.headers["Content-Security-Policy"]
    )


def test_consent_gives_a_code_and_the_code_a_token(app: Flask) -> None:
    sent_back = _answer(app)

    token = _redeem(app, sent_back["code"]).get_json()

    assert sent_back["state"] == "s-1"
    assert token["scope"] == SCOPE
    assert set(token) == {
        "access_token",
        "expires_in",
        "token_type",
        "scope",
        "refresh_token",
    }
    found = _get(app, "/api.xro/2.0/Invoices", token["access_token"])
    assert found.status_code == 200


def test_without_offline_access_there_is_no_refresh_token(app: Flask) -> None:
    code = _answer(app, scope="accounting.invoices")["code"]

    assert "refresh_token" not in _redeem(app, code).get_json()


def test_a_refusal_is_sent_back_to_the_app(app: Flask) -> None:
    sent_back = _answer(app, "deny")

    assert sent_back == {"error": "access_denied", "state": "s-1"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"client_id": "nobody"}, "there is no client"),
        ({"response_type": "token"}, "response_type"),
        ({"redirect_uri": "javascript:alert(1)"}, "redirect_uri"),
        ({"redirect_uri": "http://a;b/"}, "redirect_uri"),
        ({"redirect_uri": "https://app.example/callback"}, "not registered"),
        ({"redirect_uri": "https://localhost/callback"}, "not registered"),
        ({"redirect_uri": "http://localhost.evil.example/"}, "not registered"),
        ({"redirect_uri": "http://localhost:80@evil.example/"}, "not registered"),
        ({"scope": "accounting.everything"}, "accounting.everything"),
    ],
)
def test_a_wish_that_makes_no_sense_stays_on_the_page(
    app: Flask, change: dict[str, str], problem: str
) -> None:
    for method in ("GET", "POST"):
        page = app.test_client().open(
            PAGE, method=method, query_string=_query(**change)
        )

        assert page.status_code == 400
        assert problem in page.text


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8000/back", "http://[::1]:1/", "http://localhost"]
)
def test_programs_on_this_machine_may_use_any_port(app: Flask, address: str) -> None:
    page = app.test_client().get(PAGE, query_string=_query(redirect_uri=address))

    assert page.status_code == 200


def test_a_registered_address_may_be_sent_back_to_and_is_kept(
    api_on: ApiOn, tmp_path: Path, clock: Clock
) -> None:
    address = "https://app.example/callback"
    before = api_on(tmp_path, clock)
    before.control("POST", "clients/demo/redirects", {"redirect_uri": address})
    before.close()

    app = api_on(tmp_path, clock).app

    for asked, status in ((address, 302), (f"{address}/more", 400)):
        given = app.test_client().post(PAGE, query_string=_query(redirect_uri=asked))
        assert given.status_code == status


@pytest.mark.parametrize("address", ["", "ftp://app.example", 5, "http://a b/"])
def test_an_address_that_is_none_is_not_registered(app: Flask, address: Any) -> None:
    answer = app.test_client().post(
        "/__mock__/clients/demo/redirects", json={"redirect_uri": address}
    )

    assert answer.status_code == 400


def test_a_code_is_good_once_and_for_five_minutes(app: Flask, clock: Clock) -> None:
    used, old = _answer(app)["code"], _answer(app)["code"]
    _redeem(app, used)

    assert _error(_redeem(app, used)) == "invalid_grant"
    clock.advance(timedelta(minutes=5))
    assert _error(_redeem(app, old)) == "invalid_grant"


def test_a_code_needs_its_own_address_and_verifier(app: Flask) -> None:
    verifier = "v" * 43
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    proof = {"code_challenge": challenge, "code_challenge_method": "S256"}

    elsewhere = _redeem(app, _answer(app)["code"], redirect_uri=f"{BACK}/x")
    unproven = _redeem(app, _answer(app, **proof)["code"], code_verifier="w" * 43)
    proven = _redeem(app, _answer(app, **proof)["code"], code_verifier=verifier)

    assert _error(elsewhere) == "invalid_grant"
    assert _error(unproven) == "invalid_grant"
    assert proven.status_code == 200


def test_every_refresh_gives_a_new_refresh_token(app: Flask) -> None:
    first = _signed_in(app)["refresh_token"]

    second = _refresh(app, first).get_json()

    assert second["refresh_token"] != first
    assert second["scope"] == SCOPE
    assert _refresh(app, second["refresh_token"]).status_code == 200


def test_the_token_before_is_good_for_half_an_hour_more(
    app: Flask, clock: Clock
) -> None:
    first = _signed_in(app)["refresh_token"]
    _refresh(app, first)

    clock.advance(timedelta(minutes=29))
    in_time = _refresh(app, first)
    clock.advance(timedelta(minutes=1))

    assert in_time.status_code == 200
    assert _error(_refresh(app, first)) == "invalid_grant"


def test_a_refresh_token_ends_after_sixty_days(app: Flask, clock: Clock) -> None:
    token = _signed_in(app)["refresh_token"]

    clock.advance(timedelta(days=60))

    assert _error(_refresh(app, token)) == "invalid_grant"
    assert _error(_refresh(app, "made up")) == "invalid_grant"


def test_refresh_tokens_outlive_a_restart(
    api_on: ApiOn, tmp_path: Path, clock: Clock
) -> None:
    before = api_on(tmp_path, clock)
    token = _signed_in(before.app)["refresh_token"]
    before.close()

    after = api_on(tmp_path, clock)

    assert _refresh(after.app, token).status_code == 200


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("accounting.invoices", "GET", "Invoices", 200),
        ("accounting.transactions", "GET", "Invoices", 200),
        ("accounting.transactions", "GET", "Payments", 200),
        ("accounting.invoices.read", "GET", "CreditNotes", 200),
        ("accounting.invoices.read", "PUT", "Invoices", 403),
        ("accounting.invoices", "GET", "Payments", 403),
        ("accounting.invoices", "GET", "Contacts", 403),
        ("accounting.invoices", "GET", "Organisation", 403),
        ("accounting.settings.read", "GET", "Accounts", 200),
    ],
)
def test_a_scope_opens_what_it_names_and_no_more(
    app: Flask, scope: str, method: str, path: str, status: int
) -> None:
    token = _token(app, grant_type="client_credentials", scope=scope).get_json()

    answer = app.test_client().open(
        f"/api.xro/2.0/{path}",
        method=method,
        headers={"Authorization": f"Bearer {token['access_token']}"},
    )

    assert answer.status_code == status
    if status == 403:
        assert answer.get_json()["Detail"] == "AuthenticationUnsuccessful"


def test_a_disconnected_organisation_is_closed_to_the_app(api: ApiClient) -> None:
    headers = {"Authorization": f"Bearer {api.token}"}
    (connection,) = api.http.get("/connections", headers=headers).get_json()
    path = f"/connections/{connection['id']}"

    removed = api.http.delete(path, headers=headers)

    assert removed.status_code == 204
    assert api.get("Invoices").status_code == 403
    assert api.http.get("/connections", headers=headers).get_json() == []
    assert api.http.delete(path, headers=headers).status_code == 404


def test_consent_connects_an_app_to_more_organisations(api: ApiClient) -> None:
    other = api.control("POST", "organisations", {"name": "Second"})["organisation"]

    given = api.http.post(
        PAGE,
        query_string=_query(),
        data={"decision": "allow", "organisation": other},
    )

    headers = {"Authorization": f"Bearer {api.token}"}
    names = [
        it["tenantName"]
        for it in api.http.get("/connections", headers=headers).get_json()
    ]
    assert given.status_code == 302
    assert names == ["Demo Company (NL)", "Second"]
    there = {"Xero-Tenant-Id": other}
    assert api.call("GET", "Invoices", headers=there).status_code == 200
