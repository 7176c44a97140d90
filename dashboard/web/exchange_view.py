"""An exchange as people read it: indented, cut to one order's part, as a command."""

from __future__ import annotations

import json
import shlex
from typing import Any

from dashboard.domain.exchanges import MASK, Exchange

# What a person has to fill in where a header was masked.
_SECRETS = {"authorization": "Bearer YOUR_ACCESS_TOKEN", "cookie": "YOUR_COOKIE"}


def pretty(body: str) -> str:
    """Indent JSON; anything else stays as it is."""
    data = _parsed(body)
    return body if data is None else json.dumps(data, indent=2, ensure_ascii=False)


def part(body: str, position: int, members: int) -> str:
    """Return what a batch says of one of its *members*, indented.

    A batch is an object with one list; element *position* speaks of the member. A
    body of another form is returned whole.
    """
    data = _parsed(body)
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list)]
        if len(lists) == 1 and len(lists[0]) == members:
            return json.dumps(lists[0][position], indent=2, ensure_ascii=False)
    return pretty(body)


def as_curl(exchange: Exchange) -> str:
    """Write the request as a command; words in capitals stand for what was masked."""
    words = ["curl", "-X", exchange.method, _quoted(exchange.url)]
    for name, value in exchange.request_headers.items():
        if value == MASK:
            value = _SECRETS.get(name.lower(), MASK)  # noqa: PLW2901 - its stand-in
        words += ["-H", _quoted(f"{name}: {value}")]
    if exchange.request_body:
        words += ["--data", _quoted(exchange.request_body)]
    return " ".join(words)


def _quoted(text: str) -> str:
    return shlex.quote(text.replace(MASK, "HIDDEN"))


def _parsed(body: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(body)
    except ValueError:
        return None
