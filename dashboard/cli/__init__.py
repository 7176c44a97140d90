"""The command `sluice`: everything that can be done without a browser."""

from __future__ import annotations

import click

from dashboard.cli.company import connection, rules, shops
from dashboard.cli.people import tokens, users
from dashboard.cli.reports import doctor, export, orders
from dashboard.cli.work import db, pull, serve, sync, worker


@click.group()
@click.version_option(package_name="sluice")
def main() -> None:
    """Book a webshop's orders in the accounting package."""


for command in (
    connection,
    db,
    doctor,
    export,
    orders,
    pull,
    rules,
    serve,
    shops,
    sync,
    tokens,
    users,
    worker,
):
    main.add_command(command)
