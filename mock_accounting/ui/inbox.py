"""The request inbox: which requests it shows, with what marks."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from mock_accounting.traffic.log import LogEntry
from mock_accounting.ui.paging import mentions

SIZE = 100
_NOT_KEPT = "(not kept)"


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxFilter:
    """Which requests are wanted; an empty field wants all."""

    search: str = ""
    """Text in path, query, bodies or idempotency key."""
    method: str = ""
    answer: str = ""
    """First digit of the status, or `lost`, `fault`, `replay`."""
    tenant_id: str = ""

    @property
    def query(self) -> str:
        """The filter as the query of an address."""
        fields = {
            "q": self.search,
            "method": self.method,
            "answer": self.answer,
            "organisation": self.tenant_id,
        }
        return urlencode({name: value for name, value in fields.items() if value})

    def wants(self, entry: LogEntry) -> bool:
        """Whether the inbox shows this request."""
        return (
            self.method in {"", entry.method}
            and self.tenant_id in {"", entry.tenant_id}
            and self._wants_answer(entry)
            and (not self.search or mentions(_texts(entry), self.search))
        )

    def _wants_answer(self, entry: LogEntry) -> bool:
        match self.answer:
            case "":
                return True
            case "lost":
                return not entry.delivered
            case "fault":
                return bool(entry.faults)
            case "replay":
                return entry.replayed
            case digit:
                return str(entry.status).startswith(digit)


def newest(entries: Sequence[LogEntry], wanted: InboxFilter) -> list[LogEntry]:
    """The last requests that are wanted, newest first."""
    found: list[LogEntry] = []
    for entry in reversed(entries):
        if wanted.wants(entry):
            found.append(entry)
        if len(found) == SIZE:
            break
    return found


def marks(entry: LogEntry) -> list[tuple[str, str]]:
    """What is special about a request, with the colour of its badge."""
    found = [(f"fault {fault}", "danger") for fault in entry.faults]
    if not entry.delivered:
        found.append(("answer lost", "danger"))
    if entry.replayed:
        found.append(("replay", "info"))
    return found


def as_curl(entry: LogEntry, url: str) -> str:
    """The request as a command to send it again; the token comes from outside."""
    address = f"{url}{entry.path}" + (f"?{entry.query}" if entry.query else "")
    parts = [f"curl -X {entry.method} {shlex.quote(address)}"]
    if entry.client_id is not None:
        parts.append('-H "Authorization: Bearer $TOKEN"')
    parts += [
        f"-H {shlex.quote(f'{name}: {value}')}"
        for name, value in entry.headers
        if name != "User-Agent"
    ]
    if entry.request_body and entry.request_body != _NOT_KEPT:
        parts.append(f"--data-binary {shlex.quote(entry.request_body)}")
    return " \\\n  ".join(parts)


def _texts(entry: LogEntry) -> tuple[str | None, ...]:
    return (
        entry.path,
        entry.query,
        entry.idempotency_key,
        entry.request_body,
        entry.response_body,
    )
