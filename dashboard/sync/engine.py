"""The engine of one process: woken by orders, schedules and people, swept by itself."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from dashboard.accounting.protocol import Books, BooksSilent, Log, Pacer
from dashboard.domain.clock import Clock
from dashboard.domain.exchanges import Exchange, NotProcessed
from dashboard.domain.pace import Pace
from dashboard.domain.runs import Run, RunState, Task, Trigger
from dashboard.domain.sentences import say
from dashboard.domain.timing import Timing
from dashboard.logs import in_the_same_name
from dashboard.store.company import CompanyStore, Connection
from dashboard.store.database import Database
from dashboard.store.exchanges import ExchangeStore
from dashboard.store.gate import Gate, gate_state
from dashboard.store.holdings import free, holders
from dashboard.store.orders import OrderStore
from dashboard.store.queue import WorkQueue
from dashboard.store.runs import RunStore, stopped_message
from dashboard.store.tallies import fold_tallies
from dashboard.sync.crew import Crew
from dashboard.sync.pacer import GatePacer
from dashboard.sync.processes import is_gone
from dashboard.sync.setup import learn_facts, plan_waiting
from dashboard.sync.worker import MAX_WAIT_S, Worker

_log = logging.getLogger(__name__)

# Work that nobody announced (a lost wake-up, a retry that came due) waits this long.
SWEEP_S = 15.0
_BEAT_S = 5.0
_MIN_WAIT_S = 0.05
# What a person stopped stands still for so long, unless an order, a schedule or a
# person asks for the next run.
_STOPPED_S = 60.0
_AFTER_FAILURE_S = 5.0
_NO_CONNECTION = say("There is no connection to the books: Settings > Connection.")

OpenBooks = Callable[[Connection, Pacer], Books]


@dataclass(frozen=True, kw_only=True)
class Stores:
    """What the engine reads and writes."""

    database: Database
    company: CompanyStore
    orders: OrderStore
    exchanges: ExchangeStore


class Engine:
    """Carries out runs, one at a time, with several threads on each."""

    def __init__(  # noqa: PLR0913 - the wiring of a process
        self,
        stores: Stores,
        open_books: OpenBooks,
        clock: Clock,
        *,
        timing: Timing,
        pace: Pace,
        workers: int,
        process: str,
    ) -> None:
        self._stores = stores
        self._open_books = open_books
        self._clock = clock
        self._timing = timing
        self._pace = pace
        self._workers = workers
        self.runs = RunStore(stores.database, process)
        self._queue = WorkQueue(stores.database, timing, process)
        self._gate = Gate(stores.database, pace, process)
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._pacer = GatePacer(self._gate, clock, self._stopping)
        self._urgent_pacer = GatePacer(self._gate, clock, self._stopping, urgent=True)
        self._trigger = Trigger.SWEEP
        self._lagging_after = 0
        self._stands_still_until_s = 0.0
        self._thread: threading.Thread | None = None
        self._books: tuple[Connection, Books] | None = None

    def start(self) -> None:
        """Begin to work in the background."""
        self._gate.install()
        loop = in_the_same_name(self._loop)
        self._thread = threading.Thread(target=loop, name="engine", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Let calls under way end, begin none, and wait for the threads."""
        self._stopping.set()
        self._woken.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(timeout_s)
            self.runs.leave()

    def wake(self, trigger: Trigger) -> None:
        """Say that there is work; call it after the commit that made it."""
        self._trigger = trigger
        self._woken.set()

    def run_now(self, trigger: Trigger) -> Run:
        """Carry out one run in the calling thread and return what it did."""
        self._gate.install()
        return self._carry_out(self.runs.begin(Task.SYNC, trigger))

    def meet_books(self) -> str:
        """Call the books, learn what they are, and return the organisation's name.

        Raises:
            BooksSilent: If they do not answer.
        """
        connection = self._stores.company.connection()
        if connection is None:
            raise BooksSilent(NotProcessed(reason=_NO_CONNECTION))
        books = self._urgent_books(connection)
        # What they said before is no sign that they still answer.
        books.prove(self._log_of(None))
        self._gate.note_success()
        self._queue.wait_no_longer()
        self._learn(books, run_id=None)
        facts = self._stores.company.facts()
        return facts.organisation if facts else ""

    def identified(self, connection: Connection) -> Connection:
        """Return *connection* with the organisation that its sign-in opens, if any.

        It need not be set: asked before, it keeps two of ours from the same books.
        """
        if connection.tenant_id:
            return connection
        books = self._urgent_books(connection)
        try:
            _facts, tenant_id = books.facts(self._log_of(None))
        except BooksSilent:
            return connection
        return replace(connection, tenant_id=tenant_id)

    def _urgent_books(self, connection: Connection) -> Books:
        """Return a connector whose calls a person waits for, other than the runs'."""
        self._gate.install()
        self._gate.try_now()
        return self._open_books(connection, self._urgent_pacer)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self.runs.beat("engine")
                went_well = self._work()
                wait_s = self._until_next_s() if went_well else _AFTER_FAILURE_S
            except Exception:  # noqa: BLE001 - logged
                # The edge of the engine: a database that is away comes back.
                _log.exception("the engine failed")
                wait_s = _AFTER_FAILURE_S
            self._woken.wait(wait_s)
            self._woken.clear()

    def _work(self) -> bool:
        """Carry out what is asked for and what is due; False if a run failed."""
        self.runs.clean_up()
        self._take_over()
        self._lagging_after = self._stores.orders.refresh_lagging(self._lagging_after)
        fold_tallies(self._stores.database)
        states = []
        while not self._stopping.is_set():
            run = self.runs.take(Task.SYNC)
            if run is None:
                break
            states.append(self._carry_out(run).state)
        trigger, self._trigger = self._trigger, Trigger.SWEEP
        if self._stands_still_s() and trigger is Trigger.SWEEP:
            return True
        if not self.rests() and (self._must_prove() or self._has_work()):
            run = self.runs.begin(Task.SYNC, trigger)
            states.append(self._carry_out(run).state)
        return RunState.FAILED not in states

    def _take_over(self) -> None:
        """Free what processes of this machine held that are gone, killed for instance.

        Their leases would run out by themselves, but only minutes later.
        """
        gone = [name for name in holders(self._stores.database) if is_gone(name)]
        if gone:
            _log.warning("takes over from vanished processes", extra={"gone": gone})
            free(self._stores.database, gone)

    def _has_work(self) -> bool:
        company = self._stores.company
        if company.connection() is None:
            return False
        if company.facts_at() is None:
            return True
        return self.runs.work_due_in_s() == 0

    def _until_next_s(self) -> float:
        wait_s = self.runs.work_due_in_s()
        if wait_s is None or self._stores.company.connection() is None:
            return SWEEP_S
        waits_s = (wait_s, self._allowed_in_s(), self._stands_still_s(), _MIN_WAIT_S)
        return min(max(waits_s), SWEEP_S)

    def _stands_still_s(self) -> float:
        """Return for how long no run begins by itself: a person stopped the last."""
        return max(0.0, self._stands_still_until_s - self._clock.monotonic_s())

    def rests(self) -> bool:
        """Tell whether the books may not be called for so long that no run begins."""
        return self._allowed_in_s() > MAX_WAIT_S

    def _allowed_in_s(self) -> float:
        """Return how long the next call has to wait, in seconds."""
        return self._gate.wait_s(urgent=self._queue.is_urgent())

    def _carry_out(self, run: Run) -> Run:
        match run.task:
            case Task.PULL:
                raise ValueError("the puller carries these out")
            case Task.SYNC:
                return self._sync(run)
            case Task.RECONCILE:
                raise ValueError("the reconciler carries these out")
            case Task.PRUNE:
                raise ValueError("the pruner carries these out")

    def _sync(self, run: Run) -> Run:
        connection = self._stores.company.connection()
        if connection is None:
            # What a schedule asks for day by day is no failure before the first day.
            scheduled = run.trigger is Trigger.SCHEDULE
            state = RunState.DONE if scheduled else RunState.FAILED
            return self.runs.finish(run.id, state, _NO_CONNECTION)
        if self._gate.is_unproven() and self.rests():
            return self.runs.finish(run.id, RunState.FAILED, self._pause_message())
        try:
            books = self._books_of(connection)
            self._prove(books, run.id)
            self._learn(books, run.id)
        except BooksSilent as silent:
            self._gate.note(silent.failure)
            reason = silent.failure.reason
            return self.runs.finish(
                run.id, RunState.FAILED, say("%(reason)s.", reason=reason)
            )
        worker = Worker(
            queue=self._queue,
            books=books,
            pacer=self._pacer,
            gate=self._gate,
            exchanges=self._stores.exchanges,
            clock=self._clock,
            timing=self._timing,
            sleep=self._stopping.wait,
            run_id=run.id,
        )

        company = self._stores.company

        def step() -> bool:
            # With another connection, another run goes on.
            changed = company.connection_version() != connection.version
            stopped = changed or self.runs.stopped_by(run.id)
            return not stopped and worker.step()

        crew = Crew(step, self._workers, self._stopping)
        crew.run(lambda: self.runs.beat("engine", run.id), _BEAT_S)
        if crew.error:
            return self.runs.finish(run.id, RunState.FAILED, crew.error)
        stopped_by = self.runs.stopped_by(run.id)
        if stopped_by:
            self._stands_still_until_s = self._clock.monotonic_s() + _STOPPED_S
            message = stopped_message(stopped_by)
            return self.runs.finish(run.id, RunState.STOPPED, message)
        return self.runs.finish(run.id, RunState.DONE, self._pause_message())

    def _pause_message(self) -> str:
        state = gate_state(self._stores.database, self._pace)
        if state.pause is None:
            return ""
        return say("%(reason)s.", reason=state.pause.reason)

    def _must_prove(self) -> bool:
        """Tell whether somebody is to find out that a pause is over."""
        connected = self._stores.company.connection() is not None
        return connected and self._gate.is_unproven()

    def _prove(self, books: Books, run_id: int) -> None:
        """End a pause with one call, before any order is risked on it."""
        if self._gate.is_unproven():
            books.prove(self._log_of(run_id))
            self._gate.note_success()

    def _log_of(self, run_id: int | None) -> Log:
        def log(exchange: Exchange) -> None:
            self._stores.exchanges.add(exchange, request_id=None, run_id=run_id)

        return log

    def _learn(self, books: Books, run_id: int | None) -> None:
        log = self._log_of(run_id)
        try:
            filled_in = learn_facts(self._stores.company, books, self._clock, log)
        except BooksSilent:
            # What they said before, even if it is old, is enough to book with.
            if self._stores.company.facts_at() is None:
                raise
            return
        if filled_in:
            plan_waiting(self._stores.orders)

    def _books_of(self, connection: Connection) -> Books:
        """Return the connector, the same as before while the connection is."""
        if self._books is None or self._books[0] != connection:
            self._books = (connection, self._open_books(connection, self._pacer))
        return self._books[1]
