"""What the tests of the demo shop share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from seed.catalogue import Rounding, Shop
from seed.orders import FIRST_NUMBER, Snapshot, turn

START = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    return Shop(
        url="https://demo-shop.example",
        prices_include_tax=True,
        rounding=Rounding.SUBTOTAL,
    )


@pytest.fixture
def story() -> Callable[..., Iterator[Snapshot]]:
    """Everything the shop tells of *orders* orders, a minute apart."""

    def tell(orders: int, *, seed: int = 1) -> Iterator[Snapshot]:
        placed: dict[int, datetime] = {}
        for index in range(orders):
            number = FIRST_NUMBER + index
            placed[number] = START + timedelta(minutes=index)
            yield from turn(number, seed=seed, placed=placed)

    return tell


@dataclass
class IntakeDouble:
    """A listening intake: what it was sent, and what it answers."""

    url: str = ""
    status: int = 202
    text: str = "{}"
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def intake() -> Iterator[IntakeDouble]:
    double = IntakeDouble()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            double.received.append((self.path, dict(self.headers), raw))
            answer = double.text.encode()
            self.send_response(double.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    double.url = f"http://127.0.0.1:{server.server_port}"
    yield double
    server.shutdown()
    thread.join()
    server.server_close()
