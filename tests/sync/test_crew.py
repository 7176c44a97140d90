"""Several threads work on one run until there is nothing left, whatever fails."""

from __future__ import annotations

import threading

import pytest

from dashboard.sync import crew
from dashboard.sync.crew import Crew


def test_a_failed_step_is_told_without_what_it_was_about(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(crew, "_PAUSE_AFTER_ERROR_S", 0)
    steps = iter([ValueError("Jane Canary"), None])

    def step() -> bool:
        error = next(steps)
        if error is not None:
            raise error
        return False

    working = Crew(step, 1, threading.Event())
    working.run(lambda: None, beat_every_s=5)

    assert working.error == "A step failed; the log says why."
    assert "Jane Canary" in caplog.text
