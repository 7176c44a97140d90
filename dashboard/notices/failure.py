"""Why a message did not arrive."""

from __future__ import annotations


class NotDelivered(Exception):
    """A message that did not arrive; the text says why and what to do.

    *for_good* tells that trying again would not help.
    """

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good
