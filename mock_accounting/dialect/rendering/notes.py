"""What hangs on a document: its history."""

from __future__ import annotations

from mock_accounting.dialect.dates import iso_moment, ms_moment
from mock_accounting.dialect.jsontext import JsonObject
from mock_accounting.ledger.model import HistoryRecord


def show_history_record(subject: HistoryRecord) -> JsonObject:
    """A line of a document's history."""
    return {
        "Changes": subject.changes,
        "DateUTCString": iso_moment(subject.at),
        "DateUTC": ms_moment(subject.at),
        "User": "System Generated",
        "Details": subject.details,
    }
