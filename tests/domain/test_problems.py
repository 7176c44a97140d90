"""Problems: every cause can be said."""

from __future__ import annotations

import pytest

from dashboard.domain.problems import TITLES, Cause


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_a_title(cause: Cause) -> None:
    assert TITLES[cause].lower() == cause.value.lower()
