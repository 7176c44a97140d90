"""Sentences of the lower floors put into a reader's language."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from dashboard.domain.sentences import Sentence, Value
from dashboard.languages.catalogues import texts_in


def said(text: str, locale: str) -> str:
    """Say a sentence as *locale* ("nl_BE") does; any other text stays what it is."""
    if not isinstance(text, Sentence):
        return text
    texts = texts_in(locale.partition("_")[0])
    if text.plural:
        pattern = texts.ungettext(text.pattern, text.plural, text.number)
    else:
        pattern = texts.ugettext(text.pattern)
    if not text.values:
        return pattern
    return pattern % {name: _said(value, locale) for name, value in text.values.items()}


def exactly(value: Decimal | int, locale: str) -> str:
    """Write a number with its thousands grouped and all the decimals it has."""
    exponent = Decimal(value).as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
    return format_decimal(value, pattern, locale=locale)


def _said(value: Value, locale: str) -> str:
    match value:
        case str():
            return said(value, locale)
        case int() | Decimal():
            return exactly(value, locale)
        case datetime():
            day = format_date(value, "full", locale=locale)
            return f"{day}, {format_datetime(value, 'HH:mm', locale=locale)}"
        case date():
            return format_date(value, "medium", locale=locale)
