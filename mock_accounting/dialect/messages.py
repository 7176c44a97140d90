"""A call and its answer, free of any web framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import overload


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request as it arrived."""

    method: str
    path: str
    """Decoded, as it was sent otherwise."""
    query: Mapping[str, str]
    query_string: str
    headers: Mapping[str, str]
    """By lower-case name; ask `header`."""
    body: bytes

    @overload
    def header(self, name: str) -> str | None: ...
    @overload
    def header(self, name: str, default: str) -> str: ...
    def header(self, name: str, default: str | None = None) -> str | None:
        """A header's value; its name in any case of letters."""
        return self.headers.get(name.lower(), default)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One answer, ready to be sent."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Rejected(Exception):
    """A call that gets this answer instead of what it asked for."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer
