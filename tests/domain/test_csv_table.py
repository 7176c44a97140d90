"""Tables as CSV: what a spreadsheet must not run, and what must stay a number."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.csv_table import csv_lines


def read_back(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_no_text_begins_like_a_formula(texts: list[str]) -> None:
    _header, *rows = read_back("".join(csv_lines(["a"], [texts])))

    assert all(
        not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
        for row in rows
        for cell in row
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_a_text_that_looks_like_a_formula_gets_an_apostrophe(start: str) -> None:
    written = "".join(csv_lines(["name"], [[f"{start}cmd|' /C calc'!A0"]]))

    assert read_back(written)[1][0] == f"'{start}cmd|' /C calc'!A0"


def test_numbers_stay_numbers_and_times_are_iso() -> None:
    at = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)

    _header, row = csv_lines(["a", "b", "c", "d"], [[Decimal("-1.50"), -3, at, None]])

    assert row == "-1.50,-3,2026-11-22T10:30:00+00:00,\r\n"


def test_commas_quotes_and_lines_stay_within_their_cell() -> None:
    text = 'Mugs, "large"\nand small'

    assert read_back("".join(csv_lines(["name"], [[text]])))[1] == [text]
