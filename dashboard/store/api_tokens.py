"""Bearer tokens of the JSON API: shown once, kept as a hash."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from dashboard.domain.clock import Clock
from dashboard.store.database import Database
from dashboard.store.schema import ApiTokenRow
from dashboard.store.user_sessions import token_hash

_PREFIX = "sluice_"  # lets scanners of leaked secrets recognise one
_USED_EVERY = timedelta(minutes=1)


class TokenExists(Exception):
    """A token of that name is there already."""


class ApiTokenStore:
    """Makes and recognises bearer tokens."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, name: str) -> str:
        """Make a token called *name* and return it; it cannot be shown again; commits.

        Raises:
            TokenExists: If the name is taken.
        """
        token = _PREFIX + secrets.token_urlsafe(32)
        row = ApiTokenRow(
            name=name, token_hash=token_hash(token), created_at=self._clock.now()
        )
        try:
            with self._database.write() as session:
                session.add(row)
        except IntegrityError as error:
            raise TokenExists(f"There is a token called {name} already.") from error
        return token

    def holder(self, token: str) -> str | None:
        """Return the name of the token, or None if it is not one of ours."""
        now = self._clock.now()
        with self._database.read() as session:
            row = session.scalar(
                select(ApiTokenRow).where(ApiTokenRow.token_hash == token_hash(token))
            )
        if row is None:
            return None
        if row.last_used_at is None or now - row.last_used_at >= _USED_EVERY:
            with self._database.write() as session:
                session.execute(
                    update(ApiTokenRow)
                    .where(ApiTokenRow.id == row.id)
                    .values(last_used_at=now)
                )
        return row.name
