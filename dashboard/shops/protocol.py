"""What every shop connector answers: the values and the protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dashboard.domain.order import Order


class NotJson(Exception):
    """The body is not a JSON object; *line* and *column* count from 1."""

    def __init__(self, message: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(f"Line {line}, column {column}: {message}")
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """What is wrong with one field; *path* reads like ``line_items[2].total``."""

    path: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Ping:
    """A message that brings no order; *reason* says why, for the log."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Deleted:
    """The shop has thrown an order away and tells no more than its id."""

    external_id: str


@dataclass(frozen=True, kw_only=True)
class Received:
    """An order, understood."""

    order: Order


@dataclass(frozen=True, kw_only=True)
class NotUnderstood:
    """A JSON object that holds no order we can read.

    *external_id* is empty when not even that could be read: then there is nothing
    to file the payload under, and the sender has to be told.
    """

    external_id: str
    number: str
    errors: tuple[FieldError, ...]


Message = Ping | Deleted | Received | NotUnderstood


class ShopConnector(Protocol):
    """How the messages of one kind of shop are checked and read. Pure.

    Header names are matched whatever their case.
    """

    @property
    def kind(self) -> str:
        """The word that names this kind of shop in settings and on the command line."""
        ...

    def signature_is_valid(
        self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]
    ) -> bool:
        """Tell whether one of the active *secrets* signed exactly these bytes."""
        ...

    def is_unsigned_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Tell whether this is the shop's trial call, which bears no signature."""
        ...

    def read(self, headers: Mapping[str, str], body: bytes) -> Message:
        """Return what the message says. The signature is checked by the caller.

        Raises:
            NotJson: If *body* is not a JSON object.
        """
        ...
