"""A long simulation survives the death of its processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.simulation.processes import ProcessesDie, shared_out

SHARES = [range(2), range(2, 4), range(4, 6)]


def added_up(numbers: Sequence[int]) -> int:
    return sum(numbers)


def added_up_by_a_process_killed_once(tombstone: Path, numbers: Sequence[int]) -> int:
    if 2 in numbers and not tombstone.exists():
        tombstone.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return added_up(numbers)


def added_up_by_a_process_killed_at_2(numbers: Sequence[int]) -> int:
    if 2 in numbers:
        os.kill(os.getpid(), signal.SIGKILL)
    return added_up(numbers)


def test_a_share_is_done_again_when_a_process_is_killed(tmp_path: Path) -> None:
    work = partial(added_up_by_a_process_killed_once, tmp_path / "tombstone")

    assert sorted(shared_out(work, SHARES)) == [1, 5, 9]


def test_a_share_that_kills_every_process_is_named() -> None:
    done: list[int] = []
    with pytest.raises(ProcessesDie, match=r"range\(2, 4\)"):
        done.extend(shared_out(added_up_by_a_process_killed_at_2, SHARES))
