"""The addresses of the pages before and after a part of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for


def beside(
    endpoint: str,
    args: Mapping[str, Any],
    ids: Sequence[int],
    *,
    has_previous: bool,
    has_next: bool,
) -> tuple[str, str]:
    """Return both addresses, empty where there is no such page.

    *ids* are those of the rows that are shown, *args* what the address asks for.
    """
    if not ids:
        return "", ""
    return (
        url_for(endpoint, **args, before=ids[0]) if has_previous else "",
        url_for(endpoint, **args, after=ids[-1]) if has_next else "",
    )
