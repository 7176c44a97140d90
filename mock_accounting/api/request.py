"""What an endpoint is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from mock_accounting.dialect import answers
from mock_accounting.dialect.jsontext import Encoded, JsonObject
from mock_accounting.dialect.messages import Answer, Call
from mock_accounting.dialect.rendering.memory import ShownBefore
from mock_accounting.faults.tampering import ElementChange
from mock_accounting.ledger.books import Books

S = TypeVar("S")


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiRequest:
    """An admitted call, the books it is about, and its path in parts.

    `/api.xro/2.0/Invoices/INV-1/History` has the parts `("INV-1", "history")`;
    only words of the API are lower-cased, identifiers stay as sent.
    """

    call: Call
    books: Books
    parts: tuple[str, ...]
    shown_before: ShownBefore
    change: ElementChange | None = None
    """What a fault does to the elements before they are written."""

    def to_write(self, place: int, sent: S) -> S:
        """What is to be written of the element at *place*, counted from 1.

        Raises:
            Refused: If a fault refuses the element.
        """
        return sent if self.change is None else self.change(place, sent)

    @property
    def wants_pdf(self) -> bool:
        """Whether a document is asked for as it would be printed."""
        return "application/pdf" in self.call.header("Accept", "").lower()

    def envelope(
        self,
        name: str,
        elements: Sequence[JsonObject | Encoded],
        pagination: JsonObject | None = None,
    ) -> Answer:
        """Answer with elements under their name."""
        books = self.books
        return answers.envelope(
            books.ids.next(), books.clock.now(), name, elements, pagination
        )
