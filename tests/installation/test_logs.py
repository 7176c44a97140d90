"""Every log line says in the name of which organisation it was written."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from apscheduler.triggers.date import DateTrigger
from werkzeug.test import Client

from dashboard.logs import configure_logging, working_for
from dashboard.scheduling import mirror
from dashboard.sync.crew import Crew
from dashboard.web.paths import ByOrganisation
from tests.e2e.processes import eventually
from tests.installation.conftest import Scene

_log = logging.getLogger(__name__)
_PARTS = ("engine", "puller", "reconciler", "performer", "pruner", "watch")

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What was logged so far."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configure_logging("info")
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    written = io.StringIO()
    handler.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers = handlers
    root.setLevel(level)


def test_what_a_request_logs_names_the_organisation_it_went_to(lines: Lines) -> None:
    def application(
        _environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        _log.info("asked")
        start_response("200 OK", [])
        _log.info("sent")
        yield b""

    client = Client(ByOrganisation(application, {"acme": application}.get))

    for path in ("/orders", "/at/acme/orders", "/at/nobody/"):
        client.get(path)

    assert [line["organisation"] for line in lines()] == [
        *("", ""),
        *("acme", "acme"),
        *("", ""),
    ]


@pytest.mark.parametrize("maker", ["sqlite"], indirect=True)
def test_what_works_in_the_background_names_the_organisation_it_works_for(
    two: Scene, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = two.program("acme")

    def fail(*_: object) -> None:
        raise RuntimeError(threading.current_thread().name)

    for name in _PARTS:
        part = getattr(program, name)
        monkeypatch.setattr(part, "_work", fail)
    monkeypatch.setattr(program.mirror, "_due", fail)
    monkeypatch.setattr(mirror, "make_trigger", lambda *_: DateTrigger())

    def loggers() -> Counter[str]:
        return Counter(line["logger"].partition(".")[0] for line in lines())

    program.start()
    eventually(
        lambda: loggers()["dashboard"] >= len(_PARTS) and loggers()["apscheduler"],
        "all of them have failed",
        within_s=10,
    )
    program.stop()

    assert {line["organisation"] for line in lines()} == {"acme"}


def test_the_threads_of_a_run_log_in_the_name_of_it(lines: Lines) -> None:
    def step() -> bool:
        _log.info("step")
        return False

    with working_for("other"):
        with working_for("acme"):
            Crew(step, 2, threading.Event()).run(lambda: None, 1.0)
        _log.info("after it")

    *of_the_run, after = lines()
    assert {line["organisation"] for line in of_the_run} == {"acme"}
    assert after["organisation"] == "other"


def test_an_organisation_that_cannot_be_opened_is_named(
    alone: Scene, lines: Lines
) -> None:
    alone.refuses.add("acme")

    alone.add()

    named = {line["event"]: line.get("organisation") for line in lines()}
    assert named == {
        "an organisation cannot be opened": "acme",
        "an organisation cannot be used": "acme",
    }
