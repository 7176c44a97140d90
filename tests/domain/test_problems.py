"""Problems: every cause can be said."""

from __future__ import annotations

from dashboard.domain.problems import TITLES, Cause


def test_every_cause_has_a_title_of_its_own() -> None:
    assert set(TITLES) == set(Cause)
    assert len(set(TITLES.values())) == len(Cause)
