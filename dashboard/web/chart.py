"""The geometry of the charts that templates draw as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.domain.runs import RunState
from dashboard.store.listing_runs import ListedRun
from dashboard.web.words import RUN_STATES

_WIDTH = 720
_HEIGHT = 190
_BASE = 166  # where the bars stand; the labels are below
_TOP = 18
_GAP = 4
_STRIP_WIDTH = 10
_STRIP_HEIGHT = 30
_STRIP_MIN = 6


@dataclass(frozen=True, kw_only=True)
class Column:
    """What one bar shows: a value, and a lower one that is drawn before it.

    *start* is written below it as it stands, in its zone.
    """

    start: datetime
    value: int
    lower: int = 0


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar of a chart; *labelled* where there is room for the hour below it."""

    x: float
    y: float
    width: float
    height: float
    lower_y: float
    lower_height: float
    count: int
    start: datetime
    labelled: bool

    @property
    def middle(self) -> float:
        """Where the bar's label is centred."""
        return self.x + self.width / 2


@dataclass(frozen=True, kw_only=True)
class BarChart:
    """Bars with the frame they stand in."""

    width: int
    height: int
    base: int
    highest: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, kw_only=True)
class StripMark:
    """One run in a history strip: its colour is the result, its height how long."""

    x: int
    y: float
    height: float
    tone: str
    label: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Strip:
    """The last runs of a schedule, the oldest on the left."""

    width: int
    height: int
    marks: tuple[StripMark, ...]


@dataclass(frozen=True, kw_only=True)
class Share:
    """A part of a whole with the list it counts; *percent* is that of the largest."""

    label: str
    count: int
    percent: int
    href: str


def shares(parts: Iterable[tuple[str, int, str]]) -> tuple[Share, ...]:
    """Lay out parts, each with its label, how many it is and where they are listed."""
    known = list(parts)
    largest = max((count for _label, count, _href in known), default=0) or 1
    return tuple(
        Share(label=label, count=count, percent=round(100 * count / largest), href=href)
        for label, count, href in known
    )


def column_chart(columns: Sequence[Column], *, daily: bool = False) -> BarChart:
    """Lay out one bar an hour or a day, the oldest on the left."""
    highest = max((column.value for column in columns), default=0)
    step = _WIDTH / max(1, len(columns))
    scale = (_BASE - _TOP) / max(1, highest)
    bars = []
    for place, column in enumerate(columns):
        height = max(2.0, column.value * scale) if column.value else 2.0
        lower = column.lower * scale
        bars.append(
            Bar(
                x=round(place * step + _GAP / 2, 1),
                y=round(_BASE - height, 1),
                width=round(step - _GAP, 1),
                height=round(height, 1),
                lower_y=round(_BASE - lower, 1),
                lower_height=round(lower, 1),
                count=column.value,
                start=column.start,
                # The first and the last label would stand half outside.
                labelled=0 < place < len(columns) - 1
                and (place % 7 == 1 if daily else column.start.hour % 4 == 0),
            )
        )
    return BarChart(
        width=_WIDTH,
        height=_HEIGHT,
        base=_BASE,
        highest=highest,
        bars=tuple(bars),
    )


def history_strip(runs: Sequence[ListedRun], places: int) -> Strip:
    """Lay out the last runs; those that did more than others stand taller."""
    longest = max((run.duration_ms or 0 for run in runs), default=0) or 1
    marks = []
    for place, listed in enumerate(runs[-places:]):
        share = (listed.duration_ms or 0) / longest
        unfinished = listed.run.state in {RunState.QUEUED, RunState.RUNNING}
        height = _STRIP_HEIGHT if unfinished else share * _STRIP_HEIGHT
        height = max(float(_STRIP_MIN), round(height, 1))
        look = RUN_STATES[listed.run.state]
        marks.append(
            StripMark(
                x=place * _STRIP_WIDTH,
                y=_STRIP_HEIGHT - height,
                height=height,
                tone=look.tone,
                label=str(look.label),
                at=listed.run.created_at,
            )
        )
    return Strip(width=places * _STRIP_WIDTH, height=_STRIP_HEIGHT, marks=tuple(marks))
