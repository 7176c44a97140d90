"""Links that let their holder choose a password, once and for a short time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from dashboard.domain.clock import Clock
from dashboard.domain.users import Role, User
from dashboard.store.database import Database
from dashboard.store.passwords import Passwords
from dashboard.store.schema import PasswordLinkRow, UserRow
from dashboard.store.user_sessions import token_hash
from dashboard.store.users import anybody, end_access, new_user, user_of

FIRST_LINK_LASTS = timedelta(minutes=30)
LINK_LASTS = timedelta(days=3)


class LinkInvalid(Exception):
    """The link was used, is too old, or never was one."""


@dataclass(frozen=True, kw_only=True)
class PasswordLink:
    """A link that still works; *user* is None where it makes the first one."""

    user: User | None
    expires_at: datetime


class PasswordLinkStore:
    """Makes links and lets each be used once; only their hashes are kept."""

    def __init__(self, database: Database, clock: Clock, passwords: Passwords) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords

    def make(self, user_id: int) -> str:
        """Return the token of a new link for a user; earlier ones end; commits."""
        with self._database.write() as session:
            session.execute(
                delete(PasswordLinkRow).where(PasswordLinkRow.user_id == user_id)
            )
            return self._added(session, user_id, LINK_LASTS)

    def make_first(self) -> str | None:
        """Return the token of a link that makes the first administrator; commits.

        Earlier ones end. None if somebody can sign in already.
        """
        with self._database.write() as session:
            if anybody(session):
                return None
            session.execute(
                delete(PasswordLinkRow).where(PasswordLinkRow.user_id.is_(None))
            )
            return self._added(session, None, FIRST_LINK_LASTS)

    def find(self, token: str) -> PasswordLink:
        """Return the link of that token; it can still be used afterwards.

        Raises:
            LinkInvalid: If it cannot be used.
        """
        with self._database.read() as session:
            row = self._row(session, token)
            user = self._user(session, row)
            return PasswordLink(
                user=None if user is None else user_of(user), expires_at=row.expires_at
            )

    def use(self, token: str, password: str) -> User:
        """Give the link's user this password and end the link; commits.

        All sessions of the user end.

        Raises:
            LinkInvalid: If it cannot be used.
            PasswordTooWeak: If the password would be guessed; the link stays.
        """
        known = self.find(token).user
        if known is None:
            raise LinkInvalid("This link makes the first administrator.")
        # Hashing takes long: not while rows are locked.
        password_hash = self._passwords.hash(password, email=known.email)
        with self._database.write() as session:
            # The user before the link, as where an administrator ends their links.
            row = session.get(UserRow, known.id, with_for_update={"key_share": True})
            self._row(session, token, lock=True)
            if row is None:
                raise LinkInvalid("The user of this link is gone.")
            row.password_hash = password_hash
            end_access(session, row.id)
        return user_of(row)

    def use_first(self, token: str, email: str, name: str, password: str) -> User:
        """Make the first administrator and end the link; commits.

        Raises:
            LinkInvalid: If it cannot be used, or somebody can sign in already.
            PasswordTooWeak: If the password would be guessed; the link stays.
        """
        if self.find(token).user is not None:
            raise LinkInvalid("This link belongs to a user.")
        password_hash = self._passwords.hash(password, email=email)
        with self._database.write() as session:
            # All of them: of two made at the same moment, one makes the administrator.
            first = PasswordLinkRow.user_id.is_(None)
            session.scalars(
                select(PasswordLinkRow)
                .where(first)
                .order_by(PasswordLinkRow.id)
                .with_for_update(key_share=True)
            ).all()
            self._row(session, token)
            user = new_user(
                email, name, Role.ADMINISTRATOR, password_hash, at=self._clock.now()
            )
            # Somebody invited before, who never chose a password, gives way.
            session.execute(delete(UserRow).where(UserRow.email == user.email))
            session.add(user)
            session.execute(delete(PasswordLinkRow).where(first))
        return user_of(user)

    def _added(self, session: Session, user_id: int | None, lasts: timedelta) -> str:
        token = secrets.token_urlsafe(32)
        now = self._clock.now()
        session.add(
            PasswordLinkRow(
                user_id=user_id,
                token_hash=token_hash(token),
                created_at=now,
                expires_at=now + lasts,
            )
        )
        return token

    def _row(
        self, session: Session, token: str, *, lock: bool = False
    ) -> PasswordLinkRow:
        query = (
            select(PasswordLinkRow)
            .where(PasswordLinkRow.token_hash == token_hash(token))
            .where(PasswordLinkRow.expires_at > self._clock.now())
        )
        row = session.scalar(query.with_for_update(key_share=True) if lock else query)
        if row is None or (row.user_id is None and anybody(session)):
            raise LinkInvalid("This link was used already, or is too old.")
        return row

    def _user(self, session: Session, row: PasswordLinkRow) -> UserRow | None:
        if row.user_id is None:
            return None
        return session.get_one(UserRow, row.user_id)
