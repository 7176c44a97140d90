"""The secret key is changed without losing a secret, and no secret is ever told."""

from __future__ import annotations

import base64
import re
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
import pytest

from dashboard.app import build, open_pages
from dashboard.cli import main as sluice
from dashboard.config import load_settings
from dashboard.domain.clock import SystemClock
from dashboard.domain.users import Role
from tests.cli.conftest import Terminal
from tests.web.scene import SECRET, Scene
from tests.web.test_every_route import ACCESS, PARTS, TOKEN

# Long enough that nothing else can hold them by chance.
SIGNING = "canary-signing-secret-of-the-shop"
KEY, KEY_SECRET = "ck_canarycanarycanary0001", "cs_canarycanarycanary0002"
CLIENT = "canary-client-secret-of-the-books"
ACCESS_TOKEN = "canary-access-token-of-the-books"
CHANNEL = "canary-signing-secret-of-the-channel"
MAIL = "canary-password-of-the-mail-server"
NEVER_TOLD = (SIGNING, KEY, KEY_SECRET, CLIENT, ACCESS_TOKEN, CHANNEL, MAIL)
# They run for ever, or until the books answer as they should.
NOT_RUN = {"serve", "worker", "reconcile"}


class Echo(BaseHTTPRequestHandler):
    """Books that say back whatever they are told, secrets and all."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        told = f"{self.headers}{self.rfile.read(length).decode()}"
        if self.path.endswith("/connect/token"):
            status, body = (
                200,
                (
                    f'{{"access_token": "{ACCESS_TOKEN}", "expires_in": 1800, '
                    '"token_type": "Bearer", "scope": "x"}'
                ),
            )
        else:
            status, body = 500, told
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Echo", (self.headers.get("Authorization") or "none"))
        self.end_headers()
        self.wfile.write(body.encode())

    do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the names are http.server's

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay silent."""
        del format, args


@pytest.fixture
def books() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def planted(company: Terminal, books: str, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A company with known secrets, whose shop and books have been asked."""
    monkeypatch.setenv("SLUICE_ALLOW_LOOPBACK_API", "1")
    demo = "shops add --kind woocommerce --slug demo --orders-since 2026-01-01"
    keys = f"--secret {SIGNING} --url {books} --key {KEY} --key-secret {KEY_SECRET}"
    client = f"--client-id demo --client-secret {CLIENT}"
    for command in (
        f"{demo} {keys}",
        f"shops add --kind json --slug pushed --secret {SECRET}",
        f"connection set --kind xero --base-url {books} {client}",
        f"channels add --kind webhook --name Chat --url {books} --secret {CHANNEL}",
    ):
        company.run(*command.split())
    return company


def leaves(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from leaves(child, (*path, name))
    else:
        yield path


def spellings(secret: str, key: bytes) -> set[bytes]:
    """Return a secret as it is, encoded, and as a header for signing in bears it."""
    plain = secret.encode()
    basic = base64.b64encode(f"{KEY}:{KEY_SECRET}".encode())
    return {plain, base64.b64encode(plain), plain.hex().encode(), basic, key}


def found_in(text: bytes) -> list[str]:
    key = load_settings().secret_key
    return [
        spelling.decode()
        for secret in NEVER_TOLD
        for spelling in spellings(secret, key)
        if spelling in text
    ]


def test_no_command_tells_a_secret(planted: Terminal) -> None:
    told = {}
    for path in leaves(sluice, ()):
        if path[0] in NOT_RUN:
            continue
        for options in ([], ["--json"]):
            result = planted.run(*path, *options)
            told[" ".join((*path, *options))] = found_in(result.output.encode())

    assert {command: secrets for command, secrets in told.items() if secrets} == {}
    assert len(told) > 40


def test_no_page_export_api_or_log_tells_a_secret(
    planted: Terminal,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    program = build(load_settings())
    scene = Scene(program, open_pages(program), SystemClock())
    scene.order(slug="pushed")
    for command in ("pull", "sync", "channels test Chat"):
        planted.run(*command.split())
    token = planted.facts("tokens", "add", "--name", "test")["token"]
    client = scene.client(Role.ADMINISTRATOR)
    bearer = {"Authorization": f"Bearer {token}"}

    told = {}
    for route, access in ACCESS.items():
        method, rule = route.split(" ", 1)
        path = re.sub(r"<(?:[^<>]+:)?(\w+)>", lambda p: PARTS[p.group(1)], rule)
        headers = bearer if access is TOKEN else {}
        for number in ("1", "2", "3", "4"):
            # The calls to shop and books are told one by one.
            page = re.sub(r"(?<=/exchanges/)1", number, path)
            if method == "GET":
                answer = client.get(page, headers=headers)
                head = str(answer.headers).encode()
                told[page] = found_in(answer.data + head)
    logged = "\n".join(f"{vars(record)}" for record in caplog.records)
    program.database._engine.dispose()

    assert {page: secrets for page, secrets in told.items() if secrets} == {}
    assert found_in(logged.encode()) == []
    assert client.get("/exchanges/1").status_code == 200
    database = (tmp_path / "data" / "sluice.db").read_bytes()
    assert found_in(database) == []


def test_key_is_changed_without_losing_a_secret(
    planted: Terminal, tmp_path: Path
) -> None:
    path = tmp_path / "data" / "secret.key"
    before = path.read_bytes()

    planted.run("secrets", "new-key")
    both = planted.facts("secrets", "show")
    renewed = planted.facts("secrets", "rotate")
    planted.run("secrets", "forget-old-key")
    after = planted.facts("secrets", "show")

    assert both == {"current": 0, "old": 5, "unreadable": 0}
    assert renewed == {"renewed": 5, "current": 5, "old": 0, "unreadable": 0}
    assert after == {"current": 5, "old": 0, "unreadable": 0}
    assert path.read_bytes() != before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(each.name for each in path.parent.glob("secret*")) == ["secret.key"]


def test_old_key_is_not_forgotten_while_it_is_needed(
    planted: Terminal, tmp_path: Path
) -> None:
    planted.run("secrets", "new-key")

    assert "sluice secrets rotate" in planted.error("secrets", "forget-old-key")
    assert "sluice secrets rotate" in planted.error("secrets", "new-key")
    assert (tmp_path / "data" / "secret.key.old").exists()


def test_new_key_that_was_cut_short_is_made_when_asked_again(
    planted: Terminal, tmp_path: Path
) -> None:
    path = tmp_path / "data" / "secret.key"
    # As it is left when the process dies before the new key is in its place.
    (tmp_path / "data" / "secret.key.old").write_bytes(path.read_bytes())
    (tmp_path / "data" / "secret.key.new").write_bytes(b"half")

    planted.run("secrets", "new-key")

    assert planted.facts("secrets", "rotate")["renewed"] == 5


def test_keys_of_the_environment_are_changed_there(
    planted: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = (tmp_path / "data" / "secret.key").read_text()
    monkeypatch.setenv("SLUICE_SECRET_KEY", "x" * 40)
    lost = planted.facts("secrets", "rotate")
    monkeypatch.setenv("SLUICE_OLD_SECRET_KEYS", f"{'y' * 40} {old}")

    assert lost == {"renewed": 0, "current": 0, "old": 0, "unreadable": 5}
    assert planted.facts("secrets", "rotate")["renewed"] == 5
    assert "SLUICE_OLD_SECRET_KEYS" in planted.error("secrets", "new-key")


def test_settings_do_not_show_the_key() -> None:
    settings = load_settings()

    assert settings.secret_key.decode() not in repr(settings)
