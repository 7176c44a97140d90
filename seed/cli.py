"""The command ``sluice-seed``."""

from __future__ import annotations

import json
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event
from types import FrameType
from typing import Final

import click

from seed.catalogue import Rounding
from seed.clock import utc_now
from seed.config import settings
from seed.demo import DEMO_SHOP, line_about, run_demo
from seed.orders import FIRST_NUMBER
from seed.problems import DemoProblem
from seed.send import Intake
from seed.story import Pace, Sent, Storyteller, numbers

_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A demo shop: invented customers, products and orders."""


@main.command()
@click.option(
    "--over",
    "over_s",
    default=20.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Seconds for the first DEMO_ORDERS.",
)
@click.option(
    "--every",
    "every_s",
    default=20.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Seconds between the orders after them.",
)
def demo(over_s: float, every_s: float) -> None:
    """Run mock, dashboard and shop together until Ctrl-C.

    DASHBOARD_PORT, MOCK_PORT, DEMO_HOST, DEMO_ORDERS, DEMO_SEED and
    SLUICE_DATA_DIR in the environment change its defaults.
    """
    stop = _stop_on_signals()
    try:
        chosen = settings()
        pace = Pace(opening=chosen.orders, over_s=over_s, every_s=every_s)
        run_demo(chosen, pace, stop)
    except DemoProblem as problem:
        click.echo(f"Error: {problem}", err=True)
        sys.exit(1)
    click.echo("\nEverything ended.")


@main.command()
@click.option(
    "--to",
    "dashboard",
    required=True,
    metavar="URL",
    help="The dashboard, e.g. http://127.0.0.1:8000",
)
@click.option("--shop", "slug", required=True, help="The shop's slug there.")
@click.option("--secret", required=True, help="The secret its orders are signed with.")
@click.option(
    "--orders",
    default=60,
    show_default=True,
    type=click.IntRange(min=0),
    help="How many orders.",
)
@click.option(
    "--over",
    "over_s",
    default=0.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Seconds to send them in.",
)
@click.option(
    "--every",
    "every_s",
    default=0.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Seconds between further orders; 0 ends after the first ones.",
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    type=click.IntRange(min=0),
    help="The same number gives the same orders.",
)
@click.option(
    "--first",
    default=FIRST_NUMBER,
    show_default=True,
    type=click.IntRange(min=FIRST_NUMBER),
    help="The first order's number.",
)
@click.option(
    "--start",
    default=None,
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S"]),
    help="When the first order is placed, in UTC; the rest follow by the "
    "second. Now, unless told.",
)
@click.option(
    "--prices",
    default="incl",
    show_default=True,
    type=click.Choice(["incl", "excl"]),
    help="Prices with or without tax.",
)
@click.option(
    "--rounding",
    default=Rounding.SUBTOTAL.value,
    show_default=True,
    type=click.Choice([mode.value for mode in Rounding]),
    help="Round taxes per line or at the subtotal.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def send(  # noqa: PLR0913 - one parameter an option
    *,
    dashboard: str,
    slug: str,
    secret: str,
    orders: int,
    over_s: float,
    every_s: float,
    seed: int,
    first: int,
    start: datetime | None,
    prices: str,
    rounding: str,
    as_json: bool,
) -> None:
    """Send orders to a dashboard as signed WooCommerce webhooks."""
    stop = _stop_on_signals()
    shop = replace(
        DEMO_SHOP, prices_include_tax=prices == "incl", rounding=Rounding(rounding)
    )
    intake = Intake.of(dashboard, slug, secret)
    teller = Storyteller(shop, intake, seed=seed, placed={})
    pace = Pace(opening=orders, over_s=over_s, every_s=every_s)
    told: list[Sent] = []
    for number in numbers(first, pace, stop.wait):
        at = start + timedelta(seconds=number - first) if start else utc_now()
        for sent in teller.tell(number, at=at.replace(tzinfo=UTC)):
            told.append(sent)
            if not as_json:
                click.echo(line_about(sent))
    teller.close()
    _conclude(told, as_json=as_json)


def _conclude(told: Sequence[Sent], *, as_json: bool) -> None:
    """Print what became of it all; exit status 1 if anything was not taken."""
    refused = [sent for sent in told if not sent.delivery.taken]
    numbers_sent = {sent.snapshot.order.number for sent in told}
    facts = {
        "orders": len(numbers_sent),
        "deliveries": len(told),
        "taken": len(told) - len(refused),
        "refused": [
            {"number": sent.snapshot.order.number, "reason": sent.delivery.reason}
            for sent in refused
        ],
        "last_number": max(numbers_sent, default=None),
        "statuses": Counter(sent.snapshot.status.value for sent in told),
    }
    if as_json:
        click.echo(json.dumps(facts))
    else:
        click.echo(
            f"{facts['orders']} orders in {facts['deliveries']} deliveries, "
            f"{len(refused)} not taken."
        )
    if refused:
        sys.exit(1)


def _stop_on_signals() -> Event:
    """Return an event that Ctrl-C, SIGTERM and a closed terminal set."""
    stop = Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in _ENDING:
        # Under nohup a closed terminal is to be ignored, and stays so.
        if signal.getsignal(number) is not signal.SIG_IGN or number != signal.SIGHUP:
            signal.signal(number, on_signal)
    return stop
