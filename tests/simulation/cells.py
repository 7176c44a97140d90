"""What a simulation must have come by: every kind, answer and kill point together."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboard.domain.postings import PostingKind
from tests.fixtures.fake_books import Answer
from tests.fixtures.workers import KILL_POINTS, OTHER_MOMENTS, KillPoint, kill_points

# After these answers a worker comes by these moments.
_UNKNOWN = {"record_unknown", "claim", "look_up", "record_findings"}
_COMES_BY = {
    Answer.OK: {"record_answer"},
    Answer.AWAY: {"put_off", "claim"},
    Answer.TOO_MANY: {"put_off", "claim"},
    Answer.SIGN_IN_EXPIRED: {"put_off", "claim"},
    Answer.REFUSED_WHOLE: {"refuse_whole"},
}
# Which answer comes first, to bring a worker to a moment that the answer does not.
_LEADS_TO = {
    "claim": Answer.TOO_MANY,
    "record_unknown": Answer.LOST_BEFORE,
    "look_up": Answer.LOST_BEFORE,
    "look_later": Answer.LOST_BEFORE,
    "record_findings": Answer.LOST_BEFORE,
    "put_off": Answer.TOO_MANY,
    "refuse_whole": Answer.REFUSED_WHOLE,
}
# They may leave nothing to be sent again, so no verdict is ever heard.
_BOOK_EVERYTHING = {
    Answer.HALF,  # of one
    Answer.LOST_AFTER,
    Answer.LATE,
    Answer.BROKEN_AFTER,
    Answer.HALF_LATE,
}
# Of each kind.
CELLS_A_SCHEDULE = 2
OTHER_KILL_POINTS = kill_points(OTHER_MOMENTS)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A request of one kind gets an answer, and its worker dies at a kill point."""

    kind: PostingKind
    answer: Answer
    kill_point: KillPoint

    def answers(self) -> Sequence[Answer]:
        """Return the answers, in order, that bring a worker to the kill point."""
        _side, moment = self.kill_point
        if moment in _COMES_BY.get(self.answer, _UNKNOWN) or moment not in _LEADS_TO:
            return [self.answer]
        if moment == "look_later" and self.answer not in _COMES_BY:
            return [self.answer]
        return [_LEADS_TO[moment], self.answer]


def cells_of(kind: PostingKind) -> Sequence[Cell]:
    """Return every cell of a kind that can be filled."""
    return [
        Cell(kind=kind, answer=answer, kill_point=kill_point)
        for answer, kill_point in itertools.product(Answer, KILL_POINTS)
        if answer not in _BOOK_EVERYTHING or kill_point[1] != "record_answer"
    ]


def cells_for(kind: PostingKind, schedule: int) -> Sequence[Cell]:
    """Return the cells of a kind that have their turn in a schedule."""
    cells = cells_of(kind)
    first = schedule + 131 * list(PostingKind).index(kind)
    apart = -(-len(cells) // CELLS_A_SCHEDULE)
    return [cells[(first + n * apart) % len(cells)] for n in range(CELLS_A_SCHEDULE)]


def all_cells() -> Iterator[Cell]:
    """Return every cell there is."""
    for kind in PostingKind:
        yield from cells_of(kind)


@dataclass
class Coverage:
    """What a simulation came by; adds up."""

    cells: Counter[Cell]
    pauses: Counter[KillPoint]
    other_deaths: Counter[KillPoint]
    happenings: Counter[str]
    violations: list[str]
    schedules: int = 0
    steps: int = 0

    @classmethod
    def nothing(cls) -> Coverage:
        return cls(Counter(), Counter(), Counter(), Counter(), [])

    def add(self, other: Coverage) -> None:
        self.cells += other.cells
        self.pauses += other.pauses
        self.other_deaths += other.other_deaths
        self.happenings += other.happenings
        self.violations += other.violations
        self.schedules += other.schedules
        self.steps += other.steps

    def found(self, violation: str) -> None:
        """Note a schedule that ended with a violation."""
        self.violations.append(violation)
        self.schedules += 1

    def empty(self) -> list[str]:
        """Name what was never come by."""
        cells = [str(cell) for cell in all_cells() if cell not in self.cells]
        others = [
            f"{side} {moment}"
            for side, moment in OTHER_KILL_POINTS
            if (side, moment) not in self.other_deaths
        ]
        return cells + others

    def table(self) -> Iterator[str]:
        """Yield lines: how many cells of an answer and a kind are filled."""
        kinds = list(PostingKind)
        head = "".join(f"{kind.value:>16}" for kind in kinds)
        yield f"{'answer':<18}{head}"
        for answer in Answer:
            row = (
                self._share([c for c in cells_of(k) if c.answer is answer])
                for k in kinds
            )
            yield f"{answer.name.lower():<18}{''.join(row)}"
        yield f"{'death of a worker':<24}{head}"
        for place in KILL_POINTS:
            row = (
                self._share([c for c in cells_of(k) if c.kill_point == place])
                for k in kinds
            )
            yield f"{' '.join(place):<24}{''.join(row)}"
        for what, counted in (
            ("other deaths", self.other_deaths),
            ("pauses", self.pauses),
        ):
            told = ", ".join(
                f"{' '.join(place)} {n}" for place, n in sorted(counted.items())
            )
            yield f"{what}: {told}"
        told = ", ".join(f"{name} {n}" for name, n in sorted(self.happenings.items()))
        yield f"happenings: {told}"

    def _share(self, cells: Sequence[Cell]) -> str:
        filled = sum(cell in self.cells for cell in cells)
        least = min((self.cells[cell] for cell in cells), default=0)
        return f"{f'{filled}/{len(cells)} (min {least})':>16}"
