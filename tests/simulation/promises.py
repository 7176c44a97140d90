"""What must be true of the books for an order, whatever happened to it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain
from typing import TypeVar

from dashboard.domain.books import (
    AllocationDraft,
    CreditNoteDraft,
    Draft,
    InvoiceDraft,
    PaymentDraft,
    RefundDraft,
    VoidDraft,
)
from dashboard.domain.order import Order, OrderPhase
from tests.fixtures.fake_books import natural_key

_D = TypeVar("_D", bound=Draft)


class Violation(AssertionError):
    """A promise of the product was broken."""


class Documents:
    """What is in the books for one order; *number* is that of its first invoice."""

    def __init__(self, number: str, drafts: Iterable[Draft]) -> None:
        self._number = number
        self.drafts = [
            draft for draft in drafts if root_of(natural_key(draft)) == number
        ]
        voided = {v.invoice_number for v in self._every(VoidDraft)}
        self.invoices = [i for i in self._every(InvoiceDraft) if i.number not in voided]
        self.notes = self._every(CreditNoteDraft)
        self.invoiced = _sum(i.total for i in self.invoices)
        self.credited = _sum(n.total for n in self.notes)
        self.paid = _sum(p.amount for p in self._every(PaymentDraft))
        self.allocated = _sum(a.amount for a in self._every(AllocationDraft))
        self.paid_back = _sum(r.amount for r in self._every(RefundDraft))

    @property
    def keys(self) -> frozenset[str]:
        """The natural keys of all documents."""
        return frozenset(natural_key(draft) for draft in self.drafts)

    @property
    def corrections(self) -> int:
        """How often the books followed a change of the order."""
        differences = [d for d in (*self.invoices, *self.notes) if d.corrected_to]
        full = [i for i in self._every(InvoiceDraft) if not i.corrects]
        return len(differences) + max(0, len(full) - 1)

    def wrong(self, versions: Sequence[Order]) -> Iterator[str]:
        """Say what is not as it must be when nothing is left to do for an order.

        *versions* are all that the shop told of it, the newest last.
        """
        order = versions[-1]
        was_changed = len({version.lines for version in versions}) > 1
        gone = order.phase is OrderPhase.CANCELLED
        wanted = Decimal(0) if gone else max(Decimal(0), order.total - order.refunded)
        if self.invoiced - self.credited != wanted:
            yield f"{self.invoiced} - {self.credited} is asked for, not {wanted}"
        # Once it is booked, what the shop counts of a changed order is no news.
        paid = {version.paid for version in versions} if was_changed else {order.paid}
        less = gone and self.paid <= max(paid)
        told = was_changed and self._is_each_payment_told(versions)
        if not (self.paid in paid or less or told):
            yield f"{self.paid} is paid, not {paid}"
        due = self.invoiced - self.paid - self.allocated
        credit = self.credited - self.allocated - self.paid_back
        if min(due, credit) != 0:
            yield f"{due} is asked for while {credit} of credit is not used"
        yield from self._wrongly_paid_back(order, gone=gone, was_changed=was_changed)
        if wanted == 0:
            yield from self._left_over()

    def _is_each_payment_told(self, versions: Iterable[Order]) -> bool:
        """Tell whether some version told of each payment, with its amount."""
        told = {
            (f"{self._number}-P{key}", payment.amount)
            for version in versions
            for key, payment in version.keyed_payments()
        }
        booked: defaultdict[str, Decimal] = defaultdict(Decimal)
        for payment in self._every(PaymentDraft):
            whole = "-".join(payment.reference.split("-")[:3])  # it may be a part
            booked[whole] += payment.amount
        return set(booked.items()) <= told

    def _wrongly_paid_back(
        self, order: Order, *, gone: bool, was_changed: bool
    ) -> Iterator[str]:
        """Say what is wrong with the money that went back to the customer.

        What is credited lowers what is still asked for first; the rest is paid back.
        """
        least = most = min(order.refunded, self.paid)
        if not gone and was_changed:
            least = Decimal(0)
        elif not gone:
            asked = self.invoiced - self.credited
            least = most = max(Decimal(0), self.paid - asked)
        if not least <= self.paid_back <= most:
            yield f"{self.paid_back} is paid back, not {least} to {most}"

    def _left_over(self) -> Iterator[str]:
        """Say which ledger accounts and taxes do not come to nothing."""
        sums: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
        turned = [(1, i.lines) for i in self.invoices]
        for sign, lines in chain(turned, ((-1, n.lines) for n in self.notes)):
            for line in lines:
                key = (line.account, line.tax_type)
                net, tax = sums.get(key, (Decimal(0), Decimal(0)))
                sums[key] = (net + sign * line.net, tax + sign * line.tax)
        left = {key: both for key, both in sums.items() if any(both)}
        if left:
            yield f"of what was given back wholly there is left: {left}"

    def _every(self, kind: type[_D]) -> list[_D]:
        return [draft for draft in self.drafts if isinstance(draft, kind)]


def root_of(key: str) -> str:
    """Return the number of the first invoice that a document goes back to."""
    return "-".join(key.split("-")[:2])


def live_invoices(drafts: Sequence[Draft], root: str) -> list[str]:
    """Return the invoices for a whole order that nothing has taken back."""
    documents = Documents(root, drafts)
    reversed_ = {n.invoice_number for n in documents.notes if n.number.endswith("-CNX")}
    return [
        i.number
        for i in documents.invoices
        if not i.corrects and i.number not in reversed_
    ]


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
