"""Sentences: English for machines, and all that is needed to say them otherwise."""

from __future__ import annotations

import copy
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from dashboard.domain.sentences import (
    Sentence,
    dump_sentence,
    load_sentence,
    say,
    say_number,
    together,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ALL_KINDS = say(
    "%(kind)s %(key)s of %(amount)s on %(day)s, %(count)s tries since %(at)s",
    kind=say("invoice"),
    key="W-1042",
    amount=Decimal("12.10"),
    day=date(2026, 11, 22),
    count=3,
    at=datetime(2026, 11, 22, 14, 3, tzinfo=AMSTERDAM),
)


def test_a_sentence_is_its_english_text() -> None:
    assert ALL_KINDS == (
        "invoice W-1042 of 12.10 on 2026-11-22, 3 tries since Sunday 22 November 2026, "
        "14:03"
    )
    assert say("100% of it") == "100% of it"


@pytest.mark.parametrize(
    "sentence",
    [
        ALL_KINDS,
        say("Nothing to fill in, not even 100%."),
        say_number("%(num)s order", "%(num)s orders", 2),
        together([say("One."), say("Two."), "Three from elsewhere."]),
    ],
)
def test_what_is_stored_is_read_again_with_all_it_was_made_of(
    sentence: Sentence,
) -> None:
    read = load_sentence(dump_sentence(sentence))

    assert isinstance(read, Sentence)
    assert read == sentence
    assert (read.pattern, read.values) == (sentence.pattern, sentence.values)
    assert (read.plural, read.number) == (sentence.plural, sentence.number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Refused: the date is locked.",
        '["this merely looks like one"]',
        '["',
        '["a", {"b": 1}]',
    ],
)
def test_a_text_from_elsewhere_stays_what_it_is(text: str) -> None:
    assert load_sentence(dump_sentence(text)) == text


@pytest.mark.parametrize("old", ["Order received (push).", '["cut off', "100 %"])
def test_a_text_stored_before_there_were_sentences_is_read_as_it_stands(
    old: str,
) -> None:
    assert load_sentence(old) == old


def test_the_number_chooses_between_one_and_many() -> None:
    forms = [say_number("%(num)s call", "%(num)s calls", n) for n in (0, 1, 2)]

    assert forms == ["0 calls", "1 call", "2 calls"]


def test_what_is_put_together_of_one_part_is_that_part() -> None:
    only = say("Only this.")

    assert together(["", only]) is only
    assert together([]) == ""


def test_a_copy_is_the_same_text() -> None:
    assert copy.deepcopy(ALL_KINDS) == ALL_KINDS
