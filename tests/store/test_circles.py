"""On PostgreSQL nobody waits in a circle, and nothing is left lying."""

from __future__ import annotations

import itertools
import random
import threading
from concurrent.futures import ThreadPoolExecutor

from dashboard.sync.plan import plan_order
from tests.fixtures.builders import a_customer, a_revision, an_order
from tests.fixtures.company import Company
from tests.fixtures.databases import ClockedDatabase
from tests.fixtures.fake_books import freeze
from tests.fixtures.work import accepted, an_exchange, start_run

ORDERS, CUSTOMERS = 25, 3


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
                future.result(60)
        finally:
            taken_in.set()
        for future in workers:
            future.result(60)

    assert "in flight" not in company.postings().values()
    assert company.queue().claim() is None
