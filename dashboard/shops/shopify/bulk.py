"""The file of a bulk operation: JSON, a line each, children behind their order.

https://shopify.dev/docs/api/usage/bulk-operations/queries
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dashboard.domain.sentences import say
from dashboard.shops.payload import parse_object
from dashboard.shops.protocol import NotJson, ShopSilent
from dashboard.shops.shopify.queries import CONNECTION_OF_TYPE, OF_ORDER

_BROKEN = say("The file with the shop's orders is not whole. We ask for it again.")


def orders_of(lines: Iterable[bytes], *, objects: int) -> Iterator[dict[str, Any]]:
    """Yield the orders of a file as a query would have given them.

    Only one order is held at a time.

    Args:
        lines: The lines of the file.
        objects: How many there must be.

    Raises:
        ShopSilent: If the file broke off, or an order's parts are not behind it.
    """
    order: dict[str, Any] | None = None
    count = 0
    for line in lines:
        if not line.strip():
            continue
        count += 1
        row = _row(line)
        parent = row.pop("__parentId", None)
        if parent is None:
            if order is not None:
                yield order
            order = row | {each.name: {"nodes": []} for each in OF_ORDER}
        elif order is not None and parent == order.get("id"):
            _add(order, row)
        else:
            raise ShopSilent(_BROKEN)
    if count != objects:
        raise ShopSilent(_BROKEN)
    if order is not None:
        yield order


def _row(line: bytes) -> dict[str, Any]:
    try:
        row, _ = parse_object(line)
    except NotJson as error:
        raise ShopSilent(_BROKEN) from error
    return row


def _add(order: dict[str, Any], row: dict[str, Any]) -> None:
    name = CONNECTION_OF_TYPE.get(str(row.get("__typename")))
    if name is None:
        raise ShopSilent(_BROKEN)
    order[name]["nodes"].append(row)
