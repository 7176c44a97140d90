"""The kinds of shops there are. A new one is a folder here and a line below."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from dashboard.domain.clock import Clock
from dashboard.outbound.transport import Transport
from dashboard.shops.own_json.connector import OwnJson
from dashboard.shops.protocol import Log, ShopAccess, ShopConnector, ShopReader
from dashboard.shops.woocommerce.connector import WooCommerce
from dashboard.shops.woocommerce.reader import WooCommerceReader

_ALL: tuple[ShopConnector, ...] = (WooCommerce(), OwnJson())

CONNECTORS: Final[Mapping[str, ShopConnector]] = MappingProxyType(
    {connector.kind: connector for connector in _ALL}
)

OpenReader = Callable[[ShopAccess, Transport, Clock, Log], ShopReader]

# The kinds of shops that can also be asked for their orders.
READERS: Final[Mapping[str, OpenReader]] = MappingProxyType(
    {WooCommerce.kind: WooCommerceReader}
)
