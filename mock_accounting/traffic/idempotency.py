"""Answers kept for the repeats of an idempotency key.

Kept six minutes from the first call, refusals included; the same key with
another request is refused. Keys belong to one client and organisation.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

from mock_accounting.dialect import answers
from mock_accounting.dialect.messages import Answer, Call, Rejected
from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.storage import Storage, StoredAnswer

WINDOW = timedelta(minutes=6)
MAX_KEY = 128
_JSON = "application/json; charset=utf-8"
_HTML = "text/html; charset=utf-8"
_SWEEP_EVERY = 500
_END_OF_TIME = "9999"


class KeyedAnswers:
    """The answers by scope (client and organisation) and key."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._lock = threading.Lock()
        self._since_sweep = 0
        self._kept = {
            (stored.scope, stored.key): stored for stored in storage.answers()
        }

    def replay(self, scope: str, key: str, call: Call) -> Answer | None:
        """The answer given before to this key, or None if the key is new.

        Raises:
            Rejected: If the key is too long or came with another request.
        """
        if len(key) > MAX_KEY:
            raise Rejected(
                answers.bad_key(f"Idempotency Key: longer than {MAX_KEY} characters.")
            )
        stored = self._kept.get((scope, key))
        if stored is None or self._is_stale(stored):
            return None
        if stored.fingerprint != _fingerprint(call):
            raise Rejected(
                answers.bad_key(
                    f"Idempotency Key: {key} is used with a different request."
                )
            )
        return Answer(
            status=stored.status,
            body=stored.body,
            content_type=_JSON if stored.body else _HTML,
        )

    def keep(self, scope: str, key: str, call: Call, answer: Answer) -> StoredAnswer:
        """Keep *answer* for repeats; the caller commits what is returned."""
        stored = StoredAnswer(
            scope=scope,
            key=key,
            fingerprint=_fingerprint(call),
            at=self._clock.now().isoformat(),
            status=answer.status,
            body=answer.body,
        )
        with self._lock:
            self._kept[scope, key] = stored
            self._since_sweep += 1
            sweep = self._since_sweep >= _SWEEP_EVERY
        if sweep:
            self._sweep()
        return stored

    def all(self, tenant_id: str | None = None) -> tuple[StoredAnswer, ...]:
        """The answers kept, or those of one organisation only."""
        with self._lock:
            return tuple(
                stored
                for stored in self._kept.values()
                if tenant_id in {None, _tenant_of(stored)}
            )

    def replace(
        self, answers: Iterable[StoredAnswer], tenant_id: str | None = None
    ) -> None:
        """Keep these answers instead of all, or instead of one organisation's."""
        with self._lock:
            others = {
                key: stored
                for key, stored in self._kept.items()
                if tenant_id is not None and _tenant_of(stored) != tenant_id
            }
            self._kept = others | {(it.scope, it.key): it for it in answers}
        if tenant_id is None:
            self._storage.forget_answers(_END_OF_TIME)

    def _is_stale(self, stored: StoredAnswer) -> bool:
        age = self._clock.now() - datetime.fromisoformat(stored.at)
        return age >= WINDOW

    def _sweep(self) -> None:
        with self._lock:
            self._since_sweep = 0
            self._kept = {
                key: stored
                for key, stored in self._kept.items()
                if not self._is_stale(stored)
            }
        self._storage.forget_answers((self._clock.now() - WINDOW).isoformat())


def _tenant_of(stored: StoredAnswer) -> str:
    return stored.scope.rpartition(" ")[2]


def _fingerprint(call: Call) -> str:
    parts = (call.method, call.path.lower(), call.query_string)
    head = "\n".join(parts).encode()
    return hashlib.sha256(head + b"\n" + call.body).hexdigest()
