"""Orders from a file: what taking them in would do, and doing it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from dashboard.domain.clock import Clock
from dashboard.domain.order import Order
from dashboard.domain.plans import Plan
from dashboard.domain.rules import CompanyRules, Shop
from dashboard.domain.runs import Trigger
from dashboard.domain.uploads import FiledOrder, Standing
from dashboard.shops.csv_upload.orders import FileOrder, read_orders
from dashboard.shops.csv_upload.reading import (
    Reading,
    fits,
    from_json,
    guess_reading,
)
from dashboard.shops.csv_upload.table import NotATable, Table, read_table
from dashboard.shops.own_json.connector import OwnJson
from dashboard.store.company import CompanyStore
from dashboard.store.pulls import PullStore
from dashboard.store.revisions import Revision, StoredRevision, Taken
from dashboard.store.uploads import UploadStore
from dashboard.sync.intake import read_again
from dashboard.sync.pull import plan_or_stop

# As many as are taken in while a person waits for the next page.
MOST_BYTES = 5_000_000
MOST_ORDERS = 5_000
_AT_ONCE = 50
_SOURCE = "upload"


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """An order of the file and what would become of it; *plan* where it is new."""

    read: FileOrder
    standing: Standing
    plan: Plan | None = None


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What taking a file in would do."""

    table: Table
    reading: Reading
    orders: tuple[Foreseen, ...]

    def of(self, standing: Standing) -> tuple[Foreseen, ...]:
        """Return the orders that stand so."""
        return tuple(order for order in self.orders if order.standing is standing)


@dataclass(frozen=True, kw_only=True)
class TakenIn:
    """What became of each order of a file, those that were left out last."""

    orders: tuple[FiledOrder, ...]

    @property
    def news(self) -> int:
        """How many orders were new or changed."""
        return self._count(Standing.NEW) + self._count(Standing.CHANGED)

    @property
    def known(self) -> int:
        """How many were known already."""
        return self._count(Standing.KNOWN)

    @property
    def wrong(self) -> int:
        """How many were left out."""
        return self._count(Standing.WRONG)

    def _count(self, standing: Standing) -> int:
        return sum(order.standing is standing for order in self.orders)


class Uploads:
    """Takes in files of orders, for shops that send our own JSON."""

    kind = OwnJson.kind

    def __init__(
        self,
        store: UploadStore,
        company: CompanyStore,
        pulls: PullStore,
        wake: Callable[[Trigger], None],
        clock: Clock,
    ) -> None:
        self.store = store
        self._company = company
        self._pulls = pulls
        self._wake = wake
        self._clock = clock

    def likely_reading(self, shop: Shop, body: bytes) -> Reading:
        """Return how a file is likely to be read: as the shop's last one, if it fits.

        Raises:
            NotATable: If it cannot be read at all.
        """
        table = read_table(_small_enough(body))
        kept = self.store.last_reading(shop)
        if kept is not None and fits(from_json(kept), table.header):
            return from_json(kept)
        facts = self._company.facts()
        return guess_reading(table, currency=facts.base_currency if facts else "")

    def foresee(
        self, shop: Shop, body: bytes, reading: Reading, zone: ZoneInfo
    ) -> Preview:
        """Return what taking a file in would do; nothing is changed.

        *zone* is that of days without an offset.

        Raises:
            NotATable: If it cannot be read at all, or has too many orders.
        """
        table = read_table(_small_enough(body))
        if not fits(reading, table.header):
            gone = sorted(set(reading.columns.values()) - set(table.header))
            raise NotATable(f"The file has no column {', '.join(gone)}.")
        orders = () if reading.missing() else read_orders(table, reading, zone)
        if len(orders) > MOST_ORDERS:
            raise NotATable(f"The file has over {MOST_ORDERS:,} orders: split it.")
        known = self.store.newest_revisions(
            shop, [read.number for read in orders if read.order]
        )
        rules = self._company.rules(shop)
        return Preview(
            table=table,
            reading=reading,
            orders=tuple(
                _foresee(shop, rules, read, known.get(read.number)) for read in orders
            ),
        )

    def take_in(self, shop: Shop, preview: Preview) -> TakenIn:
        """Take in what can be read.

        Broken off and repeated, it goes on: what is taken in is known then.
        """
        readable = [one for one in preview.orders if one.read.order]
        orders: list[FiledOrder] = []
        today = self._clock.now().date()
        for at in range(0, len(readable), _AT_ONCE):
            part = readable[at : at + _AT_ONCE]
            taken = self._pulls.take_page(
                shop,
                [_revision(one.read, today) for one in part],
                plan_or_stop,
                read_again,
                run_id=None,
                cursors=None,
            )
            orders += map(_filed, part, taken)
            self._wake(Trigger.ORDER)
        return TakenIn(orders=(*orders, *map(_left_out, preview.of(Standing.WRONG))))


def _filed(foreseen: Foreseen, taken: Taken) -> FiledOrder:
    """Tell what became of an order; somebody may have sent the same one meanwhile."""
    standing = foreseen.standing if taken.news else Standing.KNOWN
    return FiledOrder(
        number=foreseen.read.number, standing=standing, order_id=taken.order_id
    )


def _left_out(foreseen: Foreseen) -> FiledOrder:
    read = foreseen.read
    return FiledOrder(number=read.number, standing=Standing.WRONG, errors=read.errors)


def _small_enough(body: bytes) -> bytes:
    if len(body) > MOST_BYTES:
        raise NotATable("The file is larger than 5 MB: split it.")
    return body


def _foresee(
    shop: Shop, rules: CompanyRules, read: FileOrder, stored: StoredRevision | None
) -> Foreseen:
    if read.order is None:
        return Foreseen(read=read, standing=Standing.WRONG)
    if stored is None:
        plan = plan_or_stop(read.order, shop, rules, (), None)
        return Foreseen(read=read, standing=Standing.NEW, plan=plan)
    same = _says_the_same(read.order, stored)
    return Foreseen(read=read, standing=Standing.KNOWN if same else Standing.CHANGED)


def _says_the_same(order: Order, stored: StoredRevision) -> bool:
    told = read_again(stored)
    if not isinstance(told, Order):
        return False
    # A file does not tell when an order was changed.
    return order == replace(told, modified_at=None, modified_on=None)


def _revision(read: FileOrder, today: date) -> Revision:
    return Revision(
        external_id=read.number,
        number=read.number,
        order=read.order and read.order.heard_on(today),
        problem=None,
        payload=read.payload,
        headers={},
        source=_SOURCE,
    )
