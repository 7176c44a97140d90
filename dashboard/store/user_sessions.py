"""Browsers that are signed in: known by a token of which only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, func, select, update

from dashboard.domain.clock import Clock
from dashboard.domain.users import User
from dashboard.store.database import Database
from dashboard.store.schema import UserRow, UserSessionRow
from dashboard.store.users import USER_COLUMNS, user_of

# Writing down every page view would make reading pages a stream of writes.
_SEEN_EVERY = timedelta(minutes=1)
_MAX_BROWSER = 300

# Put together once: every page and every poll begins with it.
_WHOSE: Final = (
    select(*USER_COLUMNS, UserSessionRow.last_seen_at)
    .join(UserSessionRow, UserSessionRow.user_id == UserRow.id)
    .where(UserSessionRow.token_hash == bindparam("token_hash"), UserRow.active)
    .where(UserSessionRow.created_at > bindparam("started_after"))
    .where(UserSessionRow.last_seen_at > bindparam("seen_after"))
)


@dataclass(frozen=True, kw_only=True)
class SessionLimits:
    """How long a user stays signed in: without acting, and at all."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, kw_only=True)
class UserSession:
    """A browser that is signed in; *this* is the one that asks."""

    id: int
    address: str
    browser: str
    created_at: datetime
    last_seen_at: datetime
    this: bool


NORMAL_LIMITS = SessionLimits(idle=timedelta(minutes=30), absolute=timedelta(hours=12))
DEMO_LIMITS = SessionLimits(idle=timedelta(hours=12), absolute=timedelta(days=7))
# Whoever moves the clock of a demonstration by weeks stays signed in.
LAB_LIMITS = SessionLimits(idle=timedelta(days=365), absolute=timedelta(days=365))


class UserSessionStore:
    """Starts, recognises and ends the sessions of users."""

    def __init__(self, database: Database, clock: Clock, limits: SessionLimits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits

    def start(self, user: User, address: str, browser: str = "") -> str:
        """Start a session of *user* and return its token; commits.

        *browser* is what the browser says of itself.
        Sessions that are over are cleared away, whoever's they are.
        """
        token = secrets.token_urlsafe(32)
        now = self._clock.now()
        with self._database.write() as session:
            over = select(UserSessionRow.id).where(
                (UserSessionRow.created_at <= now - self._limits.absolute)
                | (UserSessionRow.last_seen_at <= now - self._limits.idle)
            )
            # Who ends them at this moment is not waited for.
            unlocked = over.with_for_update(skip_locked=True)
            session.execute(
                delete(UserSessionRow).where(UserSessionRow.id.in_(unlocked))
            )
            session.add(
                UserSessionRow(
                    user_id=user.id,
                    token_hash=token_hash(token),
                    address=address,
                    browser=browser[:_MAX_BROWSER],
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
        found = self._database.ask(
            _WHOSE,
            {
                "token_hash": token_hash(token),
                "started_after": now - self._limits.absolute,
                "seen_after": now - self._limits.idle,
            },
        )
        if not found:
            return None
        if acting and now - found[0].last_seen_at >= _SEEN_EVERY:
            with self._database.write() as session:
                session.execute(
                    update(UserSessionRow)
                    .where(UserSessionRow.token_hash == token_hash(token))
                    .values(last_seen_at=now)
                )
        return user_of(found[0])

    def end(self, token: str) -> None:
        """End the session of this token, if there is one; commits."""
        with self._database.write() as session:
            session.execute(
                delete(UserSessionRow).where(
                    UserSessionRow.token_hash == token_hash(token)
                )
            )

    def of(self, user_id: int, *, this: str = "") -> tuple[UserSession, ...]:
        """Return a user's live sessions, the one last used first.

        *this* is the token of the session that asks, if it is one of them.
        """
        now = self._clock.now()
        with self._database.read() as session:
            rows = session.scalars(
                select(UserSessionRow)
                .where(UserSessionRow.user_id == user_id)
                .where(UserSessionRow.created_at > now - self._limits.absolute)
                .where(UserSessionRow.last_seen_at > now - self._limits.idle)
                .order_by(UserSessionRow.last_seen_at.desc(), UserSessionRow.id)
            )
            return tuple(
                UserSession(
                    id=row.id,
                    address=row.address,
                    browser=row.browser,
                    created_at=row.created_at,
                    last_seen_at=row.last_seen_at,
                    this=row.token_hash == token_hash(this),
                )
                for row in rows
            )

    def counts(self) -> Mapping[int, int]:
        """Count the live sessions of each user who has any."""
        now = self._clock.now()
        query = (
            select(UserSessionRow.user_id, func.count())
            .where(UserSessionRow.created_at > now - self._limits.absolute)
            .where(UserSessionRow.last_seen_at > now - self._limits.idle)
            .group_by(UserSessionRow.user_id)
        )
        with self._database.read() as session:
            return dict(session.execute(query).all())

    def revoke(self, user_id: int, session_id: int) -> bool:
        """End one session of a user; False if they have no such session; commits."""
        with self._database.write() as session:
            ended = session.scalar(
                delete(UserSessionRow)
                .where(UserSessionRow.id == session_id)
                .where(UserSessionRow.user_id == user_id)
                .returning(UserSessionRow.id)
            )
            return ended is not None

    def revoke_all(self, user_id: int, *, but: str = "") -> None:
        """End a user's sessions, all *but* the one with that token; commits."""
        with self._database.write() as session:
            session.execute(
                delete(UserSessionRow)
                .where(UserSessionRow.user_id == user_id)
                .where(UserSessionRow.token_hash != token_hash(but))
            )


def token_hash(token: str) -> str:
    """Return what is kept of a token: it is random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
