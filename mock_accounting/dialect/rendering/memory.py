"""Documents as they were shown last, for as long as they would be shown the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import is_

from mock_accounting.dialect.jsontext import Encoded, JsonObject, encoded

_MAX_DOCUMENTS = 4000


class ShownBefore:
    """Encoded documents by their id.

    Whatever is in the books never changes but is replaced. So what a document
    was shown as stands while everything it was made of is still the same object.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Sequence[object], Encoded]] = {}

    def show(
        self,
        document_id: str,
        made_of: Sequence[object],
        show: Callable[[], JsonObject],
    ) -> Encoded:
        """What *show* makes of a document, or made of it before."""
        former, shown = self._kept.get(document_id, ((), None))
        if shown is not None and _are_same(former, made_of):
            return shown
        shown = encoded(show())
        if len(self._kept) >= _MAX_DOCUMENTS:
            self._kept.clear()
        self._kept[document_id] = made_of, shown
        return shown


def _are_same(former: Sequence[object], now: Sequence[object]) -> bool:
    return len(former) == len(now) and all(map(is_, former, now))
