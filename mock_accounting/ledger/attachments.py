"""Rules for files that are attached to documents."""

from __future__ import annotations

from dataclasses import replace

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.errors import NoSuchDocument, Refused
from mock_accounting.ledger.ids import parse_id
from mock_accounting.ledger.model import Attachment

MAX_FILES = 10
_MAX_NAME = 255
_NOT_IN_NAMES = frozenset('<>:"/\\|?*')


def attach(books: Books, document_id: str, wanted: Attachment) -> Attachment:
    """Attach a file; one of the same name is replaced.

    Raises:
        Refused: If its name is not allowed, it is empty, or one too many.
    """
    held = books.attachments_of(document_id)
    name = wanted.file_name.casefold()
    former = next((it for it in held if it.file_name.casefold() == name), None)
    problems = []
    if len(name) > _MAX_NAME or not _NOT_IN_NAMES.isdisjoint(name):
        problems.append(f"The file name '{wanted.file_name[:80]}' is not allowed")
    if not wanted.content:
        problems.append("The file is empty")
    if former is None and len(held) >= MAX_FILES:
        problems.append(f"A document can have {MAX_FILES} attachments at most")
    if problems:
        raise Refused(*problems)
    if former is not None:
        wanted = replace(wanted, attachment_id=former.attachment_id)
    books.put(wanted)
    books.note(document_id, "Attached a file", f"Attached {wanted.file_name}.")
    return wanted


def require_attachment(books: Books, document_id: str, identifier: str) -> Attachment:
    """The file with this id or name.

    Raises:
        NoSuchDocument: If the document has none like that.
    """
    attachment_id = parse_id(identifier)
    for held in books.attachments_of(document_id):
        same_name = held.file_name.casefold() == identifier.casefold()
        if same_name or held.attachment_id == attachment_id:
            return held
    raise NoSuchDocument
