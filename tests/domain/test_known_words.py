"""Words of our own in plain columns: said to readers, left alone when typed."""

from __future__ import annotations

import pytest

from dashboard.domain.known_words import schedule_words, source_words
from dashboard.languages.speech import said


@pytest.mark.parametrize(
    ("source", "english", "dutch"),
    [
        ("push", "sent by the shop", "gestuurd door de webshop"),
        ("pull", "read from the shop", "gelezen bij de webshop"),
        ("upload", "from a file", "uit een bestand"),
    ],
)
def test_how_an_order_came_is_said_to_its_reader(
    source: str, english: str, dutch: str
) -> None:
    assert source_words(source) == english
    assert said(source_words(source), "nl") == dutch


def test_a_schedule_of_ours_is_named_in_the_readers_language() -> None:
    assert said(schedule_words("Book orders"), "de") == "Bestellungen buchen"


def test_a_schedule_somebody_named_keeps_its_name() -> None:
    assert said(schedule_words("Each Monday"), "de") == "Each Monday"
