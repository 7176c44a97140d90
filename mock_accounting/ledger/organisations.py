"""All organisations of this mock, each with its own books, and their clients."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace

from mock_accounting.ledger import demo
from mock_accounting.ledger.books import Books, Change, Document
from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.ids import IdSource
from mock_accounting.ledger.model import Organisation
from mock_accounting.ledger.storage import Client, Storage, StoredAnswer


class Organisations:
    """The organisations by tenant id. The demo organisation is always there."""

    def __init__(self, storage: Storage, clock: Clock, ids: IdSource) -> None:
        self.clock = clock
        self._storage = storage
        self._ids = ids
        self.on_saved: Callable[[str, list[Change]], None] | None = None
        """Told of every change, by tenant id, once it is kept."""
        self._lock = threading.Lock()
        self._books: dict[str, Books] = {}
        self._clients: dict[str, Client] = {}
        self._load()

    def all(self) -> list[Books]:
        """The books of every organisation, the demo organisation first."""
        return list(self._books.values())

    def find(self, tenant_id: str) -> Books | None:
        """The books of one organisation."""
        return self._books.get(tenant_id)

    def client(self, client_id: str) -> Client | None:
        """The client with this id."""
        return self._clients.get(client_id)

    def clients_of(self, tenant_id: str) -> list[Client]:
        """The clients that are connected to an organisation."""
        return [it for it in self._clients.values() if tenant_id in it.tenant_ids]

    def connect(self, client_id: str, tenant_ids: Iterable[str]) -> None:
        """Let a client into these organisations, as a user agreed to."""
        with self._lock:
            client = self._clients[client_id]
            joined = dict.fromkeys((*client.tenant_ids, *tenant_ids))
            self._keep_client(replace(client, tenant_ids=tuple(joined)))

    def disconnect(self, client_id: str, tenant_id: str) -> None:
        """Keep a client out of an organisation from now on."""
        with self._lock:
            client = self._clients[client_id]
            left = [it for it in client.tenant_ids if it != tenant_id]
            self._keep_client(replace(client, tenant_ids=tuple(left)))

    def keep_client(self, client: Client) -> None:
        """Keep a client as it is, new or known."""
        with self._lock:
            self._keep_client(client)

    def put_back(self, tenant_id: str, documents: Iterable[Document]) -> Books:
        """Let an organisation hold these documents and nothing else."""
        books = self._new_books(tenant_id, documents)
        with self._lock:
            self._storage.forget(tenant_id)
            self._storage.save(tenant_id, books.take_unsaved())
            self._books[tenant_id] = books
        return books

    def open(self, name: str) -> tuple[Books, Client]:
        """Found an organisation with books and a client of its own."""
        tenant_id = self._ids.next()
        client = Client(
            client_id=self._ids.next().replace("-", "").upper(),
            secret=secrets.token_urlsafe(24),
            tenant_ids=(tenant_id,),
        )
        return self.found(tenant_id, name, client), client

    def found(self, tenant_id: str, name: str, client: Client) -> Books:
        """Found an organisation with the standard accounts, rates and currencies."""
        now = self.clock.now()
        books = self._new_books(
            tenant_id,
            (
                demo.an_organisation(name, tenant_id, now),
                *demo.chart_of_accounts(self._ids, now),
                *demo.tax_rates(),
                *demo.currencies(),
            ),
        )
        self._storage.add_client(client)
        self.save(books)
        with self._lock:
            self._books[tenant_id] = books
            self._clients[client.client_id] = client
        return books

    def close(self, tenant_id: str) -> None:
        """Throw an organisation away, with its books and its own clients."""
        with self._lock:
            self._books.pop(tenant_id, None)
            for client in self.clients_of(tenant_id):
                if client.tenant_ids == (tenant_id,):
                    del self._clients[client.client_id]
            self._storage.forget(tenant_id)

    def save(self, books: Books, answer: StoredAnswer | None = None) -> None:
        """Commit what was put into *books*, with the answer that tells of it."""
        changes = books.changes()
        unsaved = books.take_unsaved()
        tenant_id = books.organisation.organisation_id
        # Books thrown away by a reset meanwhile must not come back.
        kept = self._books.get(tenant_id, books) is books
        if kept and (unsaved or answer is not None):
            self._storage.save(tenant_id, unsaved, answer)
        if kept and changes and self.on_saved is not None:
            self.on_saved(tenant_id, changes)

    def reset(self) -> None:
        """Throw everything away but a new demo organisation."""
        self._storage.clear()
        with self._lock:
            self._books.clear()
            self._clients.clear()
        self._found_demo()

    def _keep_client(self, client: Client) -> None:
        self._clients[client.client_id] = client
        self._storage.add_client(client)

    def _load(self) -> None:
        for tenant_id, document in self._storage.documents():
            books = self._books.get(tenant_id)
            if books is None and isinstance(document, Organisation):
                books = Books(document, self._ids, self.clock)
                self._books[tenant_id] = books
            if books is not None:
                books.put(document)
        for books in self._books.values():
            books.take_unsaved()
        self._clients = {client.client_id: client for client in self._storage.clients()}
        if demo.DEMO_TENANT_ID not in self._books:
            self._found_demo()

    def _found_demo(self) -> None:
        client = Client(
            client_id=demo.DEMO_CLIENT,
            secret=demo.DEMO_CLIENT,
            tenant_ids=(demo.DEMO_TENANT_ID,),
        )
        self.found(demo.DEMO_TENANT_ID, demo.DEMO_NAME, client)

    def _new_books(self, tenant_id: str, documents: Iterable[Document]) -> Books:
        """Books of these documents, the organisation first; all count as unsaved."""
        organisation, *others = documents
        if not isinstance(organisation, Organisation):
            raise TypeError("The first document must be the organisation.")
        if organisation.organisation_id != tenant_id:
            raise ValueError("These documents are of another organisation.")
        books = Books(organisation, self._ids, self.clock)
        books.add([organisation, *others])
        return books
