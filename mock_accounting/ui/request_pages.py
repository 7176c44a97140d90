"""Pages of the request inbox."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from mock_accounting.ui import inbox
from mock_accounting.ui.frame import Shown, search_asked

_METHODS = ("GET", "PUT", "POST", "DELETE")
_ANSWERS = {
    "": "Any answer",
    "2": "2xx",
    "4": "4xx",
    "5": "5xx",
    "fault": "Hit by a fault",
    "lost": "Answer lost",
    "replay": "Replayed",
}


def add_request_pages(blueprint: Blueprint, shown: Shown) -> None:
    """Add the inbox and the page of one request."""

    @blueprint.get("/requests")
    def requests_inbox() -> Response:
        wanted = _wanted()
        entries = shown.log.entries()
        last = entries[-1].entry_id if entries else 0
        return shown.live(
            "requests",
            f"{last} {wanted.query}",
            lambda: {
                "entries": inbox.newest(entries, wanted),
                "count": len(entries),
                "wanted": wanted,
                "methods": _METHODS,
                "answers": _ANSWERS,
                "marks": inbox.marks,
            },
        )

    @blueprint.get("/requests/<int:entry_id>")
    def one_request(entry_id: int) -> Response:
        entry = shown.log.find(entry_id)
        if entry is None:
            abort(404)
        return shown.live(
            "request",
            entry_id,
            lambda: {
                "entry": entry,
                "marks": inbox.marks,
                "curl": inbox.as_curl(entry, request.host_url.rstrip("/")),
                "newer": shown.log.find(entry_id + 1),
                "older": shown.log.find(entry_id - 1),
            },
        )


def _wanted() -> inbox.InboxFilter:
    return inbox.InboxFilter(
        search=search_asked(),
        method=request.args.get("method", ""),
        answer=request.args.get("answer", ""),
        tenant_id=request.args.get("organisation", ""),
    )
