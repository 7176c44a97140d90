"""An order's lines as the shop charged them beside what is booked."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from dashboard.domain.books import InvoiceDraft, InvoiceLine
from dashboard.domain.order import LineItem, Order


@dataclass(frozen=True, kw_only=True)
class LinePair:
    """One line: the shop's, and the invoice's; either may be missing."""

    shop: LineItem | None
    booked: InvoiceLine | None


@dataclass(frozen=True, kw_only=True)
class Lines:
    """All lines with their totals; *difference* is booked minus charged."""

    pairs: tuple[LinePair, ...]
    shop_total: Decimal | None
    booked_total: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """How far the two totals are apart; None where one is missing."""
        if self.shop_total is None or self.booked_total is None:
            return None
        return self.booked_total - self.shop_total


def beside(order: Order | None, invoice: InvoiceDraft | None) -> Lines:
    """Lay the lines of an order and of its invoice side by side.

    The planner keeps the shop's order of lines and adds its own at the end.
    """
    charged = order.lines if order is not None else ()
    booked = invoice.lines if invoice is not None else ()
    return Lines(
        pairs=tuple(
            LinePair(shop=line, booked=entry)
            for line, entry in zip_longest(charged, booked)
        ),
        shop_total=order.total if order is not None else None,
        booked_total=invoice.total if invoice is not None else None,
    )
