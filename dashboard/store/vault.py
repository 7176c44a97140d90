"""Secrets at rest: encrypted with a key that does not lie in the database."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken


class SecretUnreadable(Exception):
    """A stored secret was encrypted with another key."""


class Vault:
    """Encrypts and decrypts secrets with a key derived from the secret key."""

    def __init__(self, secret_key: bytes) -> None:
        digest = hashlib.sha256(b"sluice secrets at rest\n" + secret_key).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(digest))

    def lock(self, secrets: Sequence[str]) -> str:
        """Encrypt *secrets*, keeping their order."""
        return self._fernet.encrypt(json.dumps(list(secrets)).encode()).decode()

    def unlock(self, token: str) -> tuple[str, ...]:
        """Decrypt what `lock` returned.

        Raises:
            SecretUnreadable: If the secret key has changed since.
        """
        try:
            plain = self._fernet.decrypt(token.encode())
        except InvalidToken as error:
            raise SecretUnreadable(
                "The secret key has changed since this secret was stored. "
                "Restore the old key, or set the secret again."
            ) from error
        return tuple(json.loads(plain))
