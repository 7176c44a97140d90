"""The catalogues: every text is in each, and keeps what is filled into it."""

from __future__ import annotations

import re
from typing import Final

import pytest
from babel.messages.catalog import Catalog, Message

from dashboard.languages.catalogues import LANGUAGES, catalogue_path
from dashboard.languages.gathering import as_text, gathered, written

TRANSLATED: Final = tuple(language for language in LANGUAGES if language != "en")
WHAT_TO_DO: Final = "run `make messages` and fill in what is listed here in"
# What is filled in, and a per cent sign that stands for itself.
_PLACEHOLDER: Final = re.compile(r"%\(\w+\)[a-z]|%%|\{\w+\}")


@pytest.fixture(scope="module")
def texts() -> Catalog:
    """Return all texts of the program."""
    return gathered()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_in_the_catalogue(texts: Catalog, language: str) -> None:
    catalogue = written(language)

    untranslated = [
        said.id
        for said in texts
        if said.id and not is_translated(catalogue.get(said.id, said.context))
    ]

    assert untranslated == [], f"{WHAT_TO_DO} {catalogue_path(language)}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_is_filled_in_as_its_text_is(language: str) -> None:
    catalogue = written(language)

    wrong = [one.id for one in catalogue if one.id and not is_filled_in_alike(one)]

    assert wrong == [], f"placeholders differ in {catalogue_path(language)}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_no_other_texts_and_is_sorted(
    texts: Catalog, language: str
) -> None:
    catalogue = written(language)

    gone = {one.id for one in catalogue} - {one.id for one in texts}

    assert gone == set(), "run `make messages`: it drops the texts that are gone"
    assert catalogue_path(language).read_text() == as_text(catalogue, language)


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("Order %(number)s is paid.", "Bestelling is betaald."),
        ("Order %(number)s is paid.", "Bestelling %(nummer)s is betaald."),
        ("Only {number} can stand.", "Alleen {nummer}."),
        (("%(num)s order", "%(num)s orders"), ("%(num)s bestelling", "bestellingen")),
    ],
)
def test_another_placeholder_is_noticed(
    text: str | tuple[str, str], translation: str | tuple[str, str]
) -> None:
    assert not is_filled_in_alike(Message(text, translation))


@pytest.mark.parametrize(
    ("text", "translation", "flags"),
    [
        ("Paid", "", ()),
        ("Paid", " ", ()),
        ("Paid", "Betaald", ("fuzzy",)),
        (("%(num)s order", "%(num)s orders"), ("%(num)s bestelling", ""), ()),
    ],
)
def test_an_empty_or_doubtful_translation_is_noticed(
    text: str | tuple[str, str],
    translation: str | tuple[str, str],
    flags: tuple[str, ...],
) -> None:
    assert not is_translated(Message(text, translation, flags=flags))


def is_translated(message: Message | None) -> bool:
    return (
        message is not None
        and not message.fuzzy
        and all(words.strip() for words in forms(message.string))
    )


def is_filled_in_alike(message: Message) -> bool:
    wanted = [placeholders(text) for text in forms(message.id)]
    # Languages may have more forms than English; the last one is for many.
    return all(
        placeholders(words) == wanted[min(place, len(wanted) - 1)]
        for place, words in enumerate(forms(message.string))
        if words
    )


def forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, list | tuple) else (text or "",)


def placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))
