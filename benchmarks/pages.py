"""How fast pages are with years of orders behind them: prints a table.

    python -m benchmarks.pages                1,000,000 orders, 3,000,000 exchanges
    python -m benchmarks.pages --orders 50000 --database sqlite

Takes ten minutes a database and 10 GB of disk (`--folder` says where). What is timed is
the answer at the server, by a signed-in browser: p95 of requests that all differ.
"""

from __future__ import annotations

import gzip
import random
import re
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

import click
from flask import Flask
from flask.testing import FlaskClient

from benchmarks.many_orders import FIRST_NAMES, LAST_NAMES, Amounts, fill
from benchmarks.sync import Company, Row, a_company, a_mock
from dashboard.app import open_pages
from dashboard.domain.users import Role
from dashboard.store.database import db
from dashboard.store.user_sessions import DEMO_LIMITS, UserSessionStore
from tests.fixtures.databases import PostgresServer
from tests.fixtures.postgres import running_postgres

_LIST_MS = 60.0
_OVERVIEW_MS = 80.0
_ORDER_MS = 40.0
_POLL_MS = 3.0
_FIRST_LOAD_KB = 150.0
_KB = 1024
_TABS = (
    *("", "attention", "retrying", "progress", "awaiting", "invoiced", "paid"),
    *("ignored", "booked", "moving"),
)
_PASSWORD = "correct horse battery"  # noqa: S105 - of a company that lives for a minute

Requests = Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What many requests of one kind took."""

    p50_ms: float
    p95_ms: float
    slowest: str


class Visitor:
    """A signed-in browser that keeps the time."""

    def __init__(self, company: Company) -> None:
        program = company.program
        self.app: Flask = open_pages(program)
        self.client: FlaskClient = self.app.test_client()
        email = "admin@sluice.example"
        user = program.users.add(email, "Admin", Role.ADMINISTRATOR, _PASSWORD)
        sessions = UserSessionStore(program.database, program.clock, DEMO_LIMITS)
        with self.client.session_transaction() as cookie:
            cookie["_user_id"] = sessions.start(user, "127.0.0.1")

    def measure(self, requests: Requests) -> Measured:
        """Ask for each once; the first time of each kind warms the program up."""
        self._get(requests[0])
        took = sorted((self._get(address), address) for address in requests)
        figures = [ms for ms, _address in took]
        return Measured(
            p50_ms=quantiles(figures, n=100)[49],
            p95_ms=quantiles(figures, n=100, method="inclusive")[94],
            slowest=took[-1][1],
        )

    def poll(self, address: str, times: int) -> Measured:
        """Ask again and again for a page that does not change."""
        etag = ""
        figures = []
        for _ in range(times):
            headers = {"X-Live": "1", "If-None-Match": etag}
            began = time.perf_counter()
            answer = self.client.get(address, headers=headers)
            figures.append((time.perf_counter() - began) * 1000)
            etag = answer.headers.get("ETag", etag)
        figures = figures[5:]
        return Measured(
            p50_ms=quantiles(figures, n=100)[49],
            p95_ms=quantiles(figures, n=100, method="inclusive")[94],
            slowest=address,
        )

    def _get(self, address: str) -> float:
        began = time.perf_counter()
        answer = self.client.get(address)
        # Of a file its head and what is read first; the rest is not waited for.
        deque(islice(answer.response, 2), maxlen=0)
        took_ms = (time.perf_counter() - began) * 1000
        answer.close()
        if answer.status_code != 200:  # noqa: PLR2004 - OK
            raise click.ClickException(f"{address}: {answer.status}")
        return took_ms

    def first_load_kb(self, address: str) -> float:
        """Weigh a page with all that it loads, compressed."""
        page = self.client.get(address)
        parts = [page.data]
        loaded = set(
            re.findall(r'(?:src|href)="(/[^"#]*\.(?:js|css|svg)[^"#]*)', page.text)
        )
        loaded |= {"/assets/time.js"}
        parts += [self.client.get(part).data for part in sorted(loaded)]
        return sum(len(gzip.compress(part, 6)) for part in parts) / _KB


def orders(amount: int, some: random.Random) -> Iterator[tuple[str, float, Requests]]:
    """Lists of orders: tabs, filters, sorting, pages deep inside, search."""

    def asked(**args: object) -> str:
        return f"/orders?{urlencode({k: v for k, v in args.items() if v != ''})}"

    def number() -> int:
        return some.randint(100002, 100000 + amount)

    yield "orders, tabs", _LIST_MS, [asked(status=tab) for tab in _TABS] * 4
    yield (
        "orders, tabs of a shop",
        _LIST_MS,
        [
            asked(status=tab, shop=shop)
            for tab in _TABS
            for shop in ("shop", "second", "third", "closed")
        ],
    )
    yield (
        "orders, by total",
        _LIST_MS,
        [
            asked(status=tab, sort=sort, shop=shop)
            for tab in _TABS
            for sort in ("highest", "lowest")
            for shop in ("", "third", "closed")
        ],
    )
    yield (
        "orders, deep pages",
        _LIST_MS,
        [
            asked(status=tab, sort=sort, **{way: some.randint(2, amount)})
            for tab in _TABS
            for sort in ("", "oldest", "highest", "lowest")
            for way in ("after", "before")
        ],
    )
    yield (
        "orders, a day",
        _LIST_MS,
        [asked(day=f"2026-{m:02}-{d:02}") for m in (3, 6, 9) for d in (1, 9, 17, 25)],
    )
    yield (
        "orders, a day of a shop",
        _LIST_MS,
        [
            asked(day=f"2026-{month:02}-07", shop=shop, status=tab)
            for month in (3, 6, 9)
            for shop in ("shop", "third")
            for tab in ("", "paid")
        ],
    )
    yield (
        "orders, a cause",
        _LIST_MS,
        [
            asked(cause=cause, shop=shop, status=tab)
            for cause in ("refused", "unknown-payment-method")
            for shop in ("", "second", "third")
            for tab in ("", "attention")
        ],
    )
    names = [f"{some.choice(FIRST_NAMES)} {some.choice(LAST_NAMES)}" for _ in range(20)]
    searched = {
        "number": [str(number()) for _ in range(20)],
        "part of a number": [str(number())[:4] for _ in range(20)],
        "invoice number": [f"W-{number()}" for _ in range(20)],
        "name": names,
        "last name": [name.split()[1] for name in names],
        "first name": list(FIRST_NAMES),
        "part of a name": [name.split()[1][:4] for name in names],
        "e-mail": [f"{name.lower().replace(' ', '.')}1" for name in names],
        "nobody": [f"nobody{i}" for i in range(20)],
        "what all say": ["example"] * 20,
        "payment in the books": [f"W-{number()}-P1" for _ in range(20)],
        "two first names": [
            f"{one} {other}" for one in FIRST_NAMES[:5] for other in FIRST_NAMES[-4:]
        ],
    }
    for what, texts in searched.items():
        yield f"search by {what}", _LIST_MS, [asked(q=text) for text in texts]
    yield (
        "search on a tab, a shop",
        _LIST_MS,
        [
            asked(q=text, status=tab, shop=shop)
            for text in (names[0], names[1].split()[1], FIRST_NAMES[0])
            for tab in ("attention", "paid", "ignored")
            for shop in ("", "second")
        ],
    )
    yield (
        "search, by total",
        _LIST_MS,
        [
            asked(q=text, sort=sort, status=tab)
            for text in (*names[:4], FIRST_NAMES[0], FIRST_NAMES[9], "example")
            for sort in ("highest", "lowest")
            for tab in ("", "paid")
        ],
    )
    yield (
        "order",
        _ORDER_MS,
        [f"/orders/{some.randint(2, amount)}" for _ in range(60)]
        + [f"/orders/{some.randint(2, amount)}?status=paid&q=anna" for _ in range(10)],
    )


def other_lists(
    amounts: Amounts, some: random.Random
) -> Iterator[tuple[str, float, Requests]]:
    """All other pages."""

    def deep(address: str, most: int, *queries: str) -> list[str]:
        return [
            f"{address}?{query}&{way}={some.randint(2, most)}"
            for query in queries
            for way in ("after", "before")
            for _ in range(5)
        ]

    causes = ("unknown-tax-rate", "unknown-payment-method", "refused")
    most, calls = amounts.orders, amounts.exchanges
    yield "overview", _OVERVIEW_MS, ["/"] * 30
    yield "problems", _LIST_MS, ["/problems"] * 20
    yield (
        "problem group",
        _LIST_MS,
        [f"/problems/{cause}" for cause in causes] * 4
        + ["/problems/unknown-tax-rate?about=9+%25"] * 8
        + deep("/problems/refused", most, "about="),
    )
    yield (
        "runs",
        _LIST_MS,
        ["/runs", "/runs?empty=1", "/runs?state=failed", "/runs?task=pull"] * 4
        + ["/runs?trigger=person", "/runs?empty=1&trigger=person"] * 4
        + deep("/runs", most // 2, "", "task=pull", "empty=1", "empty=1&task=pull"),
    )
    yield "run", _LIST_MS, [f"/runs/{some.randint(1001, most // 2)}" for _ in range(20)]
    yield (
        "API log",
        _LIST_MS,
        [
            "/exchanges",
            "/exchanges?result=silent",
            "/exchanges?slow=1",
            "/exchanges?purpose=ask",
        ]
        * 4
        + [f"/exchanges?q={some.randint(100002, 100000 + most)}" for _ in range(10)]
        + deep("/exchanges", calls, "", "result=failed", "purpose=ask", "slow=1"),
    )
    yield (
        "activity",
        _LIST_MS,
        [
            "/activity",
            "/activity?kind=run",
            "/activity?person=105",
            "/activity?person=105&kind=order",
            "/activity?kind=settings",
        ]
        * 4
        + deep("/activity", most // 5, "", "kind=run"),
    )
    yield "reconciliation", _LIST_MS, ["/reconciliation"] * 20
    yield "figures", _LIST_MS, ["/figures"] * 20
    yield "acts on many orders", _LIST_MS, ["/selections"] * 20
    yield (
        "act on many orders",
        _LIST_MS,
        ["/selections/1", "/selections/1?of=skipped"] * 5
        + deep("/selections/1", amounts.selected, "", "of=done"),
    )
    yield (
        "file, until it begins",
        _LIST_MS,
        [
            "/orders.csv",
            "/orders.csv?status=paid&shop=third&sort=highest",
            f"/orders.csv?q={LAST_NAMES[5]}",
            "/exchanges.csv?result=failed",
            "/runs.csv",
            "/activity.csv",
            "/selections/1.csv",
        ]
        * 3,
    )
    yield "users", _LIST_MS, ["/users"] * 20
    yield "schedules", _LIST_MS, ["/schedules"] * 20


def rows(company: Company, amounts: Amounts, database: str) -> Iterator[Row]:
    """Measure one database."""
    visitor = Visitor(company)
    some = random.Random(1)  # noqa: S311 - chooses pages
    groups = (*orders(amounts.orders, some), *other_lists(amounts, some))
    for what, wanted, requests in groups:
        measured = visitor.measure(requests)
        yield Row(
            what=f"{what}, {database} (p50 {measured.p50_ms:.0f})",
            found=measured.p95_ms,
            unit=f"ms  {measured.slowest}",
            wanted=wanted,
            more_is_better=False,
        )
    for address in ("/", "/orders", "/orders?q=anna", "/runs", "/orders/2"):
        measured = visitor.poll(address, 60)
        p50 = f"p50 {measured.p50_ms:.1f}"
        yield Row(
            what=f"poll, nothing new, {address}, {database} ({p50})",
            found=measured.p95_ms,
            unit="ms",
            wanted=_POLL_MS,
            more_is_better=False,
        )
    for address in ("/", "/orders"):
        yield Row(
            what=f"first load of {address}, compressed",
            found=visitor.first_load_kb(address),
            unit="kB",
            wanted=_FIRST_LOAD_KB,
            more_is_better=False,
        )


@click.command()
@click.option("--orders", "order_count", default=1_000_000, help="How many there are.")
@click.option("--exchanges", default=0, help="How many; else three an order.")
@click.option("--database", default="", help="sqlite or postgresql; else both.")
@click.option("--folder", type=click.Path(path_type=Path), help="For the data.")
def main(
    *, order_count: int, exchanges: int, database: str, folder: Path | None
) -> None:
    """Fill databases, look at every page and print a table."""
    amounts = Amounts(orders=order_count, exchanges=exchanges or 3 * order_count)
    tempfile.tempdir = str(folder) if folder else None
    with ExitStack() as stack:
        url = stack.enter_context(a_mock())
        for name in ("sqlite", "postgresql"):
            if database not in {"", name}:
                continue
            address = ""
            if name == "postgresql":
                server = stack.enter_context(running_postgres())
                address = PostgresServer(server).empty()
            with a_company(url, address) as company:
                company.take_in(range(1, 2))
                began = time.perf_counter()
                with company.program.app.app_context():
                    fill(db.engine, amounts, company.program.clock.now())
                took_s = time.perf_counter() - began
                click.echo(f"{name}: {order_count:,} orders filled in {took_s:.0f} s")
                click.echo(f"{'':62} {'p95':>8} {'wanted':>8}")
                for row in rows(company, amounts, name):
                    click.echo(
                        f"{row.what:62} {row.found:>8.1f} {row.wanted or 0:>8.0f} "
                        f"{row.unit}{row.mark}"
                    )


if __name__ == "__main__":
    main()
