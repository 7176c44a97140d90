"""The list of processes: who gave a sign of life, and what each is at."""

from __future__ import annotations

from datetime import timedelta

from dashboard.domain.postings import PostingKind
from dashboard.domain.runs import Task, Trigger
from dashboard.domain.selections import SelectionAct
from dashboard.store.listing_processes import ProcessListing
from dashboard.store.queue import WorkQueue
from dashboard.store.runs import RunStore
from dashboard.store.selections import SelectionStore
from tests.fixtures.builders import an_order
from tests.fixtures.company import TIMING, Company
from tests.fixtures.work import send_next

ENGINE, OTHER_PART, ELSEWHERE = "box:12:aa", "box:12:bb", "cellar:7:cc"


def test_parts_of_one_process_are_listed_as_one(company: Company) -> None:
    RunStore(company.database, ELSEWHERE).beat("engine")
    company.clock.advance(60)
    seen_at = company.clock.now()
    RunStore(company.database, ENGINE).beat("engine")
    RunStore(company.database, OTHER_PART).beat("scheduler")

    box, cellar = ProcessListing(company.database).all()

    assert (box.host, box.pid, box.roles) == ("box", "12", ("engine", "scheduler"))
    assert (cellar.host, cellar.pid, cellar.roles) == ("cellar", "7", ("engine",))
    assert box.seen_at - cellar.seen_at == timedelta(minutes=1)
    assert box.seen_at == seen_at
    assert (box.runs, box.sending, box.selections) == ((), {}, ())


def test_each_process_tells_what_it_is_at(company: Company) -> None:
    company.take_in(an_order("1"), an_order("2"))
    (first, second) = (row.id for row in company.rows())
    runs = RunStore(company.database, ENGINE)
    runs.beat("engine")
    RunStore(company.database, ELSEWHERE).beat("engine")
    run = runs.begin(Task.SYNC, Trigger.SWEEP)
    send_next(company, WorkQueue(company.database, TIMING, ENGINE))
    selections = SelectionStore(company.database, OTHER_PART)
    frozen = selections.freeze(SelectionAct.RETRY, [first, second], "Pat")
    selections.start(frozen.id, claim=True)

    box, cellar = ProcessListing(company.database).all()

    assert [each.id for each in box.runs] == [run.id]
    assert box.sending == {PostingKind.CONTACT: 1}
    assert box.selections == (frozen.id,)
    assert (cellar.runs, cellar.sending, cellar.selections) == ((), {}, ())
