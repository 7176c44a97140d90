"""The demo with the real programs: its orders arrive in the mock's books."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from seed.scenes import SCENES

pytestmark = pytest.mark.e2e

PATIENCE_S = 90
# One of every kind, and enough for the news of the first ones.
ORDERS = sum(scene.often for scene in SCENES)
UNSETTLED = {"queued", "in progress", "retrying", "checking"}


@dataclass(frozen=True)
class Outcome:
    """What the dashboard and the books hold when the demo has told its story."""

    orders: list[dict[str, Any]]
    invoices: dict[str, dict[str, Any]]
    output: str
    exit_status: int


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("demo")
    mock_port = free_port()
    demo = subprocess.Popen(
        [script("sluice-seed"), "demo", "--over", "3", "--every", "600"],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "SLUICE_DATA_DIR": str(folder / "data"),
            "DASHBOARD_PORT": str(free_port()),
            "MOCK_PORT": str(mock_port),
            "DEMO_ORDERS": str(ORDERS),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        orders = settled_orders(demo, folder / "data")
        invoices = invoices_at(f"http://127.0.0.1:{mock_port}")
    finally:
        demo.send_signal(signal.SIGINT)
        output = demo.communicate(timeout=PATIENCE_S)[0]
    return Outcome(orders, invoices, output, demo.returncode)


def test_every_order_is_booked_or_says_why_not(outcome: Outcome) -> None:
    assert len(outcome.orders) == ORDERS
    for order in outcome.orders:
        assert order["invoice"] in outcome.invoices or order["reason"], order


def test_every_invoice_has_the_total_of_its_order(outcome: Outcome) -> None:
    booked = [o for o in outcome.orders if o["invoice"] in outcome.invoices]

    assert len(booked) > ORDERS / 2
    for order in booked:
        invoice = outcome.invoices[order["invoice"]]
        assert Decimal(str(invoice["Total"])) == Decimal(order["total"])
        assert invoice["CurrencyCode"] == order["currency"]


def test_the_books_hold_no_invoice_but_those(outcome: Outcome) -> None:
    ours = {order["invoice"] for order in outcome.orders}

    assert {n for n in outcome.invoices if n.startswith("W-")} <= ours


def test_the_demo_shows_several_outcomes(outcome: Outcome) -> None:
    statuses = {order["status"] for order in outcome.orders}

    assert {"paid", "awaiting payment", "needs attention", "ignored"} <= statuses


def test_it_ends_quietly(outcome: Outcome) -> None:
    assert outcome.exit_status == 0
    assert "was not taken" not in outcome.output
    assert "Traceback" not in outcome.output
    assert outcome.output.endswith("Everything ended.\n")


def settled_orders(demo: subprocess.Popen[str], data: Path) -> list[dict[str, Any]]:
    """Wait until all orders have come in and none is being worked on."""
    until = time.monotonic() + PATIENCE_S
    orders: list[dict[str, Any]] = []
    while time.monotonic() < until and demo.poll() is None:
        if (data / "demo.json").exists() and sent(data) >= ORDERS:
            orders = listed(data)
            if not UNSETTLED & {order["status"] for order in orders}:
                return orders
        time.sleep(0.5)
    raise AssertionError(f"The demo did not come to rest: {orders}")


def sent(data: Path) -> int:
    last = json.loads((data / "demo.json").read_text("utf-8"))["last_number"]
    return int(last) - 1000


def listed(data: Path) -> list[dict[str, Any]]:
    shown = subprocess.run(
        [script("sluice"), "orders", "--json"],
        env={**os.environ, "SLUICE_DATA_DIR": str(data / "dashboard")},
        cwd=data,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    return list(json.loads(shown.stdout)["orders"])


def invoices_at(mock: str) -> dict[str, dict[str, Any]]:
    """Read the books as any client would."""
    with requests.Session() as session:
        token = session.post(
            f"{mock}/connect/token",
            data={"grant_type": "client_credentials"},
            auth=("demo", "demo"),
            timeout=10,
        ).json()["access_token"]
        session.headers.update(
            {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        )
        connections = session.get(f"{mock}/connections", timeout=10).json()
        answer = session.get(
            f"{mock}/api.xro/2.0/Invoices",
            params={"page": "1", "pageSize": "1000"},
            headers={"Xero-Tenant-Id": connections[0]["tenantId"]},
            timeout=10,
        )
        return {i["InvoiceNumber"]: i for i in answer.json()["Invoices"]}


def script(name: str) -> Path:
    return Path(sys.executable).with_name(name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
