"""What stands still and why, grouped by what puts it right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    TextClause,
    func,
    literal,
    select,
)

from dashboard.domain.problems import Cause
from dashboard.domain.rules import Shop
from dashboard.store.company import shop_of
from dashboard.store.database import Database
from dashboard.store.schema import HAS_PROBLEM, OrderRow, ShopRow


@dataclass(frozen=True, kw_only=True)
class ProblemGroup:
    """Orders that stand still for one cause and are put right together.

    *about* is what they have in common beside the cause. *message* is that of the
    newest order, *first_at* and *last_at* say since when the first and the last of
    them stands still.
    """

    cause: Cause
    about: str
    count: int
    first_at: datetime
    last_at: datetime
    message: str
    settings_section: str


class ProblemListing:
    """Reads groups of problems."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def groups(self, size: int = 200) -> tuple[ProblemGroup, ...]:
        """Return the groups, the largest first, at most *size* of them."""
        with self._database.read() as session:
            rows = session.execute(_grouped().limit(size))
            return tuple(_group(row) for row in rows.mappings())

    def causes(self) -> tuple[ProblemGroup, ...]:
        """Return one group a cause, whatever tells its problems from each other."""
        with self._database.read() as session:
            rows = session.execute(_grouped(by_about=False))
            return tuple(_group(row) for row in rows.mappings())

    def shops(self, cause: Cause, about: str) -> tuple[Shop, ...]:
        """Return the active shops whose orders are in a group, the oldest first."""
        concerned = select(OrderRow.shop_id).where(*_in_group(cause, about)).distinct()
        with self._database.read() as session:
            # Asked first: of both at once PostgreSQL looks through each shop's orders.
            ids = session.scalars(concerned).all()
            mine = select(ShopRow).where(ShopRow.active, ShopRow.id.in_(ids))
            rows = session.scalars(mine.order_by(ShopRow.id))
            return tuple(shop_of(row) for row in rows)

    def group(self, cause: Cause, about: str) -> ProblemGroup | None:
        """Return one group, None when nothing stands still for it any more."""
        query = _grouped(*_in_group(cause, about))
        with self._database.read() as session:
            row = session.execute(query).mappings().first()
            return None if row is None else _group(row)


def _in_group(cause: Cause, about: str) -> tuple[ColumnElement[bool] | TextClause, ...]:
    return (
        HAS_PROBLEM,
        OrderRow.cause == cause.value,
        OrderRow.cause_about == about,
    )


def _grouped(
    *conditions: ColumnElement[bool] | TextClause, by_about: bool = True
) -> Select[tuple[str, str, int, datetime, datetime, str, str]]:
    """Select the groups that cause, and what it is about, make of what stands still."""
    about = OrderRow.cause_about if by_about else literal("")
    groups = (
        select(
            OrderRow.cause,
            about.label("about"),
            func.count().label("count"),
            func.min(OrderRow.status_at).label("first_at"),
            func.max(OrderRow.status_at).label("last_at"),
            func.max(OrderRow.id).label("newest"),
        )
        .where(HAS_PROBLEM, *conditions)
        .group_by(OrderRow.cause, *([about] if by_about else []))
        .subquery()
    )
    return (
        select(
            groups.c.cause,
            groups.c.about,
            groups.c.count,
            groups.c.first_at,
            groups.c.last_at,
            OrderRow.message,
            OrderRow.settings_section,
        )
        .join(OrderRow, OrderRow.id == groups.c.newest)
        .order_by(groups.c.count.desc(), groups.c.cause, groups.c.about)
    )


def _group(row: RowMapping) -> ProblemGroup:
    return ProblemGroup(
        cause=Cause(row["cause"]),
        about=row["about"],
        count=row["count"],
        first_at=row["first_at"],
        last_at=row["last_at"],
        message=row["message"],
        settings_section=row["settings_section"],
    )
