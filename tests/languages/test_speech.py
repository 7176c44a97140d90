"""Sentences in a reader's language: the words, the numbers, the days."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from dashboard.domain.sentences import (
    dump_sentence,
    load_sentence,
    say,
    say_number,
    together,
)
from dashboard.languages.catalogues import LANGUAGES, texts_in
from dashboard.languages.speech import said

ORDER = say(
    "Order %(number)s: %(what)s", number="W-1042", what=say("what is not taxable")
)


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en_GB", "Order W-1042: what is not taxable"),
        ("nl_NL", "Bestelling W-1042: wat niet belast is"),
        ("de_AT", "Bestellung W-1042: was nicht steuerbar ist"),
    ],
)
def test_a_sentence_is_said_with_all_that_is_within_it(locale: str, words: str) -> None:
    assert said(ORDER, locale) == words
    assert said(load_sentence(dump_sentence(ORDER)), locale) == words


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en_GB", "1,234.50"),
        ("nl", "1.234,50"),
        ("de", "1.234,50"),
        ("de_CH", "1\u2019234.50"),
    ],
)
def test_numbers_are_written_as_people_do_there_with_all_their_decimals(
    locale: str, words: str
) -> None:
    assert said(say("%(total)s", total=Decimal("1234.50")), locale) == words


@pytest.mark.parametrize(
    ("locale", "day", "moment"),
    [
        ("en_GB", "22 Nov 2026", "Sunday 22 November 2026, 14:03"),
        ("nl", "22 nov 2026", "zondag 22 november 2026, 14:03"),
        ("de", "22.11.2026", "Sonntag, 22. November 2026, 14:03"),
    ],
)
def test_days_and_times_are_written_as_people_do_there(
    locale: str, day: str, moment: str
) -> None:
    at = datetime(2026, 11, 22, 14, 3, tzinfo=ZoneInfo("Europe/Amsterdam"))

    assert said(say("%(day)s", day=date(2026, 11, 22)), locale) == day
    assert said(say("%(at)s", at=at), locale).replace(", 22 N", " 22 N") == moment


@pytest.mark.parametrize(
    ("number", "dutch", "german"),
    [
        (0, "0 bestellingen", "0 Bestellungen"),
        (1, "1 bestelling", "1 Bestellung"),
        (1200, "1.200 bestellingen", "1.200 Bestellungen"),
    ],
)
def test_one_and_many_have_their_own_words(
    number: int, dutch: str, german: str
) -> None:
    sentence = say_number("%(num)s order", "%(num)s orders", number)

    assert said(sentence, "nl") == dutch
    assert said(sentence, "de") == german


def test_parts_of_a_list_are_said_one_by_one() -> None:
    both = together([say("invoice"), say("payment")], ", ")

    assert said(both, "nl") == "factuur, betaling"


@pytest.mark.parametrize("text", ["", "As somebody typed it: Paid", "100%"])
def test_what_a_person_typed_is_not_translated(text: str) -> None:
    assert said(text, "nl") == text


def test_what_no_catalogue_knows_is_said_in_english() -> None:
    assert said(say("No catalogue knows %(this)s.", this="this"), "de") == (
        "No catalogue knows this."
    )


def test_each_language_is_read_once() -> None:
    for language in LANGUAGES:
        assert texts_in(language) is texts_in(language)
