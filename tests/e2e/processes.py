"""Real processes: started in a group of their own, ended whatever happens."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_LOOK_EVERY_S = 0.05
_END_WITHIN_S = 10.0
# Nothing goes on for so many times as long as it may stand still.
_CIRCLES = 10


def eventually(
    look: Callable[[], T], what: str, *, within_s: float, every_s: float = _LOOK_EVERY_S
) -> T:
    """Return what *look* finds as soon as it is true.

    Raises:
        AssertionError: If it does not become true within *within_s*.
    """
    until = time.monotonic() + within_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"Not within {within_s:g} s: {what}")
        time.sleep(every_s)


def as_long_as_it_moves(
    look: Callable[[], T],
    what: str,
    *,
    progress: Callable[[], object],
    still_s: float,
    every_s: float = _LOOK_EVERY_S,
) -> T:
    """Return what *look* finds as soon as it is true, on a slow machine too.

    Raises:
        AssertionError: If *progress* is the same for *still_s*, or it takes so long
            that it moves in a circle.
    """
    started = moved_at = time.monotonic()
    last = progress()
    while True:
        found = look()
        if found:
            return found
        now = progress()
        if now != last:
            last, moved_at = now, time.monotonic()
        if time.monotonic() > min(moved_at, started + _CIRCLES * still_s) + still_s:
            raise AssertionError(f"Nothing moved for {still_s:g} s, but not: {what}")
        time.sleep(every_s)


def seeded(seed: int) -> random.Random:
    """Return a source of chances that are the same in every run."""
    return random.Random(seed)  # noqa: S311 - nothing is kept secret with it


def script(name: str) -> str:
    """Return the path of a console script of this installation."""
    return str(Path(sys.executable).with_name(name))


def free_port() -> int:
    """Return a port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Tell whether nobody listens at *port*."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Running:
    """A process in a session of its own, with what it prints kept in *log*."""

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], folder: Path, log: Path
    ) -> None:
        self.log = log
        self.name = " ".join([Path(command[0]).name, *command[1:]])
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def is_up(self) -> bool:
        """Tell whether the first process runs."""
        return self.process.poll() is None

    def is_gone(self) -> bool:
        """Tell whether the process and all its children have ended."""
        return not self.is_up() and not self._left()

    def kill(self) -> None:
        """Kill the first process alone, as an out-of-memory killer would."""
        self.process.kill()
        self.process.wait()

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Ask the first process to end; return how long all of it took, in seconds.

        Raises:
            AssertionError: If something is left after ten seconds.
        """
        started = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        eventually(
            self.is_gone,
            f"{self.name} and its children have ended",
            within_s=_END_WITHIN_S,
        )
        return time.monotonic() - started

    def end(self) -> bool:
        """End all of it, gently if that works; False if it had to be killed."""
        try:
            self.stop()
        except AssertionError:
            for pid in [self.process.pid, *self._left()]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()
            return False
        return True

    def _left(self) -> list[int]:
        """Return the children that run: all that is in the session of the first."""
        return [pid for pid in _all_processes() if _session(pid) == self.process.pid]


def _all_processes() -> list[int]:
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid="], check=True, capture_output=True, text=True
    )
    return [int(pid) for pid in listed.stdout.split()]


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return 0
