"""A dashboard that tests fill with people and orders, and a client to look at it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from dashboard.app import Program
from dashboard.domain.alarms import Alarm, AlarmKind
from dashboard.domain.books import BooksFacts, LedgerAccount, TaxRate
from dashboard.domain.clock import Clock
from dashboard.domain.exchanges import MASK
from dashboard.domain.notices import Channel, ChannelKind, Receiver
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.rules import (
    CompanyRules,
    PaymentRule,
    Shop,
    TaxRule,
    TaxSituation,
)
from dashboard.domain.runs import Schedule, ScheduleKind, Task
from dashboard.domain.users import Role, User
from dashboard.shops.csv_upload.reading import as_json
from dashboard.store.company import Connection
from dashboard.store.database import db
from dashboard.store.schedules import ScheduleStore
from dashboard.store.schema import (
    ExchangeRow,
    GateRow,
    HeartbeatRow,
    OrderRow,
    PostingRow,
    RequestMemberRow,
    RequestRow,
    RunRow,
    UserRow,
)
from dashboard.store.standings import add_event, problem_to_plain, refresh_standings
from dashboard.store.user_sessions import DEMO_LIMITS, UserSessionStore
from dashboard.store.users import user_of

START = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
PASSWORD = "correct horse battery"
SECRET = "shop-secret-for-tests"

RULES = CompanyRules(
    tax_rules=(
        TaxRule(
            situation=TaxSituation.RATE,
            rate_percent=Decimal(21),
            tax_type="OUTPUT2",
        ),
    ),
    payment_rules=(PaymentRule(method="ideal", bank_account="090"),),
)
FACTS = BooksFacts(
    organisation="Demo Company (NL)",
    country="NL",
    base_currency="EUR",
    currencies=("EUR",),
    tax_rates=(
        TaxRate(tax_type="OUTPUT2", name="21% BTW", rate_percent=Decimal(21)),
        TaxRate(tax_type="OUTPUT", name="9% BTW", rate_percent=Decimal(9)),
    ),
    ledger_accounts=(
        LedgerAccount(code="090", name="Bank", kind="BANK", takes_payments=True),
        LedgerAccount(code="200", name="Sales", kind="REVENUE", takes_payments=False),
        LedgerAccount(
            code="860", name="Rounding", kind="EXPENSE", takes_payments=False
        ),
    ),
)


class Scene:
    """A dashboard that tests fill and look at; *url* is set when it is served."""

    rules = RULES
    url = ""

    def __init__(self, program: Program, app: Flask, clock: Clock) -> None:
        self.program = program
        self.app = app
        self.clock = clock
        self.database = program.database
        self._requests = 0

    def shop(self, slug: str = "demo", name: str = "Demo shop") -> None:
        shop = Shop(id=0, slug=slug, name=name, kind="json", prefix="")
        self.program.company.add_shop(shop, SECRET, at=self.clock.now())

    def user(self, role: Role, *, name: str = "") -> str:
        """Add a user of *role* and return their e-mail address."""
        email = f"{role.word}@sluice.example"
        self.program.users.add(email, name or role.word.title(), role, PASSWORD)
        return email

    def client(self, role: Role | None = Role.ADMINISTRATOR) -> Browsing:
        """Return a client, signed in with *role* unless it is None."""
        client = self.app.test_client()
        if role is not None:
            user = self._member(role)
            sessions = UserSessionStore(self.database, self.clock, DEMO_LIMITS)
            with client.session_transaction() as cookie:
                cookie["_user_id"] = sessions.start(user, "127.0.0.1")
        return Browsing(client)

    def _member(self, role: Role) -> User:
        """Return a user of *role*; hashing a password for each would take long."""
        email = f"{role.word}@sluice.example"
        with self.database.write() as session:
            row = session.scalar(select(UserRow).where(UserRow.email == email))
            if row is None:
                row = UserRow(
                    email=email,
                    name=role.word.title(),
                    role=role.word,
                    password_hash="never matches",
                    active=True,
                    created_at=self.clock.now(),
                )
                session.add(row)
        return user_of(row)

    def order(
        self,
        number: str = "1001",
        *,
        total: str = "12.10",
        paid: bool = True,
        rate: str = "21",
        method: str = "ideal",
        name: str = "Ada Sample",
        slug: str = "demo",
        **fields: Any,
    ) -> int:
        """Let the shop send an order; return its id."""
        net = (Decimal(total) / (1 + Decimal(rate) / 100)).quantize(Decimal("0.01"))
        first, _, last = name.partition(" ")
        at = self.clock.now().isoformat()
        payload: dict[str, Any] = {
            "id": f"id-{number}",
            "number": number,
            "status": "placed",
            "currency": "EUR",
            "total": total,
            "ordered_at": at,
            "customer": {
                "email": f"{first.lower()}@post.example",
                "first_name": first,
                "last_name": last,
            },
            "lines": [
                {
                    "description": "Stoneware mug",
                    "net": str(net),
                    "taxes": [
                        {"rate_percent": rate, "amount": str(Decimal(total) - net)}
                    ],
                }
            ],
            **fields,
        }
        if paid:
            payment = {"amount": total, "method": method, "paid_at": at}
            payload["payments"] = [payment]
        self.send(payload, slug)
        with self.database.read() as session:
            found = session.scalar(
                select(OrderRow.id).where(OrderRow.external_id == f"id-{number}")
            )
        assert found is not None
        return found

    def send(self, payload: dict[str, Any], slug: str = "demo") -> None:
        body = json.dumps(payload).encode()
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Sluice-Signature": f"sha256={digest}"}
        answer = self.app.test_client().post(
            f"/intake/{slug}", data=body, headers=headers
        )
        assert answer.status_code in {200, 202, 422}, answer.text

    def send_unread(self, external_id: str) -> None:
        """Let the shop send an order that makes no sense."""
        self.send({"id": external_id, "status": "placed", "lines": "none"})

    def upload(self, text: str, slug: str = "demo") -> int:
        """Let somebody upload a file of orders; return its id."""
        uploads = self.program.uploads
        shop = self.program.company.shop(slug)
        assert shop is not None
        body = text.encode()
        reading = as_json(uploads.likely_reading(shop, body))
        return uploads.store.add(shop, "sales.csv", body, reading, "Robin")

    def book(self, *order_ids: int) -> int:
        """Let a run book orders, as if the books had answered; return the run's id."""
        now = self.clock.now()
        with self.database.write() as session:
            run_id = self._run(session, len(order_ids))
            for order_id in order_ids:
                for posting in self._postings(session, order_id):
                    if posting.kind == "contact" and posting.state == "confirmed":
                        continue
                    request_id = self._exchange(session, posting, run_id, now)
                    posting.state = "confirmed"
                    posting.problem = None
                    posting.document_id = f"doc-{posting.id}"
                    posting.updated_at = now
                    text = f"{posting.kind.capitalize()} {posting.natural_key} booked."
                    add_event(
                        session,
                        order_id,
                        f"confirmed:{posting.kind}",
                        text,
                        at=now,
                        request_id=request_id,
                        run_id=run_id,
                    )
            refresh_standings(session, order_ids, now)
        return run_id

    def refuse(
        self, order_id: int, message: str = "Refused: the date is locked."
    ) -> None:
        """Let the books refuse the order's invoice."""
        problem = Problem(
            cause=Cause.REFUSED, message=message, settings_section="accounts"
        )
        with self.database.write() as session:
            for posting in self._postings(session, order_id):
                if posting.kind == "invoice":
                    posting.state = "refused"
                    posting.problem = problem_to_plain(problem)
            refresh_standings(session, [order_id], self.clock.now())

    def beat(self, age: timedelta = timedelta(0)) -> None:
        """Let the engine have been alive *age* ago."""
        with self.database.write() as session:
            row = session.get(HeartbeatRow, ("test", "engine"))
            at = self.clock.now() - age
            if row is None:
                session.add(HeartbeatRow(process="test", role="engine", at=at))
            else:
                row.at = at

    def close_gate(self, reason: str) -> None:
        until = self.clock.now() + timedelta(minutes=2)
        with self.database.write() as session:
            if session.get(GateRow, 1) is None:
                session.add(
                    GateRow(
                        id=1,
                        closed_until=until,
                        reason=reason,
                        paused_since=self.clock.now(),
                    )
                )
            else:
                session.execute(
                    update(GateRow).values(closed_until=until, reason=reason)
                )

    def schedule(self) -> Schedule:
        schedules = ScheduleStore(self.database)
        schedules.install(
            Schedule(
                id=0,
                name="Book orders",
                task=Task.SYNC,
                kind=ScheduleKind.INTERVAL,
                spec="60",
                timezone="UTC",
                active=True,
                paused_reason="",
                version=1,
                next_due_at=self.clock.now() + timedelta(seconds=30),
            )
        )
        (schedule,) = schedules.all()
        return schedule

    def channel(self, url: str) -> None:
        """Let a program at *url* be told of everything."""
        self.program.watch.stores.channels.add(
            Channel(
                id=0,
                name="Chat",
                kind=ChannelKind.WEBHOOK,
                kinds=tuple(AlarmKind),
                receiver=Receiver(url=url, secret="shared"),
            )
        )

    def hold(self, *kinds: AlarmKind, message: str = "Look at the shop.") -> None:
        """Let alarms hold, and have held for an hour."""
        now = self.clock.now()
        began = now - timedelta(hours=5)
        alarms = [
            Alarm(kind=kind, subject="demo", since=began, message=message)
            for kind in kinds
        ]
        self.program.watch.stores.alarms.settle(alarms, now - timedelta(hours=1))

    def connect(self) -> None:
        self.program.company.set_connection(
            Connection(
                kind="xero",
                base_url="http://127.0.0.1:9",
                client_id="demo",
                client_secret="a-long-client-secret-1234",
                tenant_id="",
                version=0,
            )
        )
        self.program.company.save_facts(FACTS, tenant_id="tenant", at=self.clock.now())

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return all rows of all tables but the users' sessions."""
        with self.database.read() as session:
            return {
                table.name: [tuple(row) for row in session.execute(table.select())]
                for table in db.metadata.sorted_tables
                if table.name != "user_sessions"
            }

    def status(self, order_id: int) -> str:
        with self.database.read() as session:
            return session.get_one(OrderRow, order_id).status

    def set_role(self, email: str, role: Role) -> None:
        with self.database.write() as session:
            session.execute(
                update(UserRow).where(UserRow.email == email).values(role=role.word)
            )

    def _run(self, session: Session, orders: int) -> int:
        now = self.clock.now()
        run = RunRow(
            task="sync",
            trigger="order",
            state="done",
            created_at=now,
            started_at=now,
            finished_at=now + timedelta(seconds=1),
            process="test",
            orders=orders,
            invoices=orders,
            payments=orders,
            calls=3,
        )
        session.add(run)
        session.flush()
        return run.id

    def _postings(self, session: Session, order_id: int) -> list[PostingRow]:
        order = session.get_one(OrderRow, order_id)
        mine = (PostingRow.order_id == order_id) | (
            PostingRow.id == order.contact_posting_id
        )
        return list(session.scalars(select(PostingRow).where(mine)))

    def _exchange(
        self, session: Session, posting: PostingRow, run_id: int, at: datetime
    ) -> int:
        self._requests += 1
        request = RequestRow(
            kind=posting.kind,
            method="PUT",
            path="/Invoices",
            body=b"{}",
            idempotency_key=f"key-{self._requests}",
            state="done",
            attempts=1,
            not_before=at,
            claimed_until=at,
            created_at=at,
        )
        session.add(request)
        session.flush()
        session.add(
            RequestMemberRow(request_id=request.id, position=0, posting_id=posting.id)
        )
        body = json.dumps({"Invoices": [{"InvoiceNumber": posting.natural_key}]})
        session.add(
            ExchangeRow(
                at=at,
                purpose="book",
                result="answered",
                request_id=request.id,
                run_id=run_id,
                method="PUT",
                url="http://127.0.0.1:9/api.xro/2.0/Invoices",
                request_headers={"Authorization": MASK},
                request_body=body,
                status=200,
                response_headers={},
                response_body=body,
                duration_ms=12,
            )
        )
        return request.id


class Browsing:
    """A client that sends forms as a browser does: with the token of their page."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def get(self, path: str, **options: Any) -> TestResponse:
        return self._client.get(path, buffered=True, **options)

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, page: str = "/settings"
    ) -> TestResponse:
        """Send a form found on *page*."""
        form = {**(data or {}), "csrf_token": self.token(page)}
        return self._client.post(path, data=form)

    def token(self, page: str) -> str:
        """Return the token of the forms on *page*, empty if it has none."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(page).text)
        return found.group(1) if found else ""

    def post_bare(self, path: str, **options: Any) -> TestResponse:
        """Send something without a token."""
        return self._client.post(path, **options)

    def sign_in(self, email: str, password: str, wanted: str = "") -> TestResponse:
        form = {"email": email, "password": password, "next": wanted}
        return self.post("/sign-in", form, page="/sign-in")


@contextmanager
def serving(scene: Scene) -> Iterator[None]:
    """Serve a dashboard on a free port, for browsers."""
    server = make_server("127.0.0.1", 0, scene.app, threaded=True)
    scene.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
