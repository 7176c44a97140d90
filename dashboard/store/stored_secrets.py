"""All secrets in the database: by which key they can be read, and with another one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Column, select, update
from sqlalchemy.orm import Session

from dashboard.store.database import Base, Database
from dashboard.store.schema import ENCRYPTED
from dashboard.store.vault import Age, Vault


@dataclass(frozen=True, kw_only=True)
class SecretCount:
    """How many stored secrets can be read by which key."""

    current: int
    old: int
    unreadable: int


class StoredSecrets:
    """Looks at all encrypted columns, and encrypts them anew."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def count(self) -> SecretCount:
        """Count the secrets by the key they can be read with."""
        with self._database.read() as session:
            ages = Counter(
                self._vault.age(token)
                for column in _encrypted()
                for token in session.scalars(select(column))
                if token
            )
        return SecretCount(
            current=ages[Age.CURRENT],
            old=ages[Age.OLD],
            unreadable=ages[Age.UNREADABLE],
        )

    def renew(self) -> int:
        """Encrypt with today's key what an older one encrypted; return how many.

        All at once or not at all: whoever is killed on the way has changed nothing.
        What no key can read stays as it is, for its key may be found again.
        """
        return self._database.repeated(self._renew)

    def _renew(self, session: Session) -> int:
        renewed = 0
        for column in _encrypted():
            (key,) = column.table.primary_key
            rows = session.execute(select(key, column).order_by(key).with_for_update())
            for row_id, token in rows.all():
                if not token or self._vault.age(token) is not Age.OLD:
                    continue
                changed = update(column.table).where(key == row_id)
                session.execute(changed.values({column: self._vault.renew(token)}))
                renewed += 1
        return renewed


def _encrypted() -> Iterator[Column[str]]:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.info == ENCRYPTED:
                yield column
