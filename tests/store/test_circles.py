"""On PostgreSQL nobody waits in a circle, and nothing is left lying."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest

from dashboard.domain.exchanges import (
    Claim,
    FailedAttempt,
    Found,
    Refused,
    Verdict,
)
from dashboard.domain.order import Order, OrderPhase
from dashboard.domain.rules import Correction, Shop
from dashboard.domain.timing import Patience, Timing
from dashboard.store.pulls import PullStore
from dashboard.store.queue import WorkQueue
from dashboard.store.vault import Vault
from dashboard.sync.plan import plan_order
from tests.fixtures.builders import (
    a_customer,
    a_problem,
    a_refund,
    a_revision,
    an_order,
    read,
)
from tests.fixtures.company import Company
from tests.fixtures.databases import ClockedDatabase
from tests.fixtures.fake_books import freeze
from tests.fixtures.work import accepted, an_exchange, start_run

ORDERS, CUSTOMERS = 25, 3
# So few attempts that much is given up, and batches go on in halves.
_HASTY = Timing(patience=Patience(attempts=3, split_attempts=2, slow_s=120.0))
_DEADLINE_S = 60


def test_orders_come_in_while_workers_work(postgres_database: ClockedDatabase) -> None:
    company = Company(postgres_database)
    run_id = start_run(company)
    versions = itertools.count()
    taken_in = threading.Event()

    def shop(seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        for number in chance.sample(range(ORDERS), ORDERS):
            customer = a_customer(str(chance.randrange(CUSTOMERS)))
            note = str(next(versions))
            order = an_order(str(number), customer=customer, note=note)
            company.orders.take_in(company.shop, a_revision(order), plan_order)

    def work(name: str) -> None:
        queue = company.queue(name)
        while True:
            last = taken_in.is_set()
            claim = queue.claim() or queue.prepare(freeze)
            if claim is not None and queue.start_sending(claim):
                verdicts = accepted(claim)
                queue.record_answer(claim, verdicts, an_exchange(company), run_id)
            elif claim is None and last:
                return

    with ThreadPoolExecutor(8) as threads:
        workers = [threads.submit(work, f"worker {n}") for n in range(4)]
        shops = [threads.submit(shop, seed) for seed in range(4)]
        try:
            for future in shops:
                future.result(_DEADLINE_S)
        finally:
            taken_in.set()
        for future in workers:
            future.result(_DEADLINE_S)

    assert "in flight" not in company.postings().values()
    assert company.queue().claim() is None


@pytest.mark.parametrize("seed", range(3))
def test_everything_that_writes_orders_does_so_at_once(
    postgres_database: ClockedDatabase, seed: int
) -> None:
    company = Company(postgres_database)
    everybody = Everybody(company, seed)

    everybody.work_at_once()

    everybody.finish_what_is_left()
    assert "in flight" not in company.postings().values()
    company.assert_statuses_are_what_follows_from_the_postings()


@dataclass
class Everybody:
    """Shops, workers and people, each in a thread, on the same few orders."""

    company: Company
    seed: int
    numbers: range = range(12)
    customers: range = range(4)
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.run_id = start_run(self.company)
        self.other = self.company.add_shop("other", "O-")
        self.pulls = PullStore(self.company.database, Vault(b"k" * 32))
        self.versions = itertools.count()

    def work_at_once(self) -> None:
        """Let all of them write until the shops have nothing more to tell."""
        shop, other = self.company.shop, self.other
        telling: Sequence[Callable[[random.Random], None]] = [
            lambda chance: self.push(shop, chance, 30),
            lambda chance: self.push(other, chance, 30),
            lambda chance: self.pull(shop, chance, 8),
            lambda chance: self.pull(other, chance, 8),
        ]
        following = [self.work, self.work, self.answer_late, self.decide, self.decide]
        chances = (
            random.Random(f"{self.seed} {n}")  # noqa: S311 - repeatable, not secret
            for n in itertools.count()
        )
        with ThreadPoolExecutor(len(telling) + len(following)) as threads:
            shops = [threads.submit(tell, next(chances)) for tell in telling]
            others = [threads.submit(act, next(chances)) for act in following]
            try:
                for future in shops:
                    future.result(_DEADLINE_S)
            finally:
                self.over.set()
            for future in others:
                future.result(_DEADLINE_S)

    def finish_what_is_left(self) -> None:
        """Let the books answer whatever is still on its way."""
        queue = self.company.queue("last")
        for _ in range(200):
            self.company.clock.advance(180)
            claim = queue.claim() or queue.prepare(freeze)
            if claim is None:
                return
            self._settle(queue, claim, random.Random(0))  # noqa: S311 - repeatable
        raise AssertionError("some requests are never done")

    # Shops ----------------------------------------------------------------------------

    def push(self, shop: Shop, chance: random.Random, times: int) -> None:
        for _ in range(times):
            order = self._an_order(chance)
            self.company.orders.take_in(shop, a_revision(order), plan_order)

    def pull(self, shop: Shop, chance: random.Random, times: int) -> None:
        for _ in range(times):
            told = [self._an_order(chance) for _ in range(10)]
            page = {order.external_id: a_revision(order) for order in told}
            self.pulls.take_page(
                shop,
                tuple(page.values()),
                plan_order,
                read,
                run_id=self.run_id,
                cursors=None,
            )

    def _an_order(self, chance: random.Random) -> Order:
        """Return an order as the shop has it now: much changes all the time."""
        external_id = str(chance.choice(self.numbers))
        total = chance.choice(["12.00", "12.00", "12.00", "15.00"])
        refunds = (a_refund("2.00"),) if chance.random() < 0.2 else ()
        gone = chance.random() < 0.05
        # Two orders come to bear one number now and then.
        odd = chance.random() < 0.1
        order = an_order(
            external_id,
            total,
            customer=a_customer(str(chance.choice(self.customers))),
            refunds=refunds,
            phase=OrderPhase.CANCELLED if gone else OrderPhase.PLACED,
            note=str(next(self.versions)),
        )
        number = str(chance.choice(self.numbers)) if odd else external_id
        return replace(order, number=number)

    # Workers --------------------------------------------------------------------------

    def work(self, chance: random.Random) -> None:
        queue = self.company.queue(f"worker {chance.random()}", _HASTY)
        while not self.over.is_set():
            self.company.clock.advance(1)
            claim = queue.claim() or queue.prepare(freeze)
            if claim is not None:
                self._try(queue, claim, chance)

    def answer_late(self, chance: random.Random) -> None:
        """Answer for whoever vanished while sending, and for whoever did not."""
        queue = self.company.queue("slow", _HASTY)
        while not self.over.is_set():
            claim = queue.claim() or queue.prepare(freeze)
            if claim is None or claim.unknown or not queue.start_sending(claim):
                continue
            self.company.clock.advance(chance.choice([1, _HASTY.lease_s + 1]))
            exchange = an_exchange(self.company)
            queue.record_answer(claim, accepted(claim), exchange, self.run_id)

    def _try(self, queue: WorkQueue, claim: Claim, chance: random.Random) -> None:
        if claim.unknown:
            self._settle(queue, claim, chance)
        elif queue.start_sending(claim):
            self._send(queue, claim, chance)

    def _send(self, queue: WorkQueue, claim: Claim, chance: random.Random) -> None:
        exchange, run_id = an_exchange(self.company), self.run_id
        match chance.randrange(6):
            case 0:
                failed = FailedAttempt(reason="No answer", wait_s=0.0, counts=True)
                queue.record_unknown(claim, failed, exchange, run_id)
            case 1:
                queue.refuse_whole(claim, a_problem(), exchange, run_id)
            case 2:
                queue.put_off(claim, "Too many calls", 0.0, exchange, run_id)
            case _:
                verdicts: list[Verdict] = [
                    Refused(problem=a_problem()) if chance.random() < 0.2 else verdict
                    for verdict in accepted(claim)
                ]
                queue.record_answer(claim, verdicts, exchange, run_id)

    def _settle(self, queue: WorkQueue, claim: Claim, chance: random.Random) -> None:
        """Ask for what nobody knows of, and send the rest."""
        exchange = an_exchange(self.company)
        again: Claim | None = claim
        if claim.unknown:
            findings = {
                member.id: Found(document_id=f"D-{member.natural_key}")
                for member in claim.members
                if chance.random() < 0.5
            }
            again = queue.record_findings(claim, findings, freeze, self.run_id)
        if again is not None and queue.start_sending(again):
            queue.record_answer(again, accepted(again), exchange, self.run_id)

    # People ---------------------------------------------------------------------------

    def decide(self, chance: random.Random) -> None:
        orders = self.company.orders
        while not self.over.is_set():
            ids = [row.id for row in self.company.rows()]
            if not ids:
                continue
            order_id = chance.choice(ids)
            match chance.randrange(6):
                case 0:
                    self._retry(chance.sample(ids, len(ids)))
                case 1:
                    orders.ignore(order_id, "done by hand", actor="Pat")
                case 2:
                    orders.restore(
                        order_id, read, plan_order, reason="needed", actor="Pat"
                    )
                case 3:
                    self._correct(order_id, chance)
                case 4:
                    orders.plan_again(ids, read, plan_order)
                case _:
                    orders.refresh_lagging()

    def _retry(self, ids: Sequence[int]) -> None:
        self.company.orders.plan_again(
            ids, read, plan_order, actor="Pat", why="Tried again.", urgent=True
        )

    def _correct(self, order_id: int, chance: random.Random) -> None:
        options = self.company.orders.options(order_id, read, plan_order)
        if options is not None:
            way = chance.choice([Correction.RENEW, Correction.ADJUST])
            self.company.orders.correct(
                order_id, options.revision_id, way, read, plan_order, actor="Pat"
            )
