"""`make` says in one line what a machine lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VENV = ".venv/bin/python"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with what `make` needs to begin, and no environment yet."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_no_python_at_all_is_one_line(clone: Path) -> None:
    result = make(clone, VENV, "PYTHON=")

    assert result.returncode != 0
    assert first_line(result).startswith(
        "Sluice needs Python 3.11 or newer: none was found."
    )


def test_a_python_that_is_too_old_is_one_line(clone: Path) -> None:
    old = a_python(clone, "exit 1")

    result = make(clone, VENV, f"PYTHON={old}")

    assert result.returncode != 0
    assert first_line(result) == f"Sluice needs Python 3.11 or newer: {old} is not."


def test_a_python_without_venv_is_one_line(clone: Path) -> None:
    bare = a_python(clone, 'case "$2" in *ensurepip*) exit 1;; *) exit 0;; esac')

    result = make(clone, VENV, f"PYTHON={bare}")

    assert result.returncode != 0
    assert "install python3-venv" in first_line(result)


def test_a_python_of_the_path_is_found(clone: Path) -> None:
    found = a_python(clone, 'echo "$@" >> called; exit 0', name="bin/python3.12")
    a_python(clone, "exit 1", name="bin/python3")
    a_python(clone, "exit 127", name="bin/python3.13")
    path = f"{found.parent}{os.pathsep}{os.environ['PATH']}"

    result = make(clone, VENV, path=path)

    assert result.returncode == 0, result.stderr
    assert "-m venv --clear .venv" in (clone / "called").read_text("utf-8")


@pytest.mark.parametrize("target", ["demo", "test", "check"])
def test_the_promised_targets_exist(clone: Path, target: str) -> None:
    result = make(clone, "--dry-run", target)

    assert result.returncode == 0, result.stderr


def test_skipped_browser_tests_are_told_loudly(clone: Path) -> None:
    given_an_environment(clone, '<skipped message="no Chromium was found"/>')

    result = make(clone, "test")

    assert result.returncode == 0
    assert "THE BROWSER TESTS WERE SKIPPED" in result.stdout


def test_a_run_without_skips_says_nothing_of_browsers(clone: Path) -> None:
    given_an_environment(clone, "<testcase/>")

    result = make(clone, "test")

    assert "SKIPPED" not in result.stdout


def test_failing_tests_fail_make_too(clone: Path) -> None:
    given_an_environment(clone, "<testcase/>", status=1)

    assert make(clone, "test").returncode != 0


def make(
    folder: Path, *arguments: str, path: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=folder,
        env={"PATH": path or os.environ["PATH"], "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def first_line(result: subprocess.CompletedProcess[str]) -> str:
    return result.stderr.splitlines()[0]


def a_python(folder: Path, does: str, *, name: str = "some-python") -> Path:
    """Make an executable that stands in for a Python."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
    return path


def given_an_environment(folder: Path, report: str, *, status: int = 0) -> None:
    """Make an environment whose pytest writes *report* and ends with *status*."""
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    a_python(programs, "exit 0", name="python")
    a_python(
        programs,
        f"echo '{report}' > .pytest_cache/report.xml; exit {status}",
        name="pytest",
    )
    (folder / ".venv" / ".installed-dev").touch()
