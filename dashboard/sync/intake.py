"""Takes in what shops send: checked, read, planned and stored before it is answered."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from dashboard.domain.clock import Clock
from dashboard.domain.keys import content_hash
from dashboard.domain.order import Order
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.rules import Shop
from dashboard.domain.sentences import say, sentence_of
from dashboard.shops.protocol import (
    Deleted,
    FieldError,
    Hint,
    Message,
    NotJson,
    NotUnderstood,
    Ping,
    Received,
)
from dashboard.shops.registry import CONNECTORS, connector_of
from dashboard.store.company import CompanyStore
from dashboard.store.orders import OrderStore
from dashboard.store.pulls import PullStore
from dashboard.store.revisions import Revision, StoredRevision, Taken
from dashboard.sync.plan import plan_order

# Messages we remember, so that one which is sent again is not heeded again.
_DELIVERIES = 1000
_ONLY_A_HINT = say(
    "This shop is asked for its orders: enter the keys to it under Settings > Shops."
)

# "line_items[3].total" is the same problem as "line_items[0].total".
_PLACE = re.compile(r"\[\d+\]|\.\d+\b")


class WrongSignature(Exception):
    """The message was not signed with a secret of the shop."""


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """A message that brings no order; *reason* says why."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Noted:
    """A message about an order that is to be read from the shop itself."""

    external_id: str


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A message that is stored. *errors* say what could not be understood of it."""

    order_id: int
    news: bool
    errors: tuple[FieldError, ...] = ()


class Intake:
    """Brings messages of shops into the database."""

    def __init__(
        self,
        company: CompanyStore,
        orders: OrderStore,
        pulls: PullStore,
        clock: Clock,
    ) -> None:
        self._company = company
        self._orders = orders
        self._pulls = pulls
        self._clock = clock
        # To save calls and no more: another process that hears of an order again
        # reads it again, and finds nothing new.
        self._deliveries: deque[tuple[int, str]] = deque(maxlen=_DELIVERIES)

    def receive(
        self, shop: Shop, headers: Mapping[str, str], body: bytes
    ) -> Kept | Noted | Nothing:
        """Take in one pushed message; what it returns as kept or noted is stored.

        Where the shop can be asked, a message is no more than a hint: it may be old, or
        sent once more by somebody else, and what the order is now is read there.

        Raises:
            WrongSignature: If the shop's secrets did not sign these bytes.
            NotJson: If they are not a JSON object.
        """
        connector = connector_of(shop)
        if connector.is_unsigned_ping(headers, body):
            return Nothing(reason=say("The shop tries out the address."))
        secrets = self._company.shop_secrets(shop)
        if not connector.signature_is_valid(headers, body, secrets):
            raise WrongSignature
        message = connector.read(headers, body)
        if shop.base_url:
            return self._note(shop, message)
        return self._keep(shop, message, headers, body)

    def _keep(
        self, shop: Shop, message: Message, headers: Mapping[str, str], body: bytes
    ) -> Kept | Nothing:
        """Store what a message says, where the shop cannot be asked."""
        match message:
            case Ping(reason=reason):
                return Nothing(reason=reason)
            case Hint():
                return Nothing(reason=_ONLY_A_HINT)
            case Deleted(external_id=external_id):
                return self._delete(shop, external_id, headers, body)
            case Received(order=order):
                told = order.heard_on(self._clock.now().date())
                taken = self._store(shop, order.external_id, told, headers, body)
                return Kept(order_id=taken.order_id, news=taken.news)
            case NotUnderstood():
                return self._keep_unread(shop, message, headers, body)

    def _note(self, shop: Shop, message: Message) -> Noted | Nothing:
        """Keep which order a message speaks of."""
        match message:
            case Ping(reason=reason):
                return Nothing(reason=reason)
            case NotUnderstood(external_id="", errors=errors):
                return Nothing(reason=errors[0].message)
            case Hint(external_id=external_id, delivery_id=delivery_id):
                return self._note_once(shop, external_id, delivery_id)
            case Received(order=Order(external_id=external_id)):
                return self._note_hint(shop, external_id)
            case Deleted(external_id=external_id):
                return self._note_hint(shop, external_id)
            case NotUnderstood(external_id=external_id):
                return self._note_hint(shop, external_id)

    def _note_once(self, shop: Shop, external_id: str, delivery_id: str) -> Noted:
        """Note a hint, unless this very message has been noted already."""
        delivery = (shop.id, delivery_id)
        if delivery_id and delivery in self._deliveries:
            return Noted(external_id=external_id)
        noted = self._note_hint(shop, external_id)
        # Only now: a message that could not be stored is sent again.
        self._deliveries.append(delivery)
        return noted

    def _note_hint(self, shop: Shop, external_id: str) -> Noted:
        self._pulls.note_hint(shop, external_id)
        return Noted(external_id=external_id)

    def _delete(
        self, shop: Shop, external_id: str, headers: Mapping[str, str], body: bytes
    ) -> Kept | Nothing:
        today = self._clock.now().date()
        gone = as_deleted(self._orders, shop, external_id, today)
        if gone is None:
            return Nothing(reason=say("The shop deleted an order we do not know."))
        taken = self._store(shop, external_id, gone, headers, body)
        return Kept(order_id=taken.order_id, news=taken.news)

    def _keep_unread(
        self,
        shop: Shop,
        message: NotUnderstood,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Kept:
        revision = unread_revision(message, body, _kept(shop, headers), source="push")
        taken = self._orders.take_in(shop, revision, plan_order)
        return Kept(order_id=taken.order_id, news=taken.news, errors=message.errors)

    def _store(
        self,
        shop: Shop,
        external_id: str,
        order: Order,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Taken:
        revision = Revision(
            external_id=external_id,
            number=order.number,
            order=order,
            problem=None,
            payload=body,
            headers=_kept(shop, headers),
            source="push",
        )
        return self._orders.take_in(shop, revision, plan_order)


def unread_revision(
    message: NotUnderstood, body: bytes, headers: Mapping[str, str], *, source: str
) -> Revision:
    """Return what is kept of an order that could not be read."""
    external_id = message.external_id or f"unread-{content_hash(body)[:12]}"
    return Revision(
        external_id=external_id,
        number=message.number or external_id,
        order=None,
        problem=_unread(message),
        payload=body,
        headers=headers,
        source=source,
    )


def as_deleted(
    orders: OrderStore, shop: Shop, external_id: str, on: date
) -> Order | None:
    """Return an order as we know it, but deleted; None if we do not know it."""
    order_id = orders.find(shop, external_id)
    told = None if order_id is None else orders.last_told(order_id, read_again)
    return None if told is None else told.deleted_on(on)


def read_again(stored: StoredRevision) -> Order | Problem | None:
    """Read a stored revision once more, with what we understand today.

    None when it says no more than that the shop deleted the order.
    """
    try:
        message = connector_of(stored.shop).read(stored.headers, stored.payload)
    except NotJson as error:
        return Problem(cause=Cause.NOT_UNDERSTOOD, message=sentence_of(error))
    match message:
        case Received(order=order):
            return order.heard_on(stored.received_at.date())
        case NotUnderstood():
            return _unread(message)
        case Deleted() | Hint() | Ping():
            return None


def _unread(message: NotUnderstood) -> Problem:
    first = message.errors[0]
    more = len(message.errors) - 1
    wrong = say("%(path)s: %(message)s", path=first.path, message=first.message)
    if more:
        wrong = say("%(wrong)s (and %(more)s more)", wrong=wrong, more=more)
    return Problem(
        cause=Cause.NOT_UNDERSTOOD,
        about=_PLACE.sub("", first.path),
        message=say(
            "The order cannot be understood: %(wrong)s. Correct it in the shop and "
            "save it there, then it is sent again.",
            wrong=wrong,
        ),
    )


def _kept(shop: Shop, headers: Mapping[str, str]) -> dict[str, str]:
    """Return what the connector needs to read the message again, and no signature."""
    kept = CONNECTORS[shop.kind].kept_headers
    return {k: v for k, v in headers.items() if k.lower() in kept}
