"""Two shops whose orders change, are pushed twice, late or never, and are pulled."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import requests

from tests.crash.company import CrashCompany
from tests.e2e.company import OWN_JSON, WOOCOMMERCE
from tests.e2e.processes import eventually
from tests.fixtures.woocommerce_shop import WooCommerceShop

_TOTAL = Decimal("12.08")
_PART = Decimal("5.00")
_TAKEN_WITHIN_S = 60.0
# Long enough for a server to start again, or a database.
_PUSH_TIMEOUT_S = 20.0


@dataclass
class Shops:
    """A WooCommerce shop that is pulled, and one of our own format that pushes."""

    company: CrashCompany
    woocommerce: WooCommerceShop
    chance: random.Random
    paid: dict[str, Decimal] = field(default_factory=dict)  # by invoice number
    own_orders: dict[int, dict[str, Any]] = field(default_factory=dict)  # newest
    _late: list[dict[str, Any]] = field(default_factory=list)

    def customer_orders(self, number: int) -> None:
        """Let an order come in, one way or the other."""
        if self.chance.random() < 0.5:
            self._order_at_woocommerce(number)
        else:
            self._order_at_own(number)

    def push_again(self, number: int) -> None:
        """Push the newest version of an order once more."""
        self._push(self.own_orders[number], OWN_JSON)

    def deliver_late(self) -> None:
        """Push what was held back: old versions of orders, long after the new ones."""
        for payload in self._late:
            self._push(payload, OWN_JSON)
        self._late.clear()

    def _order_at_woocommerce(self, number: int) -> None:
        """Place an order; a push that is lost is made good by the next pull."""
        shop = self.woocommerce
        shop.now = datetime.now(UTC)
        customer = number % 20 + 1
        order_id = shop.place("01_guest", customer_id=customer)
        shop.orders[order_id]["billing"] |= {
            "last_name": f"N{customer}",
            "email": f"n{customer}@shop.example",
        }
        self.paid[f"W-{order_id}"] = _TOTAL
        for _ in range(self.chance.choice([0, 1, 1, 2])):
            self._push(shop.written(order_id), WOOCOMMERCE)

    def _order_at_own(self, number: int) -> None:
        """Push an order that is paid in parts: the books would take a part twice."""
        versions = [
            _own_order(number, parts)
            for parts in range(self.chance.randrange(1, 3) + 1)
        ]
        self.own_orders[number] = versions[-1]
        self.paid[f"O-{number}"] = _paid(versions[-1])
        if self.chance.random() < 0.3:
            self._late += versions[:-1]
            versions = versions[-1:]
        for version in versions:
            for _ in range(self.chance.choice([1, 1, 2])):
                self._push(version, OWN_JSON)

    def _push(self, payload: dict[str, Any], shop: str) -> None:
        """Send an order as a shop does: again, until it is taken."""

        def is_taken() -> bool:
            try:
                answer = self.company.push(payload, shop)
            except requests.RequestException:
                return False  # just killed
            assert answer.status_code < 400 or answer.status_code >= 500, answer.text
            return answer.ok

        eventually(is_taken, f"{payload['id']} is taken", within_s=_TAKEN_WITHIN_S)


def _own_order(number: int, parts: int) -> dict[str, Any]:
    """Return a version of an order: with none, one or two payments."""
    at = f"2026-11-22T09:{parts:02}:00+00:00"
    amounts = [_PART, _TOTAL - _PART][:parts]
    customer = number % 20 + 100
    return {
        "id": str(number),
        "status": "placed",
        "currency": "EUR",
        "total": str(_TOTAL),
        "ordered_at": "2026-11-22T09:00:00+00:00",
        "modified_at": at,
        "customer": {
            "id": str(customer),
            "company": f"Buyer {customer}",
            "email": f"n{customer}@shop.example",
        },
        "lines": [
            {
                "kind": "product",
                "description": "Pen",
                "net": "9.98",
                "taxes": [{"rate_percent": "21", "amount": "2.10"}],
            }
        ],
        "payments": [
            {"amount": str(amount), "method": "card", "paid_at": at}
            for amount in amounts
        ],
    }


def _paid(order: dict[str, Any]) -> Decimal:
    return sum((Decimal(p["amount"]) for p in order["payments"]), Decimal(0))
