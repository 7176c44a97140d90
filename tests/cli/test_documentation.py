"""docs/settings.md and docs/api.md name all there is, and nothing that is not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from dashboard.api.v1.openapi import description
from dashboard.cli import main as sluice
from dashboard.config import load_settings
from mock_accounting.app import main as mock_accounting
from seed.cli import main as sluice_seed

ROOT = Path(__file__).parents[2]
SETTINGS = (ROOT / "docs" / "settings.md").read_text()
API = (ROOT / "docs" / "api.md").read_text()


def section(title: str) -> str:
    """Return the part of docs/settings.md under that heading."""
    (found,) = re.findall(
        rf"^## {title}\n(.*?)(?=^## |\Z)", SETTINGS, re.DOTALL | re.MULTILINE
    )
    return str(found)


def first_cells(text: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("house", "title"),
    [
        ("dashboard", "The dashboard"),
        ("mock_accounting", "The mock accounting package"),
        ("seed", "The demo"),
    ],
)
def test_every_setting_is_described_and_none_that_is_not(
    house: str, title: str
) -> None:
    code = ast.parse((ROOT / house / "config.py").read_text())
    read = {
        argument.value
        for call in ast.walk(code)
        if isinstance(call, ast.Call)
        for argument in call.args
        if isinstance(argument, ast.Constant)
        and re.fullmatch(r"[A-Z]+(_[A-Z]+)+", str(argument.value))
    }

    described = first_cells(section(title))

    assert sorted(described) == sorted(read)


def test_a_default_given_is_as_if_not_given(tmp_path: Path) -> None:
    rows = r"^\| `(SLUICE_[A-Z_]+)` \| `([^`]+)` \|"
    here = {"SLUICE_DATA_DIR": str(tmp_path)}
    for name, default in re.findall(rows, section("The dashboard"), re.MULTILINE):
        if name != "SLUICE_DATA_DIR":
            assert load_settings(here | {name: default}) == load_settings(here), name


def leaves(command: click.Command, path: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from leaves(child, f"{path} {name}")
    else:
        yield path


def test_every_command_is_described_and_none_that_is_not() -> None:
    commands = [
        *leaves(sluice, "sluice"),
        *leaves(mock_accounting, "mock-accounting"),
        *leaves(sluice_seed, "sluice-seed"),
    ]

    assert sorted(first_cells(section("Commands"))) == sorted(commands)


def test_every_route_of_the_api_is_described() -> None:
    described = set(re.findall(r"^\| `([A-Z]+) /api/v1(/[^`]*)` \|", API, re.MULTILINE))

    routes = {
        (method.upper(), re.sub(r"\{\w+\}", "<id>", path))
        for path, operations in description()["paths"].items()
        for method in operations
    }

    assert described == routes


def test_every_metric_is_described() -> None:
    code = (ROOT / "dashboard" / "api" / "metrics.py").read_text()

    described = set(re.findall(r"^\| `(sluice_[a-z_]+)", API, re.MULTILINE))

    assert described == set(re.findall(r'name="(sluice_[a-z_]+)"', code))


@pytest.mark.parametrize(
    "document", sorted(ROOT.glob("docs/**/*.md")) + sorted(ROOT.glob("*.md")), ids=str
)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(
        r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text()
    ):
        assert (document.parent / target).exists(), target
