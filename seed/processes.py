"""Starts the programs of the demo, watches them and ends what it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO, Final

from seed.problems import CommandFailed, ProgramEnded

_GRACE_S: Final = 5
_LOOK_EVERY_S: Final = 0.05
_LAST_LINES: Final = 12
_LAST_BYTES: Final = 16_384


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program that runs as long as the demo does."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Programs:
    """The programs started, in the order they were started.

    They run in *folder*, so that a `.env` file of another installation is not
    read, and write to its folder `logs`.
    """

    def __init__(self, stop: Event, folder: Path) -> None:
        self._stop = stop
        self._folder = folder
        self._logs = folder / "logs"
        self._running: list[Program] = []

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Start *command* in a process group of its own.

        Ctrl-C in the terminal then reaches this process only, which ends the
        others in its own order.
        """
        log = self._logs / f"{name}.log"
        with log.open("ab") as output:
            process = self._spawn(command, env, output, stdin=subprocess.DEVNULL)
        self._running.append(Program(name=name, process=process, log=log))

    def run(self, command: Sequence[str], env: Mapping[str, str], text: str) -> None:
        """Run *command* with *text* as its input, to its end or the demo's.

        Raises:
            CommandFailed: If its exit status is not 0.
        """
        log = self._logs / "setup.log"
        before = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            process = self._spawn(command, env, output, stdin=subprocess.PIPE)
        try:
            if process.stdin:
                with suppress(BrokenPipeError), process.stdin as stdin:
                    stdin.write(text.encode())
            while process.poll() is None:
                if self._stop.wait(_LOOK_EVERY_S):
                    return
        finally:
            _end([process])
        if process.returncode != 0:
            what = " ".join([Path(command[0]).name, *command[1:3]])
            raise CommandFailed(
                f"'{what}' ended with exit status {process.returncode}. "
                f"It said:\n{last_lines(log, since=before)}"
            )

    def wait(self, seconds: float) -> bool:
        """Wait, watching the programs; return True if the demo is to stop.

        Raises:
            ProgramEnded: If a program ended meanwhile.
        """
        until = time.monotonic() + seconds
        while True:
            self.check()
            left = until - time.monotonic()
            if left <= 0:
                return self._stop.is_set()
            if self._stop.wait(min(left, _LOOK_EVERY_S)):
                return True

    def check(self) -> None:
        """See whether every program still runs.

        Raises:
            ProgramEnded: If one does not.
        """
        for program in self._running:
            status = program.process.poll()
            if status is not None and not self._stop.is_set():
                raise ProgramEnded(
                    f"The {program.name} ended by itself ({_how(status)}). "
                    f"The end of {program.log}:\n{last_lines(program.log)}"
                )

    def _spawn(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        output: IO[bytes],
        *,
        stdin: int,
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own console scripts
            command,
            cwd=self._folder,
            env=dict(env),
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def stop(self, name: str) -> None:
        """End one program: ask first, then insist after 5 s."""
        ending = [program for program in self._running if program.name == name]
        self._running = [it for it in self._running if it not in ending]
        _end([program.process for program in ending])

    def end(self) -> None:
        """End every program: ask first, then insist after 5 s."""
        _end([program.process for program in reversed(self._running)])
        self._running.clear()


def script(name: str) -> str:
    """Return the path of a console script of this installation.

    Raises:
        CommandFailed: If there is none.
    """
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        raise CommandFailed(f"{path} is missing: install Sluice with 'pip install .'.")
    return str(path)


def last_lines(log: Path, *, since: int = 0) -> str:
    """Return the last lines of *log* that were written after byte *since*."""
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(since, size - _LAST_BYTES))
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(f"  {line}" for line in lines[-_LAST_LINES:]) or "  (nothing)"


def _how(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        _signal_group(process, signal.SIGTERM)
    until = time.monotonic() + _GRACE_S
    for process in processes:
        while _is_alive(process) and time.monotonic() < until:
            time.sleep(_LOOK_EVERY_S)
        if _is_alive(process):
            _signal_group(process, signal.SIGKILL)
        process.wait()


def _is_alive(process: subprocess.Popen[bytes]) -> bool:
    """Whether anything is left of the program's group, be it only its children."""
    process.poll()
    return _signal_group(process, 0)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> bool:
    """Signal the program's group, or just look with 0; False if it is gone."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        # macOS refuses to signal what has ended but not been waited for.
        return False
    return True
