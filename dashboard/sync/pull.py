"""Reads one shop: what its webhooks spoke of, what has changed, and now and then all.

The cursor moves in the same commit as the orders it stands for, so a pull that ends
anywhere is taken up there by the next. No transaction is open while a shop is asked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from dashboard.domain.clock import Clock
from dashboard.domain.money import hundredths
from dashboard.domain.order import Order, OrderPhase
from dashboard.domain.plans import Plan
from dashboard.domain.postings import Posting
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.rules import CompanyRules, Correction, Shop
from dashboard.domain.sentences import say
from dashboard.domain.status import Decision
from dashboard.shops.protocol import (
    Fetched,
    ListedOrder,
    NotUnderstood,
    Received,
    ShopReader,
    ShopSilent,
)
from dashboard.shops.registry import connector_of
from dashboard.store.orders import OrderStore
from dashboard.store.pulls import ApiKeys, KnownOrder, PullStore
from dashboard.store.revisions import Revision
from dashboard.sync.intake import as_deleted, read_again, unread_revision
from dashboard.sync.plan import plan_order

_log = logging.getLogger(__name__)

_SOURCE = "pull"
_COMPARED_EVERY = timedelta(hours=24)
# An order older than this is hardly edited, and a large shop has many of them.
_COMPARED_BACK = timedelta(days=90)
# More than these at once are not deletions but a shop that was put back or moved.
_GONE_AT_MOST = 20


@dataclass(kw_only=True)
class Tally:
    """What a pull of one shop has brought so far."""

    read: int = 0
    news: int = 0


@dataclass(frozen=True, kw_only=True)
class ShopPull:
    """One pull of one shop.

    *arrived* is called after each commit that brought news, *stopping* asked before
    each step.
    """

    shop: Shop
    keys: ApiKeys
    reader: ShopReader
    pulls: PullStore
    orders: OrderStore
    clock: Clock
    run_id: int
    arrived: Callable[[], None]
    stopping: Callable[[], bool]
    tally: Tally = field(default_factory=Tally)

    def heed_hints(self) -> None:
        """Read the orders that webhooks spoke of."""
        for external_id, newest in self.pulls.hints(self.shop).items():
            if self.stopping():
                return
            self._read_one(external_id)
            self.pulls.drop_hint(self.shop, external_id, newest)

    def read_changes(self) -> None:
        """Read what has changed since the last time.

        Raises:
            PulledElsewhere: If another process reads the same shop at the same time.
        """
        cursor = self.pulls.state(self.shop).cursor
        for page in self.reader.changes(cursor):
            if self.stopping():
                return
            self._take(page.orders, (cursor, page.cursor))
            cursor = page.cursor

    def compare_if_due(self) -> bool:
        """Hold the shop's list of orders against ours once a day; True if it was done.

        It finds what no change tells of: orders deleted for good, refunds deleted, and
        whatever slipped through.
        """
        compared_at = self.pulls.state(self.shop).compared_at
        now = self.clock.now()
        if compared_at is not None and now - compared_at < _COMPARED_EVERY:
            return False
        since = max(
            self.keys.orders_since, now - _COMPARED_BACK, self.reader.told_since()
        )
        for external_id in self._different(since):
            if self.stopping():
                return False
            self._read_one(external_id)
        return True

    def _different(self, since: datetime) -> Sequence[str]:
        """Return the orders the shop lists otherwise than we know them, or not at all.

        Raises:
            ShopSilent: If so many are gone that something else must be the matter.
        """
        known = self.pulls.known_orders(self.shop, since)
        count = len(known)
        other = [
            listed.external_id
            for listed in self.reader.orders(since)
            if not _is_known(listed, known.pop(listed.external_id, None))
        ]
        if len(known) > max(_GONE_AT_MOST, count // 2):
            raise ShopSilent(
                say(
                    "The shop does not list %(known)s of %(count)s orders it had "
                    "before. If it was put back from a backup or moved, put the "
                    "orders back there. Until then nothing is taken for deleted.",
                    known=len(known),
                    count=count,
                )
            )
        return [*other, *known]

    def _read_one(self, external_id: str) -> None:
        fetched = self.reader.order(external_id)
        if fetched is None:
            today = self.clock.now().date()
            gone = as_deleted(self.orders, self.shop, external_id, today)
            if gone is not None and gone.ordered_at >= self.reader.told_since():
                payload = f'{{"id":{external_id}}}'.encode()
                self._store([_revision(gone, payload, {})], None)
        elif self._is_ours(fetched):
            self._take([fetched], None)

    def _is_ours(self, fetched: Fetched) -> bool:
        """Tell whether an order is one to keep: no basket, and not from before."""
        match fetched.message:
            case NotUnderstood():
                return True
            case Received(order=order):
                late = order.ordered_at >= self.keys.orders_since
                if late and order.phase is not OrderPhase.DRAFT:
                    return True
                return self.orders.find(self.shop, order.external_id) is not None

    def _take(self, orders: Sequence[Fetched], cursors: tuple[str, str] | None) -> None:
        read = (self._with_shop_fields(fetched) for fetched in orders)
        self._store([revision_of(fetched) for fetched in read], cursors)

    def _with_shop_fields(self, fetched: Fetched) -> Fetched:
        """Return an order read from the fields that the shop's settings name."""
        if not self.shop.vat_number_keys:
            return fetched
        connector = connector_of(self.shop)
        message = connector.read(fetched.headers, fetched.payload)
        if not isinstance(message, Received | NotUnderstood):
            return fetched
        return replace(fetched, message=message)

    def _store(
        self, revisions: Sequence[Revision], cursors: tuple[str, str] | None
    ) -> None:
        taken = self.pulls.take_page(
            self.shop,
            revisions,
            plan_or_stop,
            read_again,
            run_id=self.run_id,
            cursors=cursors,
        )
        news = sum(each.news for each in taken)
        self.tally.read += len(taken)
        self.tally.news += news
        if news:
            self.arrived()


def plan_or_stop(
    order: Order,
    shop: Shop,
    rules: CompanyRules,
    postings: Sequence[Posting],
    correction: Correction | None,
) -> Plan:
    """Plan an order; one that cannot be planned must not hold up those behind it."""
    try:
        return plan_order(order, shop, rules, postings, correction)
    except Exception as error:  # noqa: BLE001 - logged
        _log.exception("an order cannot be planned", extra={"number": order.number})
        message = say(
            "Order %(number)s cannot be planned (%(error)s), which is a "
            "fault in Sluice: please report it with what the log says.",
            number=order.number,
            error=type(error).__name__,
        )
        problem = Problem(cause=Cause.NOT_UNDERSTOOD, message=message)
        return Plan(decision=Decision.STOP, problem=problem)


def revision_of(fetched: Fetched) -> Revision:
    """Return what is kept of an order that the shop was asked for."""
    match fetched.message:
        case Received(order=order):
            return _revision(order, fetched.payload, fetched.headers)
        case NotUnderstood() as message:
            return unread_revision(
                message, fetched.payload, fetched.headers, source=_SOURCE
            )


def _revision(order: Order, payload: bytes, headers: Mapping[str, str]) -> Revision:
    return Revision(
        external_id=order.external_id,
        number=order.number,
        order=order,
        problem=None,
        payload=payload,
        headers=headers,
        source=_SOURCE,
    )


def _is_known(listed: ListedOrder, known: KnownOrder | None) -> bool:
    """Tell whether we know an order as the shop lists it."""
    if known is None or known.modified_at != listed.modified_at:
        return False
    return _agrees(listed.total, known.total_hundredths) and _agrees(
        listed.refunded, known.refunded_hundredths
    )


def _agrees(told: Decimal | None, known_hundredths: int) -> bool:
    return told is None or hundredths(told) == known_hundredths
