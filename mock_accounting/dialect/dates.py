"""Dates as the API writes and reads them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.date()
_MS_DATE = re.compile(r"/Date\((-?\d{1,15})([+-]\d{4})?\)/")
_MS_PER_DAY = 86_400_000
_MS = timedelta(milliseconds=1)


def ms_day(day: date) -> str:
    """A calendar day: midnight UTC in milliseconds."""
    return f"/Date({(day - _EPOCH_DAY).days * _MS_PER_DAY}+0000)/"


def ms_moment(moment: datetime) -> str:
    """A moment in milliseconds, with its offset."""
    return f"/Date({(moment - _EPOCH) // _MS}+0000)/"


def ms_bare(moment: datetime) -> str:
    """A moment in milliseconds as the envelope writes it: without an offset."""
    return f"/Date({(moment - _EPOCH) // _MS})/"


def iso_day(day: date) -> str:
    """A calendar day as `DateString` fields show it."""
    return f"{day.isoformat()}T00:00:00"


def iso_moment(moment: datetime) -> str:
    """A moment as `UpdatedDateUTCString` shows it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def iso_ticks(moment: datetime) -> str:
    """A moment with seven decimals, as the connections list shows it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0"


def read_day(text: str) -> date:
    """The calendar day in any form that clients send.

    Raises:
        ValueError: If it is none of them.
    """
    return read_moment(text).date()


def read_moment(text: str) -> datetime:
    """The moment in `/Date(ms)/` or ISO form; without an offset it is UTC.

    Raises:
        ValueError: If it is neither, or out of range.
    """
    matched = _MS_DATE.fullmatch(text.strip())
    try:
        if matched:
            return _EPOCH + timedelta(milliseconds=int(matched[1]))
        moment = datetime.fromisoformat(text.strip())
    except OverflowError as error:
        raise ValueError(text) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_since(text: str) -> datetime | None:
    """The moment of an If-Modified-Since header, or None if it is unreadable."""
    try:
        return read_moment(text)
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
