"""An installation with two organisations, and fake books for each."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from typing_extensions import override
from werkzeug.test import TestResponse

from dashboard.accounting.protocol import BooksSilent, Log, Pacer
from dashboard.app import Program, build, open_pages
from dashboard.config import Settings
from dashboard.domain.books import BooksFacts, InvoiceDraft
from dashboard.domain.clock import Clock
from dashboard.domain.exchanges import NotProcessed
from dashboard.domain.organisations import Organisation
from dashboard.domain.rules import Shop
from dashboard.domain.runs import Run, Trigger
from dashboard.domain.users import Role
from dashboard.installation import Installation, add_organisation
from dashboard.store.company import Connection
from dashboard.store.organisations import home_of
from dashboard.store.user_sessions import NORMAL_LIMITS, UserSessionStore
from dashboard.web.paths import ByOrganisation
from tests.api.conftest import FACTS, an_order
from tests.fixtures.builders import RULES
from tests.fixtures.clocks import SettableClock
from tests.fixtures.databases import DatabaseMaker, SqliteFolder
from tests.fixtures.fake_books import FakeBooks

ACME = Organisation(slug="acme", name="Acme Trading")
PASSWORD = "correct horse battery"


class NamedBooks(FakeBooks):
    """Fake books that say whose they are, unless they are not to."""

    answers_facts = True

    def __init__(self, clock: Clock, name: str) -> None:
        super().__init__(clock)
        self.name = name

    @override
    def prove(self, _log: Log) -> None:
        self.sign_in(_log)

    @override
    def facts(self, _log: Log) -> tuple[BooksFacts, str]:
        if not self.answers_facts:
            raise BooksSilent(NotProcessed(reason="The books are away"))
        return replace(FACTS, organisation=self.name), self.name

    def invoices(self) -> list[str]:
        return sorted(self.count(InvoiceDraft))


@dataclass
class Scene:
    """What a test does to the installation, and what it sees through its address."""

    first: Program
    books: dict[str, NamedBooks]
    template: Path | None = None
    installation: Installation = field(init=False)
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.installation = Installation(self.first, self._begin)
        app = open_pages(self.first, self.installation.beside(self.first))
        app.wsgi_app = ByOrganisation(app.wsgi_app, self.installation.door)  # type: ignore[method-assign]
        self.client = app.test_client()
        self.opened: list[str] = []
        self.refuses: set[str] = set()

    def _begin(self, program: Program) -> None:
        self.opened.append(program.organisation.slug)
        if program.organisation.slug in self.refuses:
            raise RuntimeError("It will not begin.")
        open_pages(program, self.installation.beside(program))

    def add(self, organisation: Organisation = ACME) -> None:
        """Add an organisation, and let the running process see it."""
        self.make(organisation)
        self.installation.look()

    def make(self, organisation: Organisation) -> None:
        """Add an organisation, as a command does."""
        settings = self.first.settings
        home = home_of(organisation, settings.database_url, settings.data_dir)
        if self.template is not None and home.file is not None and home.lost():
            # Migrating a file again for each test would take long.
            home.file.parent.mkdir(parents=True)
            shutil.copyfile(self.template, home.file)
        assert add_organisation(self.first, organisation)

    def program(self, slug: str) -> Program:
        """Return the running program of an organisation; "" is the first one."""
        return self.installation._open[slug] if slug else self.first

    def set_up(self, slug: str, secret: str) -> None:
        """Give an organisation a shop, rules and a connection to books of its own."""
        program = self.program(slug)
        shop = Shop(id=0, slug="shop", name="Shop", kind="json", prefix="W-")
        program.company.add_shop(shop, secret, at=program.clock.now())
        program.company.save_rules(RULES, expected_version=0)
        program.company.set_connection(
            Connection(
                kind="xero",
                base_url=f"https://{slug or 'first'}.example",
                client_id="id",
                client_secret="secret",
                tenant_id="",
                version=0,
            )
        )

    def push(
        self, path: str, number: str, secret: str, method: str = "card"
    ) -> TestResponse:
        """Send an order to an address as a shop would, signed."""
        paid = PAID | {"method": method}
        order = an_order(number, lines=[LINE], total="10.00", payments=[paid])
        body = json.dumps(order).encode()
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Sluice-Signature": f"sha256={digest}"}
        return self.client.post(path, data=body, headers=headers)

    def book(self, slug: str) -> Run:
        return self.program(slug).engine.run_now(Trigger.PERSON)

    def add_user(self, slug: str, email: str, role: Role = Role.WATCHER) -> None:
        self.program(slug).users.add(email, "Robin", role, PASSWORD)

    def visit(self, slug: str, email: str, role: Role = Role.WATCHER) -> None:
        """Let somebody be signed in; hashing a password for each would take long."""
        program = self.program(slug)
        user = program.users.invite(email, "Robin", role)
        sessions = UserSessionStore(program.database, program.clock, NORMAL_LIMITS)
        serializer = SecureCookieSessionInterface().get_signing_serializer(program.app)
        assert serializer is not None
        cookie = serializer.dumps({"_user_id": sessions.start(user, "127.0.0.1")})
        self.client.set_cookie(program.app.config["SESSION_COOKIE_NAME"], str(cookie))

    def sign_in(self, path: str, email: str) -> TestResponse:
        """Sign in at the organisation below *path*, as a browser does."""
        page = self.client.get(f"{path}/sign-in?next={path}/orders")
        form = {
            "csrf_token": _token(page),
            "email": email,
            "password": PASSWORD,
            "next": f"{path}/orders",
        }
        return self.client.post(f"{path}/sign-in", data=form)

    def sign_out(self, path: str) -> TestResponse:
        return self.post(f"{path}/sign-out", page=f"{path}/")

    def post(self, path: str, *, page: str = "", **form: str) -> TestResponse:
        """Send a form as it stands on a page; its own address if not given."""
        token = _token(self.client.get(page or path))
        return self.client.post(path, data={"csrf_token": token, **form})

    def is_signed_in(self, path: str) -> bool:
        return self.client.get(f"{path}/").status_code == 200


LINE: dict[str, Any] = {
    "kind": "product",
    "description": "Mug",
    "quantity": "1",
    "net": "10.00",
}
PAID = {"amount": "10.00", "paid_at": "2026-11-22T09:01:00+00:00"}


def _token(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def _make_scene(
    url: str,
    folder: Path,
    clock: SettableClock,
    monkeypatch: pytest.MonkeyPatch,
    template: Path | None,
) -> Iterator[Scene]:
    books = {name: NamedBooks(clock, f"Books of {name}") for name in ("first", "acme")}

    def open_books(connection: Connection, pacer: Pacer) -> NamedBooks:
        del pacer
        host = urlsplit(connection.base_url).hostname or ""
        return books[host.partition(".")[0]]

    monkeypatch.setattr("dashboard.app._books_opener", lambda *_: open_books)
    settings = Settings(data_dir=folder, database_url=url, secret_key=b"k" * 32)
    scene = Scene(build(settings, clock), books, template)
    yield scene
    scene.installation.stop()
    for program in (*scene.installation._open.values(), scene.first):
        program.close()


@pytest.fixture
def alone(
    maker: DatabaseMaker,
    tmp_path: Path,
    clock: SettableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Scene]:
    """An installation with the first organisation alone."""
    with maker.lent() as engine:
        url = engine.url.render_as_string(hide_password=False)
        template = maker.template if isinstance(maker, SqliteFolder) else None
        yield from _make_scene(url, tmp_path, clock, monkeypatch, template)
        if engine.dialect.name == "postgresql":
            with engine.begin() as connection:
                connection.execute(
                    sa.schema.DropSchema(
                        "organisation_acme", cascade=True, if_exists=True
                    )
                )


@pytest.fixture
def two(alone: Scene) -> Scene:
    """An installation with two organisations that have nothing yet."""
    alone.add()
    return alone
