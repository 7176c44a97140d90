"""Whatever was started is ended, even what does not want to."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from seed import processes
from seed.problems import CommandFailed, ProgramEnded
from seed.processes import Programs

PATIENCE_S = 20
DEAF = """
import pathlib, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path("ready").touch()
time.sleep(600)
"""
LEAVES_A_CHILD = """
import pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path("child.new").write_text(str(child.pid))
pathlib.Path("child.new").rename("child")
child.wait()
"""


@pytest.fixture
def stop() -> Event:
    return Event()


@pytest.fixture
def programs(tmp_path: Path, stop: Event) -> Iterator[Programs]:
    (tmp_path / "logs").mkdir()
    ours = Programs(stop, tmp_path)
    yield ours
    ours.end()


def test_a_program_deaf_to_the_request_is_killed(
    programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_GRACE_S", 0.3)
    programs.start("deaf", python(DEAF), os.environ)
    until((tmp_path / "ready").exists)

    began = time.monotonic()
    programs.end()

    assert 0.3 <= time.monotonic() - began < PATIENCE_S


def test_children_of_a_program_end_with_it(programs: Programs, tmp_path: Path) -> None:
    programs.start("parent", python(LEAVES_A_CHILD), os.environ)
    until((tmp_path / "child").exists)
    child = int((tmp_path / "child").read_text())

    programs.end()

    until(lambda: not is_running(child))


def test_the_wait_ends_early_when_the_demo_is_stopped(
    programs: Programs, stop: Event
) -> None:
    stop.set()

    assert programs.wait(600)


def test_a_program_that_ends_interrupts_the_wait(programs: Programs) -> None:
    programs.start("brief", python("print('that was it')"), os.environ)

    with pytest.raises(ProgramEnded, match=r"exit status 0(.|\n)*that was it"):
        programs.wait(PATIENCE_S)


def test_a_command_is_given_its_input(programs: Programs, tmp_path: Path) -> None:
    code = "import pathlib, sys; pathlib.Path('said').write_text(sys.stdin.read())"

    programs.run(python(code), os.environ, "the password")

    assert (tmp_path / "said").read_text() == "the password"


def test_a_command_that_does_not_listen_to_its_input_is_no_problem(
    programs: Programs,
) -> None:
    programs.run(python("import sys; sys.stdin.close()"), os.environ, "x" * 100_000)


def test_a_failing_command_shows_only_its_own_lines(programs: Programs) -> None:
    programs.run(python("print('all is well')"), os.environ, "")

    with pytest.raises(CommandFailed) as problem:
        programs.run(python("print('bad'); raise SystemExit(4)"), os.environ, "")

    assert "exit status 4" in str(problem.value)
    assert "  bad" in str(problem.value)
    assert "all is well" not in str(problem.value)


def test_stopping_the_demo_ends_a_command_halfway(
    programs: Programs, stop: Event
) -> None:
    stop.set()

    programs.run(python("import time; time.sleep(600)"), os.environ, "")


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "this never came about"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Whether *pid* runs; one that ended but was not waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2]
    except FileNotFoundError:
        return False
    return state.split()[0] != "Z"
