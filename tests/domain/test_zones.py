"""The time zone of a country."""

from __future__ import annotations

import pytest

from dashboard.domain.zones import zone_of_country


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("NL", "Europe/Amsterdam"),
        ("nl", "Europe/Amsterdam"),
        ("DE", "Europe/Berlin"),
        ("GB", "Europe/London"),
        ("US", "America/New_York"),
        ("XX", None),
        ("", None),
    ],
)
def test_a_country_tells_its_first_zone(country: str, zone: str | None) -> None:
    assert zone_of_country(country) == zone
