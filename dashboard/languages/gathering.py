"""Gathers the texts of the program into the catalogues: `make messages`.

What is new stands there without a translation, what is gone is dropped. Sorted and
without the places in the code, so that catalogues change only where texts do.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.core import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from dashboard.languages.catalogues import LANGUAGES, catalogue_path

_PROGRAM: Final = Path(__file__).parents[1]
_METHODS: Final = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
# Which arguments are texts; every other function takes none.
_KEYWORDS: Final[Mapping[str, tuple[int, ...] | None]] = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "say": None,
    "say_number": (1, 2),
    "note": (2,),
    "_note": (1,),
}
_HEADER: Final = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plurals}\\n"

"""


def gathered() -> Catalog:
    """Return all texts there are to translate."""
    catalogue = Catalog()
    found = extract_from_dir(_PROGRAM, _METHODS, keywords=_KEYWORDS)
    for _file, _line, message, _comments, context in found:
        catalogue.add(message, context=context)
    return catalogue


def written(language: str) -> Catalog:
    """Return a catalogue as it is written down; an empty one if there is none yet."""
    path = catalogue_path(language)
    if not path.is_file():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def as_text(catalogue: Catalog, language: str) -> str:
    """Write a catalogue as it is kept."""
    plurals = Catalog(locale=Locale.parse(language)).plural_forms
    body = BytesIO()
    write_po(
        body,
        catalogue,
        width=0,
        no_location=True,
        omit_header=True,
        sort_output=True,
        ignore_obsolete=True,
    )
    header = _HEADER.format(language=language, plurals=plurals)
    return header + body.getvalue().decode()


def main() -> None:
    """Bring every catalogue up to date."""
    texts = gathered()
    for language in LANGUAGES:
        if language == "en":
            continue  # the texts in the code are English
        catalogue = written(language)
        catalogue.update(texts, no_fuzzy_matching=True)
        path = catalogue_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_text(catalogue, language))


if __name__ == "__main__":
    main()
