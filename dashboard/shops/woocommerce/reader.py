"""Asks a WooCommerce shop for its orders, with keys that may only read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from dashboard.domain.clock import Clock
from dashboard.domain.money import ZERO, decimals_of
from dashboard.domain.sentences import say
from dashboard.outbound.transport import Transport
from dashboard.shops.fields import Fields
from dashboard.shops.payload import header
from dashboard.shops.protocol import (
    Fetched,
    FieldError,
    ListedOrder,
    Log,
    NotUnderstood,
    Page,
    Received,
    ShopAccess,
    ShopFacts,
    ShopSilent,
    Webhook,
)
from dashboard.shops.woocommerce.api import Api
from dashboard.shops.woocommerce.connector import DECIMALS_HEADER, WooCommerce
from dashboard.shops.woocommerce.failures import ORDER_GONE, READ_ONLY
from dashboard.shops.woocommerce.order import with_refunds
from dashboard.shops.woocommerce.sweep import PER_PAGE, Seen, sweep

# A change is dated before it can be seen: one that took long comes in among older ones.
_OVERLAP: Final = timedelta(minutes=10)
_SECOND: Final = timedelta(seconds=1)
# Always said: without it, amounts have the decimals of the shop's setting.
_DECIMALS: Final = {"dp": "2"}
_ORDER_TOPICS: Final = "order."
# "any" leaves out the bin.
_ASKED_APART: Final = ("trash", "any")


@dataclass(frozen=True, kw_only=True)
class _Settings:
    currency: str
    decimals: int


class WooCommerceReader:
    """A WooCommerce shop behind its REST API."""

    def __init__(
        self, access: ShopAccess, transport: Transport, clock: Clock, log: Log
    ) -> None:
        self._api = Api(access, transport, clock, log)
        self._since = access.orders_since
        self._connector = WooCommerce()
        self._known_settings: _Settings | None = None

    def facts(self) -> ShopFacts:
        """Try the access out: orders, settings and webhooks are what we read."""
        try:
            query = self._placed_since(self._since) | {"per_page": "1"}
            _, reply = self._api.ask_list("orders", query)
        except ShopSilent as silent:
            if not silent.code:
                plain = self._api.has_plain_permalinks()
                if plain:
                    raise ShopSilent(plain) from silent
            raise
        settings = self._settings()
        total = header(reply.headers, "X-WP-Total")
        return ShopFacts(
            currency=settings.currency,
            decimals=settings.decimals,
            orders=int(total) if total.isdecimal() else 0,
            webhooks=self.webhooks(),
        )

    def changes(self, cursor: str) -> Iterator[Page]:
        """Yield what has changed since *cursor*: in the bin first, then the rest."""
        reached = _read_cursor(cursor)
        for status in _ASKED_APART:
            start = reached.get(status)
            after = self._since - _SECOND if start is None else start - _OVERLAP
            listing = _Listing(self._api, self._placed_since(self._since), status)
            for seen in sweep(listing.ask, after):
                newest = max(row.modified_at for row in seen)
                # A change dated in the future must not take the cursor there.
                start = max(start or after, min(newest, listing.now))
                reached[status] = start
                orders = tuple(self._fetched(row.text) for row in seen)
                yield Page(orders=orders, cursor=_written_cursor(reached))

    def order(self, external_id: str) -> Fetched | None:
        """Return an order as it is now, None when the shop has it no more."""
        try:
            reply = self._api.ask(f"orders/{external_id}", _DECIMALS)
        except ShopSilent as silent:
            if silent.code == ORDER_GONE:
                return None
            raise
        return self._fetched(reply.body.decode("utf-8-sig"))

    def orders(self, since: datetime) -> Iterator[ListedOrder]:
        """Yield all orders placed since then, with little of each."""
        query = self._placed_since(max(since, self._since)) | {
            "orderby": "id",
            "order": "asc",
            "per_page": str(PER_PAGE),
            "_fields": "id,total,date_modified_gmt,refunds",
        }
        page, full = 1, True
        while full:
            rows, _ = self._api.ask_list("orders", query | {"page": str(page)})
            yield from (_listed(data) for data, _text in rows)
            page, full = page + 1, len(rows) == PER_PAGE

    def told_since(self) -> datetime:
        """Return the chosen day: whatever was placed since then is told."""
        return self._since

    def webhooks(self) -> tuple[Webhook, ...]:
        """Return the webhooks that send orders."""
        rows, _ = self._api.ask_list("webhooks", {"per_page": "100"})
        fields = [Fields(data, []) for data, _text in rows]
        return tuple(
            Webhook(
                id=hook.text("id"),
                name=hook.text("name"),
                delivery_url=hook.text("delivery_url"),
                disabled=hook.text("status") == "disabled",
            )
            for hook in fields
            if hook.text("topic").startswith(_ORDER_TOPICS)
        )

    def switch_on(self, webhook: Webhook) -> bool:
        """Switch a webhook on; False if the keys are for reading alone."""
        try:
            self._api.put(f"webhooks/{webhook.id}", {"status": "active"})
        except ShopSilent as silent:
            if silent.code == READ_ONLY:
                return False
            raise
        return True

    def _settings(self) -> _Settings:
        """Return how the shop writes amounts.

        Raises:
            ShopSilent: Also if it writes fewer decimals than its currency has: then it
                tells 12.08 as 12, whatever it is asked for.
        """
        if self._known_settings is not None:
            return self._known_settings
        rows, _ = self._api.ask_list("settings/general", {})
        values = {str(data.get("id")): str(data.get("value")) for data, _ in rows}
        currency = values.get("woocommerce_currency", "")
        written = values.get("woocommerce_price_num_decimals", "")
        decimals = int(written) if written.isdecimal() else 2
        needed = decimals_of(currency)
        if decimals < needed:
            raise ShopSilent(
                say(
                    "The shop writes amounts with %(decimals)s decimals, and "
                    "%(currency)s has %(needed)s: an order of 12.08 is told as 12. In "
                    "WooCommerce, set Settings > General > Number of decimals to "
                    "%(needed)s.",
                    decimals=decimals,
                    currency=currency,
                    needed=needed,
                ),
                code="decimals",
            )
        self._known_settings = _Settings(currency=currency, decimals=decimals)
        return self._known_settings

    def _placed_since(self, since: datetime) -> dict[str, str]:
        return {
            "after": _written(since - _SECOND),
            # Without it, times without an offset are read as the shop's own.
            "dates_are_gmt": "true",
            **_DECIMALS,
        }

    def _fetched(self, text: str) -> Fetched:
        """Read an order, and ask for its refunds if it has any."""
        headers = {DECIMALS_HEADER: str(self._settings().decimals)}
        message = self._connector.read(headers, text.encode())
        if isinstance(message, Received) and message.order.refunds:
            external_id = message.order.external_id
            rows, _ = self._api.ask_list(
                f"orders/{external_id}/refunds", _DECIMALS | {"per_page": "100"}
            )
            details = ",".join(detail for _data, detail in rows)
            text = with_refunds(text, f"[{details}]")
            message = self._connector.read(headers, text.encode())
        if not isinstance(message, (Received, NotUnderstood)):
            # An id and nothing else, or an error where an order should be.
            error = FieldError(path="status", message=say("is missing"))
            message = NotUnderstood(external_id="", number="", errors=(error,))
        return Fetched(
            external_id=_id_of(message),
            payload=text.encode(),
            message=message,
            headers=headers,
        )


class _Listing:
    """Asks for what has changed, and minds what time it is in the shop."""

    def __init__(self, api: Api, query: Mapping[str, str], status: str) -> None:
        self._api = api
        self._query = {
            **query,
            "status": status,
            "orderby": "modified",
            "order": "asc",
            "per_page": str(PER_PAGE),
        }
        self.now = datetime.max.replace(tzinfo=UTC)

    def ask(self, after: datetime, page: int) -> list[Seen]:
        """Return one page of what was modified later than *after*."""
        # Never with Z or an offset: beside dates_are_gmt the shop would turn it into
        # its own time and still hold it against UTC, and lose the difference.
        where = {"modified_after": _written(after), "page": str(page)}
        rows, reply = self._api.ask_list("orders", self._query | where)
        self.now = self._api.now_at(reply)
        return [_seen(data, text) for data, text in rows]


def _seen(data: Mapping[str, Any], text: str) -> Seen:
    fields = Fields(data, [])
    return Seen(
        external_id=fields.text("id"),
        modified_at=fields.required_time("date_modified_gmt"),
        text=text,
    )


def _listed(data: Mapping[str, Any]) -> ListedOrder:
    fields = Fields(data, [])
    refunds = (refund.amount("total") for refund in fields.parts("refunds"))
    return ListedOrder(
        external_id=fields.text("id"),
        modified_at=fields.time("date_modified_gmt"),
        total=fields.amount("total"),
        refunded=abs(sum(refunds, ZERO)),
    )


def _id_of(message: Received | NotUnderstood) -> str:
    match message:
        case Received(order=order):
            return order.external_id
        case NotUnderstood(external_id=external_id):
            return external_id


def _written(moment: datetime) -> str:
    """Write a time in UTC as WooCommerce does: whole seconds and no offset."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def _read_cursor(text: str) -> dict[str, datetime]:
    """Read what `_written_cursor` made: the newest change seen of each status."""
    parts = (part.partition("=") for part in text.split())
    return {
        status: datetime.fromisoformat(moment).replace(tzinfo=UTC)
        for status, _, moment in parts
    }


def _written_cursor(reached: Mapping[str, datetime]) -> str:
    return " ".join(f"{status}={_written(at)}" for status, at in reached.items())
