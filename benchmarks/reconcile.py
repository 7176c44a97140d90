"""How long it takes to compare orders with the books: prints a table.

    python -m benchmarks.reconcile                 10,000 orders, some minutes
    python -m benchmarks.reconcile --orders 1000

The mock runs beside this process and shares the machine's cores. The last rows are
under the limits of the real API: 60 calls a minute, 5 in flight.
"""

from __future__ import annotations

import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import chain

import click
import requests
import sqlalchemy as sa

from benchmarks.sync import Company, Row, a_company, a_mock
from dashboard.app import Program, build
from dashboard.config import load_settings
from dashboard.domain.reconciliation import Pass, PassKind, PassState, Period
from tests.fixtures.databases import PostgresServer
from tests.fixtures.postgres import running_postgres

_PERIOD = Period(first=date(2026, 11, 1), last=date(2026, 11, 30))
_WANTED_S = 60.0
_TIMEOUT_S = 30
_KB_PER_MB = 1024


def compared(
    program: Program, kind: PassKind, orders: int, period: Period | None
) -> tuple[Pass, float]:
    """Carry out a pass that finds nothing wrong; return it with its time in seconds."""
    began = time.perf_counter()
    done = program.reconciler.run_now(kind, period, "benchmark")
    took_s = time.perf_counter() - began
    whole = kind is PassKind.DAILY or done.tally.orders == orders
    if done.state is not PassState.DONE or done.tally.found or not whole:
        raise click.ClickException(f"The comparison is wrong: {done}")
    return done, took_s


def memory_mb() -> float:
    """Return the most this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KB_PER_MB


def passes(
    company: Company, url: str, orders: int, database: str, *, limited: bool
) -> Iterator[Row]:
    """Compare all orders, then what changed since."""
    program = company.program
    where = database
    if limited:
        where = f"{database}, real limits"
        control(url, "POST", "limits", {"mode": "real"})
        of_the_api = {"SLUICE_CALLS_PER_MINUTE": "60", "SLUICE_CALLS_PER_DAY": "5000"}
        program = build(load_settings({**company.environment, **of_the_api}))
    for kind, period in ((PassKind.FULL, _PERIOD), (PassKind.DAILY, None)):
        control(url, "DELETE", "requests")
        before_mb = memory_mb()
        _done, took_s = compared(program, kind, orders, period)
        log = control(url, "GET", "requests?path=api.xro&limit=5000")["requests"]
        what = f"{kind.value} pass, {where}"
        yield Row(
            what=what, found=took_s, unit="s", wanted=_WANTED_S, more_is_better=False
        )
        yield Row(what=f"{what}: calls", found=len(log), unit="")
        refused = sum(call["status"] == 429 for call in log)  # noqa: PLR2004
        yield Row(what=f"{what}: too many calls", found=refused, unit="", wanted=0)
        grown = memory_mb() - before_mb
        yield Row(what=f"{what}: memory taken", found=grown, unit="MB")


def forget_power_cuts(company: Company) -> None:
    """Let SQLite not wait for the disk: to fill the books is not what is measured."""
    app = company.program.app
    with app.app_context():
        engine = app.extensions["sqlalchemy"].engine
    if engine.dialect.name != "sqlite":
        return

    @sa.event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    engine.dispose()


def control(url: str, method: str, path: str, body: object = None) -> dict[str, list]:
    """Call the mock's own switches."""
    answer = requests.request(
        method, f"{url}/__mock__/{path}", json=body, timeout=_TIMEOUT_S
    )
    answer.raise_for_status()
    return dict(answer.json())


def reconciling(
    orders: int, database: str, new_database: Callable[[], str], *, limited: bool
) -> Iterator[Row]:
    """Book orders and compare them."""
    with a_mock() as url, a_company(url, new_database()) as company:
        forget_power_cuts(company)
        company.take_in(range(1, orders + 1))
        company.book()
        yield from passes(company, url, orders, database, limited=False)
        if limited:
            yield from passes(company, url, orders, database, limited=True)


@click.command()
@click.option("--orders", default=10_000, help="How many are compared.")
def main(*, orders: int) -> None:
    """Measure reconciliation and print a table."""
    click.echo(f"{'':46} {'found':>8} {'wanted':>8}")
    with running_postgres(durable=True) as url:
        postgres = PostgresServer(url)
        for row in chain(
            reconciling(orders, "SQLite", str, limited=True),
            reconciling(orders, "PostgreSQL", postgres.empty, limited=False),
        ):
            wanted = "" if row.wanted is None else f"{row.wanted:,.1f}"
            click.echo(
                f"{row.what:46} {row.found:>8,.2f} {wanted:>8} {row.unit}{row.mark}"
            )
        postgres.close()


if __name__ == "__main__":
    main()
