"""Addresses as a browser has to ask for them, whatever a server puts before them."""

from __future__ import annotations

from flask import request

from dashboard.web.services import services


def own_address() -> str:
    """Return path and query of the page that was asked for."""
    return request.script_root + request.full_path.rstrip("?")


def installation_root() -> str:
    """Return what stands before the paths of all organisations; mostly nothing."""
    return request.script_root.removesuffix(services().organisation.path)
