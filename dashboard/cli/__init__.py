"""The command `sluice`: everything that can be done without a browser."""

from __future__ import annotations

from typing import Any

import click
from typing_extensions import override

from dashboard.cli.alarms import alarms, channels
from dashboard.cli.backfill import backfill
from dashboard.cli.company import connection
from dashboard.cli.organisations import organisations
from dashboard.cli.people import tokens, users
from dashboard.cli.reconcile import reconcile
from dashboard.cli.reports import doctor, export, orders
from dashboard.cli.retry import retry
from dashboard.cli.rules import rules
from dashboard.cli.secrets import secrets
from dashboard.cli.shops import shops
from dashboard.cli.terminal import for_one_organisation
from dashboard.cli.upload import upload
from dashboard.cli.work import db, pull, serve, sync, worker
from dashboard.store.database import DatabaseUnusable
from dashboard.store.vault import SecretUnreadable


class _Commands(click.Group):
    """Commands that end with one line when the installation is not in order."""

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (DatabaseUnusable, SecretUnreadable) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Commands)
@click.version_option(package_name="sluice")
def main() -> None:
    """Book a webshop's orders in the accounting package."""


# About all organisations at once.
for command in (db, organisations, secrets, serve, worker):
    main.add_command(command)

for command in (
    alarms,
    backfill,
    channels,
    connection,
    doctor,
    export,
    orders,
    pull,
    reconcile,
    retry,
    rules,
    shops,
    sync,
    tokens,
    upload,
    users,
):
    main.add_command(for_one_organisation(command))
