"""Natural keys and idempotency keys: derived from facts, never drawn by chance."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from dashboard.domain.books import InvoiceDraft, InvoiceLine
from dashboard.domain.money import CENT, ZERO, hundredths
from dashboard.domain.order import Order
from dashboard.domain.rules import CompanyRules, Shop

# What the books take at most.
_MAX_CONTACT_NUMBER = 50
_MAX_REFERENCE = 255
# Stands where the credit note of a refund has the refund's id; no id has a "=".
_REVERSAL = "X"


def invoice_number(order: Order, shop: Shop, rules: CompanyRules) -> str:
    """Return the number the order's invoice bears in the books."""
    return rules.number_pattern.format(prefix=shop.prefix, number=order.number)


def order_reference(number: str, external_id: str, shop: Shop) -> str:
    """Return what names an order in the books: its number, and the shop's own id."""
    reference = f"{shop.slug} {number}"
    if external_id != number:
        reference = f"{reference} ({external_id})"
    return reference[:_MAX_REFERENCE]


def payment_reference(number: str, payment: str) -> str:
    """Return the reference of a payment on an invoice.

    *payment* tells it apart from the others of its order: `Order.keyed_payments`.
    """
    return f"{number}-P{payment}"


def next_invoice_number(number: str, generation: int) -> str:
    """Return the number of the invoice that replaces one before; *generation* from 2.

    A number is never used again, not even that of a voided invoice.
    """
    return f"{number}-{generation}"


def correction_number(number: str, position: int) -> str:
    """Return the number of what corrects an invoice by the difference, from 1."""
    return f"{number}-C{position}"


def refund_note_number(number: str, refund: str) -> str:
    """Return the number of the credit note for the shop's refund *refund*.

    It is none that `reversal_number` makes: the invoice would count as taken back.
    """
    mark = "=" if refund.upper() == _REVERSAL else ""
    return f"{number}-CN{mark}{refund}"


def reversal_number(number: str) -> str:
    """Return the number of the credit note that takes back what is left."""
    return f"{number}-CN{_REVERSAL}"


def void_key(number: str) -> str:
    """Return our key of the voiding of an invoice; the books do not show it."""
    return f"{number}-VOID"


def allocation_key(credit_note: str, position: int) -> str:
    """Return our key of an allocation; the books know it by its two documents."""
    return f"{credit_note}-A{position}"


def refund_reference(credit_note: str, refund: str = "") -> str:
    """Return the reference of the payment that pays a credit note out.

    *refund* tells several apart, where the credit note stands for none of its own.
    """
    return f"{credit_note}-R{refund}"


def amounts_key(invoice: InvoiceDraft) -> str:
    """Return what tells whether two invoices ask for the same amounts.

    Ledger accounts and tax types do not count: rules may change after booking.
    """
    lines = [(hundredths(line.net), hundredths(line.tax)) for line in invoice.lines]
    told = f"{invoice.currency} {hundredths(invoice.total)} {lines}"
    return _digest(told.encode())[:16]


def is_written_anew(booked: InvoiceDraft, wanted: InvoiceDraft) -> bool:
    """Tell whether *wanted* is what is *booked*, with cents of its lines elsewhere.

    WooCommerce writes an old order by the settings of today: where prices include tax
    since, or tax is rounded at the subtotal, it moves by a cent within a line, and the
    total stays. Its tax, and that of each tax type, moves by no more than rounding
    each line can make of it.
    """
    was, now = _without_rounding(booked.lines), _without_rounding(wanted.lines)
    return (
        (booked.currency, booked.total) == (wanted.currency, wanted.total)
        and len(was) == len(now)
        and all(
            abs(old.net - new.net) <= CENT and abs(old.tax - new.tax) <= CENT
            for old, new in zip(was, now, strict=True)
        )
        and all(
            abs(sum(moved, ZERO)) <= max(CENT, CENT * len(moved) / 2)
            for moved in _tax_moved(was, now)
        )
    )


def _tax_moved(
    was: Iterable[InvoiceLine], now: Iterable[InvoiceLine]
) -> Iterable[Sequence[Decimal]]:
    """Return by how much the tax of each line moved: of all, then by tax type."""
    every = [
        (old.tax_type, new.tax - old.tax) for old, new in zip(was, now, strict=True)
    ]
    by_type: dict[str, list[Decimal]] = defaultdict(list)
    for tax_type, moved in every:
        by_type[tax_type].append(moved)
    return [[moved for _, moved in every], *by_type.values()]


def _without_rounding(lines: tuple[InvoiceLine, ...]) -> tuple[InvoiceLine, ...]:
    """Return *lines* without the one that makes up for what the others leave over."""
    return lines[:-1] if lines and lines[-1].is_rounding else lines


def part_reference(reference: str, position: int) -> str:
    """Return the reference of a part of a payment that settles several invoices."""
    return reference if position == 1 else f"{reference}-{position}"


def contact_number(order: Order, shop: Shop) -> str:
    """Return the contact number of the order's customer: at most 50 characters.

    A customer with an account is known by the shop's number, a guest by their
    e-mail address (hashed: the number is shown in the books), and a guest without
    one by the order, for want of anything that comes back.
    """
    customer = order.customer
    if customer.external_id:
        own = f"c{customer.external_id}"
    elif customer.email:
        own = f"g{_digest(customer.email.strip().lower().encode())[:16]}"
    else:
        own = f"o{order.external_id}"
    full = f"{shop.slug}-{own}"
    if len(full) <= _MAX_CONTACT_NUMBER:
        return full
    # Cut off, it could be another customer's: their orders would share a contact.
    return f"{shop.slug[:24]}-h{_digest(full.encode())[:24]}"


def idempotency_key(*, kind: str, generation: int, target: str, body: bytes) -> str:
    """Return the key of a frozen request: the same bytes have the same key.

    *target* is everything but the body that makes the request what it is (tenant,
    method, path). A request sent anew after a proven failure has the next
    *generation*, because the API remembers failures under the old key.
    """
    digest = _digest(target.encode() + b"\n" + body)[:40]
    return f"sluice-{kind}-g{generation}-{digest}"


def content_hash(payload: bytes) -> str:
    """Return what tells two payloads of one order apart."""
    return _digest(payload)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
