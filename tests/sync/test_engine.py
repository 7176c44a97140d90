"""The engine of a process: runs, what starts them, and rest."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from dashboard.accounting.protocol import Books, BooksSilent, Log, Pacer
from dashboard.domain.books import BooksFacts
from dashboard.domain.exchanges import NotProcessed
from dashboard.domain.pace import Pace
from dashboard.domain.runs import Run, RunState, Task, Trigger
from dashboard.domain.timing import Timing
from dashboard.store.company import Connection, OtherBooks
from dashboard.store.exchanges import ExchangeStore
from dashboard.store.runs import RunStore
from dashboard.store.schema import RunRow
from dashboard.sync.crew import Crew
from dashboard.sync.engine import Engine, Stores
from tests.fixtures.builders import an_order
from tests.fixtures.company import Company
from tests.fixtures.fake_books import FakeBooks

FACTS = BooksFacts(
    organisation="Example BV",
    country="NL",
    base_currency="EUR",
    currencies=("EUR",),
    tax_rates=(),
    ledger_accounts=(),
)


class BooksWithFacts(FakeBooks):
    """Books that say what they are, unless they are away."""

    away = False
    asked = 0
    proofs = 0

    def prove(self, log: Log) -> None:
        del log
        self.proofs += 1
        if self.away:
            raise BooksSilent(NotProcessed(reason="The books are away"))

    def facts(self, log: Log) -> tuple[BooksFacts, str]:
        del log
        self.asked += 1
        if self.away:
            raise BooksSilent(NotProcessed(reason="The books are away"))
        return FACTS, "tenant"


@dataclass
class Process:
    """One process: an engine on a company and its books."""

    company: Company
    books: BooksWithFacts = field(init=False)
    opened: list[str] = field(default_factory=list)
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.books = BooksWithFacts(self.company.clock)
        stores = Stores(
            database=self.company.database,
            company=self.company.settings,
            orders=self.company.orders,
            exchanges=ExchangeStore(self.company.database),
        )
        self.engine = Engine(
            stores,
            self._open,
            self.company.clock,
            timing=Timing(),
            pace=Pace(),
            workers=2,
            process="process",
        )

    def connect(
        self, *, client_id: str = "id", tenant_id: str = ""
    ) -> Connection | None:
        """Set the connection, and return it as it is kept."""
        self.company.settings.set_connection(
            Connection(
                kind="xero",
                base_url="http://books.example",
                client_id=client_id,
                client_secret="secret",
                tenant_id=tenant_id,
                version=0,
            )
        )
        return self.company.settings.connection()

    def run(self) -> Run:
        return self.engine.run_now(Trigger.PERSON)

    def _open(self, connection: Connection, pacer: Pacer) -> Books:
        del pacer
        self.opened.append(connection.client_id)
        return self.books


@pytest.fixture
def process(company: Company) -> Process:
    return Process(company)


def test_a_run_books_what_is_due_and_says_what_it_did(process: Process) -> None:
    process.connect()
    process.company.take_in(an_order("1"), an_order("2"))

    run = process.run()

    assert run.state is RunState.DONE
    assert (run.counts.orders, run.counts.invoices, run.counts.payments) == (2, 2, 2)
    assert set(process.company.statuses().values()) == {"paid"}


def test_a_stopped_run_ends_after_its_batch_and_the_next_one_goes_on(
    process: Process,
) -> None:
    process.connect()
    process.company.take_in(an_order("1"))
    runs = process.engine.runs
    process.engine._workers = 1  # a second may have begun a batch of its own by then
    process.books.while_sending = lambda: runs.ask_to_stop(runs_under_way(runs), "Pat")

    stopped = process.run()
    postings = process.company.postings()
    process.books.while_sending = lambda: None
    process.run()

    assert stopped.state is RunState.STOPPED
    assert stopped.message == "Stopped by Pat. The next run takes up what is left."
    assert list(postings.values()).count("confirmed") == 1
    assert "in flight" not in postings.values()
    assert process.company.status("1") == "paid"


def test_a_run_ends_after_its_batch_when_the_connection_changes(
    process: Process,
) -> None:
    process.connect()
    process.company.take_in(an_order("1"))
    process.engine._workers = 1  # a second may have begun a batch of its own by then
    process.books.while_sending = lambda: process.connect(client_id="another")

    process.run()
    postings = process.company.postings()
    process.books.while_sending = lambda: None
    process.run()

    assert list(postings.values()).count("confirmed") == 1
    assert process.opened == ["id", "another"]
    assert process.company.status("1") == "paid"


def test_the_books_stay_the_same_once_anything_was_sent_to_them(
    process: Process,
) -> None:
    process.connect(tenant_id="never used")
    process.connect()
    process.company.take_in(an_order("1"))
    process.run()

    with pytest.raises(OtherBooks):
        process.connect(tenant_id="another")
    connection = process.connect(client_id="another")

    assert connection is not None
    assert (connection.client_id, connection.tenant_id) == ("another", "tenant")


def test_what_a_person_stopped_is_not_begun_again_by_itself(process: Process) -> None:
    process.connect()
    process.company.take_in(an_order("1"))
    runs = process.engine.runs
    process.books.while_sending = lambda: runs.ask_to_stop(runs_under_way(runs), "Pat")
    process.run()
    process.books.while_sending = lambda: None
    engine = process.engine

    engine._work()
    assert process.company.status("1") != "paid"
    engine.wake(Trigger.ORDER)
    engine._work()

    assert process.company.status("1") == "paid"


def test_a_run_that_has_ended_or_not_begun_is_not_stopped_half_way(
    process: Process,
) -> None:
    process.connect()
    ended = process.run()
    queued = process.engine.runs.queue(Task.SYNC, Trigger.PERSON)

    assert not process.engine.runs.ask_to_stop(ended.id, "Pat")
    assert process.engine.runs.ask_to_stop(queued, "Pat")
    assert process.engine.runs.take(Task.SYNC) is None


def runs_under_way(runs: RunStore) -> int:
    """Return the run that is carried out at this moment."""
    with runs._database.read() as session:
        running = select(RunRow.id).where(RunRow.state == RunState.RUNNING.value)
        return session.scalars(running).one()


def test_without_a_connection_a_run_fails_and_says_where_to_set_it(
    process: Process,
) -> None:
    run = process.run()

    assert run.state is RunState.FAILED
    assert "Settings > Connection" in run.message


def test_without_a_connection_what_a_schedule_asks_for_is_no_failure(
    process: Process,
) -> None:
    run = process.engine.run_now(Trigger.SCHEDULE)

    assert run.state is RunState.DONE
    assert "Settings > Connection" in run.message


def test_books_that_never_answered_fail_the_run_and_in_the_end_close_the_gate(
    process: Process,
) -> None:
    process.connect()
    process.company.take_in(an_order())
    process.books.away = True

    runs = [process.run() for _ in range(6)]

    assert {run.state for run in runs} == {RunState.FAILED}
    assert runs[0].message == "The books are away."
    assert process.company.status() == "queued"
    assert process.engine.rests()


def test_what_the_books_said_yesterday_is_enough_to_book_with(
    process: Process,
) -> None:
    process.connect()
    process.run()
    process.company.clock.advance(25 * 3600)
    process.books.away = True
    process.company.take_in(an_order())

    run = process.run()

    assert run.state is RunState.DONE
    assert process.company.status() == "paid"


def test_the_books_are_asked_what_they_are_once_a_day(process: Process) -> None:
    process.connect()

    for _ in range(3):
        process.run()
    process.company.clock.advance(25 * 3600)
    process.run()

    assert process.books.asked == 2


def test_a_queued_run_is_carried_out_by_the_engine_in_the_background(
    process: Process,
) -> None:
    process.connect()
    process.company.take_in(an_order())
    queued = process.engine.runs.queue(Task.SYNC, Trigger.PERSON)

    process.engine.start()
    process.engine.wake(Trigger.PERSON)
    wait_until(lambda: process.company.status() == "paid")
    process.engine.stop()

    assert process.engine.runs.take() is None
    assert queued


def test_a_crew_works_until_nobody_finds_anything() -> None:
    left = iter(range(20))
    lock = threading.Lock()

    def step() -> bool:
        with lock:
            return next(left, None) is not None

    Crew(step, 4, threading.Event()).run(lambda: None, 0.01)

    assert next(left, None) is None


def test_a_crew_gives_up_on_a_step_that_always_fails_and_says_so() -> None:
    stopping = threading.Event()
    tries = []

    def step() -> bool:
        tries.append(1)
        stopping.set()  # ends the pause after an error at once
        raise ValueError("secret")

    crew = Crew(step, 1, stopping)
    crew.run(lambda: None, 0.01)

    assert tries
    assert crew.error
    assert "secret" not in crew.error


def wait_until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(500):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("it never came")
