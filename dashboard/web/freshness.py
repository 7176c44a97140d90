"""Polls that find nothing new are answered before a page is made.

The ETag of a live page has two halves: a mark of what the tables say, taken before the
page is made, and the page's own. As long as the mark is the one the browser has, the
page is too. What no mark tells of is seen within a minute.
"""

from __future__ import annotations

import hashlib
import zlib

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue

from dashboard.web.access import is_live, user_or_none
from dashboard.web.services import services
from dashboard.web.summary import engine_state
from dashboard.web.switcher import places

_LOOKED_AGAIN_AFTER_S = 60
# What the demo shop tells stands in no table.
_BEYOND_THE_TABLES = {"demo_lab"}


def install_freshness(app: Flask) -> None:
    """Answer polls for pages of *app* by their marks; access was checked before."""

    @app.before_request
    def answer_at_once() -> ResponseReturnValue | None:
        if not is_live() or request.method != "GET":
            return None
        if request.blueprint in _BEYOND_THE_TABLES:
            return None
        g.change_mark = _mark()
        known = _known()
        if not g.change_mark or not known.startswith(f"{g.change_mark}-"):
            return None
        return _unchanged(Response(), known)


def mark_page(response: Response) -> Response:
    """Give a live page its ETag; send nothing if it is the one the browser has."""
    own = f"{zlib.crc32(response.get_data()):08x}"
    etag = f"{g.get('change_mark', '')}-{own}"
    if _known().rpartition("-")[2] == own:
        return _unchanged(response, etag)
    response.set_etag(etag, weak=True)
    return response


def _unchanged(response: Response, etag: str) -> Response:
    response.status_code = 304
    response.set_data(b"")
    response.set_etag(etag, weak=True)
    return response


def _known() -> str:
    """Return the ETag the browser has."""
    tags = request.if_none_match.as_set(include_weak=True)
    return next(iter(tags), "")


def _mark() -> str:
    """Return what stays the same as long as the page does; "" if nothing can say so."""
    user = user_or_none()
    if user is None:
        return ""
    now = services().clock.now()
    mark = services().change_mark()
    if mark.moving:
        return ""
    told = (
        mark.seen,
        engine_state(mark.engine_seen_at, now),
        int(now.timestamp()) // _LOOKED_AGAIN_AFTER_S,
        user,
        places(user),
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
