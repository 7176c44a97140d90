"""What a running WooCommerce gave, and what each order must become in the books.

The expectation is worked out from the payload alone, without the product's code.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from tests.e2e.books import BookedInvoice

SAMPLES = Path(__file__).parents[1] / "data" / "woocommerce"
PREFIX = "W-"
_CENT = Decimal("0.01")
_GONE = {"cancelled", "trash"}
_UNFINISHED = {"pending", "failed"}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A real order; *name* says where it is from."""

    name: str
    payload: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.payload["id"])

    @property
    def number(self) -> str:
        return f"{PREFIX}{self.payload['number']}"

    @property
    def total(self) -> Decimal:
        return cents(self.payload["total"])

    @property
    def refunds(self) -> dict[str, Decimal]:
        """What was given back, by the number its credit note must bear."""
        return {
            f"{self.number}-CN{refund['id']}": -cents(refund["total"])
            for refund in self.payload["refunds"]
        }

    @property
    def took_the_money(self) -> bool:
        status = self.payload["status"]
        return bool(self.payload["date_paid_gmt"]) and status not in (
            _GONE | _UNFINISHED | {"on-hold"}
        )

    def expected_status(self, invoice_when: str) -> str:
        """Return the status it must end with."""
        status = self.payload["status"]
        if status in _GONE:
            return "ignored"
        if status in _UNFINISHED:
            return "awaiting payment"
        if not self.total:
            return "ignored"
        if not self.took_the_money and invoice_when == "paid":
            return "awaiting payment"
        if sum(self.refunds.values()) == self.total:
            return "credited"
        return "paid" if self.took_the_money else "invoiced"


def samples() -> list[Sample]:
    """Return every order there is; some are there twice, byte for byte the same."""
    return list(_samples())


def _samples() -> Iterator[Sample]:
    for path in sorted(SAMPLES.glob("[0-9]*.json")):
        yield Sample(name=path.stem, payload=json.loads(path.read_text()))
    by_mode = json.loads((SAMPLES / "random_orders_by_mode.json").read_text())
    for mode, payloads in by_mode.items():
        for payload in payloads:
            yield Sample(name=f"{mode} {payload['id']}", payload=payload)


def an_hour_before(payload: dict[str, Any]) -> dict[str, Any]:
    """Return an order as it was an hour before: unpaid, and with another total."""
    earlier = deepcopy(payload)
    modified = datetime.fromisoformat(payload["date_modified_gmt"])
    earlier["date_modified_gmt"] = (modified - timedelta(hours=1)).isoformat()
    earlier |= {"status": "pending", "date_paid": None, "date_paid_gmt": None}
    earlier |= {"total": "1.23", "refunds": []}
    return earlier


def cents(amount: object) -> Decimal:
    """Return an amount in cents, half up."""
    return Decimal(str(amount)).quantize(_CENT, ROUND_HALF_UP)


def differences(sample: Sample, invoice: BookedInvoice) -> list[str]:
    """Return in what *invoice* is not what *sample* must become."""
    payload, found = sample.payload, []
    facts = {
        "total": (invoice.total, sample.total),
        "currency": (invoice.currency, payload["currency"]),
        "sum of the lines": (
            sum((net + tax for net, tax, _ in invoice.lines), Decimal(0)),
            sample.total,
        ),
    }
    if sample.took_the_money:
        expected = [(sample.total, f"{sample.number}-P1")]
        status, due = "PAID", Decimal(0)
    else:
        expected, status, due = [], "AUTHORISED", sample.total
    facts["payments"] = (
        [(payment.amount, payment.reference) for payment in invoice.payments],
        expected,
    )
    facts["status"] = (invoice.status, status)
    facts["due"] = (invoice.due, due)
    found += [
        f"{sample.name}: {what} is {is_} and not {should}"
        for what, (is_, should) in facts.items()
        if is_ != should
    ]
    return found + [
        f"{sample.name}: {text}" for text in _line_differences(sample, invoice)
    ]


def _line_differences(sample: Sample, invoice: BookedInvoice) -> Iterator[str]:
    """Yield the lines of the shop that are not in the books as charged.

    A line taxed at several rates may be several in the books; together they count.
    """
    booked = list(invoice.lines)
    shop_lines = list(_charged(sample.payload))
    for name, net, tax, rates in shop_lines:
        taken, found = 0, (Decimal(0), Decimal(0))
        while booked and taken < max(1, rates) and (taken == 0 or found != (net, tax)):
            line = booked.pop(0)
            found = (found[0] + line[0], found[1] + line[1])
            taken += 1
        if found != (net, tax):
            yield f"line {name} is {found} and not {(net, tax)}"
    for net, tax, description in booked:
        limit = _CENT * len(shop_lines)
        if payload_has_no_cents(sample.payload):
            limit *= 100
        if description != "Rounding" or tax or abs(net) > limit:
            yield f"line {description} ({net} + {tax}) is not in the order"


def payload_has_no_cents(payload: dict[str, Any]) -> bool:
    """Tell whether the order's amounts are whole, as of a shop in yen."""
    return "." not in payload["total"]


def _charged(payload: dict[str, Any]) -> Iterator[tuple[str, Decimal, Decimal, int]]:
    for kind in ("line_items", "shipping_lines", "fee_lines"):
        for line in payload[kind]:
            net, tax = cents(line["total"]), cents(line["total_tax"])
            if kind != "line_items" and not net and not tax:
                continue
            rates = sum(1 for part in line["taxes"] if part["total"] != "")
            yield str(line.get("name", kind)), net, tax, rates


def an_order(number: int, **fields: Any) -> dict[str, Any]:
    """Return a paid order of WooCommerce over 12.08; *billing* is merged, not set."""
    order = json.loads((SAMPLES / "01_guest_paid_simple.json").read_text())
    billing = fields.pop("billing", {})
    order |= {"id": number, "number": str(number), **fields}
    order["billing"] |= billing
    return dict(order)


def taxed_at(order: dict[str, Any], rate_percent: float) -> dict[str, Any]:
    """Return an order whose tax says that it was charged at another rate."""
    order["tax_lines"][0]["rate_percent"] = rate_percent
    return order
