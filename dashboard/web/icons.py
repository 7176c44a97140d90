"""Icons: the few we use, cut at start-up out of the sprite Bootstrap-Flask ships."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files

# 1.1 MB of 2,000 icons would be the heaviest thing on every page.
USED = (
    "activity",
    "arrow-clockwise",
    "arrow-counterclockwise",
    "arrow-left",
    "arrow-left-right",
    "arrow-repeat",
    "arrow-return-left",
    "bar-chart-line",
    "bookmark",
    "bookmark-fill",
    "box-arrow-in-down",
    "box-arrow-right",
    "box-arrow-up-right",
    "buildings",
    "calendar-week",
    "cash-coin",
    "cash-stack",
    "chat-left-text",
    "check-circle-fill",
    "check-lg",
    "check2-square",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "circle-half",
    "clipboard",
    "clock",
    "clock-history",
    "cloud-slash",
    "download",
    "exclamation-triangle-fill",
    "eye",
    "file-earmark-x",
    "gear",
    "grid-1x2",
    "heart-pulse-fill",
    "hourglass-split",
    "inbox",
    "info-circle",
    "list",
    "key",
    "lightning-charge-fill",
    "moon-stars-fill",
    "mortarboard",
    "pause-fill",
    "people",
    "person-circle",
    "person-plus",
    "play-fill",
    "plug",
    "plus-lg",
    "question-circle",
    "receipt",
    "receipt-cutoff",
    "search",
    "send",
    "shop",
    "signpost-split",
    "slash-circle",
    "sun-fill",
    "trash",
    "upload",
    "x-circle-fill",
    "x-lg",
)

_SYMBOL = re.compile(r'<symbol [^>]*?viewBox="([^"]+)" id="([^"]+)">(.*?)</symbol>')


class IconMissing(Exception):
    """The installed sprite does not hold an icon we use."""


@dataclass(frozen=True, kw_only=True)
class Sprite:
    """One SVG of all icons used; *version* changes with its content."""

    svg: str
    version: str


def cut_sprite() -> Sprite:
    """Cut the icons used out of the installed sprite.

    Raises:
        IconMissing: If one is not there.
    """
    source = files("flask_bootstrap") / "static/bootstrap5/icons/bootstrap-icons.svg"
    wanted = set(USED)
    found = {
        name: f'<symbol id="{name}" viewBox="{box}">{paths}</symbol>'
        for box, name, paths in _SYMBOL.findall(source.read_text(encoding="utf-8"))
        if name in wanted
    }
    missing = wanted - found.keys()
    if missing:
        raise IconMissing(f"Bootstrap Icons has no {', '.join(sorted(missing))}.")
    symbols = "".join(found[name] for name in USED)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>'
    digest = hashlib.sha256(svg.encode()).hexdigest()
    return Sprite(svg=svg, version=digest[:12])
