"""Browsers that are signed in: known by a token of which only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update

from dashboard.domain.clock import Clock
from dashboard.domain.users import User
from dashboard.store.database import Database
from dashboard.store.schema import UserRow, UserSessionRow
from dashboard.store.users import user_of

# Writing down every page view would make reading pages a stream of writes.
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class SessionLimits:
    """How long a user stays signed in: without acting, and at all."""

    idle: timedelta
    absolute: timedelta


NORMAL_LIMITS = SessionLimits(idle=timedelta(minutes=30), absolute=timedelta(hours=12))
DEMO_LIMITS = SessionLimits(idle=timedelta(hours=12), absolute=timedelta(days=7))


class UserSessionStore:
    """Starts, recognises and ends the sessions of users."""

    def __init__(self, database: Database, clock: Clock, limits: SessionLimits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits

    def start(self, user: User, address: str) -> str:
        """Start a session of *user* and return its token; commits.

        Sessions that are over are cleared away, whoever's they are.
        """
        token = secrets.token_urlsafe(32)
        now = self._clock.now()
        with self._database.write() as session:
            session.execute(
                delete(UserSessionRow).where(
                    (UserSessionRow.created_at <= now - self._limits.absolute)
                    | (UserSessionRow.last_seen_at <= now - self._limits.idle)
                )
            )
            session.add(
                UserSessionRow(
                    user_id=user.id,
                    token_hash=token_hash(token),
                    address=address,
                    created_at=now,
                    last_seen_at=now,
                )
            )
        return token

    def user(self, token: str, *, acting: bool) -> User | None:
        """Return the user whose live session has this token.

        Args:
            token: What the browser showed.
            acting: Whether a person did something. A page that refreshes itself
                does not keep its session alive.
        """
        now = self._clock.now()
        with self._database.read() as session:
            found = session.execute(
                select(UserSessionRow, UserRow)
                .join(UserRow, UserRow.id == UserSessionRow.user_id)
                .where(UserSessionRow.token_hash == token_hash(token), UserRow.active)
                .where(UserSessionRow.created_at > now - self._limits.absolute)
                .where(UserSessionRow.last_seen_at > now - self._limits.idle)
            ).one_or_none()
        if found is None:
            return None
        row, user = found
        if acting and now - row.last_seen_at >= _SEEN_EVERY:
            with self._database.write() as session:
                session.execute(
                    update(UserSessionRow)
                    .where(UserSessionRow.id == row.id)
                    .values(last_seen_at=now)
                )
        return user_of(user)

    def end(self, token: str) -> None:
        """End the session of this token, if there is one; commits."""
        with self._database.write() as session:
            session.execute(
                delete(UserSessionRow).where(
                    UserSessionRow.token_hash == token_hash(token)
                )
            )


def token_hash(token: str) -> str:
    """Return what is kept of a token: it is random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
