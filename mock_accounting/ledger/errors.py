"""What the books refuse."""

from __future__ import annotations


class Refused(Exception):
    """A document breaks rules of the books; carries a message for each."""

    def __init__(self, *messages: str) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages


class NoSuchDocument(Exception):
    """No document of this kind has the identifier asked for."""
