"""A company run from the command line alone, on a data folder of its own."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dashboard.app import Program, build
from dashboard.cli import main
from dashboard.config import load_settings
from dashboard.store.database import upgrade_schema


class Terminal:
    """Types commands; none of them may ever show a traceback."""

    def __init__(self) -> None:
        self._runner = CliRunner()

    def run(self, *command: str, typed: str = "") -> Result:
        result = self._runner.invoke(main, command, input=typed)
        crashed = result.exception is not None and not isinstance(
            result.exception, SystemExit
        )
        assert not crashed, result.exc_info
        return result

    def facts(self, *command: str, typed: str = "", exit_code: int = 0) -> Any:
        """Run a command with --json and return what it prints."""
        result = self.run(*command, "--json", typed=typed)
        assert result.exit_code == exit_code, result.output
        return json.loads(result.stdout)

    def error(self, *command: str, typed: str = "") -> str:
        """Run a command that fails, and return the one line that says why."""
        result = self.run(*command, typed=typed)
        assert result.exit_code == 1, result.output
        assert result.stdout == ""
        (line,) = result.stderr.splitlines()
        assert line.startswith("Error: ")
        return line.removeprefix("Error: ")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Settings of the machine the tests run on do not count."""
    for name in os.environ:
        if name.startswith(("SLUICE_", "MOCK_", "DEMO_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SLUICE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _logging() -> Iterator[None]:
    """Commands set up logging; the tests want theirs back."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with all tables and nothing in them."""
    folder = tmp_path_factory.mktemp("empty")
    program = build(load_settings({"SLUICE_DATA_DIR": str(folder)}))
    upgrade_schema(program.app)
    program.database.close()
    return folder


@pytest.fixture
def company(terminal: Terminal, tmp_path: Path, empty_database: Path) -> Terminal:
    """A terminal on a data folder whose tables are made."""
    shutil.copytree(empty_database, tmp_path / "data")
    return terminal


@pytest.fixture
def program(company: Terminal) -> Iterator[Program]:
    """The parts of the same company, to put orders in by."""
    del company
    program = build(load_settings())
    yield program
    program.database._engine.dispose()
