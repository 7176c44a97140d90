"""What a company sets up: its rules, its shops and its connection to the books."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, bindparam, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from dashboard.domain.books import BooksFacts
from dashboard.domain.postings import PostingState
from dashboard.domain.rules import (
    CompanyRules,
    Correction,
    InvoiceWhen,
    PaymentRule,
    Shop,
    ShopRules,
    TaxRule,
    TaxSituation,
    VatCheck,
)
from dashboard.domain.sentences import say
from dashboard.outbound.address import leads_to
from dashboard.store.codec import from_plain, to_plain
from dashboard.store.database import Database, Overtaken, insert_missing
from dashboard.store.schema import (
    CompanyRulesRow,
    ConnectionRow,
    PaymentRuleRow,
    PostingRow,
    RequestRow,
    ShopRow,
    ShopRuleRow,
    TaxRuleRow,
)
from dashboard.store.vault import SecretUnreadable, Vault

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

# What every plan asks for, built once and carried out past the ORM.
_RULES = select(CompanyRulesRow.__table__)
_TAX_RULES = select(TaxRuleRow.__table__).order_by("id")
_PAYMENT_RULES = select(PaymentRuleRow.__table__).order_by("method")
_SHOP_RULES = select(ShopRuleRow.name, ShopRuleRow.value).where(
    ShopRuleRow.shop_id == bindparam("shop_id")
)
_TOLD = select(
    *(ConnectionRow.facts[name] for name in ("country", "base_currency", "currencies"))
)
_CONNECTION = select(ConnectionRow.version, ConnectionRow.tenant_id).with_for_update()
_ANYTHING_SENT = select(
    or_(
        exists().where(PostingRow.state == PostingState.CONFIRMED.value),
        exists().where(RequestRow.last_sent_at.is_not(None)),
    )
)
_SECRETS = select(ShopRow.secrets).where(ShopRow.id == bindparam("shop_id"))


class ChangedMeanwhile(Exception):
    """Somebody else saved the same thing since it was read."""


class OtherBooks(Exception):
    """Orders are booked in books other than those that a connection leads to."""


class ShopExists(Exception):
    """A shop of that slug is there already, with other settings."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """The accounting package we write to; *client_secret* is in the clear."""

    kind: str
    base_url: str
    client_id: str
    client_secret: str
    tenant_id: str
    version: int

    @property
    def secret_hint(self) -> str:
        """The last four characters of the secret, or nothing if it is short."""
        return self.client_secret[-4:] if len(self.client_secret) > 8 else ""  # noqa: PLR2004

    @property
    def access(self) -> tuple[str, str]:
        """Whose sign-in it is, and where."""
        return self.base_url, self.client_id

    def is_to_the_books_of(self, other: Connection) -> bool:
        """Tell whether both write into the same books, as far as is known.

        Of a sign-in that leads nobody knows where, as the books are silent, it may be.
        """
        if not leads_to(self.base_url, other.base_url):
            return False
        if self.tenant_id and other.tenant_id:
            return self.tenant_id == other.tenant_id
        return self.client_id == other.client_id or not other.tenant_id


class CompanyStore:
    """Reads and writes what a company sets up."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def rules(self, shop: Shop | None = None) -> CompanyRules:
        """Return the company's rules, or those of *shop*; the defaults until saved."""
        with self._database.read() as session:
            return read_rules(session, shop)

    def shop_rules(self, shop: Shop) -> ShopRules:
        """Return what is another rule for *shop* than for the company."""
        with self._database.read() as session:
            return _read_shop_rules(session, shop)

    def shop_rules_version(self, shop: Shop) -> int:
        """Return a number that is another one once the shop's own rules change."""
        return _version_of(self.shop_rules(shop))

    def change_shop_rules(
        self,
        shop: Shop,
        change: Callable[[ShopRules], ShopRules],
        *,
        expected_version: int | None = None,
    ) -> bool:
        """Replace the own rules of *shop* by what *change* makes of them; commits.

        False if it makes nothing of them.

        Raises:
            ChangedMeanwhile: If they were changed since *expected_version* was read.
        """
        with self._database.write() as session:
            mine = select(ShopRow.id).where(ShopRow.id == shop.id)
            session.scalar(mine.with_for_update(key_share=True))
            stored = _read_shop_rules(session, shop)
            if expected_version not in {None, _version_of(stored)}:
                raise ChangedMeanwhile
            changed = change(stored)
            if changed == stored:
                return False
            session.execute(delete(ShopRuleRow).where(ShopRuleRow.shop_id == shop.id))
            for name, value in changed.own().items():
                plain = to_plain(value)
                session.add(ShopRuleRow(shop_id=shop.id, name=name, value=plain))
            return True

    def rules_version(self) -> int:
        """Return the number that grows with every save; 0 before the first."""
        with self._database.read() as session:
            return session.scalar(select(CompanyRulesRow.version)) or 0

    def save_rules(self, rules: CompanyRules, *, expected_version: int) -> None:
        """Replace the rules, lists and all; commits.

        Raises:
            ChangedMeanwhile: If they were saved since *expected_version* was read.
        """
        values = {
            "invoice_when": rules.invoice_when.value,
            "mark_as_paid": rules.mark_as_paid,
            "correction": ""
            if rules.correction is Correction.ASK
            else rules.correction.value,
            "sales_account": rules.sales_account,
            "shipping_account": rules.shipping_account,
            "fee_account": rules.fee_account,
            "rounding_account": rules.rounding_account,
            "gift_card_account": rules.gift_card_account,
            "number_pattern": rules.number_pattern,
            "due_days": rules.due_days,
            "vat_check": rules.vat_check.value,
            "version": expected_version + 1,
        }
        with self._database.write() as session:
            stored = session.scalar(select(CompanyRulesRow.version).with_for_update())
            if (stored or 0) != expected_version:
                raise ChangedMeanwhile
            if stored is not None:
                session.execute(update(CompanyRulesRow).values(**values))
            elif not insert_missing(
                session, CompanyRulesRow, unique=["id"], id=1, **values
            ):
                raise ChangedMeanwhile
            _replace_lists(session, rules)

    def shops(self) -> tuple[Shop, ...]:
        """Return all shops, the oldest first."""
        with self._database.read() as session:
            rows = session.scalars(select(ShopRow).order_by(ShopRow.id))
            return tuple(shop_of(row) for row in rows)

    def shop(self, slug: str) -> Shop | None:
        """Return the active shop of that slug."""
        with self._database.read() as session:
            row = session.scalar(
                select(ShopRow).where(ShopRow.slug == slug, ShopRow.active)
            )
            return None if row is None else shop_of(row)

    def set_vat_number_keys(self, shop: Shop, keys: Sequence[str]) -> None:
        """Say in which fields the shop's orders hold VAT numbers; commits."""
        kept = update(ShopRow).where(ShopRow.id == shop.id)
        with self._database.write() as session:
            session.execute(kept.values(vat_number_keys="\n".join(keys)))

    def shop_secrets(self, shop: Shop) -> tuple[str, ...]:
        """Return the secrets *shop* may sign with, the newest first."""
        found = self._database.ask(_SECRETS, {"shop_id": shop.id})
        return self._vault.unlock(found[0].secrets) if found else ()

    def add_shop(self, shop: Shop, secret: str, *, at: datetime) -> bool:
        """Add *shop* (its id does not matter); False if it was there; commits.

        A new secret of a known shop is put before the old one, and the old one stays
        valid: the shop may still sign with it. One that cannot be read is forgotten.

        Raises:
            ShopExists: If the slug or the prefix belongs to another shop.
        """

        def work(session: Session) -> bool:
            mine = select(ShopRow).where(ShopRow.slug == shop.slug)
            row = session.scalar(mine.with_for_update(key_share=True))
            if row is not None:
                if row.kind != shop.kind:
                    raise ShopExists(
                        say(
                            "The shop %(slug)s is of kind %(kind)s.",
                            slug=shop.slug,
                            kind=row.kind,
                        )
                    )
                known = self._readable(row.secrets)
                row.secrets = self._vault.lock(
                    [secret, *(s for s in known if s != secret)][:2]
                )
                return False
            prefix = shop.prefix or _free_prefix(session, shop.slug)
            taken = session.scalar(select(ShopRow.slug).where(ShopRow.prefix == prefix))
            if taken == shop.slug:
                raise Overtaken  # somebody adds the same shop
            if taken is not None:
                raise ShopExists(
                    say(
                        "The prefix %(prefix)s belongs to the shop %(taken)s.",
                        prefix=prefix,
                        taken=taken,
                    )
                )
            session.add(
                ShopRow(
                    slug=shop.slug,
                    name=shop.name,
                    kind=shop.kind,
                    prefix=prefix,
                    secrets=self._vault.lock([secret]),
                    created_at=at,
                )
            )
            return True

        return self._database.repeated(work)

    def _readable(self, locked: str) -> tuple[str, ...]:
        try:
            return self._vault.unlock(locked)
        except SecretUnreadable:
            return ()

    def connection(self) -> Connection | None:
        """Return the connection to the books, once it is set."""
        with self._database.read() as session:
            row = session.scalar(select(ConnectionRow))
            if row is None:
                return None
            (secret,) = self._vault.unlock(row.client_secret)
            return Connection(
                kind=row.kind,
                base_url=row.base_url,
                client_id=row.client_id,
                client_secret=secret,
                tenant_id=row.tenant_id,
                version=row.version,
            )

    def readable_connection(self) -> Connection | None:
        """Return the connection to the books; None too if its secret is unreadable."""
        with suppress(SecretUnreadable):  # to set it is how that is put right
            return self.connection()
        return None

    def with_known_tenant(self, connection: Connection) -> Connection:
        """Return *connection* with the organisation that its sign-in was met with.

        Keeping it is no change that would make us start over. Another client, or
        another address, has organisations of its own.
        """
        known = self.readable_connection()
        if connection.tenant_id or known is None or known.access != connection.access:
            return connection
        return replace(connection, tenant_id=known.tenant_id)

    def connection_version(self) -> int:
        """Return the number that grows with every change; 0 before the first."""
        with self._database.read() as session:
            return session.scalar(select(ConnectionRow.version)) or 0

    def set_connection(
        self, connection: Connection, *, expected_version: int | None = None
    ) -> None:
        """Store *connection* (its version does not matter); commits.

        What the books said of themselves is forgotten when it changes. Which
        organisation they are is not, once anything was sent to them.

        Raises:
            ChangedMeanwhile: If it was changed since *expected_version* was read.
            OtherBooks: If it is to another organisation than the one that orders are
                booked in: what may be in its books would be looked for in others.
        """
        known = self.readable_connection()
        if known and replace(connection, version=known.version) == known:
            return
        with self._database.write() as session:
            row = session.execute(_CONNECTION).first()
            if expected_version not in {None, row.version if row else 0}:
                raise ChangedMeanwhile
            booked_in = row.tenant_id if row and session.scalar(_ANYTHING_SENT) else ""
            if booked_in and connection.tenant_id not in {"", booked_in}:
                raise OtherBooks
            values = {
                "kind": connection.kind,
                "base_url": connection.base_url,
                "client_id": connection.client_id,
                "client_secret": self._vault.lock([connection.client_secret]),
                "tenant_id": connection.tenant_id or booked_in,
            }
            first = {"id": 1, "version": 1, **values}
            if not insert_missing(session, ConnectionRow, unique=["id"], **first):
                session.execute(
                    update(ConnectionRow).values(
                        version=ConnectionRow.version + 1,
                        facts=None,
                        facts_at=None,
                        **values,
                    )
                )

    def facts(self) -> BooksFacts | None:
        """Return what the books last said of themselves."""
        with self._database.read() as session:
            facts = session.scalar(select(ConnectionRow.facts))
            return None if facts is None else from_plain(BooksFacts, facts)

    def doubt_facts(self) -> None:
        """Have the books asked again what they are, at the next occasion; commits."""
        asked = update(ConnectionRow).where(ConnectionRow.facts_at.is_not(None))
        with self._database.write() as session:
            session.execute(asked.values(facts_at=_LONG_AGO))

    def facts_at(self) -> datetime | None:
        """Return when the books last said it."""
        with self._database.read() as session:
            return session.scalar(select(ConnectionRow.facts_at))

    def save_facts(
        self,
        facts: BooksFacts,
        *,
        tenant_id: str,
        at: datetime,
        version: int | None = None,
    ) -> bool:
        """Keep what the books say of themselves, and which organisation it is; commits.

        False if the connection is not the one of *version* any more: then other books
        said it, and nothing is kept.
        """
        kept = update(ConnectionRow).returning(ConnectionRow.id)
        if version is not None:
            kept = kept.where(ConnectionRow.version == version)
        values = {"facts": to_plain(facts), "facts_at": at, "tenant_id": tenant_id}
        with self._database.write() as session:
            return session.scalar(kept.values(values)) is not None


def read_rules(session: Session, shop: Shop | None = None) -> CompanyRules:
    """Return the rules for orders of *shop* within a transaction that is under way.

    Without a shop they are the company's.
    """
    rules = _read_company_rules(session)
    return rules if shop is None else _read_shop_rules(session, shop).over(rules)


def _read_shop_rules(session: Session, shop: Shop) -> ShopRules:
    rows = session.connection().execute(_SHOP_RULES, {"shop_id": shop.id})
    return from_plain(ShopRules, {row.name: row.value for row in rows})


def _version_of(rules: ShopRules) -> int:
    # Nine digits at most: no form takes more for a version.
    return zlib.crc32(json.dumps(to_plain(rules), sort_keys=True).encode()) >> 3


def _read_company_rules(session: Session) -> CompanyRules:
    connection = session.connection()
    row = connection.execute(_RULES).first()
    told = {
        **_told_by_the_books(session),
        "tax_rules": tuple(_tax_rule(tax) for tax in connection.execute(_TAX_RULES)),
        "payment_rules": tuple(
            PaymentRule(method=rule.method, bank_account=rule.bank_account)
            for rule in connection.execute(_PAYMENT_RULES)
        ),
    }
    if row is None:
        return replace(CompanyRules(), **told)
    return CompanyRules(
        invoice_when=InvoiceWhen(row.invoice_when),
        mark_as_paid=row.mark_as_paid,
        correction=Correction(row.correction or Correction.ASK),
        sales_account=row.sales_account,
        shipping_account=row.shipping_account,
        fee_account=row.fee_account,
        rounding_account=row.rounding_account,
        gift_card_account=row.gift_card_account,
        number_pattern=row.number_pattern,
        due_days=row.due_days,
        vat_check=VatCheck(row.vat_check),
        **told,
    )


def _told_by_the_books(session: Session) -> dict[str, Any]:
    row = session.connection().execute(_TOLD).first()
    home, base, currencies = row or (None, None, None)
    known = sorted({base, *currencies}) if currencies else ()
    return {"home": home or "", "currencies": tuple(known)}


def shop_of(row: ShopRow) -> Shop:
    """Turn a row into a shop."""
    return Shop(
        id=row.id,
        slug=row.slug,
        name=row.name,
        kind=row.kind,
        prefix=row.prefix,
        active=row.active,
        base_url=row.base_url,
        vat_number_keys=tuple(row.vat_number_keys.splitlines()),
    )


def _tax_rule(row: Row[*tuple[Any, ...]]) -> TaxRule:
    return TaxRule(
        situation=TaxSituation(row.situation),
        rate_percent=Decimal(row.rate_percent) if row.rate_percent else None,
        country=row.country,
        tax_type=row.tax_type,
    )


def _replace_lists(session: Session, rules: CompanyRules) -> None:
    session.execute(delete(TaxRuleRow))
    session.execute(delete(PaymentRuleRow))
    for tax in rules.tax_rules:
        rate = tax.rate_percent
        session.add(
            TaxRuleRow(
                situation=tax.situation.value,
                rate_percent="" if rate is None else f"{rate.normalize():f}",
                country=tax.country,
                tax_type=tax.tax_type,
            )
        )
    for payment in rules.payment_rules:
        session.add(
            PaymentRuleRow(method=payment.method, bank_account=payment.bank_account)
        )


def _free_prefix(session: Session, slug: str) -> str:
    """Return "W-" for the first shop, the slug in capitals for later ones."""
    first = session.scalar(select(ShopRow.id).limit(1)) is None
    return "W-" if first else f"{slug.upper()}-"
