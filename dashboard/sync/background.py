"""What goes on in a thread of its own until the program stops."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod

from dashboard.logs import in_the_same_name

_log = logging.getLogger(__name__)

# Work that nobody announced, such as a lost wake-up, waits this long.
_SWEEP_S = 15.0


class Background(ABC):
    """Does its work when it is woken, and looks for some every so many seconds."""

    def __init__(self, name: str, *, every_s: float = _SWEEP_S) -> None:
        self._name = name
        self._every_s = every_s
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None

    @abstractmethod
    def _work(self) -> None:
        """Do what there is to do; end early once `_stopping` is set."""

    def start(self) -> None:
        """Begin to work in the background."""
        loop = in_the_same_name(self._loop)
        self._thread = threading.Thread(target=loop, name=self._name, daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Let what is under way end, begin nothing, and wait for the thread."""
        self._stopping.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def wake(self) -> None:
        """Say that there is work; call it after the commit that made it."""
        self._woken.set()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self._work()
            except Exception:  # noqa: BLE001 - logged
                # The edge of the thread: a database that is away comes back.
                _log.exception(
                    "work in the background failed", extra={"of": self._name}
                )
            self._woken.wait(self._every_s)
            self._woken.clear()
