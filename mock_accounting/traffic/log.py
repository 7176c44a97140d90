"""What the mock was sent and answered, newest last, kept within a budget."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime

MAX_ENTRIES = 2000
MAX_BYTES = 16_000_000
MAX_BODY = 262_144


@dataclass(frozen=True, kw_only=True, slots=True)
class LogEntry:
    """One request and what became of it."""

    entry_id: int
    at: datetime
    method: str
    path: str
    query: str
    status: int
    duration_ms: float
    tenant_id: str | None
    client_id: str | None
    idempotency_key: str | None
    headers: tuple[tuple[str, str], ...]
    """Those that matter for sending it again; never a secret."""
    replayed: bool
    faults: tuple[str, ...]
    """The rules that hit it, by id and kind."""
    delivered: bool
    """Whether the answer was sent whole."""
    request_body: str
    response_body: str


class RequestLog:
    """The last requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._entries: deque[LogEntry] = deque()
        self._size = 0

    def next_id(self) -> int:
        """The number of the next request."""
        return next(self._ids)

    def add(self, entry: LogEntry) -> None:
        """Log a request; the oldest ones go when the budget is spent."""
        with self._lock:
            self._entries.append(entry)
            self._size += _size(entry)
            while len(self._entries) > MAX_ENTRIES or self._size > MAX_BYTES:
                self._size -= _size(self._entries.popleft())

    def entries(self) -> list[LogEntry]:
        """The requests kept, oldest first."""
        with self._lock:
            return list(self._entries)

    def find(self, entry_id: int) -> LogEntry | None:
        """One request by its number."""
        return next(
            (entry for entry in self.entries() if entry.entry_id == entry_id), None
        )

    def clear(self) -> None:
        """Forget every request."""
        with self._lock:
            self._entries.clear()
            self._size = 0


def readable(body: bytes) -> str:
    """A body as the log keeps it: text, cut at 256 KiB."""
    if body.startswith(b"%PDF-"):
        return f"(PDF of {len(body)} bytes)"
    return body[:MAX_BODY].decode(errors="replace")


def _size(entry: LogEntry) -> int:
    return len(entry.request_body) + len(entry.response_body) + 500
