"""What somebody typed into a form that was not taken, to give it back to them.

Which form it was the names of its fields tell. Nothing secret is given back: what any
form asks for as a password, or does not let the browser remember, stays out of all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    FileField,
    Form,
    HiddenField,
    PasswordField,
    SelectField,
)
from wtforms.fields.core import UnboundField

Sent = MultiDict[str, str]

# Who opens an address with it, in the address itself; people leave its scheme out.
_SIGN_IN: Final = re.compile(r"(?:://|^[^/\s:]*:)[^/\s]*@")
_ROW: Final = re.compile(r"(\w+)-([0-9]{1,3})-(\w+)")
_UNSEEN: Final = (HiddenField, FileField, FieldList)


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What stood in one field; *row* is counted from 1, 0 where there are no rows."""

    label: str
    text: str = ""
    ticked: bool = False
    row: int = 0


def typed(sent: Sent) -> tuple[Typed, ...]:
    """Return what was typed, in the sequence of the form, without what is secret."""
    forms = tuple(_below(Form))
    secret = {
        name
        for form in forms
        for name, field in _fields(form).items()
        if _is_secret(field)
    }
    names = {_ROW.sub(r"\1", name) for name in sent}
    form = max(forms, key=lambda each: _fit(each, names))
    if not names & _fields(form).keys():
        return ()
    return tuple(_of_form(form, sent, secret))


def _below(form: type[Form]) -> Iterator[type[Form]]:
    for below in form.__subclasses__():
        yield below
        yield from _below(below)


def _fields(form: type[Form]) -> dict[str, UnboundField[Field]]:
    members = ((name, getattr(form, name)) for name in dir(form))
    found = [(name, each) for name, each in members if isinstance(each, UnboundField)]
    return dict(sorted(found, key=lambda pair: pair[1].creation_counter))


def _fit(form: type[Form], names: set[str]) -> tuple[int, int]:
    """Tell how well a form explains what was sent; of two that do, the smaller one."""
    fields = _fields(form)
    return len(names & fields.keys()), -len(fields)


def _is_secret(field: UnboundField[Field]) -> bool:
    remembered = (field.kwargs.get("render_kw") or {}).get("autocomplete", "on")
    hidden = remembered in {"off", "new-password", "current-password"}
    return hidden or issubclass(field.field_class, PasswordField)


def _of_form(form: type[Form], sent: Sent, secret: set[str]) -> Iterator[Typed]:
    for name, field in _fields(form).items():
        if field.field_class is FieldList:
            yield from _of_rows(name, field.args[0].args[0], sent, secret)
        elif name not in secret:
            yield from _of_field(name, field, sent)


def _of_rows(
    name: str, row_form: type[Form], sent: Sent, secret: set[str]
) -> Iterator[Typed]:
    fields = _fields(row_form)
    matches = (_ROW.fullmatch(key) for key in sent)
    rows = {int(m[2]) for m in matches if m is not None and m[1] == name}
    for row in sorted(rows):
        for part, field in fields.items():
            key = f"{name}-{row}-{part}"
            # A box of a row says something only where it is ticked.
            if part not in secret and sent.get(key):
                yield from _of_field(key, field, sent, row=row + 1)


def _of_field(
    name: str, field: UnboundField[Field], sent: Sent, *, row: int = 0
) -> Iterator[Typed]:
    label = str(field.args[0]) if field.args else name
    if issubclass(field.field_class, BooleanField):
        yield Typed(label=label, ticked=name in sent, row=row)
        return
    text = ", ".join(_words(field, value) for value in sent.getlist(name)).strip()
    if (
        text
        and not issubclass(field.field_class, _UNSEEN)
        and not _SIGN_IN.search(text)
    ):
        yield Typed(label=label, text=text, row=row)


def _words(field: UnboundField[Field], value: str) -> str:
    """Return what the reader chose, where the form itself says what can be chosen."""
    if not issubclass(field.field_class, SelectField):
        return value
    choices = field.kwargs.get("choices") or ()
    return next((str(c.label) for c in choices if str(c.value) == value), value)
