"""What an endpoint is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mock_accounting.dialect import answers
from mock_accounting.dialect.jsontext import JsonObject
from mock_accounting.dialect.messages import Answer, Call
from mock_accounting.ledger.books import Books


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiRequest:
    """An admitted call, the books it is about, and its path in parts.

    `/api.xro/2.0/Invoices/INV-1/History` has the parts `("INV-1", "history")`;
    only words of the API are lower-cased, identifiers stay as sent.
    """

    call: Call
    books: Books
    parts: tuple[str, ...]

    def envelope(
        self,
        name: str,
        elements: Sequence[JsonObject],
        pagination: JsonObject | None = None,
    ) -> Answer:
        """Answer with elements under their name."""
        books = self.books
        return answers.envelope(
            books.ids.next(), books.clock.now(), name, elements, pagination
        )
