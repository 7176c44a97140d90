"""How a file is to be read: what its columns stand for, and how it writes amounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dashboard.shops.csv_upload.cells import (
    DayOrder,
    likely_day_order,
    uses_decimal_comma,
)
from dashboard.shops.csv_upload.columns import Column, guess_columns
from dashboard.shops.csv_upload.table import Table

# What a line costs; one of them is needed, and the first there is counts.
PRICES: Final = (Column.GROSS, Column.NET, Column.UNIT_GROSS, Column.UNIT_NET)
_AMOUNTS: Final = (*PRICES, Column.TOTAL, Column.TAX_AMOUNT)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a file is to be read.

    *columns* gives the column of the file that stands for something. *currency* counts
    where the file tells none. With *all_paid* every order was paid on its own day
    unless the file says otherwise. Only with *untaxed* no column has to tell a rate.
    """

    columns: Mapping[Column, str]
    decimal_comma: bool = False
    day_order: DayOrder = DayOrder.DAY_FIRST
    currency: str = ""
    all_paid: bool = False
    untaxed: bool = False

    def missing(self) -> tuple[Column, ...]:
        """Return what no column stands for and has to be there."""
        lacking = [
            c for c in (Column.ORDER, Column.ORDERED_ON) if c not in self.columns
        ]
        if not set(PRICES) & set(self.columns):
            lacking.append(PRICES[0])
        if Column.TAX_RATE not in self.columns and not self.untaxed:
            lacking.append(Column.TAX_RATE)
        return tuple(lacking)


def guess_reading(table: Table, *, currency: str) -> Reading:
    """Return how a file is likely to be read; a person looks it over."""
    columns = guess_columns(table.header)
    tell = [columns[column] for column in _AMOUNTS if column in columns]
    if not set(PRICES) & set(columns):
        # What a line costs stands in a column of another name: any may tell.
        tell += set(table.header) - set(columns.values())
    amounts = [value for name in tell for value in table.values(name)]
    days = columns.get(Column.ORDERED_ON)
    return Reading(
        columns=columns,
        decimal_comma=uses_decimal_comma(amounts),
        day_order=likely_day_order(table.values(days) if days else ()),
        currency=currency,
    )


def as_json(reading: Reading) -> dict[str, Any]:
    """Write how a file is read, to be kept."""
    return {
        "columns": {column.value: name for column, name in reading.columns.items()},
        "decimal_comma": reading.decimal_comma,
        "day_order": reading.day_order.value,
        "currency": reading.currency,
        "all_paid": reading.all_paid,
        "untaxed": reading.untaxed,
    }


def from_json(kept: Mapping[str, Any]) -> Reading:
    """Read what `as_json` wrote."""
    return Reading(
        columns={Column(column): name for column, name in kept["columns"].items()},
        decimal_comma=kept["decimal_comma"],
        day_order=DayOrder(kept["day_order"]),
        currency=kept["currency"],
        all_paid=kept["all_paid"],
        untaxed=kept["untaxed"],
    )


def fits(reading: Reading, header: Sequence[str]) -> bool:
    """Tell whether a file has all the columns that another one was read by."""
    return set(reading.columns.values()) <= set(header)
