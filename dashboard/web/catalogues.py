"""The catalogues of texts: read as they are written, one file a language."""

from __future__ import annotations

import functools
from io import BytesIO
from pathlib import Path
from typing import Final

import flask_babel  # type: ignore[import-untyped]
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from typing_extensions import override

TRANSLATIONS: Final = Path(__file__).with_name("translations")


class Catalogues(flask_babel.Domain):  # type: ignore[misc]
    """Texts from the .po files themselves: there is nothing to compile or to forget."""

    @override
    def get_translations(self) -> NullTranslations:
        """Return the texts in the language of the current request."""
        locale = flask_babel.get_locale()
        return _texts("en" if locale is None else locale.language)


@functools.cache
def _texts(language: str) -> NullTranslations:
    """Read a catalogue, once in the life of the process (about 0.1 s)."""
    path = TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return NullTranslations()  # the texts in the code are English
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)
