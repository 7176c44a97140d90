"""Every route of the application, with every role and signed out, against one table.

A new route belongs into the table: who may use it is decided there, not by accident.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from dashboard.domain.users import Role
from tests.web.scene import Browsing, Scene


class Other(Enum):
    """Who may use a route that asks for no role."""

    EVERYBODY = "everybody"
    TOKEN = "who bears an API token"
    SHOP = "the shop that signed it"


EVERYBODY, TOKEN, SHOP = Other.EVERYBODY, Other.TOKEN, Other.SHOP
WATCHER, MANAGER, ADMINISTRATOR = Role.WATCHER, Role.MANAGER, Role.ADMINISTRATOR

ACCESS: Mapping[str, Role | Other] = {
    "GET /": WATCHER,
    "GET /activity": WATCHER,
    "GET /activity.csv": WATCHER,
    "GET /api/v1/openapi.json": EVERYBODY,
    "GET /api/v1/orders": TOKEN,
    "GET /api/v1/orders/<order_id>": TOKEN,
    "POST /api/v1/orders/<order_id>/retry": TOKEN,
    "GET /api/v1/reconciliation": TOKEN,
    "GET /api/v1/runs": TOKEN,
    "POST /api/v1/runs": TOKEN,
    "GET /api/v1/runs/<run_id>": TOKEN,
    "GET /api/v1/summary": TOKEN,
    "GET /assets/<filename>": EVERYBODY,
    "GET /bootstrap/static/<filename>": EVERYBODY,
    "GET /exchanges": WATCHER,
    "GET /exchanges.csv": WATCHER,
    "GET /exchanges/<exchange_id>": WATCHER,
    "GET /exchanges/<exchange_id>/curl": WATCHER,
    "GET /figures": WATCHER,
    "GET /alarms/<alarm>": WATCHER,
    "GET /selections.csv": WATCHER,
    "GET /healthz": EVERYBODY,
    "GET /icons.svg": EVERYBODY,
    "POST /intake/<slug>": SHOP,
    "GET /metrics": TOKEN,
    "GET /orders": WATCHER,
    "GET /orders.csv": WATCHER,
    "GET /orders/<order_id>": WATCHER,
    "POST /orders/<order_id>/correct": MANAGER,
    "POST /orders/<order_id>/ignore": WATCHER,
    "POST /orders/<order_id>/notes": WATCHER,
    "GET /orders/<order_id>/preview": WATCHER,
    "POST /orders/<order_id>/restore": WATCHER,
    "POST /orders/<order_id>/retry": WATCHER,
    "GET /orders/<order_id>/revisions/<revision_id>": MANAGER,
    "POST /orders/views": WATCHER,
    "POST /orders/views/<view_id>/remove": WATCHER,
    "POST /orders/bulk": WATCHER,
    "POST /orders/bulk/confirmed": WATCHER,
    "GET /problems": WATCHER,
    "GET /problems.csv": WATCHER,
    "GET /problems/<key>": WATCHER,
    "POST /problems/<key>/rule": MANAGER,
    "GET /processes": WATCHER,
    "GET /readyz": EVERYBODY,
    "GET /reconciliation": WATCHER,
    "POST /reconciliation": WATCHER,
    "GET /reconciliation/<pass_id>": WATCHER,
    "GET /reconciliation/<pass_id>/differences.csv": WATCHER,
    "GET /reconciliation/<pass_id>/totals.csv": WATCHER,
    "GET /reconciliation/differences.csv": WATCHER,
    "GET /runs": WATCHER,
    "POST /runs": WATCHER,
    "GET /runs.csv": WATCHER,
    "GET /runs/<run_id>": WATCHER,
    "POST /runs/<run_id>/stop": WATCHER,
    "GET /schedules": WATCHER,
    "GET /schedules/<schedule_id>": MANAGER,
    "POST /schedules/<schedule_id>": MANAGER,
    "POST /schedules/<schedule_id>/pause": MANAGER,
    "POST /schedules/<schedule_id>/resume": MANAGER,
    "POST /schedules/pause": MANAGER,
    "POST /schedules/resume": MANAGER,
    "GET /selections": WATCHER,
    "POST /selections": MANAGER,
    "GET /selections/<selection_id>": WATCHER,
    "GET /selections/<selection_id>.csv": WATCHER,
    "POST /selections/<selection_id>/pause": WATCHER,
    "POST /selections/<selection_id>/resume": WATCHER,
    "POST /selections/<selection_id>/start": MANAGER,
    "POST /selections/<selection_id>/stop": WATCHER,
    "GET /settings": WATCHER,
    "POST /settings/accounts": MANAGER,
    "POST /settings/company": MANAGER,
    "GET /settings/notifications": WATCHER,
    "GET /settings/notifications/<channel_id>": ADMINISTRATOR,
    "POST /settings/notifications/<channel_id>": ADMINISTRATOR,
    "POST /settings/notifications/<channel_id>/delete": ADMINISTRATOR,
    "POST /settings/notifications/<channel_id>/test": ADMINISTRATOR,
    "GET /settings/notifications/new/<kind>": ADMINISTRATOR,
    "POST /settings/notifications/new/<kind>": ADMINISTRATOR,
    "POST /settings/notifications/rules": MANAGER,
    "GET /settings/number-example": WATCHER,
    "GET /settings/organisations": ADMINISTRATOR,
    "POST /settings/organisations": ADMINISTRATOR,
    "POST /settings/payments": MANAGER,
    "GET /settings/retention": WATCHER,
    "POST /settings/retention": MANAGER,
    "POST /settings/connection": ADMINISTRATOR,
    "POST /settings/connection/read": MANAGER,
    "POST /settings/connection/test": MANAGER,
    "POST /settings/connection/try": MANAGER,
    "POST /settings/shops": ADMINISTRATOR,
    "GET /settings/shops/<slug>": WATCHER,
    "POST /settings/shops/<slug>/access": ADMINISTRATOR,
    "POST /settings/shops/<slug>/fields": MANAGER,
    "POST /settings/shops/<slug>/forget": ADMINISTRATOR,
    "POST /settings/shops/<slug>/own-schedule": MANAGER,
    "POST /settings/shops/<slug>/pull": WATCHER,
    "POST /settings/shops/<slug>/secret": ADMINISTRATOR,
    "POST /settings/shops/<slug>/shared-schedule": MANAGER,
    "GET /settings/shops/<slug>/rules": WATCHER,
    "POST /settings/shops/<slug>/rules/<section>": MANAGER,
    "POST /settings/shops/<slug>/rules/<name>/reset": MANAGER,
    "POST /settings/shops/<slug>/test": MANAGER,
    "GET /settings/shops/<slug>/upload": MANAGER,
    "POST /settings/shops/<slug>/upload": MANAGER,
    "POST /settings/taxes": MANAGER,
    "POST /settings/taxes/narrow": MANAGER,
    "GET /sign-in": EVERYBODY,
    "POST /sign-in": EVERYBODY,
    "POST /language": EVERYBODY,
    "POST /sign-out": WATCHER,
    "GET /static/<filename>": EVERYBODY,
    "GET /uploads/<upload_id>": MANAGER,
    "POST /uploads/<upload_id>/columns": MANAGER,
    "POST /uploads/<upload_id>/discard": MANAGER,
    "GET /uploads/<upload_id>/errors.csv": MANAGER,
    "POST /uploads/<upload_id>/take": MANAGER,
    "GET /users": ADMINISTRATOR,
    "POST /users": ADMINISTRATOR,
    "GET /users/<user_id>": ADMINISTRATOR,
    "POST /users/<user_id>/off": ADMINISTRATOR,
    "POST /users/<user_id>/on": ADMINISTRATOR,
    "POST /users/<user_id>/reset": ADMINISTRATOR,
    "POST /users/<user_id>/role": ADMINISTRATOR,
    "POST /users/<user_id>/sessions/<session_id>/end": ADMINISTRATOR,
    "POST /users/<user_id>/sessions/end": ADMINISTRATOR,
    "GET /welcome/<token>": EVERYBODY,
    "POST /welcome/<token>": EVERYBODY,
    "GET /you": WATCHER,
    "POST /you/password": WATCHER,
    "POST /you/preferences": WATCHER,
    "POST /you/sessions/<session_id>/end": WATCHER,
    "POST /you/sessions/end": WATCHER,
}

# What stands in addresses; a route with another part says here what to put there.
PARTS = {
    "alarm": "no-orders",
    "channel_id": "1",
    "key": "refused",
    "exchange_id": "1",
    "filename": "sluice.css",
    "kind": "webhook",
    "name": "due_days",
    "order_id": "1",
    "pass_id": "1",
    "revision_id": "1",
    "run_id": "1",
    "schedule_id": "1",
    "section": "taxes",
    "selection_id": "1",
    "session_id": "1",
    "slug": "demo",
    "token": "none-of-ours",
    "upload_id": "1",
    "user_id": "1",
    "view_id": "1",
}
_PART = re.compile(r"<(?:[^<>]+:)?(\w+)>")
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def lived_in(scene: Scene) -> Scene:
    """A dashboard where each address of the table leads to something."""
    client = scene.client(Role.WATCHER)  # user 1, with session 1
    assert client.get("/").status_code == 200
    scene.book(scene.order())
    scene.schedule()
    scene.channel("http://127.0.0.1:9/")
    return scene


def routes(app: Flask) -> set[str]:
    return {
        " ".join((method, _PART.sub(r"<\1>", rule.rule)))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def ask(client: Browsing, route: str, token: str) -> TestResponse:
    """Call a route as a browser does: a form with the token of its session."""
    method, rule = route.split(" ", 1)
    path = _PART.sub(lambda part: PARTS[part.group(1)], rule)
    if method == "GET":
        return client.get(path, environ_overrides=ELSEWHERE)
    return client.post_bare(
        path, data={"csrf_token": token}, environ_overrides=ELSEWHERE
    )


def turned_away(answer: TestResponse) -> bool:
    to_sign_in = answer.headers.get("Location", "").startswith("/sign-in")
    return answer.status_code in {401, 403} or to_sign_in


def test_every_route_stands_in_the_table_and_the_table_holds_no_other(
    empty: Scene,
) -> None:
    missing = routes(empty.app) - set(ACCESS)
    gone = set(ACCESS) - routes(empty.app)

    assert not missing, f"Say in ACCESS who may use {sorted(missing)}."
    assert not gone, f"Take out of ACCESS what is no route: {sorted(gone)}."


@pytest.mark.parametrize("role", Role)
def test_each_role_gets_what_the_table_gives_it_and_nothing_else(
    lived_in: Scene, role: Role
) -> None:
    client = lived_in.client(role)
    token = client.token("/orders")
    # Ends what the others need.
    last = "POST /sign-out"
    wrong = {}
    for route in [*sorted(set(ACCESS) - {last, "GET /sign-in"}), last]:
        access = ACCESS[route]
        expected = role >= access if isinstance(access, Role) else access is EVERYBODY
        answer = ask(client, route, token)
        done = route == last and answer.status_code == 302
        if (done or not turned_away(answer)) is not expected:
            wrong[route] = answer.status

    assert wrong == {}


def test_signed_out_one_gets_only_what_is_for_everybody(lived_in: Scene) -> None:
    client = lived_in.client(None)
    token = client.token("/sign-in")

    wrong = {
        route: answer.status
        for route, access in ACCESS.items()
        for answer in [ask(client, route, token)]
        if turned_away(answer) is (access is EVERYBODY)
    }

    assert wrong == {}


def test_a_form_without_its_token_is_refused_everywhere(lived_in: Scene) -> None:
    client = lived_in.client(Role.ADMINISTRATOR)

    accepted = {
        route
        for route, access in ACCESS.items()
        if route.startswith("POST ") and access not in {TOKEN, SHOP}
        for path in [_PART.sub(lambda p: PARTS[p.group(1)], route.split(" ", 1)[1])]
        if client.post_bare(path).status_code != 400
    }

    assert accepted == set()


def test_no_address_changes_anything_when_it_is_only_read(lived_in: Scene) -> None:
    client = lived_in.client(Role.ADMINISTRATOR)
    before = lived_in.contents()

    for route in sorted(ACCESS):
        if route.startswith("GET "):
            ask(client, route, "")

    assert lived_in.contents() == before
