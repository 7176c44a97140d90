"""The kinds of shops there are: those with a folder here, and installed packages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Final, TypeVar

from dashboard.domain.clock import Clock
from dashboard.domain.rules import Shop
from dashboard.outbound.transport import Transport
from dashboard.shops.own_json.connector import OwnJson
from dashboard.shops.protocol import (
    FindsVatNumbers,
    Log,
    ShopAccess,
    ShopConnector,
    ShopReader,
)
from dashboard.shops.shopify.connector import Shopify
from dashboard.shops.shopify.reader import ShopifyReader
from dashboard.shops.woocommerce.connector import WooCommerce
from dashboard.shops.woocommerce.reader import WooCommerceReader

OpenReader = Callable[[ShopAccess, Transport, Clock, Log], ShopReader]

_OWN_CONNECTORS: tuple[ShopConnector, ...] = (
    WooCommerce(),
    Shopify(),
    OwnJson(),
)
_OWN_READERS: dict[str, OpenReader] = {
    WooCommerce.kind: WooCommerceReader,
    Shopify.kind: ShopifyReader,
}

_T = TypeVar("_T")


def _with_installed(own: Mapping[str, _T], group: str) -> Mapping[str, _T]:
    """Return *own* and what installed packages bring; a kind of our own stays ours.

    Packages announce themselves by entry points: docs/add-a-shop.md.
    """
    brought = {entry.name: entry.load() for entry in entry_points(group=group)}
    return MappingProxyType({**brought, **own})


CONNECTORS: Final[Mapping[str, ShopConnector]] = _with_installed(
    {connector.kind: connector for connector in _OWN_CONNECTORS},
    "sluice.shop_connectors",
)


def connector_of(shop: Shop) -> ShopConnector:
    """Return the connector that reads what *shop* sends, from the fields it names."""
    connector = CONNECTORS[shop.kind]
    if shop.vat_number_keys and isinstance(connector, FindsVatNumbers):
        return connector.finding_vat_numbers_in(shop.vat_number_keys)
    return connector


# The kinds of shops that can also be asked for their orders.
READERS: Final[Mapping[str, OpenReader]] = _with_installed(
    _OWN_READERS, "sluice.shop_readers"
)

# The kinds of shops whose webhooks are signed with the secret of the API's keys.
SIGNED_BY_KEY_SECRET: Final = frozenset({Shopify.kind})
