"""The engine's state and the one sentence that says how things stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.domain.status import OrderStatus
from dashboard.store.listing_overview import Pulse
from dashboard.web.language import gettext as _
from dashboard.web.language import ngettext

# A heartbeat comes every 15 s: three may be missed before anybody is alarmed.
ALIVE_FOR = timedelta(seconds=45)
_LATE_FOR = timedelta(minutes=5)


class EngineState(StrEnum):
    """Whether the engine is at work, judged by its heartbeat."""

    ALIVE = "alive"
    LATE = "late"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class Headline:
    """How things stand, in a sentence and what follows from it."""

    tone: str
    icon: str
    title: str
    text: str


def engine_state(seen_at: datetime | None, now: datetime) -> EngineState:
    """Judge the engine by its last heartbeat."""
    if seen_at is None or now - seen_at > _LATE_FOR:
        return EngineState.STOPPED
    return EngineState.ALIVE if now - seen_at <= ALIVE_FOR else EngineState.LATE


def headline(
    pulse: Pulse,
    counts: Mapping[OrderStatus, int],
    now: datetime,
    *,
    any_shop: bool = True,
) -> Headline:
    """Say whether everything is booked, or what is in the way of it."""
    total = sum(counts.values())
    moving = sum(
        counts.get(status, 0)
        for status in (
            OrderStatus.QUEUED,
            OrderStatus.IN_PROGRESS,
            OrderStatus.RETRYING,
            OrderStatus.CHECKING,
        )
    )
    if engine_state(pulse.engine_seen_at, now) is EngineState.STOPPED:
        return Headline(
            tone="bad",
            icon="heart-pulse-fill",
            title=_("The engine has stopped"),
            text=_(
                "Orders are still received and kept; nothing is booked until it "
                "runs again."
            ),
        )
    if pulse.needs_attention:
        return Headline(
            tone="bad",
            icon="exclamation-triangle-fill",
            title=ngettext(
                "%(num)s order needs you",
                "%(num)s orders need you",
                pulse.needs_attention,
            ),
            text=_moving_text(moving) or _rest_text(counts),
        )
    if moving:
        return Headline(
            tone="moving",
            icon="arrow-repeat",
            title=ngettext(
                "%(num)s order is on its way into the books",
                "%(num)s orders are on their way into the books",
                moving,
            ),
            text=_("Nothing needs you."),
        )
    if not total and not any_shop:
        return Headline(
            tone="quiet",
            icon="shop",
            title=_("No shop yet"),
            text=_("Add the first one under Settings > Shops; its orders appear here."),
        )
    if not total:
        return Headline(
            tone="quiet",
            icon="inbox",
            title=_("No orders yet"),
            text=_("They appear here as soon as a shop sends the first one."),
        )
    return Headline(
        tone="good",
        icon="check-circle-fill",
        title=_("Everything is booked"),
        text=_waiting_text(counts) or _("Nothing needs you."),
    )


def _moving_text(moving: int) -> str:
    if not moving:
        return ""
    return ngettext(
        "%(num)s other is on its way into the books.",
        "%(num)s others are on their way into the books.",
        moving,
    )


def _rest_text(counts: Mapping[OrderStatus, int]) -> str:
    if counts.get(OrderStatus.AWAITING_PAYMENT, 0):
        return _("Everything else is booked or waits for its payment.")
    return _("Everything else is booked.")


def _waiting_text(counts: Mapping[OrderStatus, int]) -> str:
    waiting = counts.get(OrderStatus.AWAITING_PAYMENT, 0)
    if not waiting:
        return ""
    return ngettext(
        "Nothing needs you. %(num)s order waits for its payment.",
        "Nothing needs you. %(num)s orders wait for their payment.",
        waiting,
    )
