"""Plans a backfill without booking anything, and takes in what only the shop knows.

The plan names every order of the period: what would be booked, what is left alone and
why, what a person has to put right first. Acted on are later the orders it named, each
as it is by then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

from dashboard.domain.clock import Clock
from dashboard.domain.forecast import Forecast
from dashboard.domain.order import OrderPhase
from dashboard.domain.plans import Plan
from dashboard.domain.postings import PostingKind, batch_size
from dashboard.domain.rules import Shop
from dashboard.domain.selections import Effort, Member, Outlook, Result, Selection
from dashboard.domain.sentences import say, sentence_of
from dashboard.domain.status import Decision, OrderStatus
from dashboard.shops.protocol import (
    Fetched,
    NotUnderstood,
    Received,
    ShopReader,
    ShopSilent,
)
from dashboard.store.company import CompanyStore
from dashboard.store.foresight import Foresight
from dashboard.store.orders import OrderStore
from dashboard.store.period_orders import PeriodOrder, PeriodOrders
from dashboard.store.pulls import PullStore
from dashboard.store.selections import SelectionStore
from dashboard.sync.intake import read_again
from dashboard.sync.plan import plan_order
from dashboard.sync.pull import plan_or_stop, revision_of

# Opens a shop for what was placed since then; raises ShopSilent if it cannot be asked.
OpenSince = Callable[[Shop, datetime], ShopReader]
# Lets so many seconds pass; True if the work is to end.
Wait = Callable[[float], bool]
# Tells when all is done that waits, and the postings given besides.
ForecastWith = Callable[[Mapping[PostingKind, int]], Forecast]

# A shop may take its time to prepare its orders, or ask to be left alone for a while.
_WAITED_AT_MOST_S: Final = 15 * 60.0
# While it waits, a plan says so often that it is still being made, and can be stopped;
# after a minute without a word another process would begin it anew.
_SAID_EVERY_S: Final = 20.0

_BOOKED_ALREADY: Final = say("It is in the books already.")
_MOVING: Final = say("It is on its way into the books.")
_GONE: Final = say("The shop does not have it any more.")
_BOOKED: Final = {OrderStatus.INVOICED, OrderStatus.PAID, OrderStatus.CREDITED}
_STANDING: Final = {
    OrderStatus.AWAITING_PAYMENT,
    OrderStatus.NEEDS_ATTENTION,
    OrderStatus.IGNORED,
}


@dataclass(frozen=True, kw_only=True)
class BackfillStores:
    """What a backfill reads and writes."""

    company: CompanyStore
    orders: OrderStore
    pulls: PullStore
    selections: SelectionStore
    period: PeriodOrders
    foresight: Foresight


@dataclass(kw_only=True)
class _Count:
    """What a plan comes to, while it is made."""

    members: int = 0
    to_read: int = 0
    pages: int = 0
    waited_s: float = 0.0
    postings: Counter[PostingKind] = field(default_factory=Counter)
    contacts: set[str] = field(default_factory=set)


@dataclass(frozen=True, kw_only=True)
class _Foretold:
    """What would become of one order; *keys* of what is still to be booked, by kind."""

    outlook: Outlook
    why: str = ""
    keys: tuple[tuple[PostingKind, str], ...] = ()


class _Ended(Exception):
    """The program ends: whoever takes the plan up begins it anew."""


class Backfill:
    """Plans backfills, and takes in the orders that are still in the shop."""

    def __init__(
        self,
        stores: BackfillStores,
        open_since: OpenSince,
        forecast_with: ForecastWith,
        clock: Clock,
        zone: Callable[[], tzinfo],
    ) -> None:
        """Take what it works with; *zone* tells where the days of a period are."""
        self._stores = stores
        self._open_since = open_since
        self._forecast_with = forecast_with
        self._clock = clock
        self._zone = zone
        self._opened: tuple[int, ShopReader] | None = None

    # The plan -------------------------------------------------------------------------

    def plan(self, selection: Selection, wait: Wait) -> None:
        """Look up every order of the period and say what would become of it.

        A shop that falls silent and says for how long is waited for.
        """
        shop, (start, end) = self._shop(selection), self._bounds(selection)
        count = _Count()
        began_s = self._clock.monotonic_s()
        try:
            for members in self._found(shop, start, end, count, wait):
                if not self._stores.selections.add_members(selection.id, members):
                    return
        except ShopSilent as silent:
            self._stores.selections.fail(selection.id, sentence_of(silent))
            return
        except _Ended:
            return
        took_s = self._clock.monotonic_s() - began_s - count.waited_s
        effort = self._effort(count, read_s=took_s / max(1, count.pages))
        self._stores.selections.set_ready(selection.id, effort)

    def _found(
        self, shop: Shop, start: datetime, end: datetime, count: _Count, wait: Wait
    ) -> Iterator[list[Member]]:
        """Yield the orders of the period, those we know first."""
        known = self._stores.period.known(shop, start, end)
        ours = {order.external_id for order in known}
        for part in _parts(known):
            yield [self._known(order, count) for order in part]
        if not shop.base_url:
            return
        for told in self._told(shop, start, count, wait):
            unknown = []
            for fetched in told:
                if fetched.external_id in ours or not _is_of(fetched, end):
                    continue
                ours.add(fetched.external_id)
                if self._stores.orders.find(shop, fetched.external_id) is None:
                    unknown.append(self._unknown(shop, fetched, count))
            yield unknown

    def _told(
        self, shop: Shop, start: datetime, count: _Count, wait: Wait
    ) -> Iterator[Sequence[Fetched]]:
        """Yield what the shop tells, and nothing before each part of a wait for it.

        Raises:
            ShopSilent: If it does not say for how long, or that is too long.
        """
        reader, cursor = self._open_since(shop, start), ""
        while True:
            try:
                for page in reader.changes(cursor):
                    cursor = page.cursor
                    count.pages += 1
                    yield page.orders
            except ShopSilent as silent:
                count.waited_s += silent.wait_s or 0.0
                if not silent.wait_s or count.waited_s > _WAITED_AT_MOST_S:
                    raise
                for part_s in _spells(silent.wait_s):
                    yield ()
                    if wait(part_s):
                        raise _Ended from silent
            else:
                return

    def _known(self, order: PeriodOrder, count: _Count) -> Member:
        return _counted(
            count,
            self._foretell(order),
            order_id=order.id,
            external_id=order.external_id,
            number=order.number,
        )

    def _foretell(self, order: PeriodOrder) -> _Foretold:
        if order.status in _BOOKED:
            return _Foretold(outlook=Outlook.SKIPS, why=_BOOKED_ALREADY)
        if order.status not in _STANDING:
            return _Foretold(outlook=Outlook.SKIPS, why=_MOVING)
        if order.ignored_by:
            why = say("%(who)s has ignored it.", who=order.ignored_by)
            return _Foretold(outlook=Outlook.SKIPS, why=why)
        if self._stores.orders.is_doubtful(order.id):
            # Whoever tries it again looks into the books first.
            return _Foretold(outlook=Outlook.BLOCKED, why=order.message)
        foreseen = self._stores.foresight.of(order.id, read_again, plan_order)
        if foreseen is None or foreseen.plan is None:
            return _Foretold(outlook=Outlook.BLOCKED, why=order.message)
        keys = tuple((a.posting.kind, a.posting.natural_key) for a in foreseen.ahead)
        return _by_plan(foreseen.plan, keys)

    def _unknown(self, shop: Shop, fetched: Fetched, count: _Count) -> Member:
        revision = revision_of(fetched)
        if revision.order is None:
            why = "" if revision.problem is None else revision.problem.message
            foretold = _Foretold(outlook=Outlook.BLOCKED, why=why)
        else:
            rules = self._stores.company.rules(shop)
            plan = plan_or_stop(revision.order, shop, rules, (), None)
            keys = tuple((p.kind, p.natural_key) for p in plan.postings)
            foretold = _by_plan(plan, keys)
        count.to_read += foretold.outlook is Outlook.CREATES
        return _counted(
            count,
            foretold,
            order_id=None,
            external_id=fetched.external_id,
            number=revision.number,
        )

    def _effort(self, count: _Count, *, read_s: float) -> Effort:
        """Return what it costs, and when it is done with all that waits already.

        *read_s* is what the shop took for an answer: each order is read once more when
        its turn comes, while what is read already is booked.
        """
        postings = count.postings
        booked = self._stores.period.booked(count.contacts)
        postings[PostingKind.CONTACT] = len(count.contacts) - booked
        calls = sum(-(-n // batch_size(kind)) for kind, n in postings.items())
        finish_at = self._forecast_with(postings).finish_at
        books = timedelta()
        if calls and finish_at is not None:
            books = finish_at - self._clock.now()
        reading = timedelta(seconds=count.to_read * read_s)
        return Effort(calls=calls, lasts=max(books, reading))

    # Doing it -------------------------------------------------------------------------

    def take_in(self, selection: Selection, members: Sequence[Member]) -> list[Member]:
        """Read orders from the shop, as they are now, store and plan them.

        Raises:
            ShopSilent: If the shop does not answer; nothing is stored then.
        """
        if not members:
            return []
        shop, reader = self._shop(selection), self._reader(selection)
        fetched = {m.position: reader.order(m.external_id) for m in members}
        there = [each for each in fetched.values() if each is not None]
        taken = self._stores.pulls.take_page(
            shop,
            [revision_of(each) for each in there],
            plan_or_stop,
            read_again,
            run_id=None,
            cursors=None,
        )
        ids = {
            each.external_id: took.order_id
            for each, took in zip(there, taken, strict=True)
        }
        return [self._became(member, ids.get(member.external_id)) for member in members]

    def _became(self, member: Member, order_id: int | None) -> Member:
        if order_id is None:
            return replace(member, result=Result.SKIPPED, why=_GONE)
        why, status = self._stores.orders.standing(order_id)
        match status:
            case OrderStatus.NEEDS_ATTENTION:
                result = Result.STOPPED
            case OrderStatus.AWAITING_PAYMENT | OrderStatus.IGNORED:
                result = Result.SKIPPED
            case _:
                result, why = Result.DONE, ""
        return replace(member, order_id=order_id, result=result, why=why)

    def _reader(self, selection: Selection) -> ShopReader:
        if self._opened is None or self._opened[0] != selection.id:
            start, _end = self._bounds(selection)
            reader = self._open_since(self._shop(selection), start)
            self._opened = selection.id, reader
        return self._opened[1]

    def _bounds(self, selection: Selection) -> tuple[datetime, datetime]:
        """Return when the period begins, and when it is over (exclusive), in UTC."""
        period = selection.period
        if period is None:
            raise ValueError("only a backfill has a period")
        after = period.last + timedelta(days=1)
        begin, end = (
            datetime.combine(day, time(), self._zone()).astimezone(UTC)
            for day in (period.first, after)
        )
        return begin, end

    def _shop(self, selection: Selection) -> Shop:
        shops = self._stores.company.shops()
        return next(shop for shop in shops if shop.id == selection.shop_id)


def _spells(wait_s: float) -> Iterator[float]:
    """Yield *wait_s* in parts, one for each time the plan says that it goes on."""
    while wait_s > 0:
        yield min(wait_s, _SAID_EVERY_S)
        wait_s -= _SAID_EVERY_S


def _is_of(fetched: Fetched, end: datetime) -> bool:
    """Tell whether an order was placed before *end*, and is more than a basket."""
    match fetched.message:
        case NotUnderstood():
            return True
        case Received(order=order):
            return order.ordered_at < end and order.phase is not OrderPhase.DRAFT


def _by_plan(plan: Plan, keys: tuple[tuple[PostingKind, str], ...]) -> _Foretold:
    match plan.decision:
        case Decision.BOOK if keys:
            return _Foretold(outlook=Outlook.CREATES, keys=keys)
        case Decision.STOP:
            why = "" if plan.problem is None else plan.problem.message
            return _Foretold(outlook=Outlook.BLOCKED, why=why)
        case _:
            return _Foretold(outlook=Outlook.SKIPS, why=plan.reason)


def _counted(
    count: _Count,
    foretold: _Foretold,
    *,
    order_id: int | None,
    external_id: str,
    number: str,
) -> Member:
    count.members += 1
    for kind, key in foretold.keys:
        if kind is PostingKind.CONTACT:
            count.contacts.add(key)
        else:
            count.postings[kind] += 1
    return Member(
        position=count.members,
        order_id=order_id,
        external_id=external_id,
        number=number,
        outlook=foretold.outlook,
        why=foretold.why,
    )


def _parts(orders: Sequence[PeriodOrder]) -> Iterator[Sequence[PeriodOrder]]:
    for start in range(0, len(orders), 200):
        yield orders[start : start + 200]
