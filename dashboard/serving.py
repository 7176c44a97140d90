"""Serves the dashboard with granian: one process for pages, engine and schedules."""

from __future__ import annotations

import atexit
import os
import signal
import socket
import sys
import threading
from multiprocessing import parent_process
from multiprocessing.util import Finalize

from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from dashboard.app import Program, build, open_pages
from dashboard.config import Settings, load_settings
from dashboard.installation import Installation
from dashboard.logs import configure_logging
from dashboard.web.paths import ByOrganisation

_THREADS = 8
_WATCH_EVERY_S = 1.0


class PortInUse(Exception):
    """Somebody else listens where the dashboard was to."""


def serve(settings: Settings) -> None:
    """Serve until the process is told to stop.

    Whether the port is free is to be checked before.
    """
    Server(
        "dashboard.serving:make_app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=_THREADS,
        factory=True,
        log_access=False,
        log_level=LogLevels.error,
    ).serve()


def make_app() -> Flask:
    """Make the application and start what works beside it, in the serving process."""
    _leave_the_group()
    settings = load_settings()
    configure_logging(settings.log_level)
    return open_installation(build(settings))


def open_installation(first: Program) -> Flask:
    """Open the pages of all organisations, and start what works beside them."""

    def begin(program: Program) -> None:
        open_pages(program, installation.beside(program))
        if program.settings.workers:
            program.start()
        else:
            program.start_watch()  # it notices when no worker is at work elsewhere

    installation = Installation(first, begin)
    begin(first)
    installation.start()
    first.app.wsgi_app = ByOrganisation(  # type: ignore[method-assign]
        first.app.wsgi_app, installation.door
    )
    _end_with_the_process(installation)
    return first.app


def _leave_the_group() -> None:
    """Hear of the end from the process that started this one, and from it alone.

    Ctrl-C goes to a whole group, and the parent passes it on: two signals at once can
    make a worker of granian wait for ever.
    """
    if sys.platform != "win32" and parent_process() is not None:
        os.setpgid(0, 0)


def _end_with_the_process(installation: Installation) -> None:
    """Stop what works beside the pages when the process ends."""
    atexit.register(installation.stop)
    if parent_process() is None:
        return
    # A process made by multiprocessing ends without atexit.
    Finalize(None, installation.stop, exitpriority=10)
    watcher = threading.Thread(target=_watch_parent, name="parent", daemon=True)
    watcher.start()


def _watch_parent() -> None:
    """End this process when the one that started it is gone, killed for instance."""
    parent = os.getppid()
    while os.getppid() == parent:
        threading.Event().wait(_WATCH_EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)


def check_port(host: str, port: int) -> None:
    """Make sure that the dashboard can listen there.

    Raises:
        PortInUse: If the address is taken.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortInUse(
                f"Port {port} on {host} cannot be used: {error.strerror}. "
                "Choose another with --port or SLUICE_PORT."
            ) from error
