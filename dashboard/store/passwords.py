"""Passwords: hashed with argon2id, never kept."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dashboard.domain.sentences import say

MIN_LENGTH = 12
MAX_LENGTH = 1024

# Each hash takes 64 MiB: without a limit, a burst of sign-ins empties the machine.
_AT_ONCE = threading.BoundedSemaphore(2)


class PasswordTooWeak(Exception):
    """A password that would be guessed; the message says what is wanted."""


class Passwords:
    """Hashes and checks passwords."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody: str | None = None

    def hash(self, password: str, *, email: str) -> str:
        """Return the hash of a new password of the user with that address.

        Raises:
            PasswordTooWeak: If it is too short, or is the address itself.
        """
        if len(password) < MIN_LENGTH:
            raise PasswordTooWeak(
                say(
                    "A password needs at least %(min_length)s characters; four words "
                    "that do not belong together make a good one.",
                    min_length=MIN_LENGTH,
                )
            )
        if len(password) > MAX_LENGTH:
            raise PasswordTooWeak(
                say(
                    "A password has at most %(max_length)s characters.",
                    max_length=MAX_LENGTH,
                )
            )
        if password.casefold() == email.casefold() or len(set(password)) < 5:  # noqa: PLR2004
            raise PasswordTooWeak(say("This password is too easy to guess."))
        return self._hash(password)

    def matches(self, stored: str | None, password: str) -> bool:
        """Tell whether *password* is the one hashed as *stored*.

        For an unknown user (None) the same work is done, so that the time an answer
        takes does not tell who has an account.
        """
        if len(password) > MAX_LENGTH:
            return False
        known = bool(stored)
        with _AT_ONCE:
            try:
                self._hasher.verify(stored or self._nobody_hash(), password)
            except (VerificationError, InvalidHashError):
                return False
        return known

    def outdated(self, stored: str) -> bool:
        """Tell whether *stored* was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def renewed(self, password: str) -> str:
        """Hash a password that has just matched with today's parameters."""
        return self._hash(password)

    def _hash(self, password: str) -> str:
        with _AT_ONCE:
            return self._hasher.hash(password)

    def _nobody_hash(self) -> str:
        if self._nobody is None:
            self._nobody = self._hasher.hash("nobody has this password")
        return self._nobody
