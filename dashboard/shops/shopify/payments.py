"""The money Shopify took for an order: what was captured or sold, and no promise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from dashboard.domain.money import ZERO, in_proportion
from dashboard.domain.order import ShopPayment
from dashboard.shops.fields import Fields
from dashboard.shops.shopify.ids import numeric_id
from dashboard.shops.shopify.lines import ShopMoney

_TAKEN: Final = {"SALE", "CAPTURE"}
_SUCCESS: Final = "SUCCESS"


class Days:
    """The calendar days where the shop is; GraphQL tells times in UTC alone."""

    def __init__(self, zone: ZoneInfo | None) -> None:
        self._zone = zone

    def of(self, moment: datetime | None) -> date | None:
        """Return the day of *moment*, None where no zone is known."""
        if moment is None or self._zone is None:
            return None
        return moment.astimezone(self._zone).date()


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A payment, and by how much its cash was rounded in the till."""

    payment: ShopPayment
    rounding: Decimal
    number: int


def read_payments(order: Fields, money: ShopMoney, days: Days) -> tuple[Taken, ...]:
    """Return the money that is there, the oldest first.

    Change given back at a till is taken off the last payment of its kind.
    """
    taken = sorted(
        _taken(order, money, days), key=lambda each: (each.payment.paid_at, each.number)
    )
    for transaction in order.parts("transactions"):
        if _is_done(transaction) and transaction.text("kind") == "CHANGE":
            change = abs(money.amount(transaction, "amountSet"))
            _take_off(taken, transaction.text("gateway"), change)
    return tuple(each for each in taken if each.payment.amount > 0)


def total_of(payments: Sequence[ShopPayment]) -> Decimal:
    """Return what *payments* make together."""
    return sum((payment.amount for payment in payments), ZERO)


def rounded(taken: Sequence[Taken]) -> tuple[ShopPayment, ...]:
    """Return the payments with what lay in the till in place of what was owed."""
    return tuple(
        replace(each.payment, amount=each.payment.amount + each.rounding)
        for each in taken
    )


def shared(whole: Decimal, payments: Sequence[ShopPayment]) -> tuple[ShopPayment, ...]:
    """Return *payments* with amounts that make *whole*, in the same proportion."""
    if not payments:
        return ()
    amounts = in_proportion(whole, [payment.amount for payment in payments])
    return tuple(
        replace(payment, amount=amount)
        for payment, amount in zip(payments, amounts, strict=True)
        if amount > 0
    )


def read_method(order: Fields) -> tuple[str, str]:
    """Return the code and the title of how the customer chose to pay."""
    for transaction in order.parts("transactions"):
        gateway = transaction.text("gateway")
        if gateway:
            return gateway, transaction.text("formattedGateway")
    return "", ""


def _taken(order: Fields, money: ShopMoney, days: Days) -> Iterator[Taken]:
    for transaction in order.parts_apart("transactions"):
        if not _is_done(transaction) or transaction.text("kind") not in _TAKEN:
            continue
        number = numeric_id(transaction, "OrderTransaction")
        paid_at: datetime | None = transaction.time("processedAt")
        paid_at = paid_at or transaction.required_time("createdAt")
        payment = ShopPayment(
            amount=money.amount(transaction, "amountSet"),
            method=transaction.text("gateway"),
            paid_at=paid_at,
            paid_on=days.of(paid_at),
            reference=transaction.text("paymentId", default=number),
            external_id=number,
        )
        rounding = money.optional(transaction, "amountRoundingSet")
        yield Taken(payment=payment, rounding=rounding, number=int(number or 0))


def _is_done(transaction: Fields) -> bool:
    return transaction.text("status") == _SUCCESS


def _take_off(taken: list[Taken], gateway: str, amount: Decimal) -> None:
    for at in reversed(range(len(taken))):
        payment = taken[at].payment
        if payment.method == gateway and payment.amount >= amount:
            lower = replace(payment, amount=payment.amount - amount)
            taken[at] = replace(taken[at], payment=lower)
            return
