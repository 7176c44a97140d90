"""Texts, amounts and dates in the reader's language; the one door to Babel."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import cast

import flask_babel  # type: ignore[import-untyped]
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, format_percent
from flask import Flask, request

from dashboard.domain.money import decimals_of

# The first that a browser asks for is taken; all of them speak English so far.
LOCALES = ("en-GB", "en-US", "en-IE", "en-AU", "en-CA")


def install_language(app: Flask) -> None:
    """Let *app* speak the reader's language and teach its templates the formats."""
    flask_babel.Babel(app, default_locale="en_GB", locale_selector=_best_locale)
    app.jinja_env.filters.update(
        money=money,
        number=number,
        percent=percent,
        moment=moment,
        day=day,
        duration=duration,
    )
    app.jinja_env.globals["language"] = lambda: _locale().replace("_", "-")


def gettext(message: str, **values: object) -> str:
    """Translate a message and fill in its values."""
    return str(flask_babel.gettext(message, **values))


def ngettext(singular: str, plural: str, number: int, **values: object) -> str:
    """Translate a message about *number* things (%(num)s) and fill in its values."""
    return str(flask_babel.ngettext(singular, plural, number, **values))


def lazy_gettext(message: str) -> str:
    """Mark a message for translation that is read before anyone asks for it."""
    return cast("str", flask_babel.lazy_gettext(message))


def money(amount: Decimal, currency: str) -> str:
    """Write *amount* with its currency; never fewer decimals than it has."""
    if not currency:
        return number(amount)
    fits = amount == round(amount, decimals_of(currency))
    pattern = None if fits else "¤#,##0.00"
    return format_currency(
        amount, currency, pattern, locale=_locale(), currency_digits=fits
    )


def number(value: Decimal | int) -> str:
    """Write a number with its thousands grouped, and all its decimals."""
    return format_decimal(value, locale=_locale(), decimal_quantization=False)


def percent(value: Decimal) -> str:
    """Write a rate given in percent: 21 becomes 21%."""
    return format_percent(value / 100, locale=_locale(), decimal_quantization=False)


def moment(at: datetime) -> str:
    """Write a time in UTC; the browser turns it into the reader's own zone."""
    return format_datetime(at, "d MMM yyyy, HH:mm:ss", locale=_locale()) + " UTC"


def day(on: date) -> str:
    """Write a date."""
    return format_date(on, "d MMM yyyy", locale=_locale())


def duration(milliseconds: int | None) -> str:
    """Write how long something took, in the unit that suits it."""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:  # noqa: PLR2004 - a second
        return gettext("%(number)s ms", number=milliseconds)
    seconds = milliseconds / 1000
    if seconds < 60:  # noqa: PLR2004 - a minute
        return gettext("%(number)s s", number=f"{seconds:.1f}")
    minutes, rest = divmod(round(seconds), 60)
    return gettext("%(minutes)s min %(seconds)s s", minutes=minutes, seconds=rest)


def _best_locale() -> str:
    wanted = request.accept_languages.best_match(LOCALES, default=LOCALES[0])
    return wanted.replace("-", "_")


def _locale() -> str:
    try:
        return str(flask_babel.get_locale() or "en_GB")
    except UnknownLocaleError:
        return "en_GB"
