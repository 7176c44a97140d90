"""How fast a WooCommerce shop is pulled: asked, parsed, planned and stored.

    python benchmarks/pull.py                 10,000 orders, SQLite
    python benchmarks/pull.py --orders 1000

The shop is a stub in a process of its own that answers at once with orders as a real
one gave them. Figures of a busy machine say nothing: run it alone.
"""

from __future__ import annotations

import bisect
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import click
from typing_extensions import override

from dashboard.app import Program, build
from dashboard.config import load_settings
from dashboard.domain.rules import PaymentRule, Shop, TaxRule, TaxSituation
from dashboard.store.database import upgrade_schema
from dashboard.store.pulls import ApiKeys

_FOLDER = Path(__file__).parents[1] / "tests" / "data" / "woocommerce"
_SAMPLES = ("02_", "03_", "06_", "14_", "40_checkout_excl_roundline_mixed")
_BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
_CUSTOMERS = 3000
_WANTED_S = 20.0
_WANTED_MB = 60.0
_KB_PER_MB = 1024


def serve(count: int) -> None:
    """Be the shop, until killed; print where."""
    orders = [_order(number) for number in range(count)]
    times = [_at(number).strftime("%Y-%m-%dT%H:%M:%S") for number in range(count)]

    def answer(target: str) -> str:
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        path = parts.path.removeprefix("/wp-json/wc/v3/")
        if path == "settings/general":
            return json.dumps(
                [
                    {"id": "woocommerce_currency", "value": "EUR"},
                    {"id": "woocommerce_price_num_decimals", "value": "2"},
                ]
            )
        if path != "orders" or query.get("status") == "trash":
            return "[]"
        first = bisect.bisect_right(times, query.get("modified_after", ""))
        first += (int(query.get("page", "1")) - 1) * 100
        return f"[{','.join(orders[first : first + 100])}]"

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            body = answer(self.path).encode()
            head = (
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            self.wfile.write(head.encode() + body)

        @override
        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    click.echo(f"http://127.0.0.1:{server.server_address[1]}")
    sys.stdout.flush()
    server.serve_forever()


def _order(number: int) -> str:
    """Write an order of one of some customers, as the shop wrote a sample."""
    sample = _SAMPLES[number % len(_SAMPLES)]
    (path,) = sorted(_FOLDER.glob(f"{sample}*.json"))[:1]
    order = json.loads(path.read_text(encoding="utf-8"))
    at = _at(number).strftime("%Y-%m-%dT%H:%M:%S")
    customer = number % _CUSTOMERS
    order |= {
        "id": number + 1,
        "number": str(number + 1),
        "date_created_gmt": at,
        "date_modified_gmt": at,
        "billing": order["billing"] | {"email": f"buyer{customer}@customer.example"},
    }
    return json.dumps(order)


def _at(number: int) -> datetime:
    return _BEGIN + timedelta(seconds=7 * number)


@contextmanager
def a_shop(count: int) -> Iterator[str]:
    """Run the stub and give its address."""
    command = [sys.executable, __file__, "--orders", str(count), "--serve"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    assert process.stdout is not None  # noqa: S101 - for the type checker
    yield process.stdout.readline().strip()
    process.kill()
    process.communicate()


def a_program(folder: str, url: str) -> Program:
    """Set up a company whose rules fit the orders, and connect the shop."""
    environment = {"SLUICE_DATA_DIR": folder, "SLUICE_ALLOW_LOOPBACK_API": "1"}
    program = build(load_settings(environment))
    upgrade_schema(program.app)
    rates = (
        TaxRule(
            situation=TaxSituation.RATE, rate_percent=Decimal(rate), tax_type="OUTPUT"
        )
        for rate in (0, 9, 21)
    )
    untaxed = (
        TaxRule(situation=situation, tax_type="NONE")
        for situation in (TaxSituation.UNTAXED, TaxSituation.EXEMPT)
    )
    rules = replace(
        program.company.rules(),
        tax_rules=(*rates, *untaxed),
        payment_rules=tuple(
            PaymentRule(method=method, bank_account="090")
            for method in ("stripe", "bacs", "cod", "")
        ),
    )
    program.company.save_rules(rules, expected_version=0)
    shop = Shop(id=0, slug="shop", name="Shop", kind="woocommerce", prefix="W-")
    program.company.add_shop(shop, "secret", at=program.clock.now())
    found = program.company.shop("shop")
    assert found is not None  # noqa: S101 - for the type checker
    keys = ApiKeys(key="ck", secret="cs", orders_since=_BEGIN)  # noqa: S106 - a stub's
    program.pulls.set_access(found, url, keys)
    return program


def memory_mb() -> float:
    """Return what this process has held in memory at most."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / _KB_PER_MB if found else float("nan")


@click.command()
@click.option("--orders", default=10_000, help="How many the shop has.")
@click.option("--serve", "as_shop", is_flag=True, hidden=True)
def main(*, orders: int, as_shop: bool) -> None:
    """Pull a shop and print how long it took."""
    if as_shop:
        serve(orders)
        return
    with a_shop(orders) as url, tempfile.TemporaryDirectory() as folder:
        program = a_program(folder, url)
        before_mb = memory_mb()
        began = time.perf_counter()
        run = program.puller.run_now()
        took_s = time.perf_counter() - began
        grown_mb = memory_mb() - before_mb
        booked = run.counts.orders
    click.echo(run.message)
    for what, found, wanted, unit in (
        (f"{booked:,} orders pulled and stored", took_s, _WANTED_S, "s"),
        ("memory grown by", grown_mb, _WANTED_MB, "MB"),
    ):
        mark = "" if found <= wanted else "  missed"
        click.echo(f"{what:36} {found:8.1f} {wanted:8.1f} {unit}{mark}")


if __name__ == "__main__":
    main()
