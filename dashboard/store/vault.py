"""Secrets at rest: encrypted with a key that does not lie in the database."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from enum import StrEnum

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SecretUnreadable(Exception):
    """A stored secret was encrypted with another key."""


class Age(StrEnum):
    """By which of the keys a stored secret can be read."""

    CURRENT = "current"
    OLD = "old"
    UNREADABLE = "unreadable"


class Vault:
    """Encrypts secrets with a key derived from the secret key.

    What was encrypted with one of the *old_keys* can be read too, until it is renewed.
    """

    def __init__(self, secret_key: bytes, *old_keys: bytes) -> None:
        self._current = _fernet(secret_key)
        self._all = MultiFernet([self._current, *map(_fernet, old_keys)])

    def lock(self, secrets: Sequence[str]) -> str:
        """Encrypt *secrets*, keeping their order."""
        return self._current.encrypt(json.dumps(list(secrets)).encode()).decode()

    def unlock(self, token: str) -> tuple[str, ...]:
        """Decrypt what `lock` returned.

        Raises:
            SecretUnreadable: If none of the keys is the one it was encrypted with.
        """
        try:
            plain = self._all.decrypt(token.encode())
        except InvalidToken as error:
            raise SecretUnreadable(
                "The secret key has changed since this secret was stored. "
                "Restore the old key, or set the secret again."
            ) from error
        return tuple(json.loads(plain))

    def age(self, token: str) -> Age:
        """Tell by which key *token* can be read."""
        for age, keys in ((Age.CURRENT, self._current), (Age.OLD, self._all)):
            try:
                keys.decrypt(token.encode())
            except InvalidToken:
                continue
            return age
        return Age.UNREADABLE

    def renew(self, token: str) -> str:
        """Return the same secrets, encrypted with the key of today.

        Raises:
            SecretUnreadable: If none of the keys is the one it was encrypted with.
        """
        return self.lock(self.unlock(token))


def _fernet(secret_key: bytes) -> Fernet:
    digest = hashlib.sha256(b"sluice secrets at rest\n" + secret_key).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
