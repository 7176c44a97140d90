"""What a file of orders says, and what became of each of its orders."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """What an order of a file is to what we know."""

    NEW = "new"
    CHANGED = "changed"
    KNOWN = "known"
    WRONG = "wrong"


@dataclass(frozen=True, kw_only=True)
class CellError:
    """What is wrong with a cell; *column* is the name its header bears, or empty."""

    line: int
    column: str
    message: str


@dataclass(frozen=True, kw_only=True)
class FiledOrder:
    """What became of an order of a file; one with *errors* was left out, without id."""

    number: str
    standing: Standing
    order_id: int | None = None
    errors: tuple[CellError, ...] = ()
