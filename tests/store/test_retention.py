"""What is too old is cleared away, and never what somebody may still need."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from dashboard.accounting.xero.encode import freeze
from dashboard.domain.postings import PostingKind
from dashboard.domain.retention import RetentionRules
from dashboard.domain.runs import Run, RunState
from dashboard.domain.selections import SelectionAct
from dashboard.store import selection_removal
from dashboard.store.company import ChangedMeanwhile
from dashboard.store.retention import RetentionStore
from dashboard.store.runs import RunStore
from dashboard.store.schema import (
    ActivityRow,
    ExchangeRow,
    OrderRow,
    PostingRow,
    RequestRow,
)
from dashboard.store.selection_removal import forget_some, unconfirmed_since
from dashboard.store.selections import SelectionStore
from dashboard.store.standings import refresh_standings
from dashboard.sync.pruner import Pruner
from tests.fixtures.builders import an_order
from tests.fixtures.company import Company

RULES = RetentionRules(exchange_days=10, failure_days=30, activity_days=20)


class Archive:
    """A company whose exchanges and activity are of many ages, in days."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.retention = RetentionStore(company.database)
        self.retention.save(RULES, expected_version=0)

    def exchanged(
        self, *ages: int, result: str = "answered", request_id: int | None = None
    ) -> None:
        rows = [
            {
                "at": self._at(age),
                "purpose": "book",
                "result": result,
                "request_id": request_id,
                "method": "PUT",
                "url": f"http://books.example/{age}",
                "request_headers": {},
                "response_headers": {},
            }
            for age in ages
        ]
        with self.company.database.write() as session:
            session.execute(insert(ExchangeRow), rows)

    def acted(self, *ages: int) -> None:
        rows = [
            {"at": self._at(age), "kind": "order", "actor": "Pat", "action": "retried"}
            for age in ages
        ]
        with self.company.database.write() as session:
            session.execute(insert(ActivityRow), rows)

    def requested(self, number: str) -> int:
        """Freeze the contact of an order; return the request that carries it."""
        self.company.take_in(an_order(number))
        claim = self.company.queue().prepare(freeze, [PostingKind.CONTACT])
        assert claim is not None
        return claim.request_id

    def ended(self, request_id: int) -> None:
        with self.company.database.write() as session:
            mine = update(RequestRow).where(RequestRow.id == request_id)
            session.execute(mine.values(state="done"))
            self._set_all(session, "confirmed")

    def refused(self) -> None:
        with self.company.database.write() as session:
            self._set_all(session, "refused")

    def _set_all(self, session: Session, state: str) -> None:
        session.execute(update(PostingRow).values(state=state))
        order_ids = session.scalars(select(OrderRow.id)).all()
        refresh_standings(session, order_ids, self.company.clock.now())

    def prune(self) -> Run:
        runs = RunStore(self.company.database, "test")
        return Pruner(self.retention, runs, self.company.clock).run_now()

    def exchange_ages(self) -> list[int]:
        with self.company.database.read() as session:
            rows = session.scalars(select(ExchangeRow.at).order_by(ExchangeRow.id))
            return [self._age(at) for at in rows]

    def activity_ages(self) -> list[int]:
        with self.company.database.read() as session:
            rows = session.scalars(select(ActivityRow.at).order_by(ActivityRow.id))
            return [self._age(at) for at in rows]

    def _at(self, age: int) -> datetime:
        return self.company.clock.now() - timedelta(days=age, minutes=1)

    def _age(self, at: datetime) -> int:
        return (self.company.clock.now() - at).days


@pytest.fixture
def archive(company: Company) -> Archive:
    return Archive(company)


def test_what_is_older_than_the_rules_say_goes(archive: Archive) -> None:
    archive.exchanged(40, 11, 9, 0)
    archive.acted(21, 19)

    run = archive.prune()

    assert archive.exchange_ages() == [9, 0]
    assert archive.activity_ages() == [19]
    assert run.state is RunState.DONE
    assert run.message == "2 exchanges and 1 lines of Activity removed."


def test_failures_are_kept_longer(archive: Archive) -> None:
    archive.exchanged(40, 29, 11, result="silent")

    archive.prune()

    assert archive.exchange_ages() == [29, 11]


def test_exchanges_of_a_request_that_is_not_done_stay(archive: Archive) -> None:
    request_id = archive.requested("1042")
    archive.exchanged(40, request_id=request_id)

    archive.prune()
    assert archive.exchange_ages() == [40]

    archive.ended(request_id)
    archive.prune()
    assert archive.exchange_ages() == []


def test_exchanges_of_a_document_that_was_refused_stay(archive: Archive) -> None:
    request_id = archive.requested("1042")
    archive.exchanged(40, 35, result="refused", request_id=request_id)
    archive.ended(request_id)
    archive.refused()

    archive.prune()

    assert archive.exchange_ages() == [40, 35]


def test_what_is_kept_for_ever_stays(archive: Archive) -> None:
    forever = RetentionRules(exchange_days=0, failure_days=0, activity_days=0)
    archive.retention.save(forever, expected_version=1)
    archive.exchanged(4000)
    archive.acted(4000)

    archive.prune()

    assert archive.exchange_ages() == [4000]
    assert archive.activity_ages() == [4000]


def test_much_goes_in_many_small_parts_past_what_stays(archive: Archive) -> None:
    archive.exchanged(*[29] * 600, result="silent")
    archive.exchanged(*[40] * 600)
    archive.exchanged(1)
    archive.acted(*[30] * 600)

    archive.prune()

    assert archive.exchange_ages() == [29] * 600 + [1]
    assert archive.activity_ages() == []


def test_rules_that_somebody_else_saved_meanwhile_are_not_lost(
    archive: Archive,
) -> None:
    archive.retention.save(RULES, expected_version=1)

    with pytest.raises(ChangedMeanwhile):
        archive.retention.save(RetentionRules(), expected_version=1)
    with pytest.raises(ChangedMeanwhile):
        archive.retention.save(RetentionRules(), expected_version=0)

    assert archive.retention.kept().rules == RULES


def test_acts_on_many_orders_are_forgotten_a_part_at_a_time(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection_removal, "_PART", 2)
    archive.company.take_in(*(an_order(str(number)) for number in range(1001, 1006)))
    selections = SelectionStore(archive.company.database, "test")
    ids = [row.id for row in archive.company.rows()]
    ended, unconfirmed, kept = (
        selections.freeze(SelectionAct.RETRY, ids, "Pat").id for _ in range(3)
    )
    selections.start(ended)
    selections.stop(ended)
    archive.company.clock.advance(timedelta(days=21).total_seconds())
    selections.start(kept)

    assert archive.prune().state is RunState.DONE

    assert selections.one(ended) is None
    assert selections.one(unconfirmed) is not None

    with archive.company.database.write() as session:
        forget_some(session, unconfirmed_since(archive.company.clock.now()))

    assert not selections.start(unconfirmed), "some of its orders are gone"

    selections.clean_up()

    assert selections.one(unconfirmed) is None
    assert len(selections.page(kept, None, size=9).members) == 5
