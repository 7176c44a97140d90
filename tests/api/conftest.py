"""A company with a shop and books that take everything, behind a test client."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.accounting.protocol import Books, Log, Pacer
from dashboard.app import Program, build, open_pages
from dashboard.config import load_settings
from dashboard.domain.books import BooksFacts, LedgerAccount, TaxRate
from dashboard.domain.exchanges import (
    Accepted,
    Answered,
    Claim,
    Exchange,
    Finding,
    FrozenRequest,
    Outcome,
)
from dashboard.domain.pace import Pace
from dashboard.domain.postings import Posting, PostingKind
from dashboard.domain.rules import PaymentRule, Shop, TaxRule, TaxSituation
from dashboard.domain.runs import Run, Trigger
from dashboard.domain.timing import Timing
from dashboard.store.company import Connection
from dashboard.store.database import upgrade_schema
from dashboard.store.exchanges import ExchangeStore
from dashboard.sync.engine import Engine, Stores
from tests.fixtures.clocks import SettableClock

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
SECRET = "the shop's secret"


class GenerousBooks:
    """Takes whatever it is sent."""

    def freeze(self, kind: PostingKind, postings: Sequence[Posting]) -> FrozenRequest:
        keys = [posting.natural_key for posting in postings]
        return FrozenRequest(
            kind=kind,
            method="PUT",
            path=f"/{kind.value}s",
            body=json.dumps(keys).encode(),
            target=kind.value,
        )

    def sign_in(self, log: Log) -> None:
        pass

    def send(self, claim: Claim) -> tuple[Outcome, Exchange]:
        verdicts = tuple(
            Accepted(document_id=f"document of {member.natural_key}")
            for member in claim.members
        )
        exchange = Exchange(
            at=NOW, purpose="send", method="PUT", url=claim.path, status=200
        )
        return Answered(verdicts=verdicts), exchange

    def look_up(
        self, kind: PostingKind, members: Sequence[Posting], log: Log
    ) -> Mapping[int, Finding]:
        del kind, members, log
        return {}

    def facts(self, log: Log) -> tuple[BooksFacts, str]:
        del log
        return FACTS, "tenant"


FACTS = BooksFacts(
    organisation="Example Company",
    country="NL",
    base_currency="EUR",
    currencies=("EUR",),
    tax_rates=(TaxRate(tax_type="OUT21", name="21 %", rate_percent=Decimal(21)),),
    ledger_accounts=(
        LedgerAccount(code="200", name="Sales", kind="REVENUE", takes_payments=False),
        LedgerAccount(code="090", name="Bank", kind="BANK", takes_payments=True),
    ),
)


class Company:
    """What a test does to the company, and what it sees through the network."""

    def __init__(self, program: Program, client: FlaskClient, token: str) -> None:
        self.program = program
        self.client = client
        self.token = token

    def push(
        self,
        order: object,
        *,
        shop: str = "main",
        secret: str = SECRET,
        **request: Any,
    ) -> TestResponse:
        """Send an order as a shop would: signed, in our own format."""
        body = order if isinstance(order, bytes) else json.dumps(order).encode()
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Sluice-Signature": f"sha256={digest}"}
        return self.client.post(
            f"/intake/{shop}", data=body, headers=headers, **request
        )

    def sync(self) -> Run:
        return self.program.engine.run_now(Trigger.PERSON)

    def get(self, path: str, **query: object) -> TestResponse:
        return self.call("GET", path, query_string=query)

    def call(self, method: str, path: str, **request: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.open(
            f"/api/v1/{path}", method=method, headers=headers, **request
        )


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables and nothing in them."""
    folder = tmp_path_factory.mktemp("empty")
    program = build(load_settings({"SLUICE_DATA_DIR": str(folder)}))
    upgrade_schema(program.app)
    _close(program)
    return folder


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOW)


@pytest.fixture
def program(
    empty_database: Path, tmp_path: Path, clock: SettableClock
) -> Iterator[Program]:
    folder = tmp_path / "data"
    shutil.copytree(empty_database, folder)
    program = build(load_settings({"SLUICE_DATA_DIR": str(folder)}), clock)
    yield program
    _close(program)


@pytest.fixture
def company(program: Program, clock: SettableClock) -> Company:
    """A company that is set up, with the shops "main" (own JSON) and "woo"."""
    for slug, kind in (("main", "json"), ("woo", "woocommerce")):
        shop = Shop(id=0, slug=slug, name=f"Shop {slug}", kind=kind, prefix="")
        program.company.add_shop(shop, SECRET, at=clock.now())
    tax = TaxRule(
        situation=TaxSituation.RATE, rate_percent=Decimal(21), tax_type="OUT21"
    )
    rules = replace(
        program.company.rules(),
        tax_rules=(tax, TaxRule(situation=TaxSituation.UNTAXED, tax_type="NONE")),
        payment_rules=(PaymentRule(method="ideal", bank_account="090"),),
    )
    program.company.save_rules(rules, expected_version=0)
    program.company.set_connection(
        Connection(
            kind="xero",
            base_url="https://books.example",
            client_id="id",
            client_secret="secret",
            tenant_id="",
            version=0,
        )
    )
    program = replace(program, engine=_engine(program))
    client = open_pages(program).test_client()
    return Company(program, client, program.tokens.add("tests"))


def an_order(external_id: str = "1042", **changes: object) -> dict[str, Any]:
    """An order of 12.10 EUR that the shop has the money for."""
    return {
        "id": external_id,
        "number": external_id,
        "status": "placed",
        "currency": "EUR",
        "total": "12.10",
        "ordered_at": "2026-03-14T09:00:00+00:00",
        "customer": {"id": "7", "first_name": "Ann", "last_name": "Example"},
        "lines": [
            {
                "kind": "product",
                "description": "Mug",
                "quantity": "1",
                "net": "10.00",
                "taxes": [{"rate_percent": "21", "amount": "2.10"}],
            }
        ],
        "payments": [
            {
                "amount": "12.10",
                "method": "ideal",
                "paid_at": "2026-03-14T09:01:00+00:00",
            }
        ],
    } | changes


@pytest.fixture(name="an_order")
def _an_order() -> Any:
    return an_order


def _engine(program: Program) -> Engine:
    def open_books(connection: Connection, pacer: Pacer) -> Books:
        del connection, pacer
        return GenerousBooks()

    return Engine(
        Stores(
            database=program.database,
            company=program.company,
            orders=program.orders,
            exchanges=ExchangeStore(program.database),
        ),
        open_books,
        program.clock,
        timing=Timing(),
        pace=Pace(),
        workers=1,
        process="test",
    )


def _close(program: Program) -> None:
    program.database._engine.dispose()
