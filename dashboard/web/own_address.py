"""The address of the page that was asked for, as a browser has to ask for it again."""

from __future__ import annotations

from flask import request


def own_address() -> str:
    """Return path and query, with what stands before all paths of the organisation."""
    return request.script_root + request.full_path.rstrip("?")
