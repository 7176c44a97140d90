"""The pruner of one process: clears away, on schedule, what is too old to keep."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from typing_extensions import override

from dashboard.domain.clock import Clock
from dashboard.domain.retention import Cutoffs, cutoffs
from dashboard.domain.runs import Run, RunState, Task, Trigger
from dashboard.domain.sentences import say
from dashboard.store.retention import Pruned, RetentionStore
from dashboard.store.runs import RunStore, stopped_message
from dashboard.sync.background import Background

_log = logging.getLogger(__name__)

# Between two parts others may write: on SQLite there is one writer at a time.
_BREATH_S: Final = 0.05


class Pruner(Background):
    """Carries out runs that prune, in a thread of its own."""

    def __init__(self, retention: RetentionStore, runs: RunStore, clock: Clock) -> None:
        super().__init__("pruner")
        self._retention = retention
        self._runs = runs
        self._clock = clock

    def run_now(self) -> Run:
        """Prune in the calling thread and return what came of it."""
        return self._carry_out(self._runs.begin(Task.PRUNE, Trigger.PERSON))

    @override
    def _work(self) -> None:
        while not self._stopping.is_set():
            run = self._runs.take(Task.PRUNE)
            if run is None:
                return
            self._carry_out(run)

    def _carry_out(self, run: Run) -> Run:
        before = cutoffs(self._retention.kept().rules, self._clock.now())
        try:
            exchanges = self._prune_exchanges(before, run)
            activities = self._prune(self._retention.prune_activity, before, run)
            self._prune(self._retention.prune_selections, before, run)
        except Exception:  # noqa: BLE001 - logged, and told by the run
            # The edge of a run: what is left is removed by the next one.
            _log.exception("pruning failed")
            message = say("Pruning failed; the log says why.")
            return self._runs.finish(run.id, RunState.FAILED, message)
        stopped_by = self._runs.stopped_by(run.id)
        if stopped_by:
            why = stopped_message(stopped_by)
            return self._runs.finish(run.id, RunState.STOPPED, why)
        message = say(
            "%(exchanges)s exchanges and %(activities)s lines of Activity removed.",
            exchanges=exchanges,
            activities=activities,
        )
        return self._runs.finish(run.id, RunState.DONE, message)

    def _prune_exchanges(self, before: Cutoffs, run: Run) -> int:
        removed, reached = 0, 0
        while not self._is_ending(run):
            pruned = self._retention.prune_exchanges(before, after=reached)
            removed += pruned.removed
            if pruned.reached is None:
                break
            reached = pruned.reached
            self._rest(run)
        return removed

    def _prune(
        self, prune: Callable[[Cutoffs], Pruned], before: Cutoffs, run: Run
    ) -> int:
        removed = 0
        while not self._is_ending(run):
            pruned = prune(before)
            removed += pruned.removed
            if pruned.reached is None:
                break
            self._rest(run)
        return removed

    def _is_ending(self, run: Run) -> bool:
        return self._stopping.is_set() or bool(self._runs.stopped_by(run.id))

    def _rest(self, run: Run) -> None:
        self._runs.keep_alive(run.id)
        self._stopping.wait(_BREATH_S)
