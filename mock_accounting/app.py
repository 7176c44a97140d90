"""Puts the mock together and serves it."""

from __future__ import annotations

import secrets
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click
from flask import Flask
from flask_bootstrap import Bootstrap5
from waitress import create_server  # type: ignore[import-untyped]

from mock_accounting.api.description import describe_api
from mock_accounting.api.gateway import Gateway
from mock_accounting.api.identity import Identity
from mock_accounting.api.notifier import Notifier
from mock_accounting.api.wsgi import MAX_BODY_BYTES, ApiBeforePages
from mock_accounting.config import SettingInvalid, Settings, from_environment
from mock_accounting.control.controls import Controls
from mock_accounting.control.fields import BadControl
from mock_accounting.control.files import load_file
from mock_accounting.control.routes import control_blueprint
from mock_accounting.control.webhook_routes import webhook_blueprint
from mock_accounting.doorkeeper import Doorkeeper
from mock_accounting.faults.rules import FaultRules
from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.datafile import DataFile, DataFolderUnusable, holds_books
from mock_accounting.ledger.ids import IdSource
from mock_accounting.ledger.organisations import Organisations
from mock_accounting.ledger.storage import Memory, Storage
from mock_accounting.traffic.consents import AuthorizationCodes, RefreshTokens
from mock_accounting.traffic.idempotency import KeyedAnswers
from mock_accounting.traffic.limits import Limits, Quota
from mock_accounting.traffic.log import RequestLog
from mock_accounting.traffic.tokens import Tokens
from mock_accounting.traffic.webhooks import Webhooks
from mock_accounting.ui.consent import consent_blueprint
from mock_accounting.ui.frame import Shown
from mock_accounting.ui.routes import ui_blueprint

THREADS = 32
_PARTS_TO_CLOSE = "mock_accounting.parts_to_close"
_SECRET = "token secret"  # noqa: S105 - a name


def create_app(settings: Settings, clock: Clock | None = None) -> Flask:
    """The mock as a WSGI application.

    Raises:
        DataFolderUnusable: If its books cannot be opened.
        BadControl: If the seed file makes no sense.
    """
    clock = clock or Clock()
    storage: Storage = Memory()
    begins_empty = settings.data_dir is None or not holds_books(settings.data_dir)
    if settings.data_dir is not None:
        storage = DataFile(settings.data_dir)
    ids = IdSource()
    organisations = Organisations(storage, clock, ids)
    webhooks = Webhooks(storage, clock)
    tokens = Tokens(_token_secret(storage), clock)
    codes = AuthorizationCodes(clock)
    limits = Limits(Quota(enforced=settings.enforce_limits), clock)
    keyed_answers = KeyedAnswers(storage, clock)
    faults = FaultRules(clock)
    organisations.on_saved = Notifier(webhooks, faults, clock).tell
    log = RequestLog()
    controls = Controls(
        organisations=organisations,
        clock=clock,
        ids=ids,
        limits=limits,
        keyed_answers=keyed_answers,
        faults=faults,
        log=log,
        webhooks=webhooks,
    )
    gateway = Gateway(
        organisations,
        Identity(organisations, tokens, codes, RefreshTokens(storage, clock), ids),
        limits=limits,
        keyed_answers=keyed_answers,
        faults=faults,
        log=log,
    )
    app = Flask(__name__, static_folder=None, static_url_path="/static")
    Bootstrap5(app)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["BOOTSTRAP_SERVE_LOCAL"] = True
    app.register_blueprint(
        ui_blueprint(
            Shown(
                organisations=organisations,
                log=log,
                faults=faults,
                limits=limits,
                snapshots=controls.snapshots,
                description=describe_api(),
                asks_token=settings.control_token is not None,
            )
        )
    )
    app.register_blueprint(consent_blueprint(organisations, codes))
    control = control_blueprint(controls, settings.control_token)
    control.register_blueprint(webhook_blueprint(webhooks))
    app.register_blueprint(control)
    app.wsgi_app = Doorkeeper(  # type: ignore[method-assign]
        ApiBeforePages(gateway, app.wsgi_app), settings.trusted_hosts
    )
    app.extensions[_PARTS_TO_CLOSE] = (webhooks, storage)
    if settings.seed_file is not None and begins_empty:
        load_file(controls, settings.seed_file)
    return app


def close_app(app: Flask) -> None:
    """Send no more webhooks, and let the data file go."""
    for part in app.extensions[_PARTS_TO_CLOSE]:
        part.close()


class Server:
    """The mock on a port, served from a thread or from the calling one."""

    def __init__(self, app: Flask, host: str, port: int) -> None:
        """Listen; the port is open when this returns.

        Raises:
            OSError: If the port cannot be had.
        """
        self._app = app
        # The library's own map is shared by every server of the process.
        self._sockets: dict[int, Any] = {}
        # The name stands for two addresses, and each would get its own port.
        host = "127.0.0.1" if host == "localhost" else host
        self._server = create_server(
            app,
            map=self._sockets,
            host=host,
            port=port,
            threads=THREADS,
            connection_limit=500,
            max_request_body_size=MAX_BODY_BYTES * 2,
            clear_untrusted_proxy_headers=True,
            ident="Mock Books",
        )
        self.port = int(self._server.effective_port)
        self.url = f"http://{host}:{self.port}"
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Serve from a thread of its own."""
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Serve until the process is told to end."""
        self._server.run()

    def close(self) -> None:
        """Stop serving and let the data file go."""
        if self._thread is None:
            self._close_sockets()
        else:
            # Sockets belong to the loop's thread, which ends with the last one.
            # A worker may wake the loop first: the trigger is closed by then.
            with suppress(OSError):
                self._server.trigger.pull_trigger(self._close_sockets)
            self._thread.join(timeout=5)
        self._server.task_dispatcher.shutdown(timeout=1)
        close_app(self._app)

    def _close_sockets(self) -> None:
        for connection in list(self._sockets.values()):
            connection.close()


@click.group()
def main() -> None:
    """Mock Books: a stand-in for an accounting package."""


@main.command()
@click.option("--port", type=click.IntRange(0, 65_535), help="0 takes a free one.")
@click.option("--host", help="Address to listen on.")
@click.option("--data", type=click.Path(path_type=Path), help="Keep the books here.")
@click.option("--memory", is_flag=True, help="Forget the books at the end.")
@click.option(
    "--seed-file", type=click.Path(path_type=Path), help="Begin with this state."
)
@click.option("--limits", type=click.Choice(["off", "real"]), help="Rate limits.")
def serve(
    *,
    port: int | None,
    host: str | None,
    data: Path | None,
    memory: bool,
    seed_file: Path | None,
    limits: str | None,
) -> None:
    """Serve the mock until it is interrupted."""
    if memory and data:
        _fail("Choose --data or --memory, not both.")
    try:
        settings = from_environment()
    except SettingInvalid as problem:
        _fail(str(problem))
    settings = replace(
        settings,
        port=settings.port if port is None else port,
        host=host or settings.host,
        data_dir=None if memory else data or settings.data_dir,
        seed_file=seed_file or settings.seed_file,
        enforce_limits=settings.enforce_limits if limits is None else limits == "real",
    )
    if not settings.is_local and not settings.remote_names:
        _fail(
            f"{settings.host} can be reached from other machines. Name the hosts it "
            "may be called by in MOCK_ALLOW_REMOTE, for example MOCK_ALLOW_REMOTE=mock."
        )
    if not settings.is_local and settings.control_token is None:
        settings = replace(settings, control_token=secrets.token_urlsafe(24))
    _run(_listen(settings), settings)


def _listen(settings: Settings) -> Server:
    try:
        return Server(create_app(settings), settings.host, settings.port)
    except DataFolderUnusable as problem:
        _fail(str(problem))
    except BadControl as problem:
        _fail(f"{settings.seed_file}: {problem}")
    except OSError as error:
        _fail(f"Port {settings.port} on {settings.host} cannot be used: {error}")


def _run(server: Server, settings: Settings) -> None:
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _tell(server, settings)
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()


def _tell(server: Server, settings: Settings) -> None:
    """Say where the mock is, and loudly so if others can switch it."""
    kept = settings.data_dir or "in memory"
    click.echo(f"Mock Books is at {server.url} (books: {kept})")
    if not settings.is_local:
        click.secho(
            "Other machines can reach it. Whoever has this token can switch "
            f"everything: {settings.control_token}",
            fg="red",
            bold=True,
        )
    sys.stdout.flush()


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _fail(message: str) -> NoReturn:
    click.echo(f"mock-accounting: {message}", err=True)
    sys.exit(1)


def _token_secret(storage: Storage) -> bytes:
    secret = storage.meta(_SECRET)
    if secret is None:
        secret = secrets.token_hex(32)
        storage.set_meta(_SECRET, secret)
    return secret.encode()
