"""Tells documents that bear our numbers or references from those of other origin."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dashboard.domain.booked import BookedDocument
from dashboard.domain.rules import Shop


class OwnDocuments:
    """Knows documents by the number pattern and by the way references name orders."""

    def __init__(self, number_patterns: Mapping[Shop, str]) -> None:
        numbers = (
            _number_form(shop, pattern) for shop, pattern in number_patterns.items()
        )
        self._numbers = [form for form in numbers if form is not None]
        # A slug and what follows: "woo 1042", "woo 1042 (17)".
        self._references = [
            re.compile(rf"{re.escape(shop.slug)} \S*\d\S*( \(.+\))?")
            for shop in number_patterns
        ]

    def claims(self, document: BookedDocument) -> bool:
        """Tell whether a document says that it is of one of our orders."""
        return any(form.fullmatch(document.number) for form in self._numbers) or any(
            form.fullmatch(document.reference) for form in self._references
        )


def _number_form(shop: Shop, pattern: str) -> re.Pattern[str] | None:
    """Return the form of a shop's invoice numbers; None if any number has it."""
    mark = "\0"
    made = pattern.format(prefix=shop.prefix, number=mark)
    before, _, after = made.partition(mark)
    if not before.strip() and not after.strip():
        return None
    return re.compile(rf"{re.escape(before)}\S*\d\S*{re.escape(after)}")
