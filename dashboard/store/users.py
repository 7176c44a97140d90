"""Users: who may sign in, with which password and role."""

from __future__ import annotations

from sqlalchemy import exists, func, select, update
from sqlalchemy.exc import IntegrityError

from dashboard.domain.clock import Clock
from dashboard.domain.users import Role, User
from dashboard.store.database import Database
from dashboard.store.passwords import Passwords
from dashboard.store.schema import UserRow, UserSessionRow


class UserExists(Exception):
    """A user of that e-mail address is there already."""


class UserUnknown(Exception):
    """There is no user of that e-mail address."""


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
        address = normal_email(email)
        password_hash = self._passwords.hash(password, email=address)
        row = UserRow(
            email=address,
            name=name.strip() or address,
            role=role.word,
            password_hash=password_hash,
            created_at=self._clock.now(),
            active=True,
        )
        try:
            with self._database.write() as session:
                session.add(row)
        except IntegrityError as error:
            raise UserExists(f"There is a user {address} already.") from error
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
            session.query(UserSessionRow).filter_by(user_id=row.id).delete()

    def exists(self, email: str) -> bool:
        """Tell whether the address has a user."""
        wanted = exists().where(UserRow.email == normal_email(email))
        with self._database.read() as session:
            return bool(session.scalar(select(wanted)))

    def any(self) -> bool:
        """Tell whether there is any user yet."""
        with self._database.read() as session:
            return bool(session.scalar(select(exists().where(UserRow.active))))

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
        if row is None or not row.active:
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


def normal_email(email: str) -> str:
    """Return the address as we know users by it."""
    return email.strip().lower()


def user_of(row: UserRow) -> User:
    """Turn a row into a user."""
    return User(
        id=row.id,
        email=row.email,
        name=row.name,
        role=Role.of(row.role),
        active=row.active,
        created_at=row.created_at,
    )
