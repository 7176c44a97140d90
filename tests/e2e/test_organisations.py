"""One program serves two organisations, each with a shop and books of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.books import Books
from tests.e2e.company import SECRET, WOOCOMMERCE, Company, signed
from tests.e2e.mock_program import MockProgram, running_mock
from tests.e2e.processes import eventually
from tests.e2e.woocommerce import an_order

ACME = ("--organisation", "acme")


@pytest.fixture
def other_mock(tmp_path: Path) -> Iterator[MockProgram]:
    folder = tmp_path / "other-mock"
    folder.mkdir()
    with running_mock(folder, "--memory") as program:
        yield program


def push_to_acme(company: Company, order: dict[str, Any]) -> int:
    """Send an order to the shop of the further organisation; return the status."""
    body = json.dumps(order).encode()
    with company.http() as http:
        return http.post(
            f"{company.url}/at/acme/intake/{WOOCOMMERCE}",
            data=body,
            headers=signed(body, WOOCOMMERCE),
            timeout=30,
        ).status_code


def test_each_order_lands_in_the_books_of_its_organisation_though_others_are_away(
    company: Company, books: Books, other_mock: MockProgram
) -> None:
    company.cli("organisations", "add", "Acme Trading", "--slug", "acme")
    shop = ("--kind", "woocommerce", "--slug", WOOCOMMERCE, "--prefix", "W-")
    company.cli("shops", "add", *shop, "--secret", SECRET, *ACME)
    client = ("--client-id", "demo", "--client-secret", "demo")
    address = ("--base-url", other_mock.url)
    company.cli("connection", "set", "--kind", "xero", *address, *client, *ACME)
    company.serve()

    company.push(an_order(1))
    assert push_to_acme(company, an_order(2)) == 202

    company.wait_for("1", "paid", within_s=20)
    with Books(other_mock.url) as others:
        eventually(
            lambda: [each.number for each in others.invoices()] == ["W-2"],
            "the order is in the other books",
            within_s=20,
            every_s=0.5,
        )
    other_mock.end()
    assert push_to_acme(company, an_order(3)) == 202
    company.push(an_order(4))
    company.wait_for("4", "paid", within_s=20)
    books.check(["W-1", "W-4"], ["W-1", "W-4"])
