"""A CSV file as rows of cells, whichever program wrote it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dashboard.domain.sentences import say

_DELIMITERS: Final = (",", ";", "\t", "|")
# Excel's own way of naming the delimiter, in a line before the header.
_SEP: Final = "sep="
_MAX_ROWS: Final = 50_000
_MAX_COLUMNS: Final = 200
_MAX_CELL: Final = 10_000
# By how a file begins; without one of these it is UTF-8, or what Windows writes.
_MARKS: Final = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class NotATable(Exception):
    """The file is no CSV file with a header; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """The cells of a row, one a column; *line* counts from 1, the header's is 1."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A header of distinct names and the rows below it."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]

    def values(self, name: str) -> Iterator[str]:
        """Yield what stands in the column *name*, empty cells left out."""
        at = self.header.index(name)
        return (row.cells[at] for row in self.rows if row.cells[at])


def read_table(body: bytes) -> Table:
    """Read a CSV file; empty rows are left out.

    Raises:
        NotATable: If there is no header with rows below, or something is too large.
    """
    text = _decoded(body)
    if "\0" in text:
        raise NotATable(say("This is no CSV file: save the table as CSV (UTF-8)."))
    try:
        header_line, delimiter = _header_line(text)
        rows = list(_rows(text, delimiter, header_line))
    except csv.Error as error:
        raise NotATable(
            say("The file cannot be read as CSV: %(error)s.", error=str(error))
        ) from error
    if len(rows) < 2:  # noqa: PLR2004 - a header and a row
        raise NotATable(say("The file has no rows below its first line, the header."))
    header = _distinct(rows[0].cells)
    if len(header) > _MAX_COLUMNS:
        raise NotATable(
            say(
                "The file has more than %(max_columns)s columns.",
                max_columns=_MAX_COLUMNS,
            )
        )
    return Table(
        header=header,
        rows=tuple(
            Row(line=row.line, cells=_fitted(row, len(header))) for row in rows[1:]
        ),
    )


def _decoded(body: bytes) -> str:
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _header_line(text: str) -> tuple[int, str]:
    """Return the line the header stands on, from 1, and what parts its cells."""
    first = next(iter(text.splitlines()), "")
    if first.lower().startswith(_SEP) and len(first) == len(_SEP) + 1:
        return 2, first[-1]
    counts = {
        delimiter: len(next(csv.reader([first], delimiter=delimiter), []))
        for delimiter in _DELIMITERS
    }
    return 1, max(counts, key=lambda delimiter: counts[delimiter])


def _rows(text: str, delimiter: str, header_line: int) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 0
    for count, cells in enumerate(reader):
        begins, line = line + 1, reader.line_num
        if begins < header_line:
            continue
        if count > _MAX_ROWS:
            raise NotATable(
                say(
                    "The file has more than %(max_rows)s rows: split it.",
                    max_rows=_MAX_ROWS,
                )
            )
        if any(len(cell) > _MAX_CELL for cell in cells):
            raise NotATable(
                say(
                    "Line %(begins)s has a cell of over %(max_cell)s signs.",
                    begins=begins,
                    max_cell=_MAX_CELL,
                )
            )
        stripped = tuple(cell.strip() for cell in cells)
        if any(stripped):
            yield Row(line=begins, cells=stripped)


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Give columns without a name, or with another's, one of their own."""
    met = Counter[str]()
    distinct = []
    for at, name in enumerate(names, start=1):
        named = name or f"Column {at}"
        met[named] += 1
        distinct.append(named if met[named] == 1 else f"{named} ({met[named]})")
    return tuple(distinct)


def _fitted(row: Row, width: int) -> tuple[str, ...]:
    """Return exactly *width* cells: programs leave out empty ones at the end."""
    if any(row.cells[width:]):
        raise NotATable(
            say(
                "Line %(line)s has %(cells)s cells, the header has %(width)s: put "
                "a text with the separator in it into quotes.",
                line=row.line,
                cells=len(row.cells),
                width=width,
            )
        )
    return (*row.cells[:width], *("" for _ in range(width - len(row.cells))))
