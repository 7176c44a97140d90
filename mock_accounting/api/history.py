"""The history of any document: read it, add a note to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from mock_accounting.api.request import ApiRequest
from mock_accounting.dialect.bodies import read_elements
from mock_accounting.dialect.messages import Answer
from mock_accounting.dialect.reading import history_details
from mock_accounting.dialect.rendering.notes import show_history_record
from mock_accounting.ledger.books import Books

FindId: TypeAlias = Callable[[Books, str], str]
"""Gives the id of the document that a path names, or raises NoSuchDocument."""


def history(find_id: FindId) -> Mapping[str, Callable[[ApiRequest], Answer]]:
    """GET and PUT /{Documents}/{id}/History of the documents *find_id* finds."""

    def read(request: ApiRequest) -> Answer:
        """GET /{Documents}/{id}/History, newest first."""
        records = request.books.history_of(find_id(request.books, request.parts[0]))
        shown = [show_history_record(record) for record in reversed(records)]
        return request.envelope("HistoryRecords", shown)

    def add(request: ApiRequest) -> Answer:
        """PUT /{Documents}/{id}/History."""
        document_id = find_id(request.books, request.parts[0])
        records = [
            request.books.note(document_id, "Note", history_details(element))
            for element in read_elements(request.call, "HistoryRecords")
        ]
        shown = [show_history_record(record) for record in records]
        return request.envelope("HistoryRecords", shown)

    return {"GET": read, "PUT": add}
