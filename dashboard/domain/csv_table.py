"""Tables as CSV that a spreadsheet opens without taking a text for a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

# A spreadsheet runs what begins like this; the last four are the wide forms.
_FORMULA_STARTS = (*"=+-@\t\r\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

Cell = str | int | Decimal | datetime | None


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Write a table line by line.

    Numbers stay numbers; a text that looks like a formula gets an apostrophe in
    front. Times are written in ISO 8601.
    """
    writer = csv.writer(_Echo())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([_written(cell) for cell in row])


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _written(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case datetime():
            return cell.isoformat()
        case str():
            # PostgreSQL holds no NUL, SQLite does, and spreadsheets stop reading there.
            text = cell.replace("\0", "")
            return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
        case _:
            return str(cell)
