"""The forms of an upload: the file, and how it is to be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import request
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, RadioField, StringField
from wtforms.validators import Optional, Regexp

from dashboard.shops.csv_upload.cells import DayOrder
from dashboard.shops.csv_upload.columns import Column
from dashboard.shops.csv_upload.reading import Reading
from dashboard.web.forms import PageForm, labelled
from dashboard.web.language import gettext
from dashboard.web.language import lazy_gettext as _

_POINT: Final = "point"
_COMMA: Final = "comma"


class EntryWrong(Exception):
    """What was entered cannot be used; the message says why."""


class FileForm(PageForm):
    """The file."""

    file = FileField(_("CSV file"), [FileRequired()])


class ReadingForm(PageForm):
    """How the file writes things; what its columns stand for comes beside it."""

    decimals = RadioField(_("Amounts are written"))
    day_order = RadioField(_("Days are written"))
    currency = StringField(
        _("Currency, where the file does not tell"),
        [Optional(), Regexp("^[A-Z]{3}$", message=_("Three capital letters: EUR."))],
    )
    all_paid = BooleanField(_("All orders in it are paid"))
    untaxed = BooleanField(_("Nothing in it is taxed"))


def reading_form(reading: Reading) -> ReadingForm:
    """Return the form with how the file is read now."""
    form = ReadingForm(
        None,
        decimals=_COMMA if reading.decimal_comma else _POINT,
        day_order=reading.day_order.value,
        currency=reading.currency,
        all_paid=reading.all_paid,
        untaxed=reading.untaxed,
    )
    return _with_choices(form)


def entered_reading(header: Sequence[str]) -> Reading:
    """Return how the file is to be read from now on, as it was entered.

    Raises:
        EntryWrong: If that cannot be used.
    """
    form = _with_choices(ReadingForm())
    if not form.validate():
        raise EntryWrong(next(text for field in form for text in field.errors))
    return Reading(
        columns=_entered_columns(header),
        decimal_comma=form.decimals.data == _COMMA,
        day_order=DayOrder(form.day_order.data),
        currency=form.currency.data or "",
        all_paid=bool(form.all_paid.data),
        untaxed=bool(form.untaxed.data),
    )


def _with_choices(form: ReadingForm) -> ReadingForm:
    form.decimals.choices = labelled((_POINT, "1,234.50"), (_COMMA, "1.234,50"))
    form.day_order.choices = labelled(
        (DayOrder.DAY_FIRST.value, gettext("day first: 31-12-2026")),
        (DayOrder.MONTH_FIRST.value, gettext("month first: 12/31/2026")),
    )
    return form


def _entered_columns(header: Sequence[str]) -> dict[Column, str]:
    """Return what was chosen for each column of the file."""
    known = {column.value: column for column in Column}
    columns: dict[Column, str] = {}
    for at, name in enumerate(header):
        column = known.get(request.form.get(f"column-{at}", ""))
        if column in columns:
            raise EntryWrong(
                gettext("Two columns stand for the same. Choose one of them.")
            )
        if column is not None:
            columns[column] = name
    return columns
