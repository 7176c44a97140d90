"""What hangs on a document: its history and its files."""

from __future__ import annotations

from urllib.parse import quote

from mock_accounting.dialect.dates import iso_moment, ms_moment
from mock_accounting.dialect.jsontext import JsonObject
from mock_accounting.dialect.messages import Call
from mock_accounting.ledger.model import Attachment, HistoryRecord


def show_history_record(subject: HistoryRecord) -> JsonObject:
    """A line of a document's history."""
    return {
        "Changes": subject.changes,
        "DateUTCString": iso_moment(subject.at),
        "DateUTC": ms_moment(subject.at),
        "User": "System Generated",
        "Details": subject.details,
    }


def show_attachment(subject: Attachment, call: Call) -> JsonObject:
    """A file, and where *call* would find it."""
    folder = call.path.lower().rpartition("/attachments")[0]
    host = call.header("Host", "localhost")
    return {
        "AttachmentID": subject.attachment_id,
        "FileName": subject.file_name,
        "Url": f"http://{host}{folder}/Attachments/{quote(subject.file_name)}",
        "MimeType": subject.mime_type,
        "ContentLength": len(subject.content),
        "IncludeOnline": subject.include_online,
    }
