"""Totals of shop and books side by side: by day, tax type and payment method. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from dashboard.domain.booked import BookedDocument, DocumentKind
from dashboard.domain.books import CreditNoteDraft, InvoiceDraft
from dashboard.domain.money import ZERO, to_cents
from dashboard.domain.reconciliation import Axis, Total
from dashboard.domain.rules import CompanyRules
from dashboard.sync.comparison import OrderToCompare, Standing

_ORDER = {axis: place for place, axis in enumerate(Axis)}
# What payments are filed under that the shop does not tell the method of.
_BY_HAND = ""


@dataclass
class _Sum:
    shop: Decimal = ZERO
    books: Decimal = ZERO
    count: int = 0


@dataclass
class Totals:
    """Adds up what a pass looks at."""

    _sums: dict[tuple[Axis, str, str], _Sum] = field(default_factory=dict)

    def add_order(
        self, order: OrderToCompare, standing: Standing, rules: CompanyRules
    ) -> None:
        """Add an order that is booked, with what counts of it in the books.

        Its payments are left out where the shop's are not booked on invoices.
        """
        documents = (*standing.live, *standing.others, *standing.credit_notes)
        self._add_shop_side(order)
        for document in documents:
            self._add_document(document)
        if rules.mark_as_paid:
            self._add_payments(order, standing)

    def add_waiting(self, order: OrderToCompare) -> None:
        """Add an order that asks for an invoice and has none yet, for a reason."""
        self._shop(Axis.DAY, order.day.isoformat(), order.currency, order.asked)
        self._shop(Axis.NOT_BOOKED, "", order.currency, order.asked, count=1)

    def add_other(self, document: BookedDocument) -> None:
        """Add a document that is none of ours."""
        total = self._sum(Axis.OTHER_ORIGIN, "", document.currency)
        total.books += document.signed_total
        total.count += 1

    def add_unmatched(self, document: BookedDocument) -> None:
        """Add a document that bears our numbers and belongs to no order."""
        self._add_document(document)

    def totals(self) -> tuple[Total, ...]:
        """Return all totals, by axis, label and currency."""
        keys = sorted(self._sums, key=lambda key: (_ORDER[key[0]], *key[1:]))
        return tuple(
            Total(
                axis=axis,
                label=label,
                currency=currency,
                shop=self._sums[axis, label, currency].shop,
                books=self._sums[axis, label, currency].books,
                count=self._sums[axis, label, currency].count,
            )
            for axis, label, currency in keys
        )

    def _add_shop_side(self, order: OrderToCompare) -> None:
        asked = ZERO if order.gone else order.total
        self._shop(Axis.DAY, order.day.isoformat(), order.currency, asked, count=1)
        if order.gone:
            return
        for day, amount in _refunds(order):
            self._shop(Axis.DAY, day.isoformat(), order.currency, -amount)
        for posting in (*order.invoices, *order.credit_notes):
            draft = posting.draft
            if posting.natural_key in order.voided:
                continue
            if isinstance(draft, (InvoiceDraft, CreditNoteDraft)):
                sign = 1 if isinstance(draft, InvoiceDraft) else -1
                for line in draft.lines:
                    label, currency = line.tax_type, order.currency
                    self._shop(Axis.NET, label, currency, sign * line.net)
                    self._shop(Axis.TAX, label, currency, sign * line.tax)

    def _add_document(self, document: BookedDocument) -> None:
        currency = document.currency
        day = document.issued_on.isoformat()
        self._books(Axis.DAY, day, currency, document.signed_total)
        sign = 1 if document.kind is DocumentKind.INVOICE else -1
        for line in document.lines:
            self._books(Axis.NET, line.tax_type, currency, sign * line.net)
            self._books(Axis.TAX, line.tax_type, currency, sign * line.tax)

    def _add_payments(self, order: OrderToCompare, standing: Standing) -> None:
        """Add the money that came in; what went out again has no method to go by."""
        told = () if order.order is None else order.order.payments
        methods = {}
        for place, payment in enumerate(told, start=1):
            methods[str(place)] = payment.method
            amount = to_cents(payment.amount)
            self._shop(Axis.METHOD, payment.method, order.currency, amount)
        for invoice in (*standing.live, *standing.others):
            for paid in invoice.payments:
                position = paid.reference.rpartition("-P")[2]
                method = methods.get(position, _BY_HAND)
                self._books(Axis.METHOD, method, invoice.currency, paid.amount)

    def _shop(
        self, axis: Axis, label: str, currency: str, amount: Decimal, *, count: int = 0
    ) -> None:
        total = self._sum(axis, label, currency)
        total.shop += amount
        total.count += count

    def _books(self, axis: Axis, label: str, currency: str, amount: Decimal) -> None:
        self._sum(axis, label, currency).books += amount

    def _sum(self, axis: Axis, label: str, currency: str) -> _Sum:
        return self._sums.setdefault((axis, label, currency), _Sum())


def _refunds(order: OrderToCompare) -> Iterator[tuple[date, Decimal]]:
    """Yield what the shop gave back, by the day it did, else the day of the order."""
    for refund in () if order.order is None else order.order.refunds:
        at = refund.refunded_at.date() if refund.refunded_at else order.day
        yield refund.refunded_on or at, to_cents(refund.amount)
