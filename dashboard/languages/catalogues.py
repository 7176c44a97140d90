"""The catalogues of texts: read as they are written, one file a language.

There is nothing to compile, so nothing can be forgotten to be, and a catalogue that
was edited is read at the next start.
"""

from __future__ import annotations

import functools
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

TRANSLATIONS: Final = Path(__file__).with_name("translations")

# Each named in itself, so that whoever speaks it finds it.
LANGUAGES: Final = {"en": "English", "nl": "Nederlands", "de": "Deutsch"}


def catalogue_path(language: str) -> Path:
    """Return where the texts of a language are written down."""
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


@functools.cache
def texts_in(language: str) -> NullTranslations:
    """Return the texts of a language; read once in the life of a process."""
    path = catalogue_path(language)
    if not path.is_file():
        return NullTranslations()  # the texts in the code are English
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)
