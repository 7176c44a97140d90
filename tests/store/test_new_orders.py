"""A page of new orders leaves behind what the same orders leave one by one."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, event, select

from dashboard.domain.rules import PaymentRule, Shop, TaxRule, TaxSituation
from dashboard.shops.protocol import Fetched, NotUnderstood, Received
from dashboard.shops.registry import CONNECTORS
from dashboard.store.pulls import PullStore
from dashboard.store.revisions import Revision
from dashboard.store.schema import (
    OrderEventRow,
    OrderRow,
    PostingRow,
    RevisionRow,
)
from dashboard.store.vault import Vault
from dashboard.sync.intake import read_again
from dashboard.sync.plan import plan_order
from dashboard.sync.pull import revision_of
from tests.fixtures.builders import (
    RULES,
    a_customer,
    a_revision,
    an_order,
    an_unread_revision,
    read,
)
from tests.fixtures.company import Company

SAMPLES = Path(__file__).parents[1] / "data" / "woocommerce"
_OWN_IDS = {
    "id",
    "order_id",
    "revision_id",
    "planned_revision_id",
    "contact_posting_id",
    "requires_id",
    "also_requires_id",
    "run_id",
}


def of_the_samples() -> list[Revision]:
    """Read every order that a real shop gave."""
    connector = CONNECTORS["woocommerce"]
    revisions = {}
    for path in sorted(SAMPLES.glob("[0-9]*.json")):
        body = path.read_bytes()
        message = connector.read({}, body)
        assert isinstance(message, (Received, NotUnderstood))
        external_id = str(json.loads(body)["id"])
        fetched = Fetched(external_id=external_id, payload=body, message=message)
        revisions[external_id] = replace(revision_of(fetched), source="pull")
    return list(revisions.values())


def of_odd_ones() -> list[Revision]:
    """Orders that get into each other's way."""
    moved = a_customer("7", company="Buyer 7 has moved")
    orders = [
        an_order("1"),
        an_order("2", customer=moved),
        an_order("3", payments=()),
        replace(an_order("4"), number="1", customer=a_customer("9")),
        an_order("5", total="0.00"),
    ]
    named = [
        replace(a_revision(order), external_id=f"id-{place}")
        for place, order in enumerate(orders)
    ]
    return [*named, replace(an_unread_revision(), external_id="unread")]


def of(row: Any) -> dict[str, object]:
    return {
        column.name: getattr(row, column.name)
        for column in row.__table__.columns
        if column.name not in _OWN_IDS
    }


def left_behind(company: Company) -> dict[str, object]:
    """Return all rows, which name each other by what they are and not by their ids."""
    with company.database.read() as session:
        orders = {row.id: row for row in session.scalars(select(OrderRow))}
        postings = {row.id: row for row in session.scalars(select(PostingRow))}
        events = session.scalars(select(OrderEventRow).order_by(OrderEventRow.id)).all()
        revisions = session.scalars(select(RevisionRow)).all()
        keys: dict[int | None, str] = {i: p.natural_key for i, p in postings.items()}
        numbers = {i: order.external_id for i, order in orders.items()}
        return {
            "orders": {
                numbers[order.id]: (of(order), keys.get(order.contact_posting_id))
                for order in orders.values()
            },
            "postings": {
                posting.natural_key: (
                    of(posting),
                    numbers[posting.order_id],
                    keys.get(posting.requires_id),
                )
                for posting in postings.values()
            },
            "stories": {
                external_id: [
                    of(e) for e in events if numbers[e.order_id] == external_id
                ]
                for external_id in numbers.values()
            },
            "revisions": {numbers[r.order_id]: of(r) for r in revisions},
        }


def forget_all(company: Company) -> None:
    with company.database.write() as session:
        for row in (OrderEventRow, RevisionRow):
            session.execute(delete(row))
        session.execute(delete(PostingRow).where(PostingRow.requires_id.is_not(None)))
        session.execute(delete(PostingRow))
        session.execute(delete(OrderRow))


@pytest.fixture
def woo(company: Company) -> Shop:
    """A shop whose samples can be booked, most of them."""
    rates = (
        TaxRule(
            situation=TaxSituation.RATE, rate_percent=Decimal(rate), tax_type="OUTPUT"
        )
        for rate in (0, 9, 19, 21)
    )
    methods = ("bacs", "card", "cod", "stripe", "")
    rules = replace(
        RULES,
        tax_rules=(*RULES.tax_rules, *rates),
        payment_rules=tuple(PaymentRule(method=m, bank_account="090") for m in methods),
    )
    company.settings.save_rules(rules, expected_version=1)
    return replace(company.shop, kind="woocommerce")


@pytest.mark.parametrize("make", [of_the_samples, of_odd_ones])
def test_a_page_leaves_what_orders_leave_one_by_one(
    company: Company, woo: Shop, make: Any
) -> None:
    revisions = make()
    for revision in revisions:
        company.orders.take_in(woo, revision, plan_order)
    one_by_one = left_behind(company)
    forget_all(company)

    taken = PullStore(company.database, Vault(b"k" * 32)).take_page(
        woo, revisions, plan_order, read_again, run_id=1, cursors=None
    )

    assert len(taken) == len(revisions)
    assert all(each.news for each in taken)
    page = left_behind(company)
    for table, rows in one_by_one.items():
        assert page[table] == rows


def test_a_page_of_new_orders_takes_few_statements(company: Company) -> None:
    told: list[str] = []
    engine = company.database.engine

    def count(*arguments: Any) -> None:
        told.append(arguments[2])

    orders = [an_order(str(number)) for number in range(100)]
    event.listen(engine, "before_cursor_execute", count)
    try:
        PullStore(company.database, Vault(b"k" * 32)).take_page(
            company.shop,
            [a_revision(order) for order in orders],
            plan_order,
            read,
            run_id=1,
            cursors=None,
        )
    finally:
        event.remove(engine, "before_cursor_execute", count)

    assert len(company.rows()) == 100
    assert len(told) < 60
