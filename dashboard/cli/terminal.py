"""What all commands share: the program they work with, and facts printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from dashboard.app import Program, build
from dashboard.config import Settings, SettingWrong, load_settings
from dashboard.domain.activity import Act, ActivityKind
from dashboard.domain.sentences import say
from dashboard.installation import (
    OrganisationAway,
    further_organisations,
    open_organisation,
)
from dashboard.logs import configure_logging, work_for
from dashboard.store.health import read_health

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the facts as JSON."
)

_ORGANISATION = "dashboard.cli.organisation"


def _remember_organisation(
    ctx: click.Context, _parameter: click.Parameter, slug: str | None
) -> None:
    ctx.meta[_ORGANISATION] = slug


_organisation_option = click.Option(
    ["--organisation"],
    metavar="SLUG",
    expose_value=False,
    callback=_remember_organisation,
    help="The organisation it is about; SLUICE_ORGANISATION, else the first.",
)


def for_one_organisation(command: click.Command) -> click.Command:
    """Let a command be told which organisation it is about, or each of a group's."""
    if isinstance(command, click.Group):
        for child in command.commands.values():
            for_one_organisation(child)
    else:
        command.params.append(_organisation_option)
    return command


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
    """Put the program of the organisation that is meant together.

    The first one's is, whatever state its database is in.

    Raises:
        click.ClickException: If there is no such organisation, or it cannot be used.
    """
    settings = read_settings()
    slug = click.get_current_context().meta.get(_ORGANISATION)
    slug = settings.organisation if slug is None else slug
    work_for(slug)
    return open_further(_usable(build(settings)), slug) if slug else build(settings)


def open_program() -> Program:
    """Put the program together; nothing works in the background.

    Raises:
        click.ClickException: If the database cannot be used as it is.
    """
    return _usable(build_program())


def open_first() -> Program:
    """Put the first organisation's program together, whichever is meant.

    Raises:
        click.ClickException: If its database cannot be used as it is.
    """
    return _usable(build(read_settings()))


def open_further(first: Program, slug: str) -> Program:
    """Put the program of a further organisation together.

    Raises:
        click.ClickException: If there is none of that slug, or it cannot be used.
    """
    organisation = further_organisations(first).one(slug)
    if organisation is None:
        raise click.ClickException(
            f"There is no organisation {slug}. See which there are with: "
            "sluice organisations list"
        )
    try:
        return open_organisation(first, organisation)
    except OrganisationAway as error:
        raise click.ClickException(str(error)) from error


def open_every(first: Program) -> Iterator[Program]:
    """Give the program of each organisation, the first one first.

    Raises:
        click.ClickException: If one cannot be used.
    """
    yield first
    for organisation in further_organisations(first).all():
        yield open_further(first, organisation.slug)


def _usable(program: Program) -> Program:
    if not read_health(program.database).database:
        raise click.ClickException(
            "The database does not answer, or has no tables yet. "
            "Make them with: sluice db upgrade"
        )
    return program


def note(
    program: Program,
    action: str,
    subject: str,
    *,
    kind: ActivityKind = ActivityKind.SETTINGS,
    detail: str = "",
) -> None:
    """Add to Activity what was done from here; nobody knows by whom."""
    program.activity.add(
        Act(
            kind=kind,
            actor=say("The command line"),
            action=action,
            subject=subject,
            detail=detail,
        )
    )


def tell(text: str, facts: dict[str, Any], *, as_json: bool) -> None:
    """Print *facts* as JSON, or *text* for a person."""
    click.echo(json.dumps(facts, default=str) if as_json else text)
