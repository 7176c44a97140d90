"""Books kept in a folder outlive the process, however it ends."""

from __future__ import annotations

import os
import resource
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from mock_accounting.app import create_app
from mock_accounting.config import Settings
from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.datafile import DataFolderUnusable

InvoiceBody = Callable[..., dict[str, Any]]
COMMAND = [
    sys.executable,
    "-c",
    "from mock_accounting.app import main; main()",
    "serve",
]


class Process:
    """The command as people start it, on a free port."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "--port", "0", "--limits", "off", *arguments],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.url = next(word for word in line.split() if word.startswith("http"))
        form = {
            "grant_type": "client_credentials",
            "client_id": "demo",
            "client_secret": "demo",
        }
        token = requests.post(f"{self.url}/connect/token", data=form, timeout=5).json()
        self.headers = {
            "Authorization": f"Bearer {token['access_token']}",
            "Accept": "application/json",
        }

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = requests.request(
            method,
            f"{self.url}/api.xro/2.0/{path}",
            json=body,
            headers=self.headers | sent,
            timeout=5,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def end(self, number: signal.Signals) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=10)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def begin(*arguments: str) -> Process:
        started.append(Process(*arguments))
        return started[-1]

    yield begin
    for process in started:
        process.end(signal.SIGKILL)


def test_a_killed_mock_has_every_document_it_answered_for(
    start: Callable[..., Process], tmp_path: Path, invoice_body: InvoiceBody
) -> None:
    first = start("--data", str(tmp_path))
    body = invoice_body("W-1")
    made = first.call("PUT", "Invoices", body, Idempotency_Key="k-1")
    first.end(signal.SIGKILL)

    second = start("--data", str(tmp_path))

    (kept,) = second.call("GET", "Invoices/W-1")["Invoices"]
    assert kept == made["Invoices"][0] | {"HasErrors": False}
    second.headers = first.headers
    repeat = second.call("PUT", "Invoices", body, Idempotency_Key="k-1")
    assert repeat == made


def test_everything_is_found_again_after_a_restart(
    api_on: Callable[[Path, Clock], Any],
    clock: Clock,
    tmp_path: Path,
    invoice_body: InvoiceBody,
) -> None:
    api = api_on(tmp_path, clock)
    contact = {
        "Name": "Wool Shop",
        "Addresses": [{"AddressType": "STREET", "City": "X"}],
    }
    batch = [
        invoice_body("W-1", Contact=contact, DueDate="2026-04-01"),
        invoice_body("W-2", CurrencyCode="USD"),
    ]
    api.put("Invoices", {"Invoices": batch})
    payment = {"Invoice": {"InvoiceNumber": "W-1"}, "Account": {"Code": "090"}}
    api.put("Payments", payment | {"Amount": 5})
    api.control("POST", "lock-date", {"period": "2026-01-31"})
    other = api.control("POST", "organisations", {"name": "Other"})
    before = api.control("GET", "state")
    api.close()

    again = api_on(tmp_path, clock)

    assert again.control("GET", "state") == before
    assert again.get("Invoices/W-1/History").get_json()["HistoryRecords"]
    names = again.control("GET", "organisations")["organisations"]
    assert other["organisation"] in {it["organisation"] for it in names}


def test_a_data_folder_in_use_is_one_clear_line(
    start: Callable[..., Process], tmp_path: Path
) -> None:
    start("--data", str(tmp_path))

    said = _refusal("--data", str(tmp_path), "--port", "0")

    assert said.count("\n") == 1
    assert "locked" in said


def test_memory_forgets(start: Callable[..., Process], tmp_path: Path) -> None:
    start("--memory").end(signal.SIGTERM)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_told_to(
    start: Callable[..., Process], number: signal.Signals
) -> None:
    assert start("--memory").end(number) == 0


def test_starting_takes_little_of_the_processor(start: Callable[..., Process]) -> None:
    """Wall time is for the benchmark: other programs share the machine."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start("--memory").end(signal.SIGTERM)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1


def _refusal(*arguments: str, **environment: str) -> str:
    ended = subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
        env=os.environ | environment,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    return ended.stderr


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        said = _refusal("--memory", "--port", str(port))

    assert said.count("\n") == 1
    assert f"Port {port}" in said


def test_a_data_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    blocked.chmod(stat.S_IRUSR)

    said = _refusal("--data", str(blocked), "--port", "0")

    assert said.count("\n") == 1
    assert "data folder" in said


@pytest.mark.parametrize(
    ("variables", "word"),
    [
        ({"MOCK_PORT": "many"}, "MOCK_PORT"),
        ({"MOCK_LIMITS": "some"}, "MOCK_LIMITS"),
        ({"MOCK_HOST": "0.0.0.0"}, "MOCK_ALLOW_REMOTE"),  # noqa: S104 - refused
    ],
)
def test_a_wrong_setting_is_one_clear_line(
    variables: dict[str, str], word: str
) -> None:
    said = _refusal("--memory", **variables)

    assert said.count("\n") == 1
    assert word in said


def test_a_file_of_another_version_is_one_clear_line(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "books.sqlite3")) as file:
        file.execute("create table clients (client_id text)")

    with pytest.raises(DataFolderUnusable, match="of another version"):
        create_app(Settings(data_dir=tmp_path))
