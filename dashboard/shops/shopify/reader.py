"""Asks a Shopify shop for its orders, as an app with client credentials."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any, Final

from dashboard.domain.clock import Clock
from dashboard.domain.money import decimals_of
from dashboard.domain.sentences import say
from dashboard.outbound.transport import Transport
from dashboard.shops.fields import Fields
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
from dashboard.shops.shopify import queries
from dashboard.shops.shopify.api import Api, Wait
from dashboard.shops.shopify.bulk import orders_of
from dashboard.shops.shopify.connector import ZONE_HEADER, Shopify
from dashboard.shops.shopify.failures import ACCESS_DENIED, TooCostly
from dashboard.shops.shopify.ids import global_id, numeric_id

# A change is dated before it can be seen, and the search index comes after it.
_OVERLAP: Final = timedelta(minutes=10)
_ORDERS_A_PAGE: Final = 25
_LISTED_A_PAGE: Final = 250
_OF_A_CONNECTION: Final = 100
# Orders of a file that are stored in one transaction.
_ORDERS_TOGETHER: Final = 100
# Shopify gives at most 25,000 objects of one list: far below it we begin anew.
_ORDERS_OF_A_LIST: Final = 5000
# From this many orders on, the first load is one bulk operation.
_BULK_FROM: Final = 500
_BULK: Final = "bulk"
_BULK_WAITS_S: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)
_LOOK_AGAIN_S: Final = 60.0
# Without the scope read_all_orders, an app sees 60 days of orders.
_SEEN_BACK: Final = timedelta(days=59)


@dataclass(frozen=True, kw_only=True)
class _Shop:
    currency: str
    zone: str
    orders: int


class ShopifyReader:
    """A Shopify shop behind its Admin API."""

    def __init__(
        self,
        access: ShopAccess,
        transport: Transport,
        clock: Clock,
        log: Log,
        wait: Wait = time.sleep,
    ) -> None:
        self._api = Api(access, transport, clock, log, wait)
        self._since = access.orders_since
        self._clock = clock
        self._connector = Shopify()
        self._page_size = _ORDERS_A_PAGE

    def facts(self) -> ShopFacts:
        """Try the access out: keys, scopes, version, orders and webhooks."""
        self._api.forget_token()
        if not queries.may(self._api.scopes(), queries.READ_ORDERS):
            message = say(
                "The app has no access scope read_orders. Add it to a new version of "
                "the app in the Dev Dashboard, with read_all_orders and "
                "read_customers, release it, and accept it in the shop."
            )
            raise ShopSilent(message, code=ACCESS_DENIED)
        shop = self._shop
        if self._api.version != queries.API_VERSION:
            message = say(
                "Shopify does not answer in version %(ours)s of its API any more, but "
                "in %(theirs)s. Update Sluice.",
                ours=queries.API_VERSION,
                theirs=self._api.version,
            )
            raise ShopSilent(message, code="version")
        if self._since < self.told_since():
            message = say(
                "The app sees the orders of the last 60 days only, and older ones are "
                "wanted. Give it the access scope read_all_orders, for which Shopify's "
                "approval is needed, or choose a later day."
            )
            raise ShopSilent(message, code=ACCESS_DENIED)
        return ShopFacts(
            currency=shop.currency,
            decimals=decimals_of(shop.currency),
            orders=shop.orders,
            webhooks=self.webhooks(),
        )

    def changes(self, cursor: str) -> Iterator[Page]:
        """Yield what has changed since *cursor*; at first, all there is.

        The cursor is the time of the newest change seen, or the bulk operation that
        prepares the first load.
        """
        if cursor.startswith(_BULK):
            _, operation, started_at = cursor.split()
            yield from self._prepared(operation, started_at)
        elif not cursor and self._shop.orders > _BULK_FROM:
            yield from self._first_load()
        else:
            yield from self._sweep(cursor)

    def order(self, external_id: str) -> Fetched | None:
        """Return an order as it is now, None when the shop does not show it."""
        if not external_id.isdecimal():
            return None
        variables = {"id": global_id("Order", external_id)}
        node = self._api.ask(self._queries.one, variables, "order")["order"]
        return self._fetched(node) if isinstance(node, dict) else None

    def orders(self, since: datetime) -> Iterator[ListedOrder]:
        """Yield all orders placed since then; a change is known by its date."""
        variables = {"query": _placed(max(since, self._since))}
        for node in self._listed(queries.LISTED_ORDERS, "orders", variables):
            fields = Fields(node, [])
            yield ListedOrder(
                external_id=numeric_id(fields, "Order"),
                modified_at=fields.time("updatedAt"),
            )

    def told_since(self) -> datetime:
        """Return from when on the app's scopes let it see orders."""
        if queries.READ_ALL_ORDERS in self._api.scopes():
            return self._since
        return max(self._since, self._clock.now() - _SEEN_BACK)

    def webhooks(self) -> tuple[Webhook, ...]:
        """Return the subscriptions; where some of our topics lack, those are off.

        Shopify deletes a subscription after failures, each by itself. Those of the
        app's own configuration are not shown.
        """
        topics: dict[str, set[str]] = {}
        found = []
        variables = {"topics": list(queries.TOPICS)}
        for node in self._listed(queries.WEBHOOKS, "webhookSubscriptions", variables):
            fields = Fields(node, [])
            topic, uri = fields.text("topic"), fields.text("uri")
            topics.setdefault(uri, set()).add(topic)
            found.append(
                Webhook(
                    id=fields.text("id"), name=topic, delivery_url=uri, disabled=False
                )
            )
        missing = [
            Webhook(id="", name=topic, delivery_url=uri, disabled=True)
            for uri, known in topics.items()
            for topic in queries.TOPICS
            if topic not in known
        ]
        return (*found, *missing)

    def switch_on(self, webhook: Webhook) -> bool:
        """Subscribe to a topic again; False if the app may not."""
        variables = {"topic": webhook.name, "uri": webhook.delivery_url}
        try:
            data = self._api.ask(queries.SUBSCRIBE, variables)
        except ShopSilent as silent:
            if silent.code == ACCESS_DENIED:
                return False
            raise
        made = Fields(data, []).part("webhookSubscriptionCreate")
        return not list(made.parts("userErrors"))

    # Reading by the time of change ----------------------------------------------------

    def _sweep(self, cursor: str) -> Iterator[Page]:
        """Yield what changed since a time, the oldest change first.

        Shopify's own cursor holds the last change it gave: an order that is edited
        meanwhile comes once more at the end. After some thousand orders the list
        begins anew at the newest change seen.
        """
        reached = _read_time(cursor)
        start = reached - _OVERLAP if reached else None
        known: set[tuple[str, str]] = set()
        while True:
            count, newest = 0, start
            for nodes in self._changed_pages(start):
                fresh = [node for node in nodes if _version(node) not in known]
                known.update(_version(node) for node in fresh)
                count += len(nodes)
                newest = max((_changed_at(n) for n in nodes), default=newest)
                if newest is not None:
                    # A change dated in the future must not take the cursor there.
                    seen = min(newest, self._api.now)
                    reached = seen if reached is None else max(reached, seen)
                if fresh:
                    orders = tuple(self._fetched(node) for node in fresh)
                    yield Page(orders=orders, cursor=_written(reached))
                if count >= _ORDERS_OF_A_LIST and newest != start:
                    break
            else:
                return
            start = newest
            known = {version for version in known if version[1] >= _written(start)}

    def _changed_pages(self, start: datetime | None) -> Iterator[list[dict[str, Any]]]:
        where = _placed(self._since)
        if start is not None:
            where += f" AND updated_at:>='{_written(start)}'"
        after = None
        while True:
            variables = {"query": where, "after": after}
            connection = self._ask_sized(self._queries.changed, variables)
            yield _nodes(connection)
            after = _next(connection)
            if after is None:
                return

    def _ask_sized(self, query: str, variables: Mapping[str, object]) -> dict[str, Any]:
        """Ask for a page of orders, for fewer at once where that is too costly."""
        while True:
            try:
                data = self._api.ask(
                    query, {**variables, "first": self._page_size}, "orders"
                )
            except TooCostly:
                if self._page_size == 1:
                    raise
                self._page_size = max(1, self._page_size // 2)
            else:
                return _connection(data, "orders")

    def _listed(
        self, query: str, name: str, variables: Mapping[str, object]
    ) -> Iterator[dict[str, Any]]:
        after = None
        while True:
            asked = {**variables, "first": _LISTED_A_PAGE, "after": after}
            connection = _connection(self._api.ask(query, asked, name), name)
            yield from _nodes(connection)
            after = _next(connection)
            if after is None:
                return

    # The first load -------------------------------------------------------------------

    def _first_load(self) -> Iterator[Page]:
        """Have all orders prepared as a file; page by page where that is refused."""
        query = self._queries.bulk % _placed(self._since)
        data = self._api.ask(
            queries.START_BULK, {"query": query}, "bulkOperationRunQuery"
        )
        answer = Fields(data, []).part("bulkOperationRunQuery")
        operation = answer.part("bulkOperation")
        started_at = operation.time("createdAt")
        if operation.is_empty("id") or started_at is None:
            yield from self._sweep("")
            return
        name, at = operation.text("id"), _written(started_at)
        yield Page(orders=(), cursor=f"{_BULK} {name} {at}")
        yield from self._prepared(name, at)

    def _prepared(self, name: str, started_at: str) -> Iterator[Page]:
        """Yield the orders of a bulk operation, once it is done.

        Raises:
            ShopSilent: If it takes longer than we wait; the next pull looks again.
        """
        operation = self._finished(name)
        if operation is None:
            yield from self._sweep("")
            return
        if not operation.is_empty("url"):
            cursor = f"{_BULK} {name} {started_at}"
            with tempfile.TemporaryFile() as file:
                self._api.save(operation.text("url"), file)
                file.seek(0)
                objects = int(operation.amount("objectCount"))
                nodes = orders_of(file, objects=objects)
                while page := tuple(islice(nodes, _ORDERS_TOGETHER)):
                    orders = tuple(self._whole(node) for node in page)
                    yield Page(orders=orders, cursor=cursor)
        yield Page(orders=(), cursor=started_at)

    def _finished(self, name: str) -> Fields | None:
        """Return a bulk operation when it is done, None when it came to nothing."""
        for wait_s in (*_BULK_WAITS_S, 0.0):
            data = self._api.ask(queries.BULK_STATUS, {"id": name}, "bulkOperation")
            operation = Fields(data, []).part("bulkOperation")
            match operation.text("status"):
                case "COMPLETED":
                    return operation
                case "CREATED" | "RUNNING":
                    if wait_s:
                        self._api.pause(wait_s)
                case _:
                    return None
        message = say(
            "Shopify still prepares the orders of %(host)s for the first load. We look "
            "again in a minute.",
            host=self._api.host,
        )
        raise ShopSilent(message, wait_s=_LOOK_AGAIN_S)

    def _whole(self, node: dict[str, Any]) -> Fetched:
        """Return an order of a file; one with refunds is asked for by itself.

        A bulk operation does not tell what was refunded.
        """
        if node.get("refunds"):
            again = self.order(numeric_id(Fields(node, []), "Order"))
            if again is not None:
                return again
        return self._fetched(node)

    # One order ------------------------------------------------------------------------

    def _fetched(self, node: dict[str, Any]) -> Fetched:
        """Read an order, after asking for what did not fit into its first pages."""
        self._complete(node, queries.OF_ORDER)
        refunds = node.get("refunds")
        for refund in refunds if isinstance(refunds, list) else []:
            if isinstance(refund, dict):
                self._complete(refund, queries.OF_REFUND)
        headers = {ZONE_HEADER: self._shop.zone} if self._shop.zone else {}
        # Numbers that JSON would make a binary fraction are written as texts.
        payload = json.dumps(node, default=str).encode()
        message = self._connector.read(headers, payload)
        if not isinstance(message, (Received, NotUnderstood)):
            error = FieldError(path="id", message=say("is missing"))
            message = NotUnderstood(external_id="", number="", errors=(error,))
        return Fetched(
            external_id=_id_of(message),
            payload=payload,
            message=message,
            headers=headers,
        )

    def _complete(
        self, owner: dict[str, Any], connections: tuple[queries.Connection, ...]
    ) -> None:
        """Put the further pages of an owner's lists behind the first ones."""
        for connection in connections:
            first = owner.get(connection.name)
            if not isinstance(first, dict):
                continue
            nodes, after = _nodes(first), _next(first)
            while after is not None:
                variables = {
                    "id": owner.get("id"),
                    "after": after,
                    "first": _OF_A_CONNECTION,
                }
                data = self._api.ask(connection.rest(), variables, "node")
                page = _connection(_connection(data, "node"), connection.name)
                nodes += _nodes(page)
                after = _next(page)
            owner[connection.name] = {"nodes": nodes}

    @cached_property
    def _queries(self) -> queries.OrderQueries:
        return queries.order_queries(self._api.scopes())

    @cached_property
    def _shop(self) -> _Shop:
        data = self._api.ask(
            queries.SHOP, {"orders": _placed(self._since)}, "shop", "ordersCount"
        )
        fields = Fields(data, [])
        shop = fields.part("shop")
        return _Shop(
            currency=shop.text("currencyCode"),
            zone=shop.text("ianaTimezone"),
            orders=int(fields.part("ordersCount").amount("count")),
        )


def _connection(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _nodes(connection: Mapping[str, Any]) -> list[dict[str, Any]]:
    nodes = connection.get("nodes")
    return [n for n in nodes if isinstance(n, dict)] if isinstance(nodes, list) else []


def _next(connection: Mapping[str, Any]) -> str | None:
    """Return from where a list goes on, None where it ends."""
    info = _connection(connection, "pageInfo")
    end = info.get("endCursor")
    return end if info.get("hasNextPage") and isinstance(end, str) else None


def _version(node: Mapping[str, Any]) -> tuple[str, str]:
    return str(node.get("id")), str(node.get("updatedAt"))


def _changed_at(node: Mapping[str, Any]) -> datetime:
    return Fields(node, []).required_time("updatedAt")


def _id_of(message: Received | NotUnderstood) -> str:
    match message:
        case Received(order=order):
            return order.external_id
        case NotUnderstood(external_id=external_id):
            return external_id


def _placed(since: datetime) -> str:
    return f"created_at:>='{_written(since)}'"


def _written(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read_time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
