"""What all commands share: the program from the settings, and facts printed."""

from __future__ import annotations

import json
from typing import Any

import click

from dashboard.app import Program, build
from dashboard.config import Settings, SettingWrong, load_settings
from dashboard.domain.activity import Act, ActivityKind
from dashboard.logs import configure_logging
from dashboard.store.health import read_health

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the facts as JSON."
)


def read_settings() -> Settings:
    """Return the settings of the environment.

    Raises:
        click.ClickException: If one cannot be used.
    """
    try:
        settings = load_settings()
    except SettingWrong as error:
        raise click.ClickException(str(error)) from error
    configure_logging("warning")
    return settings


def build_program() -> Program:
    """Put the program together, whatever state its database is in."""
    return build(read_settings())


def open_program() -> Program:
    """Put the program together; nothing works in the background.

    Raises:
        click.ClickException: If the database cannot be used as it is.
    """
    program = build_program()
    if not read_health(program.database).database:
        raise click.ClickException(
            "The database does not answer, or has no tables yet. "
            "Make them with: sluice db upgrade"
        )
    return program


def note(program: Program, kind: ActivityKind, action: str, subject: str) -> None:
    """Add to Activity what was done from here; nobody knows by whom."""
    act = Act(kind=kind, actor="The command line", action=action, subject=subject)
    program.activity.add(act)


def tell(text: str, facts: dict[str, Any], *, as_json: bool) -> None:
    """Print *facts* as JSON, or *text* for a person."""
    click.echo(json.dumps(facts, default=str) if as_json else text)
