"""Identifiers of documents."""

from __future__ import annotations

import random
import uuid

NIL_ID = "00000000-0000-0000-0000-000000000000"


class IdSource:
    """Hands out version 4 UUIDs; the same seed gives the same ones again."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - ids, not secrets

    def begin(self, seed: int) -> None:
        """Begin anew with this seed."""
        self._random.seed(seed)

    def next(self) -> str:
        """A new identifier in its dashed, lower-case form."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))


def derived_id(*parts: str) -> str:
    """The identifier of what these parts stand for: always the same."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, " ".join(parts)))


def parse_id(text: str) -> str | None:
    """The dashed, lower-case form of *text*, or None if it is no identifier.

    Clients send identifiers with and without dashes, in either case.
    """
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None
