"""What a user's consent gives an app: codes to redeem, tokens to refresh."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.storage import (
    ON_THIS_MACHINE,
    Client,
    RefreshToken,
    Storage,
)

CODE_LIFETIME = timedelta(minutes=5)
REFRESH_LIFETIME = timedelta(days=60)
GRACE = timedelta(minutes=30)


class GrantInvalid(Exception):
    """The code or refresh token is unknown, spent, too old or another app's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Consent:
    """What a user agreed to."""

    client_id: str
    scope: str
    redirect_uri: str
    challenge: str | None = None
    """SHA-256 of the verifier that must come with the code (PKCE)."""


def origin_of(address: str) -> str:
    """Scheme and host of an address; empty if it is none to send a user to."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return ""
    allowed = all(letter.isalnum() or letter in ".-:[]" for letter in parts.netloc)
    return f"{parts.scheme}://{parts.netloc}" if allowed else ""


def may_send_back(client: Client, address: str) -> bool:
    """Whether a user may be sent to *address* with a code for *client*.

    The address must be registered letter by letter; only those of this machine
    may leave port and path open, for programs that take a free port.
    """
    origin = origin_of(address)
    if not origin or address in client.redirect_uris:
        return bool(origin)
    host = f"{urlsplit(address).scheme}://{_host(urlsplit(address).netloc)}"
    return host in ON_THIS_MACHINE and host in client.redirect_uris


def _host(netloc: str) -> str:
    """The host without its port."""
    host, colon, port = netloc.rpartition(":")
    return host if colon and port.isdigit() else netloc


class AuthorizationCodes:
    """Codes that an app redeems once, within five minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._issued: dict[str, tuple[Consent, datetime]] = {}

    def issue(self, consent: Consent) -> str:
        """A code for *consent*."""
        code = secrets.token_urlsafe(32)
        with self._lock:
            self._issued[code] = (consent, self._clock.now() + CODE_LIFETIME)
        return code

    def redeem(
        self, code: str, *, client_id: str, redirect_uri: str, verifier: str
    ) -> Consent:
        """The consent a code stands for; the code is spent by this.

        Raises:
            GrantInvalid: If it is spent, too old, or came with other details.
        """
        with self._lock:
            consent, expires_at = self._issued.pop(code, (None, None))
        if consent is None or expires_at is None or expires_at <= self._clock.now():
            raise GrantInvalid
        if (consent.client_id, consent.redirect_uri) != (client_id, redirect_uri):
            raise GrantInvalid
        if consent.challenge is not None and consent.challenge != _s256(verifier):
            raise GrantInvalid
        return consent


class RefreshTokens:
    """Refresh tokens, kept by their hash; each use gives a new one.

    The one before stays good for half an hour after its first use, for those
    who lost the answer.
    """

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._lock = threading.Lock()
        self._kept = {token.digest: token for token in storage.refresh_tokens()}

    def issue(self, client_id: str, scope: str) -> str:
        """A new refresh token."""
        token = secrets.token_urlsafe(32)
        self._keep(
            RefreshToken(
                digest=_digest(token),
                client_id=client_id,
                scope=scope,
                expires_at=(self._clock.now() + REFRESH_LIFETIME).isoformat(),
            )
        )
        return token

    def use(self, token: str, client_id: str) -> str:
        """The scope *token* was given for.

        Raises:
            GrantInvalid: If it is unknown, another app's, spent or too old.
        """
        now = self._clock.now()
        kept = self._kept.get(_digest(token))
        if kept is None or not hmac.compare_digest(
            kept.client_id.encode(), client_id.encode()
        ):
            raise GrantInvalid
        end = datetime.fromisoformat(kept.expires_at)
        if kept.used_at is not None:
            end = min(end, datetime.fromisoformat(kept.used_at) + GRACE)
        if end <= now:
            raise GrantInvalid
        if kept.used_at is None:
            self._keep(replace(kept, used_at=now.isoformat()))
        return kept.scope

    def _keep(self, token: RefreshToken) -> None:
        with self._lock:
            self._kept[token.digest] = token
            self._storage.keep_refresh_token(token)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _s256(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
