"""What all forms share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from flask_wtf import FlaskForm
from flask_wtf.i18n import translations
from markupsafe import Markup, escape
from typing_extensions import override
from wtforms import (  # type: ignore[attr-defined] # the stubs are of 3.2
    Form,
    HiddenField,
    SelectChoice,
    StringField,
)
from wtforms.fields import Field
from wtforms.meta import DefaultMeta
from wtforms.widgets import TextInput, html_params

from dashboard.web.language import gettext, plain_number

# Nothing is grouped: "1.250" is over a thousand to some, a little over one to others.
_NUMBER: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_EXAMPLE: Final = Decimal("9.5")
# The tables count up to 2**31; Python reads no number of thousands of digits.
_VERSION_DIGITS: Final = 9


def stripped(text: str | None) -> str:
    """Return what was typed without the space around it: a filter of a field."""
    return (text or "").strip()


def labelled(*pairs: tuple[str | int, str]) -> list[Any]:
    """Return the choices of a field from pairs of value and label."""
    return [SelectChoice(value=value, label=label) for value, label in pairs]


class PageForm(FlaskForm):  # type: ignore[misc]
    """A form of a page; its token shows that it came from there."""


class RowForm(Form):
    """A row of a form; what WTForms finds wrong is said in the reader's language."""

    class Meta(DefaultMeta):
        """How rows differ from other forms of WTForms."""

        @override
        def get_translations(self, form: object) -> Any:
            """Return the words of the form the row stands in."""
            return translations


class VersionField(HiddenField):
    """The version of what the form changes, so that two people do not undo each other.

    What is not a number stands for no version at all.
    """

    @property
    def number(self) -> int:
        """The version that was read."""
        text = str(self.data or "")
        return int(text) if text.isdecimal() and len(text) <= _VERSION_DIGITS else -1


class NumberField(Field):
    """A number with decimals, typed with a comma or a point, shown as readers write it.

    Its *data* is a Decimal, or none where nothing or something else was typed.
    """

    widget = TextInput()

    def _value(self) -> str:
        """Return what was typed, else the number; the widget asks for it."""
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else plain_number(self.data)

    @override
    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what was typed; a comma and a point both begin the decimals."""
        if not valuelist:
            return
        typed = valuelist[0].strip()
        self.data = None
        if not _NUMBER.fullmatch(typed):
            example = plain_number(_EXAMPLE)
            raise ValueError(
                gettext("Write a number such as %(example)s.", example=example)
            )
        self.data = Decimal(typed.replace(",", "."))


class CodeField(StringField):
    """A code of the books: chosen by name where the books told us theirs, else typed.

    *choices* are (code, label) and are set per request, and so is *none*: what it is
    called to choose nothing.
    """

    choices: Sequence[tuple[str, str]] = ()
    none = ""

    @override
    def __call__(self, **kwargs: object) -> Markup:
        """Write the field as a select or as an input."""
        if not self.choices:
            return TextInput()(self, **_without_required(kwargs))
        first = ("", self.none or gettext("Choose"))
        return _select(self, (first, *self._known()), kwargs)

    def _known(self) -> Sequence[tuple[str, str]]:
        """Return the choices, with what is set now even if the books lost it."""
        value = self.data or ""
        codes = {code for code, _label in self.choices}
        if value and value not in codes:
            return (*self.choices, (value, value))
        return self.choices


def _select(
    field: Field, choices: Sequence[tuple[str, str]], kwargs: dict[str, Any]
) -> Markup:
    options = Markup("").join(
        Markup("<option {}>{}</option>").format(
            Markup(  # noqa: S704 - html_params escapes what it is given
                html_params(value=code, selected=code == (field.data or ""))
            ),
            label,
        )
        for code, label in choices
    )
    attributes = {"id": field.id, "name": field.name, **kwargs}
    return Markup("<select {}>{}</select>").format(
        Markup(html_params(**attributes)),  # noqa: S704 - the same
        escape(options),
    )


def _without_required(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kwargs.items() if name != "required"}
