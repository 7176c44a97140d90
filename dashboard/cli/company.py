"""Sets up the connection to the books."""

from __future__ import annotations

import click

from dashboard.accounting.protocol import BooksSilent
from dashboard.app import Program
from dashboard.cli.terminal import (
    json_option,
    note,
    open_first,
    open_program,
    tell,
)
from dashboard.domain.sentences import say
from dashboard.installation import holder_of_books, working_organisations
from dashboard.outbound.address import AddressRefused, check_address
from dashboard.store.company import Connection, OtherBooks


@click.group()
def connection() -> None:
    """The connection to the accounting package."""


@connection.command("set")
@click.option("--kind", type=click.Choice(["xero"]), required=True)
@click.option("--base-url", required=True, help="Where the API is.")
@click.option("--client-id", required=True)
@click.option("--client-secret", required=True)
@click.option("--tenant-id", default="", help="The organisation, if there are several.")
@json_option
def set_connection(
    kind: str,
    base_url: str,
    client_id: str,
    client_secret: str,
    tenant_id: str,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Set where the books are and how to sign in."""
    program = open_program()
    try:
        check_address(base_url, allow_inner=program.settings.allow_loopback_api)
    except AddressRefused as error:
        raise click.ClickException(str(error)) from error
    entered = Connection(
        kind=kind,
        base_url=base_url.rstrip("/"),
        client_id=client_id,
        client_secret=client_secret,
        tenant_id=tenant_id,
        version=0,
    )
    given = program.engine.identified(program.company.with_known_tenant(entered))
    _refuse_books_of_others(program, given)
    try:
        program.company.set_connection(given)
    except OtherBooks as error:
        raise click.ClickException(
            "These are other books than those that orders are booked in. Give them "
            "an organisation of their own: sluice organisations add"
        ) from error
    note(program, "set", say("connection to %(address)s", address=given.base_url))
    facts = {"kind": kind, "base_url": given.base_url, "organisation": None}
    try:
        facts["organisation"] = program.engine.meet_books()
        text = f"Signed in: these are the books of {facts['organisation']}."
    except BooksSilent as silent:
        # It is set all the same: the engine goes on trying.
        facts["problem"] = silent.failure.reason
        text = f"The connection is set, but it does not work yet: {facts['problem']}."
    tell(text, facts, as_json=as_json)


def _refuse_books_of_others(program: Program, given: Connection) -> None:
    """Keep two organisations from one set of books.

    Raises:
        click.ClickException: If another organisation has these books.
    """
    programs = working_organisations(open_first())
    holder = holder_of_books(programs, program.organisation, given)
    if holder is not None:
        path = holder.path or "/"
        raise click.ClickException(
            f"The books of the client {given.client_id} are those of the "
            f"organisation at {path} already. If they are others, say which "
            "with --tenant-id."
        )
