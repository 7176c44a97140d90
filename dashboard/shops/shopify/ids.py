"""Shopify's global ids: ``gid://shopify/Order/820982911946154508``, always as text."""

from __future__ import annotations

from dashboard.domain.sentences import say
from dashboard.shops.fields import Fields

_SCHEME = "gid://shopify/"


def global_id(kind: str, number: str) -> str:
    """Return the id by which GraphQL knows a thing."""
    return f"{_SCHEME}{kind}/{number}"


def numeric_id(fields: Fields, kind: str) -> str:
    """Return the number in the field ``id``, as the shop's pages and webhooks have it.

    It has more digits than a binary fraction can hold.
    """
    text = fields.text("id")
    number = text.removeprefix(f"{_SCHEME}{kind}/").partition("?")[0]
    if number == text or not _is_number(number):
        fields.fault(
            "id",
            say(
                "must be the id of a %(kind)s, such as %(example)s",
                kind=kind,
                example=global_id(kind, "1"),
            ),
        )
        return ""
    return number


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) > 0
