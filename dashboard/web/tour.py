"""The guided tour of a demonstration: five minutes over the real pages.

Where somebody is on it stands in the cookie of their browser, so that it can be left
and taken up again.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from flask import request, url_for

from dashboard.web.language import lazy_gettext

_STEP: Final = "tour-step"
_SHOWN: Final = "tour-shown"

Kept = MutableMapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: what to see and do, and where; *leads_to* if that is led on from."""

    title: str
    text: str
    endpoint: str
    anchor: str | None = None
    leads_to: str = ""


STEPS: Final[tuple[Step, ...]] = (
    Step(
        title=lazy_gettext("Three seconds are enough"),
        text=lazy_gettext(
            "The line at the top says whether everything is booked and whether "
            "somebody is needed. Every number leads to the orders it counts. Nothing "
            "has to be refreshed: look how orders come in."
        ),
        endpoint="overview.show",
    ),
    Step(
        title=lazy_gettext("Be a customer"),
        text=lazy_gettext(
            "Here you are the shop's customer. Choose two products, leave Pay now and "
            "place the order. It goes the way of every order: signed by the shop, "
            "received, booked."
        ),
        endpoint="demo_lab.show",
        anchor="order",
    ),
    Step(
        title=lazy_gettext("The story of one order"),
        text=lazy_gettext(
            "This is the order you placed. Beside what the shop charged stands what "
            "was booked, to the cent. The timeline tells every attempt in plain words; "
            "behind each stand the request and the answer."
        ),
        endpoint="demo_lab.newest",
        leads_to="order.show",
    ),
    Step(
        title=lazy_gettext("Break something"),
        text=lazy_gettext(
            "Play the scene 'Answers get lost'. An invoice is booked, but nobody hears "
            "of it: software that simply tried again would book it twice. Sluice asks "
            "the books first. Watch the order: checking, then paid."
        ),
        endpoint="demo_lab.show",
        anchor="scene-answers-lost",
    ),
    Step(
        title=lazy_gettext("When a person is needed"),
        text=lazy_gettext(
            "Play the scene 'An unknown tax rate' in the lab, then come back: the "
            "order stands here, grouped by its cause, with what to do. Open the group "
            "and answer its question: the order goes by itself."
        ),
        endpoint="problems.index",
    ),
    Step(
        title=lazy_gettext("What the books say"),
        text=lazy_gettext(
            "Open the books with the link in the Demo lab. Each invoice is there once, "
            "with its payment. Under Requests stands every call that came in, under "
            "Faults what the scenes switched on."
        ),
        endpoint="demo_lab.show",
        anchor="books",
    ),
    Step(
        title=lazy_gettext("Both sides compared"),
        text=lazy_gettext(
            "Ask for a comparison. Sluice reads the books and holds them against the "
            "orders: what is missing, what is there twice, what differs by a cent. "
            "By itself it does so every night."
        ),
        endpoint="reconciliation.index",
    ),
    Step(
        title=lazy_gettext("Now you"),
        text=lazy_gettext(
            "That was all. Play the other scenes, move the clock, let orders come "
            "faster. Whatever happened, 'Back to the start' makes everything as it "
            "was, and each scene shows the same again."
        ),
        endpoint="demo_lab.show",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Where somebody is; *href* is the page of the step, *here* if it is open."""

    step: Step
    number: int
    count: int
    href: str
    here: bool


def tour_stop(kept: Kept) -> Stop | None:
    """Return where the tour is; None while it is not shown."""
    if not kept.get(_SHOWN):
        return None
    number = left_at(kept)
    step = STEPS[number - 1]
    return Stop(
        step=step,
        number=number,
        count=len(STEPS),
        href=url_for(step.endpoint, _anchor=step.anchor),
        here=request.endpoint in {step.endpoint, step.leads_to},
    )


def left_at(kept: Kept) -> int:
    """Return the number of the step the tour is at, from 1."""
    step = kept.get(_STEP, 1)
    return step if isinstance(step, int) and 1 <= step <= len(STEPS) else 1


def _begin(kept: Kept) -> None:
    kept[_STEP], kept[_SHOWN] = 1, True


def _resume(kept: Kept) -> None:
    kept[_SHOWN] = True


def _leave(kept: Kept) -> None:
    kept[_SHOWN] = False


def _next(kept: Kept) -> None:
    kept[_STEP] = min(left_at(kept) + 1, len(STEPS))


def _back(kept: Kept) -> None:
    kept[_STEP] = max(left_at(kept) - 1, 1)


def _end(kept: Kept) -> None:
    kept[_STEP], kept[_SHOWN] = 1, False


MOVES: Final[dict[str, Callable[[Kept], None]]] = {
    "begin": _begin,
    "resume": _resume,
    "leave": _leave,
    "next": _next,
    "back": _back,
    "end": _end,
}
