"""Two shops whose orders change, are pushed twice, late or never, and are pulled.

What is pushed lives on after it is booked: it is refunded, cancelled and changed.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import requests

from tests.crash.company import CrashCompany
from tests.e2e.company import OWN_JSON, WOOCOMMERCE
from tests.e2e.processes import eventually
from tests.fixtures.woocommerce_shop import WooCommerceShop

Payload = dict[str, Any]

_TOTAL = Decimal("12.08")
# So many orders come in between an order and what follows it.
_FOLLOWS_AFTER = 4
_TAKEN_WITHIN_S = 60.0
# Long enough for a server to start again, or a database.
_PUSH_TIMEOUT_S = 20.0


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What must come of an order: what is asked for it, and the money that stays.

    At no time may there be more in the books than the *most* it ever came to.
    """

    asked: Decimal
    kept: Decimal
    most_asked: Decimal
    most_kept: Decimal


@dataclass
class Shops:
    """A WooCommerce shop that is pulled, and one of our own format that pushes."""

    company: CrashCompany
    woocommerce: WooCommerceShop
    chance: random.Random
    wanted: dict[str, Wanted] = field(default_factory=dict)  # by invoice number
    own_orders: dict[int, Payload] = field(default_factory=dict)  # as pushed last
    _lives: Iterator[Callable[[int], list[Payload]]] = field(init=False)
    _following: list[list[Payload]] = field(default_factory=list)
    _last: list[list[Payload]] = field(default_factory=list)
    _late: list[Payload] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lives = itertools.cycle(self.chance.sample(_LIVES, len(_LIVES)))

    def customer_orders(self, number: int) -> None:
        """Let an order come in, one way or the other."""
        if self.chance.random() < 0.5:
            self._order_at_woocommerce(number)
        else:
            self._order_at_own(number)
        if len(self._following) > _FOLLOWS_AFTER:
            self._tell(self._following.pop(0))

    def push_again(self, number: int) -> None:
        """Push the newest version of an order once more."""
        self._push(self.own_orders[number], OWN_JSON)

    def deliver_late(self) -> None:
        """Push what is left, then old versions of orders, long after the new ones."""
        for versions in (*self._following, *self._last):
            self._tell(versions)
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
        self.wanted[f"W-{order_id}"] = Wanted(
            asked=_TOTAL, kept=_TOTAL, most_asked=_TOTAL, most_kept=_TOTAL
        )
        for _ in range(self.chance.choice([0, 1, 1, 2])):
            self._push(shop.written(order_id), WOOCOMMERCE)

    def _order_at_own(self, number: int) -> None:
        """Push an order as it comes in; what follows is told when others have come."""
        life = next(self._lives)
        versions = first, *following = life(number)
        self.wanted[f"O-{number}"] = _wanted(versions)
        self._tell([first])
        waiting = self._last if life is _taxed_in_a_way_unknown else self._following
        waiting.append(following)

    def _tell(self, versions: list[Payload]) -> None:
        """Push versions of an order: twice, without those in between, or those late."""
        if len(versions) > 1 and self.chance.random() < 0.3:
            self._late += versions[:-1]
            versions = versions[-1:]
        for version in versions:
            self.own_orders[int(version["id"])] = version
            for _ in range(self.chance.choice([1, 1, 2])):
                self._push(version, OWN_JSON)

    def _push(self, payload: Payload, shop: str) -> None:
        """Send an order as a shop does: again, until it is taken."""

        def is_taken() -> bool:
            try:
                answer = self.company.push(payload, shop)
            except requests.RequestException:
                return False  # just killed
            assert answer.status_code < 400 or answer.status_code >= 500, answer.text
            return answer.ok

        eventually(is_taken, f"{payload['id']} is taken", within_s=_TAKEN_WITHIN_S)


# Lives: all versions of an order, oldest first ----------------------------------------


def _paid_in_parts(number: int) -> list[Payload]:
    """The books would take a part twice."""
    return [
        _order(number, 0),
        _order(number, 1, paid=["5.00"]),
        _order(number, 2, paid=["5.00", "7.08"]),
    ]


def _refunded(number: int) -> list[Payload]:
    """Return an order of which a line is given back, then an amount."""
    line = {"id": "1", "amount": "3.00", "lines": [_CASE]}
    return [
        _order(number, 0, paid=["12.08"]),
        _order(number, 1, paid=["12.08"], refunds=[line]),
        _order(number, 2, paid=["12.08"], refunds=[line, _amount("2", "2.50")]),
    ]


def _refunded_wholly(number: int) -> list[Payload]:
    first = _amount("1", "4.04")
    return [
        _order(number, 0, paid=["12.08"]),
        _order(number, 1, paid=["12.08"], refunds=[first]),
        _order(number, 2, paid=["12.08"], refunds=[first, _amount("2", "8.04")]),
    ]


def _cancelled_unpaid(number: int) -> list[Payload]:
    return [_order(number, 0), _order(number, 1, status="cancelled")]


def _cancelled_paid(number: int) -> list[Payload]:
    back = [_amount("1", "5.00")]
    return [
        _order(number, 0, paid=["5.00"]),
        _order(number, 1, paid=["5.00"], status="cancelled"),
        _order(number, 2, paid=["5.00"], status="cancelled", refunds=back),
    ]


def _changed_to_more(number: int) -> list[Payload]:
    return [
        _order(number, 0, paid=["5.00"]),
        _order(number, 1, paid=["5.00"], lines=(_PEN, _CASE, _CASE)),
    ]


def _changed_to_less(number: int) -> list[Payload]:
    return [
        _order(number, 0, paid=["5.00"]),
        _order(number, 1, paid=["5.00"], lines=(_PEN,)),
        _order(number, 2, paid=["5.00", "4.08"], lines=(_PEN,)),
    ]


def _taxed_in_a_way_unknown(number: int) -> list[Payload]:
    """Return an order that a person tries again in vain, until the shop corrects it."""
    return [
        _order(number, 0, paid=["12.08"], lines=(_PEN, _ODD_CASE)),
        _order(number, 1, paid=["12.08"]),
    ]


_LIVES = [
    _taxed_in_a_way_unknown,
    _paid_in_parts,
    _refunded,
    _refunded_wholly,
    _cancelled_unpaid,
    _cancelled_paid,
    _changed_to_more,
    _changed_to_less,
]


def _line(description: str, net: str, tax: str, rate: str = "21") -> Payload:
    return {
        "kind": "product",
        "description": description,
        "net": net,
        "taxes": [{"rate_percent": rate, "amount": tax}],
    }


_PEN, _CASE = _line("Pen", "7.50", "1.58"), _line("Case", "2.48", "0.52")
_ODD_CASE = _line("Case", "2.67", "0.33", "12.5")


def _amount(refund: str, amount: str) -> Payload:
    return {"id": refund, "amount": amount}


def _order(
    number: int,
    version: int,
    *,
    paid: Sequence[str] = (),
    refunds: Sequence[Payload] = (),
    lines: Sequence[Payload] = (_PEN, _CASE),
    status: str = "placed",
) -> Payload:
    at = f"2026-11-22T09:{version:02}:00+00:00"
    customer = number % 20 + 100
    return {
        "id": str(number),
        "status": status,
        "currency": "EUR",
        "total": str(_sum(lines, lambda line: line["net"]) + _sum(lines, _tax)),
        "ordered_at": "2026-11-22T09:00:00+00:00",
        "modified_at": at,
        "customer": {
            "id": str(customer),
            "company": f"Buyer {customer}",
            "email": f"n{customer}@shop.example",
        },
        "lines": list(lines),
        "payments": [
            {"amount": amount, "method": "card", "paid_at": at} for amount in paid
        ],
        "refunds": list(refunds),
    }


def _wanted(versions: Sequence[Payload]) -> Wanted:
    order = versions[-1]
    given_back = _sum(order["refunds"], lambda refund: refund["amount"])
    asked = Decimal(order["total"]) - given_back
    return Wanted(
        asked=Decimal(0) if order["status"] == "cancelled" else asked,
        kept=_paid(order) - given_back,
        most_asked=max(Decimal(version["total"]) for version in versions),
        most_kept=max(_paid(version) for version in versions),
    )


def _paid(order: Payload) -> Decimal:
    return _sum(order["payments"], lambda payment: payment["amount"])


def _tax(line: Payload) -> str:
    return str(line["taxes"][0]["amount"])


def _sum(items: Iterable[Payload], amount_of: Callable[[Payload], str]) -> Decimal:
    return sum((Decimal(amount_of(item)) for item in items), Decimal(0))
