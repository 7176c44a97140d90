"""Keeps what was said to the books and what they answered."""

from __future__ import annotations

from sqlalchemy import insert
from sqlalchemy.orm import Session

from dashboard.domain.exchanges import Exchange
from dashboard.store.database import Database
from dashboard.store.schema import ExchangeRow

# A page shows it, nobody books from it: a batch of 50 fits, a flood does not.
_MAX_BODY = 200_000


def add_exchange(
    session: Session, exchange: Exchange, request_id: int | None, run_id: int | None
) -> None:
    """Add an exchange within the caller's transaction."""
    session.execute(
        insert(ExchangeRow),
        {
            "at": exchange.at,
            "purpose": exchange.purpose,
            "result": exchange.result.value,
            "request_id": request_id,
            "run_id": run_id,
            "method": exchange.method,
            "url": exchange.url,
            "request_headers": dict(exchange.request_headers),
            "request_body": exchange.request_body[:_MAX_BODY],
            "status": exchange.status,
            "response_headers": dict(exchange.response_headers),
            "response_body": exchange.response_body[:_MAX_BODY],
            "error": exchange.error,
            "duration_ms": exchange.duration_ms,
        },
    )


class ExchangeStore:
    """Writes exchanges that belong to no request of ours: signing in, looking up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, exchange: Exchange, *, request_id: int | None, run_id: int | None
    ) -> None:
        """Add an exchange; commits."""
        with self._database.write() as session:
            add_exchange(session, exchange, request_id, run_id)
