"""An exchange as people read it: indented, cut to one order's part, as a command."""

from __future__ import annotations

import json
import shlex
from typing import Any

from dashboard.domain.exchanges import Exchange


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
    """Write the request as a command; masked secrets have to be filled in."""
    words = ["curl", "-X", exchange.method, shlex.quote(exchange.url)]
    for name, value in exchange.request_headers.items():
        words += ["-H", shlex.quote(f"{name}: {value}")]
    if exchange.request_body:
        words += ["--data", shlex.quote(exchange.request_body)]
    return " ".join(words)


def _parsed(body: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(body)
    except ValueError:
        return None
