"""Many clients at once write to the same books."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from mock_accounting.app import Server

InvoiceBody = Callable[..., dict[str, Any]]
Put = Callable[..., requests.Response]


@pytest.fixture
def put(server: Server) -> Put:
    """Sends a PUT on a connection of its own."""
    form = {"grant_type": "client_credentials"}
    token = requests.post(
        f"{server.url}/connect/token", data=form, auth=("demo", "demo"), timeout=5
    ).json()["access_token"]

    def send(path: str, body: dict[str, Any], **headers: str) -> requests.Response:
        return requests.put(
            f"{server.url}/api.xro/2.0/{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"} | headers,
            timeout=10,
        )

    return send


def _at_once(count: int, send: Callable[[int], requests.Response]) -> list[int]:
    with ThreadPoolExecutor(max_workers=count) as pool:
        return sorted(answer.status_code for answer in pool.map(send, range(count)))


def test_one_number_is_given_once(put: Put, invoice_body: InvoiceBody) -> None:
    statuses = _at_once(8, lambda _: put("Invoices", invoice_body("W-1")))

    assert statuses == [200] + [400] * 7


def test_an_invoice_is_never_overpaid(put: Put, invoice_body: InvoiceBody) -> None:
    put("Invoices", invoice_body("W-1"))
    payment = {
        "Invoice": {"InvoiceNumber": "W-1"},
        "Account": {"Code": "091"},
        "Amount": 10,
    }

    statuses = _at_once(8, lambda _: put("Payments", payment))

    assert statuses == [200, 200] + [400] * 6


def test_repeats_of_one_key_that_overtake_each_other_book_once(
    put: Put, server: Server, invoice_body: InvoiceBody
) -> None:
    key = {"Idempotency-Key": "k-1"}

    statuses = _at_once(8, lambda _: put("Invoices", invoice_body(), **key))

    state = requests.get(f"{server.url}/__mock__/state", timeout=5).json()
    assert statuses == [200] * 8
    assert len(state["invoices"]) == 1


def test_every_invoice_without_a_number_gets_its_own(
    put: Put, server: Server, invoice_body: InvoiceBody
) -> None:
    _at_once(8, lambda _: put("Invoices", {"Invoices": [invoice_body()] * 10}))

    state = requests.get(f"{server.url}/__mock__/state", timeout=5).json()
    assert len({it["number"] for it in state["invoices"]}) == 80
