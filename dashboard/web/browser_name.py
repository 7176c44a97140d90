"""Names a browser by what it says of itself, so that its owner knows it again."""

from __future__ import annotations

from typing import Final

# The first that is found counts: most of them also claim to be those below.
_PROGRAMS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """Return program and system, like "Firefox, Linux"; empty if neither is known."""
    found = (
        next((name for mark, name in known if mark in user_agent), "")
        for known in (_PROGRAMS, _SYSTEMS)
    )
    return ", ".join(name for name in found if name)
