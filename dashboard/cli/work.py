"""Serves, works and books."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import asdict, replace
from typing import Any

import click

from dashboard import serving
from dashboard.app import Program, build
from dashboard.cli.people import first_administrator_link
from dashboard.cli.shops import shop_named
from dashboard.cli.terminal import (
    json_option,
    open_first,
    open_program,
    read_settings,
    tell,
)
from dashboard.domain.runs import Run, RunState, Trigger
from dashboard.installation import (
    Installation,
    OrganisationAway,
    further_organisations,
    upgrade_organisation,
)
from dashboard.logs import configure_logging
from dashboard.store.database import DatabaseUnusable, upgrade_schema


@click.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@json_option
def upgrade(as_json: bool) -> None:  # noqa: FBT001
    """Bring the tables of all organisations up to this version.

    Nothing is done to newer ones.
    """
    first = build(read_settings())
    upgrade_schema(first.app)
    failed = _upgrade_further(first)
    facts: dict[str, Any] = {"status": "not up to date" if failed else "up to date"}
    if failed:
        facts["problems"] = failed
    text = "\n".join(failed.values()) or "The tables are up to date."
    tell(text, facts, as_json=as_json)
    if failed:
        raise SystemExit(1)


def _upgrade_further(first: Program) -> dict[str, str]:
    """Upgrade each further organisation; return, by slug, why one could not be."""
    failed = {}
    for organisation in further_organisations(first).all():
        try:
            upgrade_organisation(first, organisation)
        except (OrganisationAway, DatabaseUnusable) as error:
            failed[organisation.slug] = str(error)
    return failed


@click.command()
@click.option("--host", help="Where to listen; SLUICE_HOST if not given.")
@click.option("--port", type=click.IntRange(1, 65535), help="SLUICE_PORT if not given.")
def serve(host: str | None, port: int | None) -> None:
    """Serve pages and intake, and book orders, until stopped."""
    settings = read_settings()
    settings = replace(settings, host=host or settings.host, port=port or settings.port)
    try:
        serving.check_port(settings.host, settings.port)
    except serving.PortInUse as error:
        raise click.ClickException(str(error)) from error
    program = build(settings)
    upgrade_schema(program.app)
    for problem in _upgrade_further(program).values():
        click.echo(problem, err=True)  # the others are served all the same
    click.echo(f"Sluice is at http://{settings.host}:{settings.port}", err=True)
    href = first_administrator_link(program)
    if href is not None:
        click.echo(
            "Nobody can sign in yet. Whoever opens this link first becomes the "
            f"administrator; it works once, for 30 minutes:\n  {href}",
            err=True,
        )
    serving.serve(settings)


@click.command()
def worker() -> None:
    """Book orders without serving pages. Any number may run, until stopped."""
    first = open_first()
    configure_logging(first.settings.log_level)
    installation = Installation(first, Program.start)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    first.start()
    installation.start()
    click.echo(f"Working as process {os.getpid()}.", err=True)
    stopping.wait()
    installation.stop()


@click.command()
@json_option
def sync(as_json: bool) -> None:  # noqa: FBT001
    """Book what is due now, and say what was done."""
    _run(open_program(), as_json=as_json)


@click.command()
@click.option("--shop", "slug", help="Its short name; all shops if not given.")
@json_option
def pull(slug: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Fetch orders from the shops that can be asked for them."""
    program = open_program()
    shop = None if slug is None else shop_named(program, slug)
    run = program.puller.run_now(shop)
    facts = {
        "run": run.id,
        "state": run.state.value,
        "message": run.message,
        "pulled": run.counts.orders,
        "calls": run.counts.calls,
    }
    tell(run.message, facts, as_json=as_json)
    if run.state is not RunState.DONE:
        raise SystemExit(1)


def _run(program: Program, *, as_json: bool) -> None:
    run = program.engine.run_now(Trigger.PERSON)
    facts = {"run": run.id, "state": run.state.value, "message": run.message}
    tell(_in_words(run), facts | asdict(run.counts), as_json=as_json)
    if run.state is not RunState.DONE:
        raise SystemExit(1)


def _in_words(run: Run) -> str:
    counts = run.counts
    done = (
        f"{counts.invoices} invoices and {counts.payments} payments booked for "
        f"{counts.orders} orders with {counts.calls} calls; {counts.refused} refused."
    )
    return f"{run.message}\n{done}".strip()
