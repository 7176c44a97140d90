"""The lines of credit notes and corrections: a rest, a part, a difference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from dashboard.domain.books import InvoiceLine
from dashboard.domain.money import ZERO, in_proportion, to_cents
from dashboard.domain.order import Order, Refund
from dashboard.domain.rules import CompanyRules
from dashboard.mapping.lines import item_lines, lines_total, rounding_line, rounds_off

_ONE = Decimal(1)

Lines = tuple[InvoiceLine, ...]


def refund_lines(
    order: Order, refund: Refund, rest: Lines, rules: CompanyRules
) -> Lines:
    """Return the lines that credit a refund; *rest* is what is still to be credited.

    They make the refunded amount exactly, at most what *rest* makes. What the shop
    told line by line is taken over. Of an amount alone, each ledger account and tax
    type gets its share, so that the VAT in it is that of the order; the refund that
    takes all that is left takes it to the cent.

    Raises:
        NotMappable: If a tax of the refund has no tax type.
    """
    amount = min(to_cents(refund.amount), lines_total(rest))
    title = _title(refund)
    if refund.lines and amount == to_cents(refund.amount):
        told = item_lines(order, refund.lines, rules)
        missing = amount - lines_total(told)
        if not missing:
            return told
        if rounds_off(order, missing, len(refund.lines)):
            return (*told, rounding_line(order, missing, rules))
        others = part_of(less(rest, told), missing, title)
        if missing > 0 and lines_total(others) == missing:
            return (*told, *others)
    return part_of(rest, amount, title)


def part_of(lines: Lines, amount: Decimal, title: str) -> Lines:
    """Return lines that make *amount*, in proportion to *lines*."""
    groups = _together(lines, title)
    if amount == lines_total(groups):
        return groups
    shares = in_proportion(amount, [line.net + line.tax for line in groups])
    return tuple(
        replace(line, unit_amount=share - tax, tax=tax)
        for line, share in zip(groups, shares, strict=True)
        if share
        for tax in [_tax_in(share, line)]
    )


def less(lines: Lines, taken: Iterable[InvoiceLine], title: str = "") -> Lines:
    """Return what is left of *lines*: one line a ledger account and tax type."""
    negative = (
        replace(
            line, quantity=_ONE, unit_amount=-line.net, tax=-line.tax, discount=ZERO
        )
        for line in taken
    )
    return _together((*lines, *negative), title)


def undiscounted(lines: Lines) -> Lines:
    """Return *lines* as a credit note may have them: without discounts."""
    return tuple(
        replace(line, quantity=_ONE, unit_amount=line.net, discount=ZERO)
        if line.discount
        else line
        for line in lines
    )


def turned(lines: Lines) -> Lines:
    """Return *lines* with the opposite sign."""
    return tuple(
        replace(line, unit_amount=-line.unit_amount, tax=-line.tax) for line in lines
    )


def _together(lines: Iterable[InvoiceLine], title: str) -> Lines:
    """Add up what bears the same tax on the same ledger account."""
    sums: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
    for line in lines:
        key = (line.account, line.tax_type)
        net, tax = sums.get(key, (ZERO, ZERO))
        sums[key] = (net + line.net, tax + line.tax)
    return tuple(
        InvoiceLine(
            description=title,
            quantity=_ONE,
            unit_amount=net,
            account=account,
            tax_type=tax_type,
            tax=tax,
        )
        for (account, tax_type), (net, tax) in sums.items()
        if net or tax
    )


def _tax_in(amount: Decimal, line: InvoiceLine) -> Decimal:
    """Return the tax within *amount* if it bears what *line* bears."""
    whole = line.net + line.tax
    return to_cents(amount * line.tax / whole) if whole else ZERO


def _title(refund: Refund) -> str:
    title = f"Refund {refund.external_id}"
    return f"{title}: {refund.reason}" if refund.reason else title
