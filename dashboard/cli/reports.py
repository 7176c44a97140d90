"""Tells how things stand: orders, problems, and whether all is set up."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from dashboard.app import Program
from dashboard.cli.terminal import build_program, json_option, open_program, tell
from dashboard.domain.csv_table import csv_lines
from dashboard.domain.status import OrderStatus
from dashboard.store.health import read_health
from dashboard.store.order_filter import OrderFilter, OrderSort
from dashboard.store.order_summaries import OrderSummary

_COLUMNS = (
    "number",
    "shop",
    "status",
    "customer",
    "currency",
    "total",
    "invoice",
    "reason",
    "received_at",
)


@click.command()
@click.option(
    "--status",
    type=click.Choice([status.value for status in OrderStatus]),
    default=None,
)
@click.option("--search", default="", help="Part of a number, a name or an e-mail.")
@json_option
def orders(status: str | None, search: str, as_json: bool) -> None:  # noqa: FBT001
    """List orders and how they stand, the newest first."""
    wanted = OrderFilter(
        statuses=(OrderStatus(status),) if status else (), search=search
    )
    found = open_program().listing.all(wanted, OrderSort.NEWEST)
    rows = [_facts(order) for order in found]
    lines = (
        f"{row['number']:>12}  {row['status']:<17} {row['total']:>12} "
        f"{row['currency']}  {row['invoice']:<14} {row['reason']}"
        for row in rows
    )
    tell("\n".join(lines), {"orders": rows}, as_json=as_json)


@click.command()
def export() -> None:
    """Write all orders as CSV to the output."""
    every = open_program().listing.all(OrderFilter(), OrderSort.NEWEST)
    # A negative total is a number, however much it looks like a formula.
    rows = ((_facts(order) | {"total": order.total}).values() for order in every)
    sys.stdout.writelines(csv_lines(_COLUMNS, map(tuple, rows)))


@click.command()
@json_option
def doctor(as_json: bool) -> None:  # noqa: FBT001
    """Check that everything is set up. Ends with 1 if something is missing."""
    program = build_program()
    checks = dict(_checks(program))
    lines = (f"{'ok  ' if good else 'FAIL'}  {what}" for what, good in checks.items())
    tell("\n".join(lines), {"checks": checks}, as_json=as_json)
    if not all(checks.values()):
        raise SystemExit(1)


def _checks(program: Program) -> Iterator[tuple[str, bool]]:
    ready = read_health(program.database).database
    yield "the database answers and has its tables (sluice db upgrade)", ready
    if not ready:
        return
    yield "there is a user", program.users.any()
    yield "there is a shop", bool(program.company.shops())
    yield "there is a connection to the books", program.company.connection() is not None
    yield "the books have answered", program.company.facts() is not None


def _facts(order: OrderSummary) -> dict[str, Any]:
    return {
        "number": order.number,
        "shop": order.shop,
        "status": order.status.value,
        "customer": order.customer_name,
        "currency": order.currency,
        "total": str(order.total),
        "invoice": order.invoice_number,
        "reason": order.message or order.reason,
        "received_at": order.received_at.isoformat(),
    }
