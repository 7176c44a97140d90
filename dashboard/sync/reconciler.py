"""The reconciler of one process: passes one at a time, beside the engine."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from typing_extensions import override

from dashboard.accounting.protocol import BooksSilent
from dashboard.domain.clock import Clock
from dashboard.domain.exchanges import Exchange
from dashboard.domain.pace import Pace
from dashboard.domain.reconciliation import Pass, PassKind, PassState, Period
from dashboard.domain.runs import Run, RunState, Task, Trigger
from dashboard.domain.sentences import say, together
from dashboard.store.company import CompanyStore, Connection
from dashboard.store.database import Database
from dashboard.store.exchanges import ExchangeStore
from dashboard.store.gate import Gate
from dashboard.store.orders_to_reconcile import OrdersToReconcile
from dashboard.store.passes import PassStore
from dashboard.store.read_documents import ReadDocuments
from dashboard.store.runs import RunStore
from dashboard.sync.background import Background
from dashboard.sync.books_reader import BooksReader
from dashboard.sync.engine import OpenBooks
from dashboard.sync.pacer import GatePacer
from dashboard.sync.reconcile import PassUnderWay

_log = logging.getLogger(__name__)

SCHEDULE = "schedule"
_BEAT_S = 5.0
# A scheduled pass is a full one where the last full one is that long ago.
_FULL_EVERY = timedelta(days=6, hours=12)
_FULL_DAYS = 35
_NO_CONNECTION = say("There is no connection to the books: Settings > Connection.")
_FAILED = say("The comparison failed; the log says why.")


@dataclass(frozen=True, kw_only=True)
class ReconcilerStores:
    """What the reconciler reads and writes."""

    database: Database
    company: CompanyStore
    exchanges: ExchangeStore


class Reconciler(Background):
    """Compares orders with the books; a long pass does not hold up the engine."""

    def __init__(
        self,
        stores: ReconcilerStores,
        open_books: OpenBooks,
        runs: RunStore,
        clock: Clock,
        *,
        pace: Pace,
        process: str,
    ) -> None:
        super().__init__("reconciler")
        self._stores = stores
        self._open_books = open_books
        self._runs = runs
        self._clock = clock
        self._passes = PassStore(stores.database)
        self._gate = Gate(stores.database, pace, process)
        self._pacer = GatePacer(self._gate, clock, self._stopping)

    @override
    def start(self) -> None:
        self._gate.install()
        super().start()

    def ask(self, kind: PassKind, period: Period | None, asked_by: str) -> int:
        """Ask for a pass, to be carried out in the background; return its id."""
        pass_id = self._passes.ask(kind, period, asked_by)
        self._runs.queue(Task.RECONCILE, Trigger.PERSON)
        self.wake()
        return pass_id

    def run_now(self, kind: PassKind, period: Period | None, asked_by: str) -> Pass:
        """Carry out one pass in the calling thread and return what came of it."""
        self._gate.install()
        run = self._runs.begin(Task.RECONCILE, Trigger.PERSON)
        wanted = self._passes.start_now(kind, period, asked_by, run.id)
        ended = self._carry_out(wanted, run)
        self._end_run(run, [ended])
        return ended

    def last_days(self) -> Period:
        """Return the days a full pass looks at if nobody says which."""
        today = self._clock.now().date()
        return Period(first=today - timedelta(days=_FULL_DAYS - 1), last=today)

    @override
    def _work(self) -> None:
        self._passes.clean_up()
        while not self._stopping.is_set():
            run = self._runs.take(Task.RECONCILE)
            if run is None:
                return
            ended = []
            while (wanted := self._passes.take(run.id)) is not None:
                ended.append(self._carry_out(wanted, run))
            if not ended:
                ended.append(self._carry_out(self._scheduled(run), run))
            self._end_run(run, ended)

    def _scheduled(self, run: Run) -> Pass:
        """Begin the pass that is due: a cheap one, and once a week a full one."""
        full = self._passes.last_done(PassKind.FULL)
        now = self._clock.now()
        is_recent = full is not None and now - full.created_at < _FULL_EVERY
        if is_recent:
            return self._passes.start_now(PassKind.DAILY, None, SCHEDULE, run.id)
        period = self.last_days()
        return self._passes.start_now(PassKind.FULL, period, SCHEDULE, run.id)

    def _carry_out(self, wanted: Pass, run: Run) -> Pass:
        """Carry out a pass; whatever happens, it ends and says how."""
        connection = self._stores.company.connection()
        if connection is None:
            return self._fail(wanted, _NO_CONNECTION)
        try:
            under_way = self._under_way(wanted, run, connection)
        except BooksSilent as silent:
            return self._fail(wanted, _reason(silent))
        try:
            totals = under_way.run()
        except BooksSilent as silent:
            return self._passes.finish(
                wanted.id, PassState.FAILED, under_way.tally, message=_reason(silent)
            )
        except Exception:  # noqa: BLE001 - logged, and told by the pass
            _log.exception("a comparison failed")
            return self._passes.finish(
                wanted.id, PassState.FAILED, under_way.tally, message=_FAILED
            )
        return self._passes.finish(wanted.id, PassState.DONE, under_way.tally, totals)

    def _fail(self, wanted: Pass, reason: str) -> Pass:
        return self._passes.finish(
            wanted.id, PassState.FAILED, wanted.tally, message=reason
        )

    def _under_way(
        self, wanted: Pass, run: Run, connection: Connection
    ) -> PassUnderWay:
        stores = self._stores
        started_at = wanted.started_at or self._clock.now()

        def log(exchange: Exchange) -> None:
            stores.exchanges.add(exchange, request_id=None, run_id=run.id)
            self._runs.keep_alive(run.id)

        return PassUnderWay(
            asked=self._with_its_start(wanted),
            started_at=started_at,
            reader=BooksReader(
                books=self._open_books(connection, self._pacer),
                log=log,
                gate=self._gate,
                clock=self._clock,
                rest=lambda wait_s: self._rest(wait_s, run.id),
            ),
            passes=self._passes,
            orders=OrdersToReconcile(stores.database),
            read=ReadDocuments(stores.database, wanted.id),
            shops=stores.company.shops(),
            rules_of=cache(stores.company.rules),
        )

    def _with_its_start(self, wanted: Pass) -> Pass:
        """Let a daily pass begin where the one before began; the first looks at all."""
        if wanted.kind is PassKind.FULL:
            return wanted
        last = self._passes.last_done
        before = last(PassKind.DAILY) or last(PassKind.FULL)
        if before is None or before.started_at is None:
            return self._passes.cover(wanted.id, self.last_days())
        return self._passes.reaches_back_to(wanted.id, before.started_at)

    def _rest(self, wait_s: float, run_id: int) -> bool:
        """Wait while the run stays alive; False once the program stops."""
        until_s = self._clock.monotonic_s() + wait_s
        while (left_s := until_s - self._clock.monotonic_s()) > 0:
            self._runs.keep_alive(run_id)
            if self._stopping.wait(min(left_s, _BEAT_S)):
                return False
        return not self._stopping.is_set()

    def _end_run(self, run: Run, ended: Iterable[Pass]) -> None:
        messages = [each.message for each in ended if each.state is PassState.FAILED]
        state = RunState.FAILED if messages else RunState.DONE
        self._runs.finish(run.id, state, together(messages))


def _reason(silent: BooksSilent) -> str:
    return say("%(reason)s.", reason=silent.failure.reason)
