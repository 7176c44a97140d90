"""Users: who may sign in, with which password and role."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, delete, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dashboard.domain.clock import Clock
from dashboard.domain.sentences import say
from dashboard.domain.users import Role, User
from dashboard.store.database import Database
from dashboard.store.passwords import Passwords
from dashboard.store.schema import PasswordLinkRow, UserRow, UserSessionRow


class UserExists(Exception):
    """A user of that e-mail address is there already."""


class UserUnknown(Exception):
    """There is no such user."""


class LastAdministrator(Exception):
    """Without this user nobody could administrate any more; nothing was changed."""


class UserStore:
    """Reads and writes the people who sign in."""

    def __init__(self, database: Database, clock: Clock, passwords: Passwords) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords

    def add(self, email: str, name: str, role: Role, password: str) -> User:
        """Add a user; commits.

        Raises:
            UserExists: If the address has a user already.
            PasswordTooWeak: If the password would be guessed.
        """
        password_hash = self._passwords.hash(password, email=normal_email(email))
        return self._add(email, name, role, password_hash)

    def invite(self, email: str, name: str, role: Role) -> User:
        """Add a user who chooses their password by a link; commits.

        Raises:
            UserExists: If the address has a user already.
        """
        return self._add(email, name, role, None)

    def _add(
        self, email: str, name: str, role: Role, password_hash: str | None
    ) -> User:
        row = new_user(email, name, role, password_hash, at=self._clock.now())
        try:
            with self._database.write() as session:
                session.add(row)
        except IntegrityError as error:
            raise UserExists(
                say("There is a user %(email)s already.", email=row.email)
            ) from error
        return user_of(row)

    def set_password(self, email: str, password: str) -> None:
        """Give a user a new password and end all their sessions; commits.

        Raises:
            UserUnknown: If there is no such user.
            PasswordTooWeak: If the password would be guessed.
        """
        address = normal_email(email)
        password_hash = self._passwords.hash(password, email=address)
        with self._database.write() as session:
            row = session.scalar(select(UserRow).where(UserRow.email == address))
            if row is None:
                raise UserUnknown(f"There is no user {address}.")
            row.password_hash = password_hash
            end_access(session, row.id)

    def change_role(self, user_id: int, role: Role) -> None:
        """Give a user another role and end their sessions; commits.

        Raises:
            UserUnknown: If there is no such user.
            LastAdministrator: If nobody else could administrate.
        """
        with self._database.write() as session:
            row = _locked(session, user_id, stays=role is Role.ADMINISTRATOR)
            row.role = role.word
            end_access(session, row.id, links=False)

    def switch(self, user_id: int, *, on: bool) -> None:
        """Let a user sign in, or no longer; commits.

        Who is switched off is signed out everywhere, and their links end.

        Raises:
            UserUnknown: If there is no such user.
            LastAdministrator: If nobody else could administrate.
        """
        with self._database.write() as session:
            row = _locked(session, user_id, stays=on)
            row.active = on
            end_access(session, row.id)

    def forget_password(self, user_id: int) -> None:
        """Take a user's password away and end their sessions; commits.

        Raises:
            UserUnknown: If there is no such user.
            LastAdministrator: If nobody else could administrate.
        """
        with self._database.write() as session:
            row = _locked(session, user_id, stays=False)
            row.password_hash = None
            end_access(session, row.id)

    def prefer(self, user_id: int, *, time_zone: str, language: str) -> None:
        """Keep how a user wants times and texts; commits."""
        with self._database.write() as session:
            session.execute(
                update(UserRow)
                .where(UserRow.id == user_id)
                .values(time_zone=time_zone, language=language)
            )

    def one(self, user_id: int) -> User | None:
        """Return the user of that id."""
        with self._database.read() as session:
            row = session.get(UserRow, user_id)
            return None if row is None else user_of(row)

    def exists(self, email: str) -> bool:
        """Tell whether the address has a user."""
        wanted = exists().where(UserRow.email == normal_email(email))
        with self._database.read() as session:
            return bool(session.scalar(select(wanted)))

    def any(self) -> bool:
        """Tell whether there is anybody who can sign in."""
        with self._database.read() as session:
            return anybody(session)

    def all(self) -> tuple[User, ...]:
        """Return all users by name."""
        with self._database.read() as session:
            rows = session.scalars(select(UserRow).order_by(func.lower(UserRow.name)))
            return tuple(user_of(row) for row in rows)

    def verified(self, email: str, password: str) -> User | None:
        """Return the active user of that address if the password is theirs.

        A hash made with weaker parameters than today's is renewed; commits then.
        """
        with self._database.read() as session:
            row = session.scalar(
                select(UserRow).where(UserRow.email == normal_email(email))
            )
        stored = row.password_hash if row is not None else None
        if not self._passwords.matches(stored, password):
            return None
        if row is None or not row.active or row.password_hash is None:
            return None
        if self._passwords.outdated(row.password_hash):
            self._renew_hash(row, password)
        return user_of(row)

    def _renew_hash(self, row: UserRow, password: str) -> None:
        renewed = self._passwords.renewed(password)
        with self._database.write() as session:
            session.execute(
                update(UserRow)
                # The password may have been changed since it was checked.
                .where(UserRow.id == row.id)
                .where(UserRow.password_hash == row.password_hash)
                .values(password_hash=renewed)
            )


def new_user(
    email: str, name: str, role: Role, password_hash: str | None, *, at: datetime
) -> UserRow:
    """Make the row of a user who may sign in once they have a password."""
    address = normal_email(email)
    return UserRow(
        email=address,
        name=name.strip() or address,
        role=role.word,
        password_hash=password_hash,
        created_at=at,
        active=True,
    )


def anybody(session: Session) -> bool:
    """Tell whether anybody can sign in, within the caller's transaction."""
    able = exists().where(UserRow.active, UserRow.password_hash.is_not(None))
    return bool(session.scalar(select(able)))


def end_access(session: Session, user_id: int, *, links: bool = True) -> None:
    """End a user's sessions and links, within the caller's transaction."""
    session.execute(delete(UserSessionRow).where(UserSessionRow.user_id == user_id))
    if links:
        session.execute(
            delete(PasswordLinkRow).where(PasswordLinkRow.user_id == user_id)
        )


def _locked(session: Session, user_id: int, *, stays: bool) -> UserRow:
    """Return a user to change; *stays* if they can administrate afterwards as before.

    All administrators are locked, always in the same order: two who take each
    other's role away at the same moment must not both succeed.
    """
    able = session.scalars(
        select(UserRow)
        .where(UserRow.role == Role.ADMINISTRATOR.word)
        .where(UserRow.active, UserRow.password_hash.is_not(None))
        .order_by(UserRow.id)
        .with_for_update(key_share=True)
    ).all()
    row = session.get(UserRow, user_id, with_for_update={"key_share": True})
    if row is None:
        raise UserUnknown("There is no such user.")
    if not stays and [other.id for other in able] == [user_id]:
        raise LastAdministrator(
            say(
                "%(name)s is the only administrator. Make somebody else an "
                "administrator first.",
                name=row.name,
            )
        )
    return row


def normal_email(email: str) -> str:
    """Return the address as we know users by it."""
    return email.strip().lower()


# What `user_of` reads.
USER_COLUMNS: Final = (
    *(UserRow.id, UserRow.email, UserRow.name, UserRow.role, UserRow.active),
    *(UserRow.password_hash, UserRow.time_zone, UserRow.language, UserRow.created_at),
)


def user_of(row: UserRow | Row[*tuple[Any, ...]]) -> User:
    """Turn a row, or its columns, into a user."""
    return User(
        id=row.id,
        email=row.email,
        name=row.name,
        role=Role.of(row.role),
        active=row.active,
        created_at=row.created_at,
        invited=row.password_hash is None,
        time_zone=row.time_zone,
        language=row.language,
    )
