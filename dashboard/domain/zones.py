"""The time zone a company keeps, as far as its country tells."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files


def zone_of_country(code: str) -> str | None:
    """Return an IANA time zone of a country; its first where it has several.

    Args:
        code: ISO 3166-1 alpha-2.

    Returns:
        The zone, or None if there is no such country.
    """
    return _zones().get(code.upper())


@lru_cache
def _zones() -> dict[str, str]:
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    zones: dict[str, str] = {}
    for line in table.splitlines():
        if not line.startswith("#"):
            code, _place, zone, *_comment = line.split("\t")
            zones.setdefault(code, zone)
    return zones
