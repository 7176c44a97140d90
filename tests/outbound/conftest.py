"""A server on loopback that behaves as badly as told, and counts who connects."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

Behaviour = Callable[[socket.socket], object]


class BadServer:
    """Serves one connection after the other with what *behave* does."""

    def __init__(self) -> None:
        self.behave: Behaviour = lambda _connection: None
        self.connections = 0
        self.requests: list[bytes] = []
        self.done = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self.done.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with closing(connection):
                connection.settimeout(10)
                try:
                    self.behave(connection)
                except OSError:
                    continue  # the other side had enough

    def read_request(self, connection: socket.socket) -> bytes:
        """Read a request with its whole body."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            ),
            0,
        )
        while len(body) < length:
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        return self.requests[-1]

    def answer(self, raw: bytes) -> None:
        """Answer every request with *raw* and close."""

        def behave(connection: socket.socket) -> None:
            self.read_request(connection)
            connection.sendall(raw)

        self.behave = behave


def reset(connection: socket.socket) -> None:
    """Close so that the other side sees a reset."""
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()


@pytest.fixture
def server() -> Iterator[BadServer]:
    server = BadServer()
    yield server
    server.close()
