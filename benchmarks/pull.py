"""How fast a shop is pulled for the first time: asked, parsed, planned and stored.

    python benchmarks/pull.py                 10,000 orders of WooCommerce, SQLite
    python benchmarks/pull.py --orders 1000
    python benchmarks/pull.py --kind shopify  the same of Shopify, by a bulk operation

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
from collections.abc import Callable, Iterator
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

_DATA = Path(__file__).parents[1] / "tests" / "data"
_SAMPLES = {
    "woocommerce": ("02_", "03_", "06_", "14_", "40_checkout_excl_roundline_mixed"),
    "shopify": ("01_", "04_", "05_", "12_", "13_"),
}
_METHODS = ("stripe", "bacs", "cod", "", "shopify_payments", "manual")
_BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
_CUSTOMERS = 3000
_WANTED_S = 20.0
_WANTED_MB = 60.0
_KB_PER_MB = 1024


# Answers a request, by its target and its body.
Answer = Callable[[str, bytes], str]


def woocommerce(count: int) -> Answer:
    """Return what answers as WooCommerce's REST API."""
    orders = [_order(number) for number in range(count)]
    times = [_at(number).strftime("%Y-%m-%dT%H:%M:%S") for number in range(count)]

    def answer(target: str, _body: bytes) -> str:
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

    return answer


def shopify(count: int, here: Callable[[], str]) -> Answer:
    """Return what answers as Shopify's Admin API, with its file at *here*."""
    rows = [row for number in range(count) for row in _rows(number)]
    file = "".join(f"{row}\n" for row in rows)
    operation = {"id": "gid://shopify/BulkOperation/1", "status": "COMPLETED"}
    operation |= {"createdAt": _written(count), "objectCount": str(len(rows))}
    shop = {"currencyCode": "EUR", "ianaTimezone": "Europe/Amsterdam"}
    listed = [
        {"id": f"gid://shopify/Order/{number + 1}", "updatedAt": _written(number)}
        for number in range(count)
    ]

    def answer(target: str, body: bytes) -> str:
        if target == "/file":
            return file
        if target.endswith("access_token"):
            return '{"access_token": "t", "expires_in": 86399, "scope": "read_orders"}'
        asked = json.loads(body)
        after = int(asked["variables"].get("after") or 0)
        upto = after + asked["variables"].get("first", 0)
        info = {"hasNextPage": upto < count, "endCursor": str(upto)}
        bulk = operation | {"url": f"{here()}/file"}
        data = {
            "Shop": {"shop": shop, "ordersCount": {"count": count}},
            "StartBulk": {"bulkOperationRunQuery": {"bulkOperation": bulk}},
            "BulkStatus": {"bulkOperation": bulk},
            "Webhooks": {"webhookSubscriptions": {"nodes": []}},
            "ListedOrders": {"orders": {"nodes": listed[after:upto], "pageInfo": info}},
        }
        name = re.match(r"\w+ (\w+)", asked["query"])
        return json.dumps({"data": data.get(name[1] if name else "", {})})

    return answer


def serve(kind: str, count: int) -> None:
    """Be the shop, until killed; print where."""
    address = ""
    answer = (
        shopify(count, lambda: address) if kind == "shopify" else woocommerce(count)
    )

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            body = answer(self.path, sent).encode()
            head = (
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            self.wfile.write(head.encode() + body)

        do_POST = do_GET  # noqa: N815 - http.server's own way of naming

        @override
        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    click.echo(address)
    sys.stdout.flush()
    server.serve_forever()


def _order(number: int) -> str:
    """Write an order of one of some customers, as the shop wrote a sample."""
    order = _sample("woocommerce", number)
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


def _rows(number: int) -> Iterator[str]:
    """Write an order as the rows of a bulk operation: its lists are behind it."""
    order = _sample("shopify", number)
    customer = number % _CUSTOMERS
    at = _written(number)
    order |= {
        "id": f"gid://shopify/Order/{number + 1}",
        "name": f"#{number + 1}",
        "createdAt": at,
        "updatedAt": at,
        "email": f"buyer{customer}@customer.example",
        "customer": {"id": f"gid://shopify/Customer/{customer + 1}"},
    }
    lists = [order.pop(each) for each in ("lineItems", "shippingLines")]
    order.pop("localizedFields")
    yield json.dumps(order)
    for each in lists:
        for node in each["nodes"]:
            yield json.dumps({**node, "__parentId": order["id"]})


def _sample(kind: str, number: int) -> dict[str, Any]:
    names = _SAMPLES[kind]
    (path,) = sorted((_DATA / kind).glob(f"{names[number % len(names)]}*.json"))[:1]
    order: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return order


def _written(number: int) -> str:
    return _at(number).strftime("%Y-%m-%dT%H:%M:%SZ")


def _at(number: int) -> datetime:
    return _BEGIN + timedelta(seconds=7 * number)


@contextmanager
def a_shop(kind: str, count: int) -> Iterator[str]:
    """Run the stub and give its address."""
    command = [sys.executable, __file__, "--kind", kind, "--orders", str(count)]
    command.append("--serve")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    assert process.stdout is not None  # noqa: S101 - for the type checker
    yield process.stdout.readline().strip()
    process.kill()
    process.communicate()


def a_program(folder: str, kind: str, url: str) -> Program:
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
            PaymentRule(method=method, bank_account="090") for method in _METHODS
        ),
    )
    program.company.save_rules(rules, expected_version=0)
    shop = Shop(id=0, slug="shop", name="Shop", kind=kind, prefix="W-")
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
@click.option("--kind", type=click.Choice(sorted(_SAMPLES)), default="woocommerce")
@click.option("--serve", "as_shop", is_flag=True, hidden=True)
def main(*, orders: int, kind: str, as_shop: bool) -> None:
    """Pull a shop and print how long it took."""
    if as_shop:
        serve(kind, orders)
        return
    with a_shop(kind, orders) as url, tempfile.TemporaryDirectory() as folder:
        program = a_program(folder, kind, url)
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
