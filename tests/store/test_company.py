"""What a company sets up is kept exactly, and nobody overwrites somebody else."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from dashboard.domain.books import BooksFacts, LedgerAccount, TaxRate
from dashboard.domain.rules import (
    CompanyRules,
    Correction,
    InvoiceWhen,
    Layer,
    PaymentRule,
    Shop,
    ShopRules,
    TaxRule,
    TaxSituation,
    VatCheck,
)
from dashboard.store.company import (
    ChangedMeanwhile,
    CompanyStore,
    Connection,
    ShopExists,
)
from dashboard.store.schema import ConnectionRow, ShopRow
from dashboard.store.vault import SecretUnreadable, Vault
from tests.conftest import NOW
from tests.fixtures.databases import ClockedDatabase

SHOP = Shop(id=0, slug="demo", name="Demo", kind="json", prefix="D-")
CONNECTION = Connection(
    kind="xero",
    base_url="https://books.example",
    client_id="client",
    client_secret="canary-secret",
    tenant_id="",
    version=0,
)
FACTS = BooksFacts(
    organisation="Sluice Test",
    country="GB",
    base_currency="GBP",
    currencies=("GBP", "EUR"),
    tax_rates=(TaxRate(tax_type="T", name="20%", rate_percent=Decimal("20.00")),),
    ledger_accounts=(
        LedgerAccount(code="090", name="Bank", kind="BANK", takes_payments=True),
    ),
)


@pytest.fixture
def store(database: ClockedDatabase) -> CompanyStore:
    return CompanyStore(database, Vault(b"key" * 11))


def rate(percent: str, **fields: str) -> TaxRule:
    rule = {"tax_type": "T", **fields}
    return TaxRule(situation=TaxSituation.RATE, rate_percent=Decimal(percent), **rule)


def test_rules_come_back_as_they_were_saved(store: CompanyStore) -> None:
    rules = CompanyRules(
        invoice_when=InvoiceWhen.ORDERED,
        mark_as_paid=False,
        sales_account="201",
        gift_card_account="835",
        number_pattern="{number}",
        due_days=30,
        tax_rules=(
            rate("0"),
            rate("5.5"),
            rate("100", country="BE"),
            TaxRule(situation=TaxSituation.UNTAXED, tax_type="NONE"),
        ),
        payment_rules=(
            PaymentRule(method="", bank_account="090"),
            PaymentRule(method="card", bank_account="091"),
        ),
    )

    store.save_rules(rules, expected_version=0)

    assert store.rules() == rules
    assert store.rules_version() == 1


def test_rules_saved_meanwhile_are_not_overwritten(store: CompanyStore) -> None:
    store.save_rules(CompanyRules(due_days=1), expected_version=0)

    for version in (0, 2):
        with pytest.raises(ChangedMeanwhile):
            store.save_rules(CompanyRules(due_days=2), expected_version=version)

    assert store.rules().due_days == 1


def test_the_last_two_secrets_of_a_shop_are_valid(store: CompanyStore) -> None:
    for secret in ("first", "second", "second", "third"):
        store.add_shop(SHOP, secret, at=NOW)

    (shop,) = store.shops()
    assert store.shop_secrets(shop) == ("third", "second")


def test_a_prefix_belongs_to_one_shop(store: CompanyStore) -> None:
    store.add_shop(SHOP, "secret", at=NOW)

    with pytest.raises(ShopExists):
        store.add_shop(replace(SHOP, slug="other"), "secret", at=NOW)
    with pytest.raises(ShopExists):
        store.add_shop(replace(SHOP, kind="woocommerce"), "secret", at=NOW)


def test_shops_without_a_prefix_get_one_of_their_own(store: CompanyStore) -> None:
    for slug in ("first", "second"):
        store.add_shop(replace(SHOP, slug=slug, prefix=""), "secret", at=NOW)

    assert [shop.prefix for shop in store.shops()] == ["W-", "SECOND-"]


def test_secrets_are_not_readable_in_the_database(
    store: CompanyStore, database: ClockedDatabase
) -> None:
    store.set_connection(CONNECTION)
    store.add_shop(SHOP, "canary-secret", at=NOW)

    with database.read() as session:
        stored = session.scalars(select(ConnectionRow.client_secret)).one()
        shop_secrets = session.scalars(select(ShopRow.secrets)).one()
    assert "canary" not in stored + shop_secrets


def test_another_key_says_that_the_secret_cannot_be_read(
    store: CompanyStore, database: ClockedDatabase
) -> None:
    store.set_connection(CONNECTION)

    with pytest.raises(SecretUnreadable, match="secret key has changed"):
        CompanyStore(database, Vault(b"other" * 8)).connection()


def test_a_connection_comes_back_with_a_version(store: CompanyStore) -> None:
    assert store.connection() is None

    store.set_connection(CONNECTION)
    store.set_connection(CONNECTION)

    assert store.connection() == replace(CONNECTION, version=1)


def test_other_books_make_us_forget_what_the_first_said(store: CompanyStore) -> None:
    store.set_connection(CONNECTION)
    store.save_facts(FACTS, tenant_id="tenant", at=NOW)
    assert store.facts() == FACTS
    assert store.facts_at() == NOW

    store.set_connection(replace(CONNECTION, base_url="https://other.example"))

    assert store.facts() is None
    assert store.facts_at() is None


def test_what_other_books_said_meanwhile_is_not_kept(store: CompanyStore) -> None:
    store.set_connection(CONNECTION)
    asked = store.connection()
    assert asked is not None
    store.set_connection(replace(CONNECTION, base_url="https://other.example"))

    kept = store.save_facts(FACTS, tenant_id="old", at=NOW, version=asked.version)

    assert not kept
    assert store.facts() is None
    connection = store.connection()
    assert connection is not None
    assert connection.tenant_id == ""
    assert store.save_facts(FACTS, tenant_id="new", at=NOW, version=connection.version)


def test_rules_of_a_shop_lie_over_those_of_the_company(store: CompanyStore) -> None:
    store.add_shop(SHOP, "secret", at=NOW)
    (shop,) = store.shops()
    own = ShopRules(due_days=0, invoice_when=InvoiceWhen.ORDERED, fee_account="240")

    store.change_shop_rules(shop, lambda _: ShopRules(sales_account="201"))
    store.change_shop_rules(shop, lambda _: own)

    assert store.shop_rules(shop) == own
    assert store.rules(shop) == replace(
        store.rules(),
        due_days=0,
        invoice_when=InvoiceWhen.ORDERED,
        fee_account="240",
        own=("invoice_when", "fee_account", "due_days"),
    )


EVERY_RULE = ShopRules(
    invoice_when=InvoiceWhen.ORDERED,
    mark_as_paid=False,
    correction=Correction.ASK,
    sales_account="201",
    shipping_account="202",
    fee_account="203",
    rounding_account="204",
    gift_card_account="205",
    number_pattern="B{number}",
    due_days=3,
    vat_check=VatCheck.REQUIRED,
    tax_rules=(
        TaxRule(
            situation=TaxSituation.RATE, rate_percent=Decimal("9.5"), tax_type="OWN"
        ),
    ),
    payment_rules=(PaymentRule(method="card", bank_account="092"),),
)


def test_every_rule_of_the_company_can_be_another_one_for_a_shop(
    store: CompanyStore,
) -> None:
    store.add_shop(SHOP, "secret", at=NOW)
    (shop,) = store.shops()

    store.change_shop_rules(shop, lambda _: EVERY_RULE)

    told_by_the_books = {"home", "currencies", "own"}
    assert store.shop_rules(shop) == EVERY_RULE
    assert set(store.rules(shop).own) == vars(CompanyRules()).keys() - told_by_the_books


def test_lists_of_a_shop_come_before_those_of_the_company_and_leave_them(
    store: CompanyStore,
) -> None:
    ours = PaymentRule(method="paypal", bank_account="090")
    store.save_rules(CompanyRules(payment_rules=(ours,)), expected_version=0)
    store.add_shop(SHOP, "secret", at=NOW)
    (shop,) = store.shops()

    store.change_shop_rules(shop, lambda _: EVERY_RULE)

    own, company = store.rules(shop).payment_rules
    assert (own.method, own.layer) == ("card", Layer.SHOP)
    assert company == ours
    assert store.rules().payment_rules == (ours,)


def test_two_people_do_not_undo_each_other_in_the_rules_of_a_shop(
    store: CompanyStore,
) -> None:
    store.add_shop(SHOP, "secret", at=NOW)
    (shop,) = store.shops()
    seen = store.shop_rules_version(shop)
    store.change_shop_rules(shop, lambda own: replace(own, due_days=3))

    with pytest.raises(ChangedMeanwhile):
        store.change_shop_rules(
            shop, lambda own: replace(own, fee_account="1"), expected_version=seen
        )

    assert store.shop_rules(shop) == ShopRules(due_days=3)


def test_rule_taken_back_is_the_companys_again(store: CompanyStore) -> None:
    store.add_shop(SHOP, "secret", at=NOW)
    (shop,) = store.shops()
    store.change_shop_rules(shop, lambda _: EVERY_RULE)

    for name in EVERY_RULE.own():
        store.change_shop_rules(shop, lambda own, name=name: own.without(name))

    assert store.rules(shop) == store.rules()
