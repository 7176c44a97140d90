"""What an address asks of the list of orders: tab, search, chips and sorting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final

from dashboard.domain.problems import Cause
from dashboard.domain.status import OrderStatus
from dashboard.domain.timespans import TimeSpan, day_in, hour_from
from dashboard.store.listing_figures import AGES, received_at_age
from dashboard.store.order_filter import OrderFilter, OrderSort
from dashboard.web.language import lazy_gettext as _
from dashboard.web.row_ids import optional_row_id
from dashboard.web.searched import searched_text
from dashboard.web.services import services


@dataclass(frozen=True, kw_only=True)
class Tab:
    """A group of statuses people look for; *key* stands in the address."""

    key: str
    label: str
    statuses: tuple[OrderStatus, ...]
    tone: str = ""


ATTENTION: Final = Tab(
    key="attention",
    label=_("Needs attention"),
    statuses=(OrderStatus.NEEDS_ATTENTION,),
    tone="bad",
)
TABS: Final[tuple[Tab, ...]] = (
    Tab(key="", label=_("All"), statuses=()),
    ATTENTION,
    Tab(
        key="retrying",
        label=_("Retrying"),
        statuses=(OrderStatus.RETRYING, OrderStatus.CHECKING),
    ),
    Tab(
        key="progress",
        label=_("In progress"),
        statuses=(OrderStatus.QUEUED, OrderStatus.IN_PROGRESS),
    ),
    Tab(
        key="awaiting",
        label=_("Awaiting payment"),
        statuses=(OrderStatus.AWAITING_PAYMENT,),
    ),
    Tab(
        key="invoiced",
        label=_("Invoiced"),
        statuses=(OrderStatus.INVOICED,),
    ),
    Tab(
        key="paid",
        label=_("Paid"),
        statuses=(OrderStatus.PAID, OrderStatus.CREDITED),
    ),
    Tab(key="ignored", label=_("Ignored"), statuses=(OrderStatus.IGNORED,)),
)

# Groups that figures link to and that are no tab of their own.
GROUPS: Final[tuple[Tab, ...]] = (
    Tab(
        key="booked",
        label=_("Booked: invoiced or paid"),
        statuses=(OrderStatus.INVOICED, OrderStatus.PAID, OrderStatus.CREDITED),
    ),
    Tab(
        key="moving",
        label=_("On the way into the books"),
        statuses=(
            OrderStatus.QUEUED,
            OrderStatus.IN_PROGRESS,
            OrderStatus.RETRYING,
            OrderStatus.CHECKING,
        ),
    ),
)
# So many orders a page shows.
SIZES: Final = (25, 50, 100)
_BY_SIZE: Final = {str(size): size for size in SIZES}
_AGES: Final = {str(place): place for place in range(len(AGES) + 1)}
_BY_KEY: Final[Mapping[str, Tab]] = {tab.key: tab for tab in (*TABS, *GROUPS)}


@dataclass(frozen=True, kw_only=True)
class OrderQuery:
    """What the address asks for, every part of it known to be valid.

    *about* narrows a *cause* down to one group of problems; None means all of them.
    *day* is when orders were received; *booked* the day when their invoices were, or
    when the hour begins; days are the company's. *age* is a place among the ages that
    figures tell, *run_id* a run that did something to the orders, *size* how many
    orders a page shows.
    """

    tab: Tab = TABS[0]
    search: str = ""
    shop: str = ""
    cause: Cause | None = None
    about: str | None = None
    day: date | None = None
    age: int | None = None
    booked: date | datetime | None = None
    run_id: int | None = None
    sort: OrderSort = OrderSort.NEWEST
    size: int = SIZES[0]

    @property
    def wanted(self) -> OrderFilter:
        """The filter for the store."""
        return OrderFilter(
            statuses=self.tab.statuses,
            search=self.search,
            shop=self.shop,
            cause=self.cause,
            about=self.about,
            received=self._received(),
            booked=self._booked(),
            run_id=self.run_id,
        )

    def _received(self) -> TimeSpan | None:
        if self.age is not None:
            return received_at_age(services().clock.now(), self.age)
        return day_in(services().watch.zone(), self.day) if self.day else None

    def _booked(self) -> TimeSpan | None:
        if isinstance(self.booked, datetime):
            return hour_from(self.booked)
        return day_in(services().watch.zone(), self.booked) if self.booked else None

    @property
    def narrowed(self) -> bool:
        """Whether anything but the tab limits the list."""
        whole = OrderQuery(tab=self.tab, sort=self.sort, size=self.size)
        return self != whole

    def args(self) -> dict[str, Any]:
        """Return what stands in the address; what is not asked for is left out."""
        parts = {
            "status": self.tab.key,
            "q": self.search,
            "shop": self.shop,
            "cause": cause_key(self.cause) if self.cause else "",
            "day": self.day.isoformat() if self.day else "",
            "age": "" if self.age is None else str(self.age),
            "booked": booked_key(self.booked) if self.booked else "",
            "run": self.run_id,
            "sort": "" if self.sort is OrderSort.NEWEST else self.sort.value,
            "size": "" if self.size == SIZES[0] else str(self.size),
        }
        about = {} if self.about is None else {"about": self.about}
        return {name: value for name, value in parts.items() if value} | about

    def on_tab(self, tab: Tab) -> OrderQuery:
        """Return the same question about another tab."""
        return replace(self, tab=tab)


def read_query(args: Mapping[str, str]) -> OrderQuery:
    """Read an address; what makes no sense there is as if it were left out."""
    return OrderQuery(
        tab=_BY_KEY.get(args.get("status", ""), TABS[0]),
        search=searched_text(args.get("q", "")),
        shop=searched_text(args.get("shop", "")),
        cause=cause_of(args.get("cause", "")),
        about=_about(args),
        day=_day(args.get("day", "")),
        age=_AGES.get(args.get("age", "")),
        booked=_booked(args.get("booked", "")),
        run_id=optional_row_id(args.get("run", "")),
        sort=_sort(args.get("sort", "")),
        size=_BY_SIZE.get(args.get("size", ""), SIZES[0]),
    )


def cause_key(cause: Cause) -> str:
    """Return how a cause is written in an address."""
    return cause.name.lower().replace("_", "-")


def booked_key(booked: date | datetime) -> str:
    """Return how a day, or when an hour begins, is written in an address."""
    if isinstance(booked, datetime):
        return f"{booked.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
    return booked.isoformat()


def _about(args: Mapping[str, str]) -> str | None:
    """Return what a cause is about; one that is named empty is a group as well."""
    about = args.get("about") if args.get("cause") else None
    return None if about is None else searched_text(about)


def cause_of(key: str) -> Cause | None:
    """Return the cause that is written *key* in an address."""
    return next((cause for cause in Cause if cause_key(cause) == key), None)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # A zone may move the first and the last day there is beyond what a date can be.
    return day if date.min.year < day.year < date.max.year else None


def _booked(text: str) -> date | datetime | None:
    day = _day(text)
    if day is not None:
        return day
    try:
        hour = datetime.fromisoformat(text)
    except ValueError:
        return None
    known = hour.tzinfo is not None and date.min.year < hour.year < date.max.year
    return hour if known else None


def _sort(text: str) -> OrderSort:
    try:
        return OrderSort(text)
    except ValueError:
        return OrderSort.NEWEST
