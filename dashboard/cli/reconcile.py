"""Compares orders with the books."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import click

from dashboard.cli.terminal import json_option, open_program, tell
from dashboard.domain.reconciliation import Pass, PassKind, PassState, Period
from dashboard.store.listing_reconciliation import Finding, ReconciliationListing

_DAY = click.DateTime(["%Y-%m-%d"])
_MOST = 1000


@click.command()
@click.option("--from", "first", type=_DAY, help="The first day of a full comparison.")
@click.option("--to", "last", type=_DAY, help="Its last day; today if not given.")
@click.option("--full", is_flag=True, help="Look at everything of the last 5 weeks.")
@json_option
def reconcile(
    first: datetime | None,
    last: datetime | None,
    full: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Compare orders with the books and say what differs.

    Without a period only what changed since the last time is looked at. Ends with 1
    if the comparison could not be finished.
    """
    program = open_program()
    kind, period = PassKind.DAILY, None
    if first is not None or last is not None or full:
        kind = PassKind.FULL
        period = _period(program.reconciler.last_days(), _day(first), _day(last))
    done = program.reconciler.run_now(kind, period, "sluice reconcile")
    found = ReconciliationListing(program.database).found_by(done.id, limit=_MOST)
    tell(_in_words(done, found), _facts(done, found), as_json=as_json)
    if done.state is not PassState.DONE:
        raise SystemExit(1)


def _day(at: datetime | None) -> date | None:
    return None if at is None else at.date()


def _period(usual: Period, first: date | None, last: date | None) -> Period:
    """Return the period that is meant; one day that is not given is the usual one.

    Raises:
        click.BadParameter: If it ends before it begins.
    """
    end = last or usual.last
    start = first or end - (usual.last - usual.first)
    if start > end:
        raise click.BadParameter(f"The period begins on {start} and ends on {end}.")
    return Period(first=start, last=end)


def _in_words(done: Pass, found: Iterable[Finding]) -> str:
    tally = done.tally
    summary = (
        f"{tally.orders} orders and {tally.documents} documents compared: "
        f"{tally.found} differences, {tally.resolved} resolved, "
        f"{tally.waiting} orders not booked yet, {tally.moving} on their way."
    )
    differences = (
        f"{each.difference.kind.value}: {each.difference.message}" for each in found
    )
    return "\n".join(filter(None, [done.message, *differences, summary]))


def _facts(done: Pass, found: Iterable[Finding]) -> dict[str, Any]:
    return {
        "pass": done.id,
        "kind": done.kind.value,
        "from": done.period and done.period.first,
        "to": done.period and done.period.last,
        "state": done.state.value,
        "message": done.message,
        **asdict(done.tally),
        "differences": [_difference(finding) for finding in found],
    }


def _difference(finding: Finding) -> dict[str, Any]:
    difference = finding.difference
    return {
        "kind": difference.kind.value,
        "reason": difference.reason.value,
        "order": finding.order_number,
        "document": difference.number,
        "document_id": difference.document_id,
        "day": difference.day,
        "currency": difference.currency,
        "shop": difference.shop,
        "books": difference.books,
        "message": difference.message,
        "found_at": finding.found_at,
    }
