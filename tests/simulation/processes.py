"""Work shared out to processes, any of which may be killed."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

_S = TypeVar("_S")
_R = TypeVar("_R")


# One process takes the others along, whatever they have done of their shares.
_MOST_DEATHS = 3


class ProcessesDie(Exception):
    """Processes are killed again and again, before they have done any share."""


def shared_out(work: Callable[[_S], _R], shares: Sequence[_S]) -> Iterator[_R]:
    """Yield what *work* makes of each share, with a process for each CPU.

    Killing one process breaks off what all of them do: that is done again by new ones.

    Raises:
        ProcessesDie: If that happens several times and nothing is done meanwhile.
    """
    left = [*shares]
    deaths = 0
    while left:
        if deaths == _MOST_DEATHS:
            raise ProcessesDie(f"Who does one of {left} is killed. Is memory short?")
        deaths += 1
        for share, result in _until_one_is_killed(work, [*left]):
            left.remove(share)
            deaths = 0
            yield result


def _until_one_is_killed(
    work: Callable[[_S], _R], shares: Sequence[_S]
) -> Iterator[tuple[_S, _R]]:
    """Yield shares that are done, and what they made."""
    processes = min(os.cpu_count() or 1, len(shares))
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=spawn)
    try:
        done_by = {pool.submit(work, share): share for share in shares}
        for future in as_completed(done_by):
            try:
                result = future.result()
            except BrokenProcessPool:
                continue
            yield done_by[future], result
    finally:
        # Who waits for the rest after an error, or Ctrl-C, waits for hours.
        pool.shutdown(cancel_futures=True)
