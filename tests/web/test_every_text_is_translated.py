"""Every page in a language that marks each text it is given.

What has no mark was never handed over for translation: it is English for everybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from zoneinfo import available_timezones

import pytest
from babel.core import Locale
from babel.messages.catalog import Catalog
from babel.support import NullTranslations
from typing_extensions import override

from dashboard.domain.clock import SystemClock
from dashboard.languages import speech
from dashboard.languages.gathering import written
from dashboard.web import language
from tests.web.conftest import MakeScene
from tests.web.scene import Scene
from tests.web.test_pages_in_browser import PATHS, fill
from tests.web.test_uploads import FILE as A_FILE

SAID_ALOUD = {"alt", "aria-label", "placeholder", "title"}
WITHOUT_TEXT = {"code", "kbd", "pre", "script", "style", "time"}
DATA = re.compile(
    r"Sluice|English|Nederlands|Deutsch|WooCommerce|Shopify|Xero|"
    r"(Demo|Second|Woo) shop|Administrator|Chat|Pat|Robin|By hand|"
    r"(Ada|Grace|Zoë) \S+|\S+@\S+\.example|Stoneware mug|"
    r"(PUT )?https?://\S+|(id|doc|demo)-\w+|"
    r"(Contact|Invoice|Payment) \S+ booked\.|Look at the shop\.|"
    r"Refused: the date is locked\.|The books asked for a pause\.|"
    r"The tax of a line was changed in the books\.|"
    r"Demo Company \(NL\).*|tenant|demo|json|shopify|woocommerce|xero|"
    r"\d+ (Bank|Sales|Rounding)|=?OUTPUT2?|\d+% BTW \(\d+%\)|EUR|"
    r"13 % in NL|barter|ideal|placed|SECOND-|\{prefix\}\{number\}|"
    r"\d+ [A-Z][a-z]+ \d{4}(\W+\d+ [A-Z][a-z]+ \d{4})?"
)
NAMES = {
    *(zone.replace("_", " ") for zone in available_timezones()),
    *available_timezones(),
    *map(str, Locale.parse("en_GB").territories.values()),
    *re.split("[;\n]", A_FILE),
    "sales.csv",
}
VOID = {"br", "hr", "img", "input", "link", "meta", "rect", "use", "line", "path"}


class Marking(NullTranslations):
    """Texts of a language in which all that was gathered stands between marks."""

    def __init__(self, gathered: Catalog) -> None:
        super().__init__()
        self._gathered = gathered

    @override
    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧" if message in self._gathered else message

    @override
    def ngettext(self, msgid1: str, msgid2: str, num: int) -> str:
        known = msgid1 in self._gathered
        return f"⟦{msgid1 if num == 1 else msgid2}⟧" if known else msgid2

    ugettext = gettext
    ungettext = ngettext


class Texts(HTMLParser):
    """Gathers what a page says, with what stands between marks taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.unmarked: list[str] = []
        self._inside: list[str] = []
        self._deep = 0

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self._inside.append(tag)
        for name, value in attrs:
            if name in SAID_ALOUD and value and tag != "time":
                self._hear(value)

    @override
    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    @override
    def handle_data(self, data: str) -> None:
        if not WITHOUT_TEXT.intersection(self._inside):
            self._hear(data)

    def _hear(self, text: str) -> None:
        """Keep what stands outside all marks; they may open here and close later."""
        outside = ""
        for part in re.split("([⟦⟧])", text):
            if part == "⟦":
                self._deep += 1
            elif part == "⟧":
                self._deep -= 1
            elif self._deep == 0:
                outside += part
        words = " ".join(outside.split())
        if re.search(r"[^\W\d_]{2}", words):
            self.unmarked.append(words)


@pytest.fixture(autouse=True)
def marking(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = Marking(written("nl"))
    for module in (speech, language):
        monkeypatch.setattr(module, "texts_in", lambda _language: texts)


def unmarked(page: str) -> list[str]:
    """Return what a page says that has no mark and is no data of the scene."""
    texts = Texts()
    texts.feed(page)
    parts = [part for text in texts.unmarked for part in text.split("·")]
    return [text for part in parts if (text := part.strip(" :,")) and not is_data(text)]


def is_data(text: str) -> bool:
    return DATA.fullmatch(text) is not None or text in NAMES


def untranslated(scene: Scene, paths: Iterable[str]) -> set[tuple[str, str]]:
    """Return what pages say that never was in a catalogue, each with its page."""
    client = scene.client()
    return {(path, text) for path in paths for text in unmarked(client.get(path).text)}


def test_every_text_of_every_page_goes_through_the_catalogue(
    make_scene: MakeScene,
) -> None:
    """What is data of the scene, and not for translation, is named in `DATA`."""
    scene = make_scene(SystemClock())
    fill(scene)

    assert untranslated(scene, PATHS) == set()


def test_every_text_of_a_page_without_content_goes_through_the_catalogue(
    empty: Scene,
) -> None:
    lists = [path for path in PATHS if path.count("/") == 1 and "?" not in path]

    assert untranslated(empty, lists) == set()
    assert unmarked(empty.client(None).get("/sign-in").text) == []


def test_a_text_without_a_mark_is_noticed() -> None:
    page = "<p>Plain</p><p>⟦Marked <b>whole</b>⟧</p><i title='Said'>⟦1⟧ of 2</i>"

    assert unmarked(page) == ["Plain", "Said", "of 2"]
