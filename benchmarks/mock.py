"""How fast and how large the mock is: prints a table.

    python benchmarks/mock.py                 everything, about a minute
    python benchmarks/mock.py --invoices 2000 --seconds 1

The load comes from this process, so both share the machine's cores. Figures of a
busy machine say nothing: run it alone.
"""

from __future__ import annotations

import itertools
import json
import re
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import requests

_API = "/api.xro/2.0/"
_CONNECTIONS = 16
_TIMEOUT_S = 30
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_BATCH = 50
_KB_PER_MB = 1024
_NEW_PAGES = 5


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    what: str
    found: float
    wanted: float
    unit: str
    more_is_better: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the figure is as good as it should be."""
        if self.more_is_better:
            return self.found >= self.wanted
        return self.found <= self.wanted


class Mock:
    """A mock in a process of its own, its books in memory and no limits."""

    def __init__(self) -> None:
        started = time.perf_counter()
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [
                Path(sys.executable).with_name("mock-accounting"),
                *("serve", "--port", "0", "--memory", "--limits", "off"),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        line = self._process.stdout.readline()
        self.ready_after_s = time.perf_counter() - started
        self.url = line.split(" is at ")[1].split(" ")[0]
        self.session = requests.Session()
        self.session.trust_env = False
        token = self.session.post(
            f"{self.url}/connect/token",
            data={"grant_type": "client_credentials"},
            auth=("demo", "demo"),
            timeout=_TIMEOUT_S,
        ).json()["access_token"]
        self._authorization = f"Bearer {token}"
        self.session.headers["Authorization"] = self._authorization
        self.session.headers["Accept"] = "application/json"

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        query: Mapping[str, str] | None = None,
    ) -> None:
        """One call to the imitated API, which must succeed."""
        answer = self.session.request(
            method,
            self.url + _API + path,
            params=query,
            json=body,
            timeout=_TIMEOUT_S,
        )
        answer.raise_for_status()

    def raw(self, method: str, path: str, body: bytes = b"") -> bytes:
        """A call as bytes on the wire."""
        host = self.url.removeprefix("http://")
        head = (
            f"{method} {_API}{path} HTTP/1.1\r\nHost: {host}\r\n"
            f"Authorization: {self._authorization}\r\nAccept: application/json\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    @property
    def memory_mb(self) -> float:
        """What the process holds in memory."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) / _KB_PER_MB if found else float("nan")

    def close(self) -> None:
        """End the process."""
        self.session.close()
        self._process.terminate()
        self._process.communicate()


def load(
    mock: Mock, requests_to_send: Iterator[bytes], seconds: float
) -> tuple[float, float]:
    """Calls a second over 16 connections, and the 99th percentile in ms."""
    address = mock.url.removeprefix("http://").split(":")
    selector = selectors.DefaultSelector()
    started_at: dict[socket.socket, float] = {}
    times: list[float] = []
    lines = [
        socket.create_connection((address[0], int(address[1])), timeout=_TIMEOUT_S)
        for _ in range(_CONNECTIONS)
    ]

    def send(line: socket.socket) -> None:
        started_at[line] = time.perf_counter()
        line.sendall(next(requests_to_send))

    for line in lines:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(line, selectors.EVENT_READ)
        send(line)
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        for key, _ in selector.select():
            answered = lines[lines.index(key.fileobj)]  # type: ignore[arg-type]
            _read_answer(answered)
            times.append(time.perf_counter() - started_at[answered])
            send(answered)
    took = time.perf_counter() - begun
    for line in lines:
        _read_answer(line)
        line.close()
    times.sort()
    return len(times) / took, times[int(len(times) * 0.99)] * 1000


def _read_answer(line: socket.socket) -> None:
    """Read one answer whole; it must be a 200."""
    received = line.recv(65_536)
    while b"\r\n\r\n" not in received:
        received += line.recv(65_536)
    head, _, body = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise click.ClickException(f"The mock answered {received[:300]!r}")
    length = _LENGTH.search(head)
    missing = (int(length[1]) if length else 0) - len(body)
    while missing > 0:
        missing -= len(line.recv(65_536))


def invoice(number: int) -> dict[str, Any]:
    """An order's invoice: two lines, one of a thousand customers."""
    return {
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "InvoiceNumber": f"B-{number}",
        "Reference": f"order {number}",
        "Contact": {"ContactNumber": f"C-{number % 1000}"},
        "Date": f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}",
        "LineItems": [
            {
                "Description": description,
                "Quantity": 2,
                "UnitAmount": 10.5,
                "AccountCode": account,
                "TaxType": "OUTPUT2",
            }
            for description, account in (("Mug", "200"), ("Shipping", "210"))
        ],
    }


def fill(mock: Mock, count: int) -> float:
    """Write *count* invoices in batches; what one batch takes in ms."""
    customers = [
        {"Name": f"Customer {number}", "ContactNumber": f"C-{number}"}
        for number in range(1000)
    ]
    mock.call("PUT", "Contacts", {"Contacts": customers})
    times = []
    for first in range(0, count, _BATCH):
        body = {"Invoices": [invoice(first + place) for place in range(_BATCH)]}
        started = time.perf_counter()
        mock.call("PUT", "Invoices?summarizeErrors=false", body)
        times.append(time.perf_counter() - started)
    return _median_ms(times)


_QUERIES: Mapping[str, Mapping[str, str]] = {
    "page of 100": {"page": "1", "pageSize": "100"},
    "page of 1,000": {"page": "2", "pageSize": "1000"},
    "where on status and date": {
        "where": 'Status=="AUTHORISED" AND Date>=DateTime(2026,12,1)',
        "page": "1",
    },
    "where on contact name": {"where": 'Contact.Name=="Customer 7"', "page": "1"},
    "order by date": {"order": "Date DESC", "page": "1"},
    "50 invoice numbers": {
        "InvoiceNumbers": ",".join(f"B-{number}" for number in range(50))
    },
    "search term": {"searchTerm": "order 1999", "page": "1"},
}


def _pages_in_turn(mock: Mock) -> Callable[[], None]:
    """Asks for another page of 1,000 invoices each time."""
    pages = itertools.count(3)

    def ask() -> None:
        query = {"page": str(next(pages)), "pageSize": "1000"}
        mock.call("GET", "Invoices", query=query)

    return ask


def _timed(action: Callable[[], object], times: int = 9) -> float:
    """Median of a call in ms."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        action()
        taken.append(time.perf_counter() - started)
    return _median_ms(taken)


def _median_ms(times: Sequence[float]) -> float:
    return sorted(times)[len(times) // 2] * 1000


def measure(count: int, seconds: float) -> Iterator[Row]:
    """Every figure, as it is found."""
    ready_s = []
    for _ in range(3):
        mock = Mock()
        ready_s.append(mock.ready_after_s)
        mock.close()
    yield Row(what="ready to answer", found=min(ready_s), wanted=0.5, unit="s")
    mock = Mock()
    try:
        yield Row(what="memory when idle", found=mock.memory_mb, wanted=80, unit="MB")
        yield Row(
            what=f"batch of {_BATCH} created",
            found=fill(mock, count),
            wanted=40,
            unit="ms",
        )
        yield from _speeds(mock, count, seconds)
        for what, query in _QUERIES.items():
            took_ms = _timed(partial(mock.call, "GET", "Invoices", query=query))
            yield Row(what=f"list: {what}", found=took_ms, wanted=50, unit="ms")
        yield Row(
            what="list: 1,000 never shown before",
            found=_timed(_pages_in_turn(mock), times=_NEW_PAGES),
            wanted=50,
            unit="ms",
        )
    finally:
        mock.close()


def _speeds(mock: Mock, count: int, seconds: float) -> Iterator[Row]:
    yield Row(
        what=f"memory with {count:,} invoices",
        found=mock.memory_mb,
        wanted=200,
        unit="MB",
    )
    one = mock.raw("GET", "Invoices/B-7")
    rate, slowest_ms = load(mock, iter(lambda: one, b""), seconds)
    yield Row(
        what="GET of one invoice",
        found=rate,
        wanted=2500,
        unit="/s",
        more_is_better=True,
    )
    yield Row(what="its 99th percentile", found=slowest_ms, wanted=25, unit="ms")
    rate, slowest_ms = load(mock, _creates(mock, count), seconds)
    yield Row(
        what="single creates", found=rate, wanted=1200, unit="/s", more_is_better=True
    )
    yield Row(what="their 99th percentile", found=slowest_ms, wanted=25, unit="ms")


def _creates(mock: Mock, first: int) -> Iterator[bytes]:
    number = first
    while True:
        yield mock.raw("PUT", "Invoices", json.dumps(invoice(number)).encode())
        number += 1


@click.command()
@click.option("--invoices", default=20_000, help="How many to fill the books with.")
@click.option("--seconds", default=5.0, help="How long each load lasts.")
def main(*, invoices: int, seconds: float) -> None:
    """Measure the mock and print a table."""
    click.echo(f"{'':32} {'found':>10} {'wanted':>10}")
    for row in measure(invoices, seconds):
        mark = "" if row.is_met else "  missed"
        click.echo(
            f"{row.what:32} {row.found:>10,.2f} {row.wanted:>10,.2f} {row.unit}{mark}"
        )


if __name__ == "__main__":
    main()
