"""The mock accounting package as a process."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.processes import Running, eventually, script

_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")
_READY_WITHIN_S = 60.0


class MockProgram:
    """`mock-accounting serve` on a free port that it keeps over restarts."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.port = 0
        self._options = options
        self._env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("MOCK_")
        }
        self._started: list[Running] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> Running:
        """The process that was started last."""
        return self._started[-1]

    def start(self) -> Running:
        """Start it and wait until it says where it is, which it does when ready."""
        log = self.folder / f"mock-{len(self._started)}.log"
        command = [script("mock-accounting"), "serve", "--port", str(self.port)]
        running = Running([*command, *self._options], self._env, self.folder, log)
        self._started.append(running)
        eventually(
            lambda: _ADDRESS.search(log.read_text()) or not running.is_up(),
            "the mock is ready",
            within_s=_READY_WITHIN_S,
        )
        address = _ADDRESS.search(log.read_text())
        assert address is not None, log.read_text()
        self.port = int(address[1])
        return running

    def end(self) -> list[str]:
        """End it; return what is wrong with how it ended."""
        problems = [
            f"{running.name} had to be killed"
            for running in self._started
            if not running.end()
        ]
        logs = [log.read_text() for log in self.folder.glob("mock-*.log")]
        if any("Traceback" in log for log in logs):
            problems += logs
        return problems


@contextmanager
def running_mock(folder: Path, *options: str) -> Iterator[MockProgram]:
    """Run a mock as long as the caller needs it; it must end in good order."""
    program = MockProgram(folder, *options)
    try:
        program.start()
        yield program
    finally:
        problems = program.end()
    assert problems == []
