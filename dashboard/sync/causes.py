"""Where an amount comes from: lines as booked beside those there now. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dashboard.domain.booked import BookedLine
from dashboard.domain.books import InvoiceLine
from dashboard.domain.money import CENT, ZERO
from dashboard.domain.order import LineKind, Order
from dashboard.domain.reconciliation import Reason
from dashboard.domain.rules import CompanyRules

_REASONS = {
    LineKind.PRODUCT: Reason.GOODS,
    LineKind.SHIPPING: Reason.SHIPPING,
    LineKind.FEE: Reason.FEE,
    LineKind.GIFT_CARD: Reason.GOODS,
}


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """A line as it was booked and as it is now; one of them may be missing."""

    sent: InvoiceLine | None
    now: BookedLine | None

    @property
    def net_gap(self) -> Decimal:
        return (self.now.net if self.now else ZERO) - (
            self.sent.net if self.sent else ZERO
        )

    @property
    def tax_gap(self) -> Decimal:
        return (self.now.tax if self.now else ZERO) - (
            self.sent.tax if self.sent else ZERO
        )

    @property
    def gap(self) -> Decimal:
        return self.net_gap + self.tax_gap


def cause_of(
    sent: Sequence[InvoiceLine],
    now: Sequence[BookedLine],
    order: Order | None,
    rules: CompanyRules,
) -> Reason:
    """Return what changed most between the lines *sent* and those there *now*.

    Where no line changed, the books rounded a total that the lines do not make.
    """
    changed = [pair for pair in _pairs(sent, now) if pair.net_gap or pair.tax_gap]
    if not changed:
        return Reason.ROUNDING
    most = max(changed, key=lambda pair: (abs(pair.gap), abs(pair.net_gap)))
    return _reason(most, order, rules)


def _pairs(sent: Sequence[InvoiceLine], now: Sequence[BookedLine]) -> Iterator[_Pair]:
    """Pair lines that say the same; what is left over, in the order it stands.

    Of lines that say the same, those with the same amounts belong together.
    """
    rest = list(now)
    alone: list[InvoiceLine] = []
    for same_amounts in (True, False):
        waiting = list(sent) if same_amounts else alone
        alone = []
        for line in waiting:
            found = next(
                (n for n in rest if _belong(line, n, same_amounts=same_amounts)), None
            )
            if found is None:
                alone.append(line)
            else:
                rest.remove(found)
                yield _Pair(sent=line, now=found)
    if len(alone) == len(rest):  # the same lines under other descriptions
        for line, other in zip(alone, rest, strict=True):
            yield _Pair(sent=line, now=other)
        return
    for line in alone:
        yield _Pair(sent=line, now=None)
    for other in rest:
        yield _Pair(sent=None, now=other)


def _belong(line: InvoiceLine, other: BookedLine, *, same_amounts: bool) -> bool:
    if line.description != other.description:
        return False
    return not same_amounts or (line.net, line.tax) == (other.net, other.tax)


def _reason(pair: _Pair, order: Order | None, rules: CompanyRules) -> Reason:
    if pair.sent is None or pair.now is None:
        return _reason_of_one(pair, order, rules)
    if not pair.net_gap:
        return Reason.TAX
    if pair.sent.is_rounding:
        return Reason.ROUNDING
    if pair.sent.discount != pair.now.discount:
        return Reason.DISCOUNT
    return _by_description(pair.sent.description, order)


def _reason_of_one(pair: _Pair, order: Order | None, rules: CompanyRules) -> Reason:
    """Return what a line stands for that somebody added or took away."""
    if pair.sent is not None:
        by_account = _by_account(pair.sent.account, rules)
        return by_account or _by_description(pair.sent.description, order)
    if pair.now is None:
        return Reason.GOODS
    by_account = _by_account(pair.now.account, rules)
    if by_account is not None:
        return by_account
    if abs(pair.gap) <= CENT:
        return Reason.ROUNDING
    return Reason.DISCOUNT if pair.gap < 0 else Reason.GOODS


def _by_account(account: str, rules: CompanyRules) -> Reason | None:
    """Return what a ledger account is for, if it is for one thing alone."""
    uses = {
        Reason.GOODS: rules.sales_account,
        Reason.SHIPPING: rules.shipping_account,
        Reason.FEE: rules.fee_account,
        Reason.ROUNDING: rules.rounding_account,
    }
    meant = [reason for reason, code in uses.items() if code == account]
    return meant[0] if len(meant) == 1 and meant[0] is not Reason.GOODS else None


def _by_description(description: str, order: Order | None) -> Reason:
    """Return what a line of the order stands for, by how its invoice line reads."""
    for line in () if order is None else order.lines:
        if line.description and line.description in description:
            return _REASONS[line.kind]
    return Reason.GOODS
