"""The only place of the demo shop that tells the time."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC, to the second.

    WooCommerce keeps whole seconds.
    """
    return datetime.now(UTC).replace(microsecond=0)
