"""Lists as files: the rows a page counts, all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from flask import Response, stream_with_context

from dashboard.domain.csv_table import Cell, csv_lines
from dashboard.web.language import said
from dashboard.web.services import services

# Without it, Excel reads the letters beyond ASCII as something else.
_BYTE_ORDER_MARK = "\ufeff"


def _in_words(rows: Iterable[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
    for row in rows:
        yield tuple(said(cell) if isinstance(cell, str) else cell for cell in row)


def csv_download(
    name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> Response:
    """Send a table as a file called *name* and the date, row by row as it is read."""
    today = services().clock.now().date().isoformat()
    # Put into words now: while it is sent nobody knows the reader any more.
    lines = chain([_BYTE_ORDER_MARK], csv_lines(header, _in_words(rows)))
    return Response(
        stream_with_context(lines),
        mimetype="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="{name}-{today}.csv"',
        },
    )
