"""The pattern of invoice numbers: whether it will do, and an example of it."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Final

from dashboard.domain.rules import Shop
from dashboard.domain.sentences import say

_PARTS: Final = frozenset({"prefix", "number"})
_MAX_LENGTH: Final = 255


class PatternWrong(ValueError):
    """A pattern that cannot be used; the message is for who typed it."""


def example(pattern: str, *, prefix: str, number: str) -> str:
    """Return the invoice number an order would get.

    Raises:
        PatternWrong: If orders could not be told apart by it.
    """
    try:
        parts = [
            (name, spec, conversion)
            for _text, name, spec, conversion in string.Formatter().parse(pattern)
            if name is not None
        ]
    except ValueError as error:
        raise PatternWrong(say("A brace is not closed.")) from error
    names = [name for name, _spec, _conversion in parts]
    if set(names) - _PARTS or any(spec or conv for _name, spec, conv in parts):
        raise PatternWrong(say("Only {prefix} and {number} can stand in braces."))
    if "number" not in names:
        raise PatternWrong(
            say("{number} is missing: all invoices would be called the same.")
        )
    made = pattern.format(prefix=prefix, number=number)
    if len(made) > _MAX_LENGTH:
        raise PatternWrong(say("That makes numbers too long for the books."))
    return made


def same_numbers(patterns: Mapping[Shop, str]) -> str:
    """Say which two shops make the same invoice numbers; "" if none do."""
    first: dict[str, Shop] = {}
    for shop, pattern in patterns.items():
        made = pattern.format(prefix=shop.prefix, number="\0")
        if made in first:
            return say(
                "Orders of %(first)s and %(second)s with one number get the same "
                "invoice number: then the second of them waits. {prefix} tells them "
                "apart.",
                first=first[made].name,
                second=shop.name,
            )
        first[made] = shop
    return ""
