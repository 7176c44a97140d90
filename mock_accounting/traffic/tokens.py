"""Access tokens: signed, so that they hold across a restart without being kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from mock_accounting.ledger.clock import Clock

LIFETIME_S = 1800


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """What a token allows."""

    client_id: str
    tenant_id: str
    scope: str
    expires_at: datetime


class TokenInvalid(Exception):
    """The token was not issued here."""


class TokenExpired(Exception):
    """The token is older than it may be."""


class Tokens:
    """Issues tokens and reads them back."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        # Programs send the same token again and again.
        self._grant_of = lru_cache(maxsize=256)(self._decoded)

    def issue(self, client_id: str, tenant_id: str, scope: str) -> str:
        """A new token for one client and its organisation."""
        expires_at = self._clock.now() + timedelta(seconds=LIFETIME_S)
        claims = {
            "client_id": client_id,
            "tenant_id": tenant_id,
            "scope": scope,
            "exp": expires_at.isoformat(),
        }
        payload = base64.urlsafe_b64encode(json.dumps(claims).encode())
        return f"{payload.decode()}.{self._signature(payload)}"

    def read(self, token: str) -> Grant:
        """What *token* allows.

        Raises:
            TokenInvalid: If it was not issued here.
            TokenExpired: If its time is over.
        """
        grant = self._grant_of(token)
        if grant.expires_at <= self._clock.now():
            raise TokenExpired
        return grant

    def _decoded(self, token: str) -> Grant:
        payload, _, signature = token.rpartition(".")
        expected = self._signature(payload.encode())
        if not hmac.compare_digest(signature.encode(), expected.encode()):
            raise TokenInvalid
        claims = json.loads(base64.urlsafe_b64decode(payload))
        return Grant(
            client_id=claims["client_id"],
            tenant_id=claims["tenant_id"],
            scope=claims["scope"],
            expires_at=datetime.fromisoformat(claims["exp"]),
        )

    def _signature(self, payload: bytes) -> str:
        return hmac.new(self._secret, payload, hashlib.sha256).hexdigest()
