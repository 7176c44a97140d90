"""Books a period afterwards: says first what that comes to, and then does it."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import click

from dashboard.app import Program
from dashboard.cli.shops import shop_named
from dashboard.cli.terminal import json_option, note, open_program, tell
from dashboard.domain.activity import ActivityKind
from dashboard.domain.reconciliation import Period
from dashboard.domain.runs import RunState, Trigger
from dashboard.domain.selections import Outlook, Result, Selection, SelectionState
from dashboard.domain.sentences import say

_ACTOR = "command line"
# The books allow no call at this moment.
_ALLOWED_AGAIN_S = 1.0
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--shop", "slug", required=True, help="The short name of the shop.")
@click.option(
    "--from", "first", type=_DAY, required=True, help="First day, where the company is."
)
@click.option("--to", "last", type=_DAY, required=True, help="Last day.")
@click.option("--yes", is_flag=True, help="Book it; without, only the plan is made.")
@json_option
def backfill(
    slug: str,
    first: datetime,
    last: datetime,
    yes: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Book the orders of a period that are not booked.

    Without --yes nothing is booked: it says what would be, and ends with 1 if the
    orders cannot be looked up.
    """
    if last < first:
        raise click.UsageError("The period ends before it begins.")
    program = open_program()
    shop = shop_named(program, slug)
    period = Period(first=first.date(), last=last.date())
    planned = program.performer.plan(
        program.selections.ask_backfill(shop.id, period, _ACTOR, claim=True)
    )
    if planned.state is SelectionState.FAILED:
        raise click.ClickException(planned.message)
    if not yes:
        program.selections.stop(planned.id)
        tell(_plan_words(planned), _facts(planned), as_json=as_json)
        return
    program.selections.start(planned.id, claim=True)
    subject = say("a backfill of %(shop)s", shop=slug)
    note(program, "started", subject, kind=ActivityKind.SELECTION)
    ended = _book(program, planned)
    text = f"{_plan_words(planned)}\n{_result_words(ended)}"
    tell(text, _facts(ended), as_json=as_json)
    if ended.state is not SelectionState.DONE:
        raise SystemExit(1)


def _book(program: Program, planned: Selection) -> Selection:
    """Take the orders up and book them, a part after the other."""
    waiting = threading.Event()

    def book() -> None:
        run = program.engine.run_now(Trigger.PERSON)
        if run.state is not RunState.DONE:
            program.selections.pause(planned.id, run.message)
        elif not run.counts.calls:
            waiting.wait(_ALLOWED_AGAIN_S)

    program.performer.perform(planned, book)
    book()
    return program.selections.one(planned.id) or planned


def _plan_words(planned: Selection) -> str:
    outlooks = planned.tally.outlooks
    text = (
        f"Creates {outlooks.get(Outlook.CREATES, 0)}, "
        f"skips {outlooks.get(Outlook.SKIPS, 0)}, "
        f"{outlooks.get(Outlook.BLOCKED, 0)} blocked"
    )
    if planned.effort is None:
        return f"{text}."
    minutes = -(-int(planned.effort.lasts.total_seconds()) // 60)
    return f"{text}, about {minutes} minutes, {planned.effort.calls} calls."


def _result_words(ended: Selection) -> str:
    results = ended.tally.results
    text = (
        f"{results.get(Result.DONE, 0)} done, "
        f"{results.get(Result.SKIPPED, 0)} left alone, "
        f"{results.get(Result.STOPPED, 0)} need a person, "
        f"{results.get(Result.FAILED, 0)} failed, "
        f"{results.get(Result.WAITING, 0)} not reached."
    )
    return f"{text} {ended.message}".strip()


def _facts(selection: Selection) -> dict[str, Any]:
    tally, effort = selection.tally, selection.effort
    return {
        "selection": selection.id,
        "state": selection.state.value,
        "message": selection.message,
        **{word.value: tally.outlooks.get(word, 0) for word in Outlook},
        "calls": None if effort is None else effort.calls,
        "lasts_s": None if effort is None else round(effort.lasts.total_seconds()),
        "results": {word.value: tally.results.get(word, 0) for word in Result},
    }
