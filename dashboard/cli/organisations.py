"""Adds, lists and removes organisations: sets of books that have nothing in common."""

from __future__ import annotations

import re
from typing import Any

import click

from dashboard.app import Program
from dashboard.cli.people import first_administrator_link
from dashboard.cli.terminal import json_option, note, open_first, open_further, tell
from dashboard.domain.organisations import Organisation, slug_of
from dashboard.domain.rules import SLUG_PATTERN
from dashboard.domain.sentences import say
from dashboard.installation import (
    OrganisationAway,
    add_organisation,
    further_organisations,
    open_organisation,
)
from dashboard.store.organisations import home_of


@click.group()
def organisations() -> None:
    """Further organisations. Each has books, shops, rules and users of its own."""


@organisations.command("add")
@click.argument("name")
@click.option("--slug", help="Its name in addresses; made of its name if not given.")
@json_option
def add(name: str, slug: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Add an organisation with a database of its own; repeating it changes nothing.

    Processes that run take it up within 15 seconds.
    """
    first = open_first()
    organisation = Organisation(slug=slug or slug_of(name), name=name.strip())
    if not organisation.name or not re.fullmatch(SLUG_PATTERN, organisation.slug):
        raise click.ClickException(
            "An organisation needs a name, and a slug of small letters a to z, digits "
            "and -, at most 40 of them: give one with --slug."
        )
    added = add_organisation(first, organisation)
    program = open_further(first, organisation.slug)
    if added:
        note(first, "added", say("organisation %(slug)s", slug=organisation.slug))
    link = first_administrator_link(program)
    text = f"{program.organisation.name} is at {organisation.path}/"
    if link is not None:
        text += (
            "\nNobody can sign in there yet. Whoever opens this link first becomes its "
            f"administrator; it works once, for 30 minutes:\n  {link}"
        )
    facts = {**_facts(first, program.organisation), "added": added, "link": link}
    tell(text, facts, as_json=as_json)


@organisations.command("list")
@json_option
def list_organisations(as_json: bool) -> None:  # noqa: FBT001
    """List the further organisations; ends with 1 if one cannot be used."""
    first = open_first()
    listed = [
        {**_facts(first, each), "problem": _problem(first, each)}
        for each in further_organisations(first).all()
    ]
    lines = (
        f"{each['path']}/  {each['name']}  {each['data']}\n    {each['problem']}"
        for each in listed
    )
    text = (
        "\n".join(line.rstrip() for line in lines)
        or "There is the first organisation alone."
    )
    tell(text, {"organisations": listed}, as_json=as_json)
    if any(each["problem"] for each in listed):
        raise SystemExit(1)


@organisations.command("remove")
@click.argument("slug")
@json_option
def remove(slug: str, as_json: bool) -> None:  # noqa: FBT001
    """Serve an organisation no longer, and book nothing for it; its data stays.

    Adding it again brings it back as it was.
    """
    first = open_first()
    removed = further_organisations(first).one(slug)
    if removed is None:
        raise click.ClickException(f"There is no organisation {slug}.")
    further_organisations(first).remove(slug)
    note(first, "removed", say("organisation %(slug)s", slug=slug))
    facts = _facts(first, removed)
    tell(
        f"{removed.name} is removed; processes that run let it go within 15 seconds. "
        f"Its data stays: {facts['data']}. "
        "It comes back with: sluice organisations add",
        {**facts, "removed": True},
        as_json=as_json,
    )


def _facts(first: Program, organisation: Organisation) -> dict[str, Any]:
    settings = first.settings
    home = home_of(organisation, settings.database_url, settings.data_dir)
    return {
        "slug": organisation.slug,
        "name": organisation.name,
        "path": organisation.path,
        "data": home.place,
    }


def _problem(first: Program, organisation: Organisation) -> str:
    try:
        open_organisation(first, organisation).close()
    except OrganisationAway as error:
        return str(error)
    return ""
