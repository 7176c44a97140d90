"""Tries orders again that need a person, when what stopped them is put right."""

from __future__ import annotations

from dataclasses import asdict

import click

from dashboard.app import Program
from dashboard.cli.terminal import json_option, open_program, tell
from dashboard.domain.problems import Cause
from dashboard.domain.status import OrderStatus
from dashboard.store.order_filter import OrderFilter

_ACTOR = "command line"
_STOPPED = (OrderStatus.NEEDS_ATTENTION,)


@click.command()
@click.argument("numbers", metavar="[ORDER]...", nargs=-1)
@click.option(
    "--cause",
    type=click.Choice([cause.value for cause in Cause]),
    help="All that stand still for this cause.",
)
@click.option("--all", "everything", is_flag=True, help="All that stand still.")
@json_option
def retry(
    numbers: tuple[str, ...],
    cause: str | None,
    everything: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Try orders again. They are named by number or cause, or it is all.

    What is in the books already is found there and not booked a second time.
    """
    if [bool(numbers), cause is not None, everything].count(True) != 1:
        raise click.UsageError(
            "Say which orders: their numbers, or --cause CAUSE, or --all."
        )
    program = open_program()
    if numbers:
        ids = [order_id for each in numbers for order_id in _numbered(program, each)]
    else:
        wanted = OrderFilter(statuses=_STOPPED, cause=Cause(cause) if cause else None)
        ids = list(program.listing.ids(wanted))
    outcome = program.actions.retry(ids, _ACTOR)
    text = (
        f"{outcome.done} tried again; {outcome.stopped} still stopped, "
        f"{outcome.skipped} need nobody, {outcome.failed} failed."
    )
    tell(text, asdict(outcome), as_json=as_json)


def _numbered(program: Program, number: str) -> tuple[int, ...]:
    """Return the orders that bear a number; several shops may each have one."""
    found = program.listing.numbered(number)
    if not found:
        raise click.ClickException(
            f"There is no order {number}. List orders with: sluice orders"
        )
    return found
