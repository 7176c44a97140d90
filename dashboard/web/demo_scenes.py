"""The scenes of the Demo lab in words: what they do, what to watch, how they end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from flask import url_for

from dashboard.domain.status import OrderStatus
from dashboard.lab.state import PlayedScene
from dashboard.store.order_summaries import OrderSummary
from dashboard.web.language import lazy_gettext
from dashboard.web.words import Look

_MOVING: Final = {
    OrderStatus.QUEUED,
    OrderStatus.IN_PROGRESS,
    OrderStatus.RETRYING,
    OrderStatus.CHECKING,
}


class SceneState(StrEnum):
    """How far a scene is."""

    NOT_PLAYED = "not played"
    RUNNING = "running"
    YOURS = "yours"
    ENDED = "ended"
    BROKEN_OFF = "broken off"


SCENE_STATES: Final[Mapping[SceneState, Look]] = {
    SceneState.NOT_PLAYED: Look(
        label=lazy_gettext("Not played"), tone="quiet", icon="play-fill"
    ),
    SceneState.RUNNING: Look(
        label=lazy_gettext("Running"), tone="moving", icon="arrow-repeat"
    ),
    SceneState.YOURS: Look(
        label=lazy_gettext("Your turn"), tone="waiting", icon="person-circle"
    ),
    SceneState.ENDED: Look(
        label=lazy_gettext("Ended well"), tone="good", icon="check-circle-fill"
    ),
    SceneState.BROKEN_OFF: Look(
        label=lazy_gettext("Broken off"), tone="bad", icon="x-circle-fill"
    ),
}


@dataclass(frozen=True, kw_only=True)
class SceneWords:
    """A scene as people read it; *place* is the endpoint of where to look."""

    title: str
    does: str
    watch: str
    ends: str
    place: str
    place_name: str


SCENES: Final[Mapping[str, SceneWords]] = {
    "answers-lost": SceneWords(
        title=lazy_gettext("Answers get lost"),
        does=lazy_gettext(
            "Three customers buy and pay. The invoice of the first is booked, but the "
            "connection breaks before the answer."
        ),
        watch=lazy_gettext(
            "Orders that were in the same request say Checking. Nothing is sent again "
            "blindly: after ten seconds the books are asked what is there."
        ),
        ends=lazy_gettext(
            "The invoice is found by its number and taken over. All three orders are "
            "paid, and each invoice is in the books once."
        ),
        place="orders.index",
        place_name=lazy_gettext("Orders"),
    ),
    "books-down": SceneWords(
        title=lazy_gettext("Package down for two minutes"),
        does=lazy_gettext(
            "The books answer every call with an error for two minutes. Three "
            "customers buy meanwhile."
        ),
        watch=lazy_gettext(
            "After a few failures the connection pauses: a banner on every page says "
            "why and when it is tried again. Orders wait and use up no attempts. Who "
            "does not want to wait moves the clock by two minutes."
        ),
        ends=lazy_gettext(
            "One call tries whether the books are back, and everything that waited is "
            "booked by itself. Nobody had to do anything."
        ),
        place="overview.show",
        place_name=lazy_gettext("Overview"),
    ),
    "unknown-tax": SceneWords(
        title=lazy_gettext("An unknown tax rate"),
        does=lazy_gettext(
            "The first customer from France buys, with 20% French VAT. No rule says "
            "which tax type of the books that is."
        ),
        watch=lazy_gettext(
            "The order stops before anything is booked and says what is missing. It "
            "stands under Problems with the one question that puts it right."
        ),
        ends=lazy_gettext(
            "Open its group under Problems and choose the tax type for 20% in France; "
            "for the demonstration any will do. The order goes by itself, and so does "
            "every later one."
        ),
        place="problems.index",
        place_name=lazy_gettext("Problems"),
    ),
    "paid-twice": SceneWords(
        title=lazy_gettext("Customer pays twice"),
        does=lazy_gettext(
            "A customer pays by card and, to be sure, by bank transfer too. The "
            "bookkeeper enters the transfer while the card payment is on its way."
        ),
        watch=lazy_gettext(
            "The books take no second payment of an invoice that is paid. Sluice looks "
            "at the invoice, sees that other hands settled it, and asks a person; the "
            "invoice is not paid twice."
        ),
        ends=lazy_gettext(
            "The transfer settled the invoice. Give the card payment back to the "
            "customer and ignore the order with that reason: its story keeps it, and "
            "the books are right as they are."
        ),
        place="problems.index",
        place_name=lazy_gettext("Problems"),
    ),
    "edited": SceneWords(
        title=lazy_gettext("Edited after booking"),
        does=lazy_gettext(
            "An order is booked and paid. Then the shop adds a mug to it, and its "
            "total is no longer that of the invoice."
        ),
        watch=lazy_gettext(
            "What is booked stays as it is. The order needs attention and shows both "
            "ways to follow the change, each with what exactly would be booked."
        ),
        ends=lazy_gettext(
            "Choose one on the order's page: the invoice anew, or only the difference. "
            "The books then agree with the shop again. The order ends as Invoiced, not "
            "as Paid: nobody has paid for the mug."
        ),
        place="problems.index",
        place_name=lazy_gettext("Problems"),
    ),
}


@dataclass(frozen=True, kw_only=True)
class ShownScene:
    """A scene with how far it is and what came of it."""

    key: str
    words: SceneWords
    state: SceneState
    reason: str
    orders: tuple[OrderSummary, ...]
    place_href: str


def shown_scenes(
    played: Sequence[PlayedScene], orders: Mapping[str, OrderSummary]
) -> tuple[ShownScene, ...]:
    """Return the scenes we have words for; *orders* are ours by their number."""
    return tuple(
        _shown(scene, orders, SCENES[scene.key])
        for scene in played
        if scene.key in SCENES
    )


def _shown(
    scene: PlayedScene, orders: Mapping[str, OrderSummary], words: SceneWords
) -> ShownScene:
    own = tuple(orders[number] for number in scene.orders if number in orders)
    return ShownScene(
        key=scene.key,
        words=words,
        state=_state(scene, {order.status for order in own}),
        reason=scene.reason,
        orders=own,
        place_href=url_for(words.place),
    )


def _state(scene: PlayedScene, statuses: set[OrderStatus]) -> SceneState:
    if scene.reason:
        return SceneState.BROKEN_OFF
    if scene.running or statuses & _MOVING:
        return SceneState.RUNNING
    if OrderStatus.NEEDS_ATTENTION in statuses:
        return SceneState.YOURS
    return SceneState.ENDED if scene.orders else SceneState.NOT_PLAYED
