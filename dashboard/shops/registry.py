"""The kinds of shops there are. A new one is a folder here and a line below."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dashboard.shops.own_json.connector import OwnJson
from dashboard.shops.protocol import ShopConnector
from dashboard.shops.woocommerce.connector import WooCommerce

_ALL: tuple[ShopConnector, ...] = (WooCommerce(), OwnJson())

CONNECTORS: Final[Mapping[str, ShopConnector]] = MappingProxyType(
    {connector.kind: connector for connector in _ALL}
)
