"""Texts, amounts and dates in the reader's language; the one door to Babel."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Final, TypeVar, cast
from zoneinfo import ZoneInfo

import flask_babel  # type: ignore[import-untyped]
from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, format_percent
from babel.support import NullTranslations
from flask import Flask, Response, request, session
from typing_extensions import override

from dashboard.domain.money import decimals_of
from dashboard.domain.sentences import Sentence, sentence_of
from dashboard.languages import speech
from dashboard.languages.catalogues import LANGUAGES, texts_in
from dashboard.web.access import known_user

# Languages as they are written in different places, the usual place first.
_LOCALES: Final = (
    *("en-GB", "en-US", "en-IE", "en-AU", "en-CA"),
    *("nl", "nl-NL", "nl-BE"),
    *("de", "de-DE", "de-AT", "de-CH", "de-LI", "de-LU"),
)
# Territories of the CLDR that no order can go to.
_COUNTRY: Final = re.compile("[A-Z]{2}")
_NO_COUNTRIES: Final = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
_CHOSEN: Final = "language"
_T = TypeVar("_T")


class _Texts(flask_babel.Domain):  # type: ignore[misc]
    """Where Flask-Babel finds the texts in the language of the current request."""

    @override
    def get_translations(self) -> NullTranslations:
        """Return the texts of that language."""
        locale = flask_babel.get_locale()
        return texts_in("en" if locale is None else locale.language)


def install_language(app: Flask) -> None:
    """Let *app* speak the reader's language and teach its templates the formats."""
    babel = flask_babel.Babel(app, default_locale="en_GB", locale_selector=_best_locale)
    babel.domain_instance = _Texts()
    # Whatever a template shows that the lower floors have said is put into words.
    app.jinja_env.finalize = said
    app.jinja_env.filters.update(
        money=money,
        number=number,
        percent=percent,
        moment=moment,
        day=day,
        duration=duration,
        said=said,
        upfirst=upfirst,
    )
    app.jinja_env.globals.update(
        language=lambda: _locale().replace("_", "-"), languages=LANGUAGES
    )

    @app.after_request
    def tell_what_it_depends_on(response: Response) -> Response:
        response.vary.add("Accept-Language")
        return response


def gettext(message: str, **values: object) -> str:
    """Translate a message and fill in its values."""
    return str(flask_babel.gettext(message, **values))


def ngettext(singular: str, plural: str, number: int, **values: object) -> str:
    """Translate a message about *number* things (%(num)s) and fill in its values."""
    return str(flask_babel.ngettext(singular, plural, number, **values))


def lazy_gettext(message: str) -> str:
    """Mark a message for translation that is read before anyone asks for it."""
    return cast("str", flask_babel.lazy_gettext(message))


def said(value: _T) -> _T | str:
    """Say a sentence of the lower floors in the reader's language; the rest stays."""
    return speech.said(value, _locale()) if isinstance(value, Sentence) else value


def said_of(error: Exception) -> str:
    """Say what an error of the lower floors says."""
    return said(sentence_of(error))


def upfirst(text: str) -> str:
    """Begin a text with a capital letter and leave the others as they are."""
    words = said(text)
    return words[:1].upper() + words[1:]


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


def plain_number(value: Decimal) -> str:
    """Write a number with all its decimals as it stands in a form: nothing grouped."""
    return format_decimal(
        value, locale=_locale(), decimal_quantization=False, group_separator=False
    )


def percent(value: Decimal) -> str:
    """Write a rate given in percent: 21 becomes 21%."""
    return format_percent(value / 100, locale=_locale(), decimal_quantization=False)


def country_name(code: str) -> str:
    """Write a country (ISO 3166-1 alpha-2); the code itself if it is none."""
    return dict(country_names()).get(code, code)


def country_names() -> list[tuple[str, str]]:
    """Return all countries as (ISO 3166-1 alpha-2, name), by name."""
    named = Locale.parse(_locale()).territories
    countries = ((str(c), str(n)) for c, n in named.items() if _COUNTRY.fullmatch(c))
    return sorted(
        ((code, name) for code, name in countries if code not in _NO_COUNTRIES),
        key=lambda country: country[1],
    )


def moment(at: datetime) -> str:
    """Write a time in the zone the reader chose, which is named; else in UTC.

    The browser turns it into its own zone where none was chosen.
    """
    user = known_user()
    zone = ZoneInfo((user and user.time_zone) or "UTC")
    written = format_datetime(at, "medium", tzinfo=zone, locale=_locale())
    return f"{written} {at.astimezone(zone).tzname()}"


def day(on: date) -> str:
    """Write a date."""
    return format_date(on, "medium", locale=_locale())


def duration(milliseconds: int | None) -> str:
    """Write how long something took, in the unit that suits it."""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:  # noqa: PLR2004 - a second
        return gettext("%(number)s ms", number=milliseconds)
    seconds = milliseconds / 1000
    if seconds < 60:  # noqa: PLR2004 - a minute
        tenths = format_decimal(seconds, "0.0", locale=_locale())
        return gettext("%(number)s s", number=tenths)
    minutes, rest = divmod(round(seconds), 60)
    return gettext("%(minutes)s min %(seconds)s s", minutes=minutes, seconds=rest)


def choose_language(language: str) -> None:
    """Speak *language* to this browser from now on; "" for what it asks for itself."""
    session.pop(_CHOSEN, None)
    if language in LANGUAGES:
        session[_CHOSEN] = language
    flask_babel.refresh()


def chosen_language() -> str:
    """Return what was chosen in this browser or by who is signed in, "" if nothing."""
    user = known_user()
    return (user.language if user else "") or str(session.get(_CHOSEN, ""))


def _best_locale() -> str:
    """Return the chosen language, as the browser's place writes it, if it says so."""
    language = chosen_language()
    spoken = [each for each in _LOCALES if each.startswith(language)] or _LOCALES
    wanted = request.accept_languages.best_match(spoken, default=spoken[0])
    return wanted.replace("-", "_")


def _locale() -> str:
    try:
        return str(flask_babel.get_locale() or "en_GB")
    except UnknownLocaleError:
        return "en_GB"
