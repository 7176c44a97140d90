"""Tokens that open an API for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class AccessToken:
    """A token in the clear, what it allows, and until when."""

    text: str
    scopes: frozenset[str]
    ends_at: datetime
