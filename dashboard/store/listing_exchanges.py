"""Exchanges as pages show them: what was sent to the books and what came back."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.domain.exchanges import Exchange
from dashboard.store.database import Database
from dashboard.store.schema import ExchangeRow


@dataclass(frozen=True, kw_only=True)
class StoredExchange:
    """An exchange with what it belongs to."""

    id: int
    request_id: int | None
    run_id: int | None
    exchange: Exchange


class ExchangeListing:
    """Reads single exchanges."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def one(self, exchange_id: int) -> StoredExchange | None:
        """Return the exchange of that id."""
        with self._database.read() as session:
            row = session.get(ExchangeRow, exchange_id)
            return None if row is None else exchange_of(row)


def exchange_of(row: ExchangeRow) -> StoredExchange:
    """Turn a row into an exchange."""
    return StoredExchange(
        id=row.id,
        request_id=row.request_id,
        run_id=row.run_id,
        exchange=Exchange(
            at=row.at,
            purpose=row.purpose,
            method=row.method,
            url=row.url,
            request_headers=row.request_headers,
            request_body=row.request_body,
            status=row.status,
            response_headers=row.response_headers,
            response_body=row.response_body,
            error=row.error,
            duration_ms=row.duration_ms,
        ),
    )
