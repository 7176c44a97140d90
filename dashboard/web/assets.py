"""Style, scripts and icons: served by us, under addresses that change with them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from flask import Blueprint, Response, g, url_for
from flask.typing import ResponseReturnValue

from dashboard.web.access import public
from dashboard.web.icons import cut_sprite

_STATIC = Path(__file__).parent / "static"

blueprint = Blueprint(
    "assets",
    __name__,
    static_folder="static",
    static_url_path="/assets",
    template_folder="templates",
)
_sprite = lru_cache(maxsize=1)(cut_sprite)


@blueprint.get("/icons.svg")
@public
def icons() -> ResponseReturnValue:
    """Serve the icons that pages use."""
    return Response(_sprite().svg, mimetype="image/svg+xml")


def asset(filename: str) -> str:
    """Return the address of one of our own files."""
    digest = _digest(filename, (_STATIC / filename).stat().st_mtime_ns)
    return url_for("assets.static", filename=filename, v=digest)


def bootstrap_css() -> str:
    """Return the address of Bootstrap's style, from the installed package."""
    return url_for(
        "bootstrap.static",
        filename="css/bootstrap.min.css",
        v=version("bootstrap-flask"),
    )


def icon_href(name: str) -> str:
    """Return the address of one icon."""
    if "icons" not in g:  # a page has a hundred of them
        g.icons = url_for("assets.icons", v=_sprite().version)
    return f"{g.icons}#{name}"


@lru_cache
def _digest(filename: str, _modified: int) -> str:
    return hashlib.sha256((_STATIC / filename).read_bytes()).hexdigest()[:12]
