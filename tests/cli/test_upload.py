"""Orders of a CSV file are checked and taken in from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Terminal

FILE = (
    "Order,Date,Item,Sold for,VAT rate\n"
    "1,2026-11-01,Mug,12.10,21\n"
    "2,2026-11-31,Mug,12.10,21\n"
)
UPLOAD = ("upload", "sales.csv", "--shop", "market")


@pytest.fixture
def market(company: Terminal, tmp_path: Path) -> Terminal:
    kind = ("--kind", "json", "--slug", "market")
    company.facts("shops", "add", *kind, "--secret", "market-secret")
    (tmp_path / "sales.csv").write_text(FILE)
    return company


def test_a_file_is_checked_and_then_taken_in(market: Terminal) -> None:
    column = ("--column", "gross=Sold for", "--currency", "EUR")

    checked = market.facts(*UPLOAD, *column, "--check")
    none_yet = market.facts("orders")["orders"]
    taken = market.facts(*UPLOAD, *column, "--all-paid")
    again = market.facts(*UPLOAD, *column, "--all-paid")

    assert (checked["new"], checked["wrong"], none_yet) == (1, 1, [])
    assert checked["errors"] == [
        {
            "line": 3,
            "order": "2",
            "column": "Date",
            "message": 'there is no such day as "2026-11-31"',
        }
    ]
    assert taken["taken_in"] == 1
    assert (again["known"], again["taken_in"]) == (1, 0)
    assert [order["number"] for order in market.facts("orders")["orders"]] == ["1"]


def test_what_is_missing_is_one_line(market: Terminal, tmp_path: Path) -> None:
    assert "No column stands for: gross" in market.error(*UPLOAD)
    assert "no column Sold" in market.error(*UPLOAD, "--column", "gross=Sold")
    nowhere = market.error("upload", "sales.csv", "--shop", "nowhere")
    assert "no shop nowhere of the kind json" in nowhere
    (tmp_path / "sales.csv").write_text("")
    assert "no rows" in market.error(*UPLOAD)
    (tmp_path / "sales.csv").write_bytes(b"x" * 5_000_001)
    assert "larger than 5 MB" in market.error(*UPLOAD)
