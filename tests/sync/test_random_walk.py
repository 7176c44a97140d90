"""Hundreds of random days at the office: whatever happens, all is booked once.

A walk is a list of happenings drawn from a seed; a failure names the seed. A walk that
never comes by the dangerous places proves nothing, so the places are counted.
"""

from __future__ import annotations

import itertools
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from dashboard.domain.books import InvoiceDraft, PaymentDraft
from dashboard.domain.postings import PostingKind
from tests.conftest import NOW
from tests.fixtures.builders import a_customer, an_order
from tests.fixtures.clocks import SettableClock
from tests.fixtures.company import Company
from tests.fixtures.databases import ClockedDatabase, SqliteFolder
from tests.fixtures.fake_books import Answer
from tests.fixtures.workers import KILL_POINTS, Office

WALKS = int(os.environ.get("WALKS", "50"))
HAPPENINGS = 25
# A request that is refused whole is for a person, and none is in the office.
ANSWERS = [answer for answer in Answer if answer is not Answer.REFUSED_WHOLE]
DEATHS = [(side, what) for side, what in KILL_POINTS if what != "refuse_whole"]

# What a shop that neither refunds nor cancels leads to.
KINDS = (PostingKind.CONTACT, PostingKind.INVOICE, PostingKind.PAYMENT)


class Walk:
    """One office, four workers and what happens to them."""

    def __init__(
        self,
        office: Office,
        chance: random.Random,
        answers: Iterator[Answer],
        deaths: Iterator[tuple[str, str]],
    ) -> None:
        self.office = office
        self.chance = chance
        self.answers = answers
        self.deaths = deaths
        self.numbers: list[str] = []
        self._workers = [office.worker(f"worker {n}") for n in range(4)]

    def order_comes_in(self) -> None:
        number = str(len(self.numbers))
        self.numbers.append(number)
        customer = a_customer(str(self.chance.randrange(3)))
        payments = self.chance.choice([("12.00",), ("5.00",), ("4.00",) * 2])
        self.office.company.take_in(
            an_order(number, customer=customer, payments=payments)
        )

    def order_comes_in_again(self) -> None:
        if self.numbers:
            note = str(self.chance.random())
            row = self.office.company.row(self.chance.choice(self.numbers))
            stored = self.office.company.orders.newest_revision(row.id)
            assert stored is not None
            self.office.company.take_in_again(stored, note=note)

    def somebody_works(self) -> None:
        worker = self.chance.choice(self._workers)
        for _ in range(self.chance.randrange(1, 9)):
            if not self.office.step(worker):
                break

    def somebody_gets_a_bad_answer(self) -> None:
        self.office.books.answers.append(next(self.answers))
        self.somebody_works()

    def somebody_dies(self) -> None:
        if self.office.fate.kill_point is None:
            _side, moment = self.office.fate.kill_point = next(self.deaths)
            self.office.lead_to(moment)
        self.somebody_works()

    def somebody_sleeps_while_sending(self) -> None:
        def others_work() -> None:
            self.office.books.while_sending = lambda: None
            self.time_passes()
            self.somebody_works()

        self.office.books.while_sending = others_work
        self.somebody_works()
        self.office.books.while_sending = lambda: None

    def the_books_are_silent(self) -> None:
        self.office.books.silent_look_ups = self.chance.randrange(1, 3)
        self.somebody_works()

    def time_passes(self) -> None:
        self.office.company.clock.advance(self.chance.choice([1, 20, 61, 130, 400]))

    def go(self, happenings: int) -> None:
        for _ in range(happenings):
            self.chance.choice(_HAPPENINGS)(self)
            self.assert_nothing_is_booked_twice()

    def assert_nothing_is_booked_twice(self) -> None:
        for kind in (InvoiceDraft, PaymentDraft):
            assert set(self.office.books.count(kind).values()) <= {1}

    def come_to_rest(self) -> None:
        self.office.work_until_done(*self._workers)
        if self.numbers:
            self.office.assert_booked_once(*self.numbers)
        self.office.company.assert_statuses_are_what_follows_from_the_postings()


_HAPPENINGS: list[Callable[[Walk], object]] = [
    Walk.order_comes_in,
    Walk.order_comes_in_again,
    Walk.somebody_works,
    Walk.somebody_gets_a_bad_answer,
    Walk.somebody_gets_a_bad_answer,
    Walk.somebody_dies,
    Walk.somebody_dies,
    Walk.somebody_sleeps_while_sending,
    Walk.the_books_are_silent,
    Walk.time_passes,
    Walk.time_passes,
]


def test_whatever_happens_everything_is_booked_once(
    sqlite_maker: SqliteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    died: Counter[tuple[str, str]] = Counter()
    given: Counter[tuple[PostingKind, Answer]] = Counter()
    answers, deaths = itertools.cycle(ANSWERS), itertools.cycle(DEATHS)

    for seed in range(WALKS):
        chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        monkeypatch.setattr("random.uniform", chance.uniform)
        with sqlite_maker.lent() as engine:
            office = Office(Company(ClockedDatabase(engine, SettableClock(NOW))))
            walk = Walk(office, chance, answers, deaths)
            try:
                walk.go(HAPPENINGS)
                walk.come_to_rest()
            except AssertionError as error:
                raise AssertionError(f"walk {seed}: {error}") from error
            died.update(office.fate.met)
            given.update(office.books.given)

    # Who never dies there, or never hears that, proves nothing.
    assert set(DEATHS) - died.keys() == set()
    assert set(itertools.product(KINDS, ANSWERS)) - given.keys() == set()
