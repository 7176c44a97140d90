"""Several threads on one run, until nobody finds work any more."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from dashboard.domain.sentences import say
from dashboard.logs import in_the_same_name

_log = logging.getLogger(__name__)

# A thread without work looks again this often while others may make some.
_LOOK_AGAIN_S = 0.05
_PAUSE_AFTER_ERROR_S = 1.0
_MAX_ERRORS = 5


class Crew:
    """Runs *step* in threads until it finds nothing to do in all of them at once."""

    def __init__(
        self, step: Callable[[], bool], size: int, stopping: threading.Event
    ) -> None:
        self._step = step
        self._size = size
        self._stopping = stopping
        self._news = threading.Condition()
        self._busy = 0
        self.error = ""

    def run(self, beat: Callable[[], None], beat_every_s: float) -> None:
        """Work until there is nothing left, or the program stops; call *beat* often."""
        work = in_the_same_name(self._work)
        threads = [
            threading.Thread(target=work, name=f"worker-{n}", daemon=True)
            for n in range(self._size)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(beat_every_s)
                beat()

    def _work(self) -> None:
        errors = 0
        while not self._stopping.is_set() and errors < _MAX_ERRORS:
            with self._news:
                self._busy += 1
            found = False
            try:
                found = self._step()
                errors = 0
            except Exception:  # noqa: BLE001 - logged, and told by the run
                # The edge of a run: one bad piece must not end the work on the rest.
                _log.exception("a step failed")
                # The error itself may name people, and pages show this to everyone.
                self.error = say("A step failed; the log says why.")
                errors += 1
                found = True
                self._stopping.wait(_PAUSE_AFTER_ERROR_S)
            if not self._go_on(found=found):
                return

    def _go_on(self, *, found: bool) -> bool:
        """Note how a step ended; False when nobody can make work any more."""
        with self._news:
            self._busy -= 1
            if found:
                self._news.notify_all()
                return True
            if self._busy == 0:
                self._news.notify_all()
                return False
            self._news.wait(_LOOK_AGAIN_S)
            return True
