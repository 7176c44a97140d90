"""What CI runs is what a person runs, and names no address of a registry."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ("run", "wheel")


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_can_be_run_and_parsed(name: str) -> None:
    script = ROOT / ".ci" / name

    parsed = subprocess.run(["bash", "-n", script], check=False)

    assert os.access(script, os.X_OK)
    assert parsed.returncode == 0
    assert "set -euo pipefail" in script.read_text("utf-8")


def test_the_tests_come_last_and_skip_neither_browser_nor_database() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").strip().splitlines()

    assert lines[-1] == "make test"
    assert lines[-2] == "export REQUIRE_BROWSER=1 REQUIRE_PG=1"


@pytest.mark.parametrize(
    "name", [".ci/run", ".ci/wheel", "Makefile", "Dockerfile", "constraints.txt"]
)
def test_packages_are_asked_for_by_name_alone(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")

    assert not re.search(r"https?://|--(extra-)?index-url", text)


def test_every_constraint_is_one_exact_version() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()

    pinned = [line for line in lines if not line.startswith("#")]

    assert pinned
    assert all(re.fullmatch(r"[\w.-]+==[\w.+!]+", line) for line in pinned)
