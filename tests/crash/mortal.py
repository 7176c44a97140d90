"""`sluice`, as the crash tests start it: it dies where it is told, its clock jumps.

The product knows nothing of this: its classes are wrapped before its command runs. In
the folder that CRASH_DIR names, the file `deaths/before send` kills the first process
that comes by, and `clock` holds the seconds that the time of day is wrong by.
CRASH_MUTANT names a safeguard that the product lacks (tests/simulation/mutants.py).
"""

from __future__ import annotations

import functools
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from dashboard.accounting.xero.client import XeroBooks
from dashboard.cli import main
from dashboard.domain.clock import SystemClock
from dashboard.store.orders import OrderStore
from dashboard.store.pulls import PullStore
from dashboard.store.queue import WorkQueue
from dashboard.store.schedules import ScheduleStore
from tests.simulation.mutants import take_out

# Transactions, and calls that are made between two of them.
MOMENTS: dict[type, tuple[str, ...]] = {
    WorkQueue: (
        "prepare",
        "claim",
        "start_sending",
        "record_answer",
        "refuse_whole",
        "put_off",
        "record_unknown",
        "look_later",
        "record_findings",
        "give_back",
    ),
    XeroBooks: ("send", "look_up"),
    OrderStore: ("take_in", "plan_again"),
    PullStore: ("take_page",),
    ScheduleStore: ("fire",),
}
CALLS = MOMENTS[XeroBooks]
_FOLDER = Path(os.environ.get("CRASH_DIR", "/nowhere"))
_now = threading.local()
_tell_time = SystemClock.now


def _die_if_told(side: str, moment: str) -> None:
    place = f"{side} {moment}"
    try:
        (_FOLDER / "deaths" / place).rename(_FOLDER / "died" / place)
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def _mortal(moment: str, real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def call(*arguments: Any, **named: Any) -> Any:
        _die_if_told("before", moment)
        _now.moment = moment
        try:
            result = real(*arguments, **named)
        finally:
            _now.moment = ""
        _die_if_told("after", moment)
        return result

    return call


def _wrote(session: Session, *_: object) -> None:
    session.info["wrote"] = True


def _executed(state: ORMExecuteState) -> None:
    if not state.is_select:
        state.session.info["wrote"] = True


def _before_commit(session: Session) -> None:
    moment = getattr(_now, "moment", "")
    if moment:
        session.flush()
        if session.info.pop("wrote", False):
            _die_if_told("within", moment)


def _wrong_time(clock: SystemClock) -> datetime:
    wrong_by_s = 0.0
    with suppress(FileNotFoundError, ValueError):
        wrong_by_s = float((_FOLDER / "clock").read_text())
    return _tell_time(clock) + timedelta(seconds=wrong_by_s)


def _make_mortal() -> None:
    for owner, moments in MOMENTS.items():
        for moment in moments:
            setattr(owner, moment, _mortal(moment, getattr(owner, moment)))
    event.listen(Session, "after_flush", _wrote)
    event.listen(Session, "do_orm_execute", _executed)
    event.listen(Session, "before_commit", _before_commit)
    SystemClock.now = _wrong_time  # type: ignore[method-assign]


# The server imports this module once more, in the process that serves.
if __name__ in {"__main__", "__mp_main__"}:
    take_out(os.environ.get("CRASH_MUTANT", ""))
    _make_mortal()
if __name__ == "__main__":
    main(prog_name="sluice")
