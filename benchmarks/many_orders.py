"""Fills a database with a busy shop's years: copies of one order, made by the database.

Python would take an hour for a million orders; here each table is one statement.
"""

# ruff: noqa: S608 - it is all our own

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from benchmarks.sync import message
from dashboard.domain.problems import Cause
from dashboard.store.database import db

FIRST_NAMES: Final = (
    *("Anna", "Bram", "Chloe", "Daan", "Emma", "Finn", "Guus", "Hanna", "Iris"),
    *("Jan", "Kees", "Lotte", "Mila", "Noor", "Olaf", "Puck", "Rosa", "Sem", "Tess"),
)
LAST_NAMES: Final = tuple(
    f"{begin}{middle}{end}"
    for begin in ("Aal", "Brink", "Does", "Hoog", "Kamp", "Linden", "Molen", "Veld")
    for middle in ("", "en", "er", "hof", "stra")
    for end in ("man", "berg", "sma", "huis", "wijk", "dam", "ink", "veen", "brand")
)
_DOMAINS: Final = ("post", "mail", "home", "office")
_CAUSES: Final = (
    (Cause.UNKNOWN_TAX_RATE, "7 %", "taxes"),
    (Cause.UNKNOWN_PAYMENT_METHOD, "giftcard", "payments"),
    (Cause.UNKNOWN_PAYMENT_METHOD, "points", "payments"),
    (Cause.REFUSED, "", ""),
    (Cause.CHANGED_AFTER_BOOKING, "", ""),
)
# What a tenth of all orders stand still for: everything of a rate that is not known.
_TENTH: Final = (Cause.UNKNOWN_TAX_RATE, "9 %")
_YEAR_S: Final = 365 * 24 * 3600
_DAY_S: Final = 24 * 3600
_ON_THE_WAY: Final = 300  # the newest orders
_TINY_SHOP: Final = 10
_CARRIED: Final = 2  # postings of a request
_SELECTIONS: Final = 10


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """How much of everything there is to be."""

    orders: int
    exchanges: int

    @property
    def customers(self) -> int:
        """A customer orders three times."""
        return self.orders // 3

    @property
    def selected(self) -> int:
        """As many as one act is asked for at once."""
        return self.orders // 10

    @property
    def requests(self) -> int:
        """A contact, an invoice and a payment, two of anything together."""
        return (self.customers + 2 * self.orders) // _CARRIED


def fill(engine: sa.Engine, amounts: Amounts, now: datetime) -> None:
    """Add orders with all that belongs to them; the newest are of *now*.

    The company has a shop whose id is 1, and has taken in one order.
    """
    with engine.connect() as connection:
        Filling(connection, amounts, now).run()


class Filling:
    """One filling of a database, table by table."""

    def __init__(
        self, connection: sa.Connection, amounts: Amounts, now: datetime
    ) -> None:
        self._connection = connection
        self._sqlite = connection.dialect.name == "sqlite"
        self._amounts = amounts
        self._now = now
        self._drafts: dict[str, str] = {}

    def run(self) -> None:
        """Fill all tables."""
        self._prepare()
        with self._without_indexes():
            for step in (
                self._shops, self._orders, self._words, self._tallies, self._postings,
                self._requests, self._exchanges, self._events, self._runs,
                self._people, self._differences, self._selection,
            ):  # fmt: skip
                step()
        if self._sqlite:
            return
        with self._connection.execution_options(isolation_level="AUTOCOMMIT") as c:
            # What PostgreSQL does by itself within a day; SQLite does not.
            c.exec_driver_sql("VACUUM ANALYZE")

    def _run(self, sql: str, **values: object) -> None:
        self._connection.execute(sa.text(sql), values)

    def _at(self, seconds_ago: str) -> str:
        """Write the time so long before now."""
        now_s = int(self._now.timestamp())
        if self._sqlite:
            shape = "'%Y-%m-%d %H:%M:%S.000000'"
            return f"strftime({shape}, {now_s} - ({seconds_ago}), 'unixepoch')"
        return f"to_timestamp({now_s} - ({seconds_ago}))"

    def _prepare(self) -> None:
        if self._sqlite:
            # Before any transaction: within one it says nothing and does nothing.
            raw = self._connection.connection.driver_connection
            assert raw is not None  # noqa: S101 - for the type checker
            raw.execute("PRAGMA foreign_keys=OFF")
            raw.execute("PRAGMA synchronous=OFF")
        else:
            self._run("SET session_replication_role = replica")
        self._drafts = dict(
            self._connection.execute(sa.text("SELECT kind, draft FROM postings")).all()
        )
        self._connection.commit()
        most = max(self._amounts.orders, self._amounts.exchanges)
        self._run("CREATE TEMPORARY TABLE numbers (n BIGINT PRIMARY KEY)")
        self._run(
            "INSERT INTO numbers WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL "
            "SELECT n + 1 FROM c WHERE n < :most) SELECT n FROM c",
            most=most,
        )
        for table, names in (("firsts", FIRST_NAMES), ("lasts", LAST_NAMES)):
            self._run(f"CREATE TEMPORARY TABLE {table} (i INTEGER PRIMARY KEY, t TEXT)")
            self._connection.execute(
                sa.text(f"INSERT INTO {table} VALUES (:i, :t)"),
                [{"i": i, "t": name} for i, name in enumerate(names)],
            )

    @contextmanager
    def _without_indexes(self) -> Iterator[None]:
        """Build the indexes once all rows are there: one by one takes far longer."""
        indexes = [
            index
            for table in db.metadata.sorted_tables
            for index in sorted(table.indexes, key=lambda index: str(index.name))
        ]
        for index in indexes:
            index.drop(self._connection)
        yield
        self._connection.commit()
        for index in indexes:
            index.create(self._connection)
        self._connection.commit()

    def _copy(
        self, table: str, source: str, values: dict[str, str], **given: object
    ) -> None:
        """Insert a row for each of *source*, its columns as *values* say."""
        self._run(
            f"INSERT INTO {table} ({', '.join(values)}) "
            f"SELECT {', '.join(values.values())} FROM {source}",
            **given,
        )

    def _shops(self) -> None:
        for number, slug in ((2, "second"), (3, "third"), (4, "closed")):
            self._run(
                "INSERT INTO shops (id, slug, name, kind, prefix, secrets, active, "
                "created_at, base_url, api_keys) SELECT :n, CAST(:slug AS TEXT), "
                "'Shop ' || CAST(:slug AS TEXT), kind, CAST(:slug AS TEXT) || '-', "
                "secrets, active, created_at, base_url, api_keys FROM shops "
                "WHERE id = 1",
                n=number,
                slug=slug,
            )

    def _orders(self) -> None:
        orders = self._amounts.orders
        newest = orders - _ON_THE_WAY
        every = "(n * 48271) % 1000"
        ago = f"({orders} - n) * {_YEAR_S}.0 / {orders}"
        ago = f"CAST({ago} AS INTEGER)"
        causes = " ".join(
            f"WHEN {i} THEN '{cause.value}'" for i, (cause, _, _) in enumerate(_CAUSES)
        )
        abouts = " ".join(f"WHEN {i} THEN '{a}'" for i, (_, a, _) in enumerate(_CAUSES))
        customer = f"(n * 7919) % {self._amounts.customers}"
        self._copy(
            "orders",
            f"(SELECT n, {every} AS e, {ago} AS ago, {customer} AS c FROM numbers "
            f"WHERE n > 1 AND n <= {orders}) AS o "
            f"JOIN firsts ON firsts.i = o.c % {len(FIRST_NAMES)} "
            f"JOIN lasts ON lasts.i = (o.c / {len(FIRST_NAMES)}) % {len(LAST_NAMES)}",
            {
                "id": "n",
                "shop_id": f"CASE WHEN n <= {_TINY_SHOP} THEN 4 "
                "WHEN n % 20 < 14 THEN 1 WHEN n % 20 < 19 THEN 2 ELSE 3 END",
                "external_id": "CAST(n AS TEXT)",
                "number": "CAST(100000 + n AS TEXT)",
                "shop_status": "'placed'",
                "currency": "'EUR'",
                "total_hundredths": "500 + (n * 7907) % 40000",
                "paid_hundredths": "500 + (n * 7907) % 40000",
                "refunded_hundredths": "0",
                "customer_name": "firsts.t || ' ' || lasts.t",
                "customer_email": "LOWER(firsts.t) || '.' || LOWER(lasts.t) || c "
                f"|| '@' || CASE c % {len(_DOMAINS)} "
                + " ".join(f"WHEN {i} THEN '{d}'" for i, d in enumerate(_DOMAINS))
                + " END || '.example'",
                "ordered_at": self._at("ago + 60"),
                "modified_at": self._at("ago + 60"),
                "received_at": self._at("ago"),
                "revision_id": "n",
                "planned_revision_id": "n",
                "contact_posting_id": f"{orders} * 2 + c + 1",
                "invoice_number": "'W-' || CAST(100000 + n AS TEXT)",
                "decision": f"CASE WHEN n > {newest} THEN 'book' "
                "WHEN e < 5 THEN 'stop' WHEN e < 35 THEN 'wait' "
                "WHEN e < 45 THEN 'skip' WHEN e < 900 THEN 'book' ELSE 'stop' END",
                "decision_reason": "''",
                "leads_to": "'paid'",
                "correction": "''",
                "ignored_by": "''",
                "ignored_reason": "''",
                "status": f"CASE WHEN n > {newest} THEN CASE n % 3 "
                "WHEN 0 THEN 'queued' WHEN 1 THEN 'in progress' ELSE 'retrying' END "
                "WHEN e < 5 THEN 'needs attention' WHEN e < 35 THEN 'awaiting payment' "
                "WHEN e < 45 THEN 'ignored' WHEN e < 65 THEN 'credited' "
                "WHEN e < 265 THEN 'invoiced' WHEN e < 900 THEN 'paid' "
                "ELSE 'needs attention' END",
                "reason": "''",
                "cause": f"CASE WHEN n <= {newest} AND e < 5 THEN CASE n % "
                f"{len(_CAUSES)} {causes} END WHEN n <= {newest} AND e >= 900 "
                f"THEN '{_TENTH[0].value}' ELSE '' END",
                "cause_about": f"CASE WHEN n <= {newest} AND e < 5 THEN CASE n % "
                f"{len(_CAUSES)} {abouts} END WHEN n <= {newest} AND e >= 900 "
                f"THEN '{_TENTH[1]}' ELSE '' END",
                "message": f"CASE WHEN n <= {newest} AND (e < 5 OR e >= 900) THEN "
                "'Order ' || (100000 + n) || ': choose what it becomes.' ELSE '' END",
                "settings_section": "''",
                "status_at": self._at("CASE WHEN ago > 120 THEN ago - 120 ELSE 0 END"),
            },
        )
        _headers, body = message(1)
        self._copy(
            "order_revisions",
            f"numbers WHERE n > 1 AND n <= {orders}",
            {
                "id": "n",
                "order_id": "n",
                "content_hash": "CAST(n AS TEXT)",
                "payload": ":body",
                "headers": "'{}'",
                "source": "'push'",
                "received_at": self._at(ago),
            },
            body=body,
        )

    def _words(self) -> None:
        """Add what search finds orders by."""
        customer = f"(n * 7919) % {self._amounts.customers}"
        first = f"(SELECT LOWER(t) FROM firsts WHERE i = c % {len(FIRST_NAMES)})"
        last = (
            "(SELECT LOWER(t) FROM lasts "
            f"WHERE i = (c / {len(FIRST_NAMES)}) % {len(LAST_NAMES)})"
        )
        domains = " ".join(f"WHEN {i} THEN '{d}'" for i, d in enumerate(_DOMAINS))
        domain = f"CASE c % {len(_DOMAINS)} {domains} END"
        number = "CAST(100000 + n AS TEXT)"
        external_id = "CAST(n AS TEXT)"
        for word in (
            *(number, external_id, "'p1'"),
            *(first, last, f"{last} || c", domain, "'example'"),
        ):
            self._copy(
                "order_words",
                f"(SELECT n, {customer} AS c FROM numbers "
                f"WHERE n > 1 AND n <= {self._amounts.orders}) AS o",
                {"order_id": "n", "word": word},
            )

    def _tallies(self) -> None:
        """Add the counts of orders."""
        self._run("DELETE FROM order_tallies")
        self._run(
            "INSERT INTO order_tallies (shop_id, status, orders) "
            "SELECT shop_id, status, count(*) FROM orders GROUP BY shop_id, status"
        )

    def _postings(self) -> None:
        orders, customers = self._amounts.orders, self._amounts.customers
        ago = f"CAST(({orders} - n) * {_YEAR_S}.0 / {orders} AS INTEGER)"
        # Booked within minutes, now and then within hours.
        wait = "60 + (n * 31) % 240 + CASE WHEN n % 50 = 0 THEN 9000 ELSE 0 END"
        for kind, first_id, count, key, requires in (
            ("contact", 2 * orders, customers, "'C-' || n", "NULL"),
            ("invoice", 0, orders, "'W-' || (100000 + n)", "NULL"),
            ("payment", orders, orders, "'W-' || (100000 + n) || '-P1'", "NULL"),
        ):
            age = f"CASE WHEN {ago} > {wait} THEN {ago} - ({wait}) ELSE 0 END"
            self._copy(
                "postings",
                f"numbers WHERE n > {0 if kind == 'contact' else 1} AND n <= {count} "
                # The first order brought three of its own.
                f"AND {first_id} + n > 3",
                {
                    "id": f"{first_id} + n",
                    "order_id": "n",
                    "kind": f"'{kind}'",
                    "natural_key": f"'copy ' || {key}",
                    "draft": ":draft",
                    "state": f"CASE WHEN '{kind}' = 'contact' THEN 'confirmed' "
                    f"WHEN n > {orders - _ON_THE_WAY} THEN 'pending' "
                    "WHEN (n * 48271) % 1000 < 45 THEN 'cancelled' "
                    f"WHEN '{kind}' = 'payment' AND (n * 48271) % 1000 < 265 "
                    "THEN 'cancelled' ELSE 'confirmed' END",
                    "requires_id": requires,
                    "document_id": "'document ' || n",
                    "clashes": "0",
                    "turn": "1",
                    "created_at": self._at(ago),
                    "updated_at": self._at(age),
                },
                draft=self._drafts[kind],
            )

    def _requests(self) -> None:
        requests = self._amounts.requests
        self._copy(
            "requests",
            f"numbers WHERE n <= {requests}",
            {
                "id": "n",
                "kind": "'invoice'",
                "method": "'PUT'",
                "path": "'Invoices'",
                "body": ":body",
                "idempotency_key": "'copy ' || n",
                "generation": "0",
                "state": "'done'",
                "turn": "1",
                "attempts": "1",
                "dirty": "false",
                "in_halves": "false",
                "not_before": self._at("0"),
                "claimed_by": "''",
                "claimed_until": self._at("0"),
                "claim_token": "1",
                "created_at": self._at("0"),
                "finished_at": self._at("0"),
            },
            body=b"{}",
        )
        self._copy(
            "request_members",
            "postings WHERE id > 3 AND state = 'confirmed'",
            {
                "request_id": f"1 + id % {requests}",
                "position": f"id / {requests}",
                "posting_id": "id",
            },
        )

    def _exchanges(self) -> None:
        exchanges = self._amounts.exchanges
        every = "(n * 48271) % 1000"
        ago = f"CAST(({exchanges} - n) * {_YEAR_S}.0 / {exchanges} AS INTEGER)"
        self._copy(
            "exchanges",
            f"numbers WHERE n <= {exchanges}",
            {
                "id": "1000 + n",
                "at": self._at(ago),
                "purpose": "CASE WHEN n % 5 = 0 THEN 'ask' ELSE 'book' END",
                "result": f"CASE WHEN {every} < 3 THEN 'silent' WHEN {every} < 8 "
                f"THEN 'failed' WHEN {every} < 15 THEN 'told to wait' "
                f"WHEN {every} < 25 THEN 'refused' ELSE 'answered' END",
                "request_id": f"1 + (n * 7919) % {self._amounts.requests}",
                "run_id": "1001 + n / 20",
                "method": "'PUT'",
                "url": "'https://books.example/api.xro/2.0/Invoices'",
                "request_headers": "'{}'",
                "request_body": ":sent",
                "status": f"CASE WHEN {every} < 3 THEN NULL WHEN {every} < 8 THEN 503 "
                f"WHEN {every} < 15 THEN 429 WHEN {every} < 25 THEN 400 ELSE 200 END",
                "response_headers": "'{}'",
                "response_body": ":answered",
                "error": "''",
                "duration_ms": "80 + (n * 31) % 400 + CASE WHEN n % 200 = 0 THEN 4000 "
                "ELSE 0 END",
            },
            sent=json.dumps({"Number": "W-1"}),
            answered=json.dumps({"Id": "7b", "Status": "PAID"}),
        )

    def _events(self) -> None:
        orders = self._amounts.orders
        ago = f"CAST(({orders} - n) * {_YEAR_S}.0 / {orders} AS INTEGER)"
        for number, (kind, text) in enumerate(
            (("received", "Order received (push)."), ("confirmed:invoice", "Booked."))
        ):
            self._copy(
                "order_events",
                f"numbers WHERE n > 1 AND n <= {orders}",
                {
                    "id": f"1000 + 2 * n + {number}",
                    "order_id": "n",
                    "at": self._at(ago),
                    "actor": "'Sluice'",
                    "kind": f"'{kind}'",
                    "text": f"'{text}'",
                    "run_id": "1001 + n / 7",
                },
            )

    def _runs(self) -> None:
        runs = self._amounts.orders // 2
        ago = f"CAST(({runs} - n) * {_YEAR_S}.0 / {runs} AS INTEGER)"
        self._copy(
            "runs",
            f"numbers WHERE n <= {runs}",
            {
                "id": "1000 + n",
                "task": "CASE n % 4 WHEN 0 THEN 'pull' ELSE 'sync' END",
                "trigger": "CASE WHEN n % 100 = 0 THEN 'person' ELSE 'schedule' END",
                "state": "CASE WHEN n % 1000 = 0 THEN 'failed' ELSE 'done' END",
                "created_at": self._at(f"{ago} + 2"),
                "started_at": self._at(f"{ago} + 2"),
                "finished_at": self._at(ago),
                "process": "'copy'",
                "orders": "CASE WHEN n % 9 = 0 THEN 20 ELSE 0 END",
                **dict.fromkeys(
                    ("contacts", "invoices", "payments", "credits", "refused", "calls"),
                    "0",
                ),
                "message": "''",
            },
        )

    def _people(self) -> None:
        self._copy(
            "users",
            "numbers WHERE n <= 50",
            {
                "id": "100 + n",
                "email": "'person' || n || '@sluice.example'",
                "name": "'Person ' || n",
                "role": "'watcher'",
                "active": "true",
                "time_zone": "''",
                "language": "''",
                "created_at": self._at("0"),
            },
        )
        acts = self._amounts.orders // 5
        self._copy(
            "activities",
            f"numbers WHERE n <= {acts}",
            {
                "id": "1000 + n",
                "at": self._at(f"({acts} - n) * 100"),
                "kind": "CASE n % 3 WHEN 0 THEN 'run' WHEN 1 THEN 'order' ELSE "
                "'sign-in' END",
                "actor": "'Person ' || (n % 50)",
                "user_id": "101 + n % 50",
                "address": "'127.0.0.1'",
                "action": "'retried'",
                "subject": "'order ' || n",
                "subject_id": "n",
                "detail": "''",
            },
        )

    def _differences(self) -> None:
        self._copy(
            "reconciliation_passes",
            "numbers WHERE n <= 365",
            {
                "id": "n",
                "kind": "'daily'",
                "asked_by": "'Sluice'",
                "state": "'done'",
                "created_at": self._at(f"(366 - n) * {_DAY_S}"),
                "started_at": self._at(f"(366 - n) * {_DAY_S}"),
                "finished_at": self._at(f"(366 - n) * {_DAY_S} - 60"),
                "tally": "'{}'",
                "totals": "'[]'",
                "message": "''",
            },
        )
        self._copy(
            "differences",
            "numbers WHERE n <= 2000",
            {
                "id": "n",
                "open_key": "CASE WHEN n > 1500 THEN 'copy ' || n ELSE NULL END",
                "kind": "'amount differs'",
                "reason": "'not there'",
                "order_id": "n",
                "number": "'W-' || (100000 + n)",
                "document_id": "'document ' || n",
                "document_kind": "'invoice'",
                "day": ":day",
                "currency": "'EUR'",
                "shop_hundredths": "1000",
                "books_hundredths": "1001",
                "message": "'The books say something else.'",
                "subject": "''",
                "found_at": self._at("0"),
                "seen_at": self._at("0"),
            },
            day=(self._now - timedelta(days=1)).date(),
        )

    def _selection(self) -> None:
        skipped = self._amounts.selected // 50
        done = self._amounts.selected - skipped
        results = f'{{"done": {done}, "skipped": {skipped}}}'
        self._copy(
            "selections",
            f"numbers WHERE n <= {_SELECTIONS}",
            {
                "id": "n",
                "act": "'retry'",
                "state": "'done'",
                "asked_by": "'Person 1'",
                "reason": "''",
                "message": "''",
                "created_at": self._at("90"),
                "started_at": self._at("60"),
                "resumed_at": self._at("60"),
                "handled_before": "0",
                "finished_at": self._at("0"),
                "tally": f"""'{{"outlooks": {{}}, "results": {results}}}'""",
                "claimed_by": "''",
                "claimed_until": self._at("0"),
            },
        )
        self._copy(
            "selection_orders",
            f"numbers, (SELECT id FROM selections WHERE id <= {_SELECTIONS}) AS s "
            f"WHERE n <= {self._amounts.selected}",
            {
                "selection_id": "s.id",
                "position": "n",
                "order_id": "10 * n",
                "external_id": "''",
                "number": "CAST(100000 + 10 * n AS TEXT)",
                "outlook": "''",
                "result": "CASE WHEN n % 50 = 0 THEN 'skipped' ELSE 'done' END",
                "why": "''",
            },
        )
