"""The rows of one order: its cells are read here, and what is wrong is gathered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import cached_property
from typing import TypeVar

from dashboard.domain.sentences import sentence_of
from dashboard.domain.uploads import CellError
from dashboard.shops.csv_upload.cells import (
    CellWrong,
    check_currency,
    read_amount,
    read_rate,
    read_time,
)
from dashboard.shops.csv_upload.columns import Column
from dashboard.shops.csv_upload.reading import Reading
from dashboard.shops.csv_upload.table import Row

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What stands in a cell, empty where there is no such column."""

    row: Row
    column: Column
    text: str


class OrderRows:
    """The rows of one order.

    A reader returns None for a cell that is empty or cannot be read, so that reading
    goes on and every error is found at once: look at *errors* before using any of it.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        places: Mapping[Column, int],
        reading: Reading,
        zone: tzinfo,
    ) -> None:
        self.rows = rows
        self.errors: list[CellError] = []
        self._places = places
        self._reading = reading
        self._zone = zone

    def fault(self, row: Row, column: Column | None, message: str) -> None:
        """Note what is wrong with a cell, or with a row."""
        name = self._reading.columns.get(column, "") if column else ""
        self.errors.append(CellError(line=row.line, column=name, message=message))

    def has(self, column: Column) -> bool:
        """Tell whether a column of the file stands for that."""
        return column in self._places

    def cell(self, row: Row, column: Column) -> Cell:
        """Return a cell of a row."""
        at = self._places.get(column)
        return Cell(row=row, column=column, text="" if at is None else row.cells[at])

    def once(self, column: Column) -> Cell:
        """Return what is told once an order, however many of its rows repeat it."""
        told = self.cell(self.rows[0], column)
        for row in self.rows[1:]:
            again = self.cell(row, column)
            if told.text and again.text and again.text != told.text:
                self.fault(
                    row,
                    column,
                    f'is "{again.text[:40]}" here and "{told.text[:40]}" in line '
                    f"{told.row.line}: an order has one",
                )
            told = told if told.text else again
        return told

    @cached_property
    def currency(self) -> str:
        """The order's currency, empty where nobody tells it."""
        return self.once(Column.CURRENCY).text.upper() or self._reading.currency

    def read(self, cell: Cell, reader: Callable[[str], _T]) -> _T | None:
        """Return what a cell says."""
        if not cell.text:
            return None
        try:
            return reader(cell.text)
        except CellWrong as error:
            self.fault(cell.row, cell.column, sentence_of(error))
            return None

    def amount(self, cell: Cell) -> Decimal | None:
        """Return an amount in the order's currency."""
        comma, currency = self._reading.decimal_comma, self.currency

        def read(text: str) -> Decimal:
            if currency:
                check_currency(text, currency)
            return read_amount(text, decimal_comma=comma)

        return self.read(cell, read)

    def rate(self, cell: Cell) -> Decimal | None:
        """Return a rate in percent."""
        comma = self._reading.decimal_comma
        return self.read(cell, lambda text: read_rate(text, decimal_comma=comma))

    def time(self, cell: Cell) -> datetime | None:
        """Return a day or a point in time, aware."""
        order, zone = self._reading.day_order, self._zone
        return self.read(cell, lambda text: read_time(text, order, zone))
