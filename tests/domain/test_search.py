"""The words that orders are found by."""

from __future__ import annotations

import pytest

from dashboard.domain.search import looked_for, words, words_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("W-1042", {"1042"}),
        ("#1042", {"1042"}),
        ("7", {"7"}),
        ("Zoë O'Brien", {"zoe", "brien"}),
        ("MÜLLER-Straße", {"muller", "strasse"}),
        ("ada.sample@post.example", {"ada", "sample", "post", "example"}),
        ("snake_case", {"snake", "case"}),
        ("東京 太郎", {"東京", "太郎"}),
        (" - ", set()),
    ],
)
def test_a_text_is_found_by_its_words_without_case_and_accents(
    text: str, found: set[str]
) -> None:
    assert words(text) == found


def test_a_word_that_stands_in_several_texts_counts_once() -> None:
    assert words_of(("1042", "W-1042", "Ada")) == {"1042", "ada"}


def test_the_longest_word_is_looked_for_first_and_no_more_than_six() -> None:
    text = "an ad by eva for ninety-nine green bottles"

    assert looked_for(text) == ("bottles", "ninety", "green", "nine", "eva", "for")
