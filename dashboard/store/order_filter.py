"""Which orders a list holds, and what that means to the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Select, Subquery, TextClause, func, select
from sqlalchemy.orm import Session

from dashboard.domain.postings import PostingKind, PostingState
from dashboard.domain.problems import Cause
from dashboard.domain.status import OrderStatus
from dashboard.domain.timespans import TimeSpan
from dashboard.store.order_words import Looked, look_for
from dashboard.store.schema import (
    HAS_PROBLEM,
    OrderEventRow,
    OrderRow,
    PostingRow,
    ShopRow,
)

Condition = ColumnElement[bool] | TextClause

# What was received in so long is few enough to be looked through.
_SHORT: Final = timedelta(days=2)


class OrderSort(StrEnum):
    """How a list of orders is sorted; ties by age."""

    NEWEST = "newest"
    OLDEST = "oldest"
    HIGHEST = "highest"
    LOWEST = "lowest"


@dataclass(frozen=True, kw_only=True)
class OrderFilter:
    """Which orders a list holds; what is empty does not limit it.

    *search* are words, or beginnings of three letters or more: of any number of the
    order, the customer's name or e-mail address, all of them. *shop* is a slug.
    *about* is what tells a problem from others of its cause; only with a *cause*.
    *booked* is when the invoice was, *run_id* a run that did something to the order.
    *ignored_by_person* leaves out what a rule ignores.
    """

    statuses: tuple[OrderStatus, ...] = ()
    search: str = ""
    shop: str = ""
    cause: Cause | None = None
    about: str | None = None
    received: TimeSpan | None = None
    booked: TimeSpan | None = None
    run_id: int | None = None
    ignored_by_person: bool = False


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a filter means to the database, beside the statuses it asks for.

    *few* are the ids of the orders that a list is drawn from, where they are few; None
    where it is read along an index. *words* are to be looked for in those orders, and
    *looked* is all that is searched for. *also* holds the ids of orders, all of them.
    """

    few: Subquery | None
    also: tuple[Select[int], ...]
    words: tuple[str, ...]
    looked: Looked | None
    shop_id: int | None
    cause: Cause | None
    about: str | None
    received: TimeSpan | None
    ignored_by_person: bool

    @property
    def is_narrow(self) -> bool:
        """Whether more limits it than a shop and words."""
        return self.cause is not None or self.received is not None

    def conditions(
        self, statuses: Sequence[OrderStatus] = (), *, by_index: bool
    ) -> list[Condition]:
        """Return what is true of its orders, beside the words.

        Without *by_index* no index of shops or statuses is of any use: SQLite would
        take it, with most of all orders in it, and leave the few that are meant.
        """
        shop: ColumnElement[int] = OrderRow.shop_id + 0
        status: ColumnElement[str] = OrderRow.status.concat("")
        if by_index and self.cause is None:
            shop, status = OrderRow.shop_id.expression, OrderRow.status.expression
        conditions: list[Condition] = [OrderRow.id.in_(ids) for ids in self.also]
        if self.shop_id is not None:
            conditions.append(shop == self.shop_id)
        if statuses:
            conditions.append(status.in_([each.value for each in statuses]))
        if self.cause is not None:
            conditions += [HAS_PROBLEM, OrderRow.cause == self.cause.value]
        if self.about is not None:
            conditions.append(OrderRow.cause_about == self.about)
        if self.ignored_by_person:
            conditions.append(OrderRow.ignored_by != "")
        if self.received is not None:
            at = func.coalesce(OrderRow.received_at, OrderRow.received_at)
            conditions += [at >= self.received.start, at < self.received.end]
        return conditions


def scope_of(session: Session, wanted: OrderFilter) -> Scope | None:
    """Find out what a filter means; None if it searches for what is no word."""
    looked = look_for(session, wanted.search) if wanted.search else None
    if wanted.search and looked is None:
        return None
    words = () if looked is None else looked.words
    received = wanted.received
    happened = list(_happened(wanted))
    if received is not None and received.end - received.start <= _SHORT:
        happened.append(_received(received))
        received = None
    few = None
    if happened:
        few = happened[0].subquery()
    elif looked is not None and not looked.common:
        few = looked.few(session)
        words = words if few is None else ()
    return Scope(
        few=few,
        also=tuple(happened[1:]),
        words=words,
        looked=looked,
        shop_id=_shop_id(session, wanted.shop) if wanted.shop else None,
        cause=wanted.cause,
        about=None if wanted.cause is None else wanted.about,
        received=received,
        ignored_by_person=wanted.ignored_by_person,
    )


def _shop_id(session: Session, slug: str) -> int:
    """Return the id of a shop, one that nothing has if there is no such shop."""
    return session.scalar(select(ShopRow.id).where(ShopRow.slug == slug)) or 0


def _happened(wanted: OrderFilter) -> Iterator[Select[int]]:
    """Yield the ids of those to which each thing happened that is asked for."""
    if wanted.run_id is not None:
        done = select(OrderEventRow.order_id)
        yield done.where(OrderEventRow.run_id == wanted.run_id).distinct()
    if wanted.booked is not None:
        yield (
            select(PostingRow.order_id)
            .where(
                PostingRow.kind == PostingKind.INVOICE.value,
                PostingRow.state == PostingState.CONFIRMED.value,
                PostingRow.updated_at >= wanted.booked.start,
                PostingRow.updated_at < wanted.booked.end,
            )
            .distinct()
        )


def _received(span: TimeSpan) -> Select[int]:
    return select(OrderRow.id.label("order_id")).where(
        OrderRow.received_at >= span.start, OrderRow.received_at < span.end
    )
