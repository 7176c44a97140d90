"""Files attached to any document: list, read, upload."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mock_accounting.api.history import FindId
from mock_accounting.api.request import ApiRequest
from mock_accounting.dialect import answers
from mock_accounting.dialect.listing import flag
from mock_accounting.dialect.messages import Answer
from mock_accounting.dialect.rendering.notes import show_attachment
from mock_accounting.ledger.attachments import attach, require_attachment
from mock_accounting.ledger.errors import Refused
from mock_accounting.ledger.model import Attachment

_ANY_FILE = "application/octet-stream"


def attached_files(find_id: FindId) -> Mapping[str, Callable[[ApiRequest], Answer]]:
    """GET /{Documents}/{id}/Attachments of the documents *find_id* finds."""

    def read(request: ApiRequest) -> Answer:
        """GET /{Documents}/{id}/Attachments."""
        held = request.books.attachments_of(find_id(request.books, request.parts[0]))
        shown = [show_attachment(it, request.call) for it in held]
        return request.envelope("Attachments", shown)

    return {"GET": read}


def attached_file(find_id: FindId) -> Mapping[str, Callable[[ApiRequest], Answer]]:
    """One file: GET by id or name, PUT and POST by name."""

    def read(request: ApiRequest) -> Answer:
        """GET /{Documents}/{id}/Attachments/{AttachmentID or FileName}."""
        document_id = find_id(request.books, request.parts[0])
        found = require_attachment(request.books, document_id, request.parts[2])
        return Answer(
            status=200,
            body=found.content,
            content_type=found.mime_type,
            headers={"X-Content-Type-Options": "nosniff"},
        )

    def upload(request: ApiRequest) -> Answer:
        """PUT or POST /{Documents}/{id}/Attachments/{FileName}: the file itself."""
        books, call = request.books, request.call
        document_id = find_id(books, request.parts[0])
        sent = Attachment(
            attachment_id=books.ids.next(),
            document_id=document_id,
            file_name=request.parts[2],
            mime_type=call.header("Content-Type", "") or _ANY_FILE,
            content=call.body,
            include_online=flag(call, "IncludeOnline", default=False),
            updated_at=books.clock.now(),
        )
        try:
            attached = attach(books, document_id, sent)
        except Refused as refusal:
            return answers.refused({"FileName": sent.file_name}, refusal.messages)
        return request.envelope("Attachments", [show_attachment(attached, call)])

    return {"GET": read, "PUT": upload, "POST": upload}
