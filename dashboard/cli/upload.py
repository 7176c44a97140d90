"""Takes in the orders of a CSV file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from dashboard.cli.terminal import json_option, note, open_program, tell
from dashboard.domain.activity import ActivityKind
from dashboard.domain.uploads import Standing
from dashboard.shops.csv_upload.columns import Column
from dashboard.shops.csv_upload.table import NotATable
from dashboard.sync.upload import Preview


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--shop", "slug", required=True, help="The shop, of the kind json.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="WHAT=NAME",
    help=f"What a column stands for: {', '.join(Column)}.",
)
@click.option("--currency", default="", help="Where the file tells none.")
@click.option("--all-paid", is_flag=True, help="Each order is paid on its day.")
@click.option("--untaxed", is_flag=True, help="Nothing in the file is taxed.")
@click.option("--check", is_flag=True, help="Say what would be done; do nothing.")
@json_option
def upload(  # noqa: PLR0913, PLR0917 - a command has its options
    file: Path,
    slug: str,
    columns: tuple[str, ...],
    currency: str,
    all_paid: bool,  # noqa: FBT001
    untaxed: bool,  # noqa: FBT001
    check: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Take in the orders of a CSV file. Those that are wrong are left out and told."""
    program = open_program()
    uploads = program.uploads
    shop = program.company.shop(slug)
    if shop is None or shop.kind != uploads.kind:
        raise click.ClickException(f"There is no shop {slug} of the kind json.")
    zone = program.watch.zone()
    body = file.read_bytes()
    try:
        reading = uploads.likely_reading(shop, body)
        reading = replace(
            reading,
            columns={**reading.columns, **_chosen(columns)},
            currency=currency or reading.currency,
            all_paid=all_paid or reading.all_paid,
            untaxed=untaxed or reading.untaxed,
        )
        preview = uploads.foresee(shop, body, reading, zone)
    except NotATable as error:
        raise click.ClickException(str(error)) from error
    if reading.missing():
        missing = ", ".join(reading.missing())
        raise click.ClickException(
            f"No column stands for: {missing}. Say which with --column WHAT=NAME."
        )
    facts = _facts(preview)
    if not check:
        done = uploads.take_in(shop, preview)
        facts |= {"taken_in": done.news}
        note(program, "uploaded", f"{file.name} ({slug})", kind=ActivityKind.UPLOAD)
    tell(_told(facts), facts, as_json=as_json)


def _chosen(columns: tuple[str, ...]) -> dict[Column, str]:
    known = {column.value: column for column in Column}
    chosen = {}
    for choice in columns:
        what, _sign, name = choice.partition("=")
        if what not in known or not name:
            raise click.UsageError(
                f"--column {choice}: write WHAT=NAME, where WHAT is one of "
                f"{', '.join(known)}."
            )
        chosen[known[what]] = name
    return chosen


def _facts(preview: Preview) -> dict[str, Any]:
    return {
        **{standing.value: len(preview.of(standing)) for standing in Standing},
        "errors": [
            {
                "line": error.line,
                "order": order.read.number,
                "column": error.column,
                "message": error.message,
            }
            for order in preview.orders
            for error in order.read.errors
        ],
    }


def _told(facts: Mapping[str, Any]) -> str:
    counted = ", ".join(f"{facts[standing]} {standing}" for standing in Standing)
    errors = (
        f"\nLine {e['line']}, {e['column'] or 'the row'}: {e['message']}"
        for e in facts["errors"]
    )
    done = f" {facts['taken_in']} taken in." if "taken_in" in facts else ""
    return f"{counted}.{done}{''.join(errors)}"
