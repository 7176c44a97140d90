"""The story of an order: what was written down and every attempt, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dashboard.domain.exchanges import Exchange
from dashboard.domain.postings import PostingKind
from dashboard.store.listing_order import Attempt, OrderDetail, OrderEvent
from dashboard.web.exchange_view import part, pretty
from dashboard.web.language import gettext as _
from dashboard.web.language import lazy_gettext
from dashboard.web.words import Look

_OURSELVES = "Sluice"
_PLAIN = Look(label="", tone="quiet", icon="info-circle")
_EVENTS: Mapping[str, Look] = {
    "received": Look(label="", tone="quiet", icon="box-arrow-in-down"),
    "planned:book": Look(label="", tone="quiet", icon="clipboard"),
    "planned:wait": Look(label="", tone="quiet", icon="hourglass-split"),
    "planned:skip": Look(label="", tone="quiet", icon="slash-circle"),
    "planned:stop": Look(label="", tone="bad", icon="exclamation-triangle-fill"),
    **{
        f"confirmed:{kind.value}": Look(label="", tone="good", icon="check-lg")
        for kind in PostingKind
    },
    "doubtful": Look(label="", tone="bad", icon="exclamation-triangle-fill"),
    "refused": Look(label="", tone="bad", icon="x-lg"),
    "unknown": Look(label="", tone="waiting", icon="question-circle"),
    "amended": Look(label="", tone="waiting", icon="arrow-return-left"),
    "person": Look(label="", tone="moving", icon="person-circle"),
    "note": Look(label="", tone="moving", icon="chat-left-text"),
}
_KINDS: Mapping[PostingKind, str] = {
    PostingKind.CONTACT: lazy_gettext("contact"),
    PostingKind.INVOICE: lazy_gettext("invoice"),
    PostingKind.PAYMENT: lazy_gettext("payment"),
    PostingKind.CREDIT_NOTE: lazy_gettext("credit note"),
    PostingKind.ALLOCATION: lazy_gettext("allocation"),
    PostingKind.REFUND: lazy_gettext("refund"),
    PostingKind.VOID: lazy_gettext("voiding"),
}

_OK = 200
_REDIRECT = 300
_TOO_MANY = 429
_SERVER_ERROR = 500


@dataclass(frozen=True, kw_only=True)
class ShownExchange:
    """What one attempt said of this order, and what the books said back."""

    id: int
    method: str
    url: str
    verdict: str
    tone: str
    duration_ms: int
    sent: str
    answered: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of the story; *actor* is empty when it was Sluice itself."""

    key: str
    at: datetime
    look: Look
    text: str
    actor: str = ""
    run_id: int | None = None
    exchange: ShownExchange | None = None


def timeline(order: OrderDetail) -> tuple[Step, ...]:
    """Return the order's story, the oldest line first.

    A contact may have been booked for an earlier order of the same customer: that
    is another order's story.
    """
    events = [_event(place, event) for place, event in enumerate(order.events)]
    attempts = [
        _attempt(attempt)
        for attempt in order.attempts
        if attempt.stored.exchange.at >= order.summary.received_at
    ]
    return tuple(sorted([*attempts, *events], key=lambda step: step.at))


def _event(place: int, event: OrderEvent) -> Step:
    return Step(
        key=f"event-{place}",
        at=event.at,
        look=_EVENTS.get(event.kind, _PLAIN),
        text=event.text,
        actor="" if event.actor == _OURSELVES else event.actor,
        run_id=event.run_id,
    )


def _attempt(attempt: Attempt) -> Step:
    exchange = attempt.stored.exchange
    asks = exchange.method == "GET"
    tone, verdict = _verdict(exchange)
    return Step(
        key=f"exchange-{attempt.stored.id}-{attempt.kind}",
        at=exchange.at,
        look=Look(label="", tone=tone, icon="search" if asks else "send"),
        text=_attempt_text(attempt, asks=asks),
        run_id=attempt.stored.run_id,
        exchange=ShownExchange(
            id=attempt.stored.id,
            method=exchange.method,
            url=exchange.url,
            verdict=verdict,
            tone=tone,
            duration_ms=exchange.duration_ms,
            sent=part(exchange.request_body, attempt.position, attempt.members),
            answered=(
                pretty(exchange.response_body)
                if asks
                else part(exchange.response_body, attempt.position, attempt.members)
            ),
        ),
    )


def _attempt_text(attempt: Attempt, *, asks: bool) -> str:
    kind, key = _KINDS[attempt.kind], attempt.natural_key
    if asks:
        return _("Asked the books about %(kind)s %(key)s.", kind=kind, key=key)
    if attempt.members > 1:
        return _(
            "Sent %(kind)s %(key)s to the books, one of %(members)s in a batch.",
            kind=kind,
            key=key,
            members=attempt.members,
        )
    return _("Sent %(kind)s %(key)s to the books.", kind=kind, key=key)


def _verdict(exchange: Exchange) -> tuple[str, str]:
    """Return the tone of an answer and what to call it."""
    status = exchange.status
    if status is None:
        return "waiting", _("no answer: %(error)s", error=exchange.error)
    if _OK <= status < _REDIRECT:
        return "quiet", _("answered %(status)s", status=status)
    if status == _TOO_MANY:
        return "waiting", _("asked us to wait (429)")
    if status >= _SERVER_ERROR:
        return "waiting", _("the books had an error (%(status)s)", status=status)
    return "bad", _("refused (%(status)s)", status=status)
