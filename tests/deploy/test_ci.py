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


def test_the_node_client_is_tested_or_said_not_to_be(tmp_path: Path) -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    step = script[script.index("node_client=") : script.index("# Here a test")]
    npm = tmp_path / "npm"
    ended = {}

    for outcome in ("true", "false"):
        npm.write_text(f"#!/bin/sh\n{outcome}\n", "utf-8")
        npm.chmod(0o755)
        ended[outcome] = subprocess.run(
            [
                "bash",
                "-euo",
                "pipefail",
                "-c",
                f'{step}\necho "${{XERO_NODE_MODULES-}}"',
            ],
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert ended["true"].strip().endswith("/node_modules")
    assert "THE NODE CLIENT IS NOT TESTED" in ended["false"]


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
