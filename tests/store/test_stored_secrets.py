"""Secrets are encrypted with another key all at once, and no secret is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Text, select

from dashboard.domain.alarms import AlarmKind
from dashboard.domain.notices import Channel, ChannelKind, Receiver
from dashboard.domain.rules import Shop
from dashboard.store.channels import ChannelStore
from dashboard.store.company import CompanyStore, Connection
from dashboard.store.database import Base
from dashboard.store.pulls import ApiKeys, PullStore
from dashboard.store.schema import ENCRYPTED
from dashboard.store.stored_secrets import SecretCount, StoredSecrets
from dashboard.store.vault import SecretUnreadable, Vault
from tests.fixtures.databases import ClockedDatabase

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OLD, NEW, OTHER = b"old" * 11, b"new" * 11, b"other" * 8
SHOP = Shop(id=0, slug="shop", name="Shop", kind="woocommerce", prefix="W-")
CONNECTION = Connection(
    kind="xero",
    base_url="https://books.example",
    client_id="id",
    client_secret="client-secret",
    tenant_id="",
    version=0,
)


class Installation:
    """The stores that hold secrets, opened with some keys."""

    def __init__(self, database: ClockedDatabase, *keys: bytes) -> None:
        self.vault = Vault(*keys)
        self.company = CompanyStore(database, self.vault)
        self.pulls = PullStore(database, self.vault)
        self.channels = ChannelStore(database, self.vault)
        self.stored = StoredSecrets(database, self.vault)

    def fill(self) -> None:
        """Store a secret of every sort."""
        self.company.set_connection(CONNECTION)
        for slug in ("shop", "other"):
            shop = Shop(id=0, slug=slug, name=slug, kind="woocommerce", prefix="")
            self.company.add_shop(shop, f"secret of {slug}", at=NOW)
        keys = ApiKeys(key="ck_1", secret="cs_1", orders_since=NOW)
        self.pulls.set_access(self.company.shops()[0], "https://shop.example", keys)
        self.channels.add(
            Channel(
                id=0,
                name="Chat",
                kind=ChannelKind.WEBHOOK,
                kinds=tuple(AlarmKind),
                receiver=Receiver(url="https://chat.example", secret="signing"),
            )
        )

    def read(self) -> list[object]:
        """Read all secrets."""
        shops = self.company.shops()
        return [
            self.company.connection(),
            *(self.company.shop_secrets(shop) for shop in shops),
            self.pulls.keys(shops[0]),
            [channel.receiver for channel in self.channels.all()],
        ]


@pytest.fixture
def before(database: ClockedDatabase) -> Installation:
    installation = Installation(database, OLD)
    installation.fill()
    return installation


def test_secrets_can_be_read_by_an_old_key_until_they_are_renewed(
    before: Installation, database: ClockedDatabase
) -> None:
    after = Installation(database, NEW, OLD)

    assert after.read() == before.read()
    assert after.stored.count() == SecretCount(current=0, old=5, unreadable=0)


def test_once_all_are_renewed_the_old_key_can_go(
    before: Installation, database: ClockedDatabase
) -> None:
    secrets = before.read()

    renewed = Installation(database, NEW, OLD).stored.renew()

    alone = Installation(database, NEW)
    assert renewed == 5
    assert alone.read() == secrets
    assert alone.stored.count() == SecretCount(current=5, old=0, unreadable=0)
    with pytest.raises(SecretUnreadable):
        before.read()


def test_renewing_twice_renews_nothing(
    before: Installation, database: ClockedDatabase
) -> None:
    del before
    both = Installation(database, NEW, OLD)
    both.stored.renew()

    assert both.stored.renew() == 0


def test_whoever_dies_on_the_way_has_changed_nothing(
    before: Installation,
    database: ClockedDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = Installation(database, NEW, OLD)
    renew, left = both.vault.renew, iter(range(3))

    def mortal(token: str) -> str:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return renew(token)

    monkeypatch.setattr(both.vault, "renew", mortal)
    with pytest.raises(KeyboardInterrupt):
        both.stored.renew()

    assert both.stored.count() == SecretCount(current=0, old=5, unreadable=0)
    assert before.read()


def test_what_no_key_can_read_stays_as_it_is(
    before: Installation, database: ClockedDatabase
) -> None:
    stranger = Installation(database, OTHER)

    assert stranger.stored.renew() == 0
    assert stranger.stored.count() == SecretCount(current=0, old=0, unreadable=5)
    assert before.read()


def test_every_column_that_holds_what_a_vault_locked_is_marked(
    before: Installation, database: ClockedDatabase
) -> None:
    del before
    with database.read() as session:
        locked = {
            column
            for table in Base.metadata.sorted_tables
            for column in table.columns
            if isinstance(column.type, Text)
            for value in session.scalars(select(column))
            if str(value).startswith("gAAAA")  # as Fernet's tokens begin
        }

    marked = {
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.info == ENCRYPTED
    }
    assert locked == marked
