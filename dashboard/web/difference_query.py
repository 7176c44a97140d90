"""What an address asks of differences: a kind, or what a comparison found gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dashboard.domain.reconciliation import DifferenceKind
from dashboard.web.row_ids import optional_row_id


@dataclass(frozen=True, kw_only=True)
class DifferenceQuery:
    """What the address asks for; *after* is the last difference of the page before.

    *gone* asks for what was resolved while a comparison ran.
    """

    kind: DifferenceKind | None = None
    gone: bool = False
    after: int = 0

    def args(self) -> dict[str, str | int]:
        """Return what stands in the address; what is not asked for is left out."""
        parts: dict[str, str | int] = {
            "kind": kind_key(self.kind) if self.kind else "",
            "gone": "1" if self.gone else "",
            "past": self.after,
        }
        return {name: value for name, value in parts.items() if value}


def read_query(args: Mapping[str, str]) -> DifferenceQuery:
    """Read an address; what makes no sense there is as if it were left out."""
    kind = _BY_KEY.get(args.get("kind", ""))
    past = optional_row_id(args.get("past", "")) if kind else None
    return DifferenceQuery(kind=kind, gone=args.get("gone") == "1", after=past or 0)


def kind_key(kind: DifferenceKind) -> str:
    """Return how a kind is written in an address."""
    return kind.name.lower()


_BY_KEY: Final[Mapping[str, DifferenceKind]] = {
    kind_key(kind): kind for kind in DifferenceKind
}
