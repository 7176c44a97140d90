"""An order's lines as the shop charged them beside what is booked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from dashboard.domain.books import (
    AllocationDraft,
    CreditNoteDraft,
    Draft,
    InvoiceDraft,
    InvoiceLine,
    PaymentDraft,
    VoidDraft,
)
from dashboard.domain.money import ZERO, to_cents
from dashboard.domain.order import LineItem, LineKind, Order
from dashboard.domain.rules import CompanyRules, TaxRule
from dashboard.mapping.credits import turned
from dashboard.mapping.lines import invoice_lines
from dashboard.mapping.problems import NotMappable

# What an invoice line begins with when its quantity stands in its description.
_QUANTITY: Final = re.compile(r"^[\d.]+ x ")


@dataclass(frozen=True, kw_only=True)
class LinePair:
    """One line: the shop's, and the invoice's; either may be missing.

    *tax_rule* chooses the tax type of such a line today; None where that is another.
    """

    shop: LineItem | None
    booked: InvoiceLine | None
    tax_rule: TaxRule | None = None


@dataclass(frozen=True, kw_only=True)
class Lines:
    """All lines with their totals; *difference* is booked minus charged.

    *in_the_books* is what has arrived there of *booked_total*, None before the invoice.
    """

    pairs: tuple[LinePair, ...]
    shop_total: Decimal | None
    booked_total: Decimal | None
    in_the_books: Decimal | None

    @property
    def waiting(self) -> bool:
        """Whether some of what is to be booked has not arrived in the books."""
        return self.in_the_books != self.booked_total

    @property
    def difference(self) -> Decimal | None:
        """How far the two totals are apart; None where one is missing."""
        if self.shop_total is None or self.booked_total is None:
            return None
        return self.booked_total - self.shop_total


def unpaid(drafts: Iterable[Draft]) -> Decimal:
    """Return what the invoices among documents still ask for."""
    every = tuple(drafts)
    voided = {draft.invoice_number for draft in every if isinstance(draft, VoidDraft)}
    left = ZERO
    for draft in every:
        match draft:
            case InvoiceDraft() if draft.number not in voided:
                left += draft.total
            case PaymentDraft() | AllocationDraft():
                left -= draft.amount
            case _:
                pass
    return left


def paid_in_the_books(drafts: Iterable[Draft]) -> Decimal:
    """Return what the payments among documents come to."""
    return sum((d.amount for d in drafts if isinstance(d, PaymentDraft)), ZERO)


def beside(
    order: Order | None,
    drafts: Sequence[Draft],
    confirmed: Sequence[Draft],
    rules: CompanyRules,
) -> Lines:
    """Lay the lines of an order and of its documents side by side.

    What the rules added, and what was booked when the order changed, follows. Refunds
    are not in it. The *confirmed* of *drafts* have arrived in the books.
    """
    _invoice, booked = _booked(drafts)
    charged = order.lines if order is not None else ()
    found = _found(charged, booked)
    pairs = []
    for line, entries in zip(charged, found, strict=True):
        pairs.append(LinePair(shop=line, booked=entries[0] if entries else None))
        pairs += [LinePair(shop=None, booked=entry) for entry in entries[1:]]
    pairs += [LinePair(shop=None, booked=entry) for entry in booked]
    choose = _tax_rules(order, rules)
    return Lines(
        pairs=tuple(
            replace(pair, tax_rule=choose.get(_amounts(pair.booked))) for pair in pairs
        ),
        shop_total=order.total if order is not None else None,
        booked_total=_booked_total(drafts),
        in_the_books=_booked_total(confirmed),
    )


def _tax_rules(
    order: Order | None, rules: CompanyRules
) -> dict[tuple[Decimal, Decimal, str] | None, TaxRule]:
    """Return which tax rule chooses today for a line, by amounts and tax type."""
    try:
        chosen = () if order is None else invoice_lines(order, rules)
    except NotMappable:
        return {}
    return {_amounts(each.line): each.tax_rule for each in chosen}


def _amounts(line: InvoiceLine | None) -> tuple[Decimal, Decimal, str] | None:
    return None if line is None else (line.net, line.tax, line.tax_type)


def _booked(drafts: Iterable[Draft]) -> tuple[InvoiceDraft | None, list[InvoiceLine]]:
    """Return the newest invoice, and its lines with what corrected it."""
    invoice: InvoiceDraft | None = None
    lines: list[InvoiceLine] = []
    for draft in drafts:
        match draft:
            case InvoiceDraft(corrects=""):
                invoice = draft
                lines = [*draft.lines]
            case InvoiceDraft():
                lines += draft.lines
            case CreditNoteDraft() if draft.corrected_to:
                lines += turned(draft.lines)
            case _:
                pass
    return invoice, lines


def _booked_total(drafts: Iterable[Draft]) -> Decimal | None:
    invoice, lines = _booked(drafts)
    if invoice is None:
        return None
    return sum((line.net + line.tax for line in lines), ZERO)


def _found(
    charged: Sequence[LineItem], booked: list[InvoiceLine]
) -> list[list[InvoiceLine]]:
    """Take from *booked* what each line that is charged became, nothing if not booked.

    After a change lines may be more, fewer, dearer or renamed: what is the same goes
    first, so that no other line takes its place.
    """
    found: list[list[InvoiceLine]] = [[] for _line in charged]
    for fits in (_is_same, _is_named_alike, _costs_the_same):
        for at, line in enumerate(charged):
            if not found[at] and not _is_left_out(line):
                found[at] = _entries_of(line, booked, fits)
    return found


def _is_left_out(line: LineItem) -> bool:
    nothing = not line.net and not line.tax and not line.discount
    return nothing and line.kind in {LineKind.SHIPPING, LineKind.FEE}


def _entries_of(
    line: LineItem,
    booked: list[InvoiceLine],
    fits: Callable[[LineItem, Sequence[InvoiceLine]], bool],
) -> list[InvoiceLine]:
    """Take the first entries that fit; several where a line is taxed in parts."""
    for first in range(len(booked)):
        entries = _with_its_parts(booked[first:], line)
        if fits(line, entries):
            del booked[first : first + len(entries)]
            return entries
    return []


def _with_its_parts(booked: Sequence[InvoiceLine], line: LineItem) -> list[InvoiceLine]:
    """Return the first entry, with those after it that are other parts of *line*."""
    entries = [booked[0]]
    for entry in booked[1:]:
        whole = sum(each.net for each in entries) == to_cents(line.net)
        if whole or not _is_named_alike(line, [entry]):
            break
        entries.append(entry)
    return entries


def _is_same(line: LineItem, entries: Sequence[InvoiceLine]) -> bool:
    return _is_named_alike(line, entries) and _costs_the_same(line, entries)


def _is_named_alike(line: LineItem, entries: Sequence[InvoiceLine]) -> bool:
    """Tell whether entries bear the name of *line*, whatever quantity or rate."""
    name = _QUANTITY.sub("", line.description)
    own = (_QUANTITY.sub("", entry.description) for entry in entries)
    return all(each == name or each.startswith(f"{name} (") for each in own)


def _costs_the_same(line: LineItem, entries: Sequence[InvoiceLine]) -> bool:
    net = sum((entry.net for entry in entries), ZERO)
    tax = sum((entry.tax for entry in entries), ZERO)
    return (net, tax) == (to_cents(line.net), to_cents(line.tax))
