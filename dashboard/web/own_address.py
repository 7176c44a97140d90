"""Addresses as a browser has to ask for them, whatever a server puts before them."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from dashboard.web.services import services


def own_address() -> str:
    """Return path and query of the page that was asked for."""
    return request.script_root + request.full_path.rstrip("?")


def page_before() -> str:
    """Return the address of the page of ours that led here, empty if none did."""
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        return ""
    # As an address of its own, what begins with two slashes names another server.
    ours = parts.path.startswith("/") and not parts.path.startswith(("//", "/\\"))
    if parts.netloc != request.host or not ours:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def installation_root() -> str:
    """Return what stands before the paths of all organisations; mostly nothing."""
    return request.script_root.removesuffix(services().organisation.path)
