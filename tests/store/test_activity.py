"""Activity is looked through word by word, a part of it at a time."""

from __future__ import annotations

import pytest

from dashboard.domain.activity import Act, ActivityKind
from dashboard.domain.sentences import say
from dashboard.store import activity
from dashboard.store.activity import ActivityFilter, ActivityStore, SoughtWord
from tests.fixtures.company import Company


def write(company: Company, *acts: tuple[str, str, str]) -> ActivityStore:
    """Write down acts: who, what, and the number of the order."""
    store = ActivityStore(company.database, company.clock)
    for actor, action, number in acts:
        subject = say("order %(number)s", number=number)
        store.add(
            Act(kind=ActivityKind.ORDER, actor=actor, action=action, subject=subject)
        )
    return store


def sought(*words: str, **narrower: bool) -> ActivityFilter:
    words_of = tuple(SoughtWord(text=word) for word in words)
    return ActivityFilter(words=words_of, **narrower)


@pytest.mark.parametrize(
    ("words", "found"),
    [(("kim",), 2), (("KIM", "1002"), 1), (("retr",), 2), (("50%",), 0), (("_",), 0)],
)
def test_every_word_is_looked_for_in_who_what_and_to_what(
    company: Company, words: tuple[str, ...], found: int
) -> None:
    store = write(
        company,
        ("Kim", "retried", "1001"),
        ("Kim", "ignored", "1002"),
        ("Pat", "retried", "1002"),
    )

    assert len(store.page(sought(*words), size=9).activities) == found


def test_an_action_is_found_by_what_it_is_called_elsewhere(company: Company) -> None:
    store = write(company, ("Kim", "retried", "1001"), ("Kim", "ignored", "1001"))
    word = SoughtWord(text="genegeerd", actions=frozenset({"ignored"}))

    page = store.page(ActivityFilter(words=(word,)), size=9)

    assert [each.act.action for each in page.activities] == ["ignored"]
    assert store.actions() == {"retried", "ignored"}


@pytest.mark.parametrize("oldest_first", [False, True])
def test_a_search_goes_on_where_it_stopped_until_all_is_looked_through(
    company: Company, monkeypatch: pytest.MonkeyPatch, *, oldest_first: bool
) -> None:
    monkeypatch.setattr(activity, "LOOKED_THROUGH", 3)
    acts = [("Kim" if n in {0, 9} else "Pat", "retried", str(n)) for n in range(10)]
    store = write(company, *acts)
    wanted = sought("kim", oldest_first=oldest_first)

    found, after, pages = [], None, 0
    while pages == 0 or after is not None:
        page = store.page(wanted, size=1, after=after)
        found += [str(each.act.subject) for each in page.activities]
        after, pages = page.goes_on_after, pages + 1

    assert sorted(found) == ["order 0", "order 9"]
    assert pages == 4
    assert len(list(store.all(wanted))) == 2
