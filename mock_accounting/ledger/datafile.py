"""Where documents and answers survive a restart: one SQLite file, or nowhere.

A write is committed before its answer is sent. The write-ahead log with
`synchronous=NORMAL` loses nothing when the process is killed at any moment;
only a power cut may take the last moments, which a stand-in can afford.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mock_accounting.ledger import codec
from mock_accounting.ledger.books import Document
from mock_accounting.ledger.model import (
    Allocation,
    Attachment,
    BatchPayment,
    Contact,
    CreditNote,
    Currency,
    HistoryRecord,
    Invoice,
    Item,
    LedgerAccount,
    Organisation,
    Payment,
    TaxRate,
)
from mock_accounting.ledger.storage import (
    Client,
    RefreshToken,
    StoredAnswer,
    StoredSubscription,
)

_FILE = "books.sqlite3"
_SCHEMA = """
create table if not exists meta (name text primary key, value text not null);
create table if not exists clients (
    client_id text primary key, secret text not null, tenant_ids text not null,
    redirect_uris text not null
);
create table if not exists refresh_tokens (
    digest text primary key, client_id text not null, scope text not null,
    expires_at text not null, used_at text
);
create table if not exists documents (
    serial integer primary key autoincrement,
    tenant_id text not null, kind text not null, id text not null,
    body text not null,
    unique (tenant_id, kind, id)
);
create table if not exists answers (
    scope text not null, key text not null, fingerprint text not null,
    at text not null, status integer not null, body blob not null,
    primary key (scope, key)
);
create table if not exists subscriptions (
    subscription_id integer primary key, url text not null, key text not null,
    categories text not null, api_url text not null, state text not null
);
"""

_KINDS: dict[str, tuple[type[Document], str]] = {
    "organisation": (Organisation, "organisation_id"),
    "account": (LedgerAccount, "account_id"),
    "tax rate": (TaxRate, "tax_type"),
    "currency": (Currency, "code"),
    "item": (Item, "item_id"),
    "contact": (Contact, "contact_id"),
    "invoice": (Invoice, "invoice_id"),
    "credit note": (CreditNote, "credit_note_id"),
    "allocation": (Allocation, "allocation_id"),
    "payment": (Payment, "payment_id"),
    "batch payment": (BatchPayment, "batch_payment_id"),
    "attachment": (Attachment, "attachment_id"),
    "history": (HistoryRecord, "record_id"),
}
"""Each kind of document, with the field that identifies it."""
_IDENTITIES = {kind: (name, field) for name, (kind, field) in _KINDS.items()}


def kind_of(document: Document) -> str:
    """What kind of document this is, as files call it."""
    return _IDENTITIES[type(document)][0]


def read_document(kind: str, stored: dict[str, Any]) -> Document:
    """The document that was written with `codec.to_json`.

    Raises:
        KeyError, TypeError, ValueError, ArithmeticError: If it is none.
    """
    return codec.from_json(_KINDS[kind][0], stored)


_FORM = 2
"""Goes up with every change of the tables."""


class DataFolderUnusable(Exception):
    """The data folder cannot be written, or its file is no data file."""


def holds_books(folder: Path) -> bool:
    """Whether a data folder has been used before."""
    return (folder / _FILE).exists()


class DataFile:
    """Keeps the books in one SQLite file."""

    def __init__(self, folder: Path) -> None:
        """Open the file in *folder*, making both if need be.

        Raises:
            DataFolderUnusable: If that cannot be done.
        """
        path = folder / _FILE
        is_new = not path.exists()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, check_same_thread=False, isolation_level=None, timeout=1
            )
            # Each process holds the books in memory: two would not agree.
            self._connection.execute("pragma locking_mode=exclusive")
            self._connection.execute("pragma journal_mode=wal")
            self._connection.execute("pragma synchronous=normal")
            if is_new:
                self._connection.execute(f"pragma user_version={_FORM}")
            (form,) = self._connection.execute("pragma user_version").fetchone()
            if form != _FORM:
                raise sqlite3.DatabaseError("its file is of another version")
            self._connection.executescript(_SCHEMA)
            self._connection.execute("begin immediate")
            self._connection.execute("commit")
        except (OSError, sqlite3.Error) as error:
            raise DataFolderUnusable(
                f"The data folder {folder} cannot be used: {error}"
            ) from error
        self._lock = threading.Lock()

    def meta(self, name: str) -> str | None:
        """See Storage."""
        rows = self._rows("select value from meta where name = ?", (name,))
        return str(rows[0][0]) if rows else None

    def set_meta(self, name: str, value: str) -> None:
        """See Storage."""
        self._execute("insert or replace into meta values (?, ?)", (name, value))

    def clients(self) -> list[Client]:
        """See Storage."""
        rows = self._rows(
            "select client_id, secret, tenant_ids, redirect_uris from clients"
        )
        return [
            Client(
                client_id=client_id,
                secret=secret,
                tenant_ids=tuple(tenants.split()),
                redirect_uris=tuple(addresses.split()),
            )
            for client_id, secret, tenants, addresses in rows
        ]

    def add_client(self, client: Client) -> None:
        """See Storage."""
        self._execute(
            "insert or replace into clients values (?, ?, ?, ?)",
            (
                client.client_id,
                client.secret,
                " ".join(client.tenant_ids),
                " ".join(client.redirect_uris),
            ),
        )

    def refresh_tokens(self) -> list[RefreshToken]:
        """See Storage."""
        rows = self._rows(
            "select digest, client_id, scope, expires_at, used_at from refresh_tokens"
        )
        return [
            RefreshToken(
                digest=digest,
                client_id=client_id,
                scope=scope,
                expires_at=expires_at,
                used_at=used_at,
            )
            for digest, client_id, scope, expires_at, used_at in rows
        ]

    def keep_refresh_token(self, token: RefreshToken) -> None:
        """See Storage."""
        self._execute(
            "insert or replace into refresh_tokens values (?, ?, ?, ?, ?)",
            (
                token.digest,
                token.client_id,
                token.scope,
                token.expires_at,
                token.used_at,
            ),
        )

    def documents(self) -> Iterator[tuple[str, Document]]:
        """See Storage."""
        rows = self._rows(
            "select tenant_id, kind, body from documents"
            " order by kind <> 'organisation', serial"
        )
        for tenant_id, kind, body in rows:
            yield tenant_id, codec.loads(_KINDS[kind][0], body)

    def save(
        self,
        tenant_id: str,
        documents: Iterable[Document],
        answer: StoredAnswer | None = None,
    ) -> None:
        """See Storage."""
        rows = [
            (tenant_id, *_identity(document), codec.dumps(document))
            for document in documents
        ]
        with self._lock, self._connection:
            self._connection.execute("begin immediate")
            # A replaced row gets a new serial: the order of last change.
            self._connection.executemany(
                "insert or replace into documents (tenant_id, kind, id, body)"
                " values (?, ?, ?, ?)",
                rows,
            )
            if answer is not None:
                self._connection.execute(
                    "insert or replace into answers values (?, ?, ?, ?, ?, ?)",
                    (
                        answer.scope,
                        answer.key,
                        answer.fingerprint,
                        answer.at,
                        answer.status,
                        answer.body,
                    ),
                )

    def answers(self) -> list[StoredAnswer]:
        """See Storage."""
        rows = self._rows(
            "select scope, key, fingerprint, at, status, body from answers"
        )
        return [
            StoredAnswer(
                scope=scope,
                key=key,
                fingerprint=fingerprint,
                at=at,
                status=status,
                body=body,
            )
            for scope, key, fingerprint, at, status, body in rows
        ]

    def forget_answers(self, before: str) -> None:
        """See Storage."""
        self._execute("delete from answers where at < ?", (before,))

    def subscriptions(self) -> list[StoredSubscription]:
        """See Storage."""
        rows = self._rows(
            "select subscription_id, url, key, categories, api_url, state"
            " from subscriptions order by subscription_id"
        )
        return [
            StoredSubscription(
                subscription_id=subscription_id,
                url=url,
                key=key,
                categories=categories,
                api_url=api_url,
                state=state,
            )
            for subscription_id, url, key, categories, api_url, state in rows
        ]

    def keep_subscription(self, subscription: StoredSubscription) -> None:
        """See Storage."""
        self._execute(
            "insert or replace into subscriptions values (?, ?, ?, ?, ?, ?)",
            (
                subscription.subscription_id,
                subscription.url,
                subscription.key,
                subscription.categories,
                subscription.api_url,
                subscription.state,
            ),
        )

    def forget_subscription(self, subscription_id: int) -> None:
        """See Storage."""
        self._execute(
            "delete from subscriptions where subscription_id = ?", (subscription_id,)
        )

    def forget(self, tenant_id: str) -> None:
        """See Storage."""
        with self._lock, self._connection:
            self._connection.execute("begin immediate")
            for table, column in (
                ("documents", "tenant_id"),
                ("clients", "tenant_ids"),
            ):
                self._connection.execute(
                    f"delete from {table} where {column} = ?",  # noqa: S608 - ours
                    (tenant_id,),
                )

    def clear(self) -> None:
        """See Storage."""
        with self._lock, self._connection:
            self._connection.execute("begin immediate")
            for table in ("documents", "answers", "clients"):
                self._connection.execute(f"delete from {table}")  # noqa: S608 - ours

    def close(self) -> None:
        """See Storage."""
        with self._lock:
            self._connection.close()

    def _rows(self, query: str, values: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def _execute(self, query: str, values: tuple[str | int | None, ...]) -> None:
        with self._lock:
            self._connection.execute(query, values)


def _identity(document: Document) -> tuple[str, str]:
    name, field = _IDENTITIES[type(document)]
    return name, getattr(document, field)
