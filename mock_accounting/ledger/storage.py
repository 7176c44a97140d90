"""What is kept of a mock, and the storage that keeps nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from mock_accounting.ledger.books import Document

ON_THIS_MACHINE = ("http://localhost", "http://127.0.0.1", "http://[::1]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """An app that may ask for tokens, and the organisations it is connected to."""

    client_id: str
    secret: str
    tenant_ids: tuple[str, ...]
    redirect_uris: tuple[str, ...] = ON_THIS_MACHINE
    """Where a user may be sent back to; without a path it stands for any port
    and path of that host."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RefreshToken:
    """A refresh token as it is kept: not itself, but its hash."""

    digest: str
    client_id: str
    scope: str
    expires_at: str
    used_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredAnswer:
    """An answer kept for the repeats of its idempotency key."""

    scope: str
    key: str
    fingerprint: str
    at: str
    status: int
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredSubscription:
    """Who is told of changes by webhook."""

    subscription_id: int
    url: str
    key: str
    categories: str
    """With spaces between."""
    api_url: str
    state: str


class Storage(Protocol):
    """What keeps the books."""

    def meta(self, name: str) -> str | None:
        """A value kept beside the books."""

    def set_meta(self, name: str, value: str) -> None:
        """Keep a value beside the books."""

    def clients(self) -> list[Client]:
        """The clients known."""

    def add_client(self, client: Client) -> None:
        """Keep a client, over its former version."""

    def refresh_tokens(self) -> list[RefreshToken]:
        """The refresh tokens kept; they outlive `clear`."""

    def keep_refresh_token(self, token: RefreshToken) -> None:
        """Keep a refresh token, over its former version."""

    def documents(self) -> Iterator[tuple[str, Document]]:
        """Every document with its tenant, oldest change first."""

    def save(
        self,
        tenant_id: str,
        documents: Iterable[Document],
        answer: StoredAnswer | None = None,
    ) -> None:
        """Keep documents and the answer that tells of them, all or nothing."""

    def answers(self) -> list[StoredAnswer]:
        """The answers kept."""

    def forget_answers(self, before: str) -> None:
        """Drop answers older than this time."""

    def subscriptions(self) -> list[StoredSubscription]:
        """The subscriptions to webhooks; they outlive `clear`."""

    def keep_subscription(self, subscription: StoredSubscription) -> None:
        """Keep a subscription, over its former version."""

    def forget_subscription(self, subscription_id: int) -> None:
        """Drop a subscription."""

    def forget(self, tenant_id: str) -> None:
        """Drop an organisation's documents and the clients of it alone."""

    def clear(self) -> None:
        """Drop documents, answers and clients."""

    def close(self) -> None:
        """Let the file go."""


class Memory:
    """Keeps nothing: the books end with the process."""

    def __init__(self) -> None:
        self._meta: dict[str, str] = {}

    def meta(self, name: str) -> str | None:
        """See Storage."""
        return self._meta.get(name)

    def set_meta(self, name: str, value: str) -> None:
        """See Storage."""
        self._meta[name] = value

    def clients(self) -> list[Client]:
        """See Storage."""
        return []

    def add_client(self, client: Client) -> None:
        """See Storage."""

    def refresh_tokens(self) -> list[RefreshToken]:
        """See Storage."""
        return []

    def keep_refresh_token(self, token: RefreshToken) -> None:
        """See Storage."""

    def documents(self) -> Iterator[tuple[str, Document]]:
        """See Storage."""
        return iter(())

    def save(
        self,
        tenant_id: str,
        documents: Iterable[Document],
        answer: StoredAnswer | None = None,
    ) -> None:
        """See Storage."""

    def answers(self) -> list[StoredAnswer]:
        """See Storage."""
        return []

    def forget_answers(self, before: str) -> None:
        """See Storage."""

    def subscriptions(self) -> list[StoredSubscription]:
        """See Storage."""
        return []

    def keep_subscription(self, subscription: StoredSubscription) -> None:
        """See Storage."""

    def forget_subscription(self, subscription_id: int) -> None:
        """See Storage."""

    def forget(self, tenant_id: str) -> None:
        """See Storage."""

    def clear(self) -> None:
        """See Storage."""

    def close(self) -> None:
        """See Storage."""
