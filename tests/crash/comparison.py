"""The books beside what the shops told, order by order, to the cent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tests.crash.shops import Wanted
from tests.e2e.books import BookedCreditNote, BookedInvoice, Books
from tests.simulation.promises import root_of


class Kind(StrEnum):
    """What is wrong."""

    TWICE = "more is booked than the shop ever told"
    LOST = "shown as booked, and something is not in the books"
    NOT_DONE = "not booked, and not shown as if it was"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """An order that is not in the books as the shop told it."""

    kind: Kind
    number: str
    told: str

    def __str__(self) -> str:
        return f"{self.number}: {self.kind}: {self.told}"


@dataclass
class _Account:
    """What the books say of one order, all its documents added up."""

    asked: Decimal = Decimal(0)
    kept: Decimal = Decimal(0)
    due: Decimal = Decimal(0)
    left: Decimal = Decimal(0)

    def add_invoice(self, invoice: BookedInvoice) -> None:
        if invoice.status != "VOIDED":
            self.asked += invoice.total
            self.due += invoice.due
        self.kept += sum(payment.amount for payment in invoice.payments)

    def add_note(self, note: BookedCreditNote) -> None:
        self.asked -= note.total
        self.left += note.left
        self.kept -= sum(payment.amount for payment in note.paid_out)


def differences(
    books: Books, wanted: Mapping[str, Wanted], done: Iterable[str]
) -> list[Difference]:
    """Compare the books with what is *wanted*, by the number of the first invoice.

    *done* are the numbers of the orders that the product shows as booked.
    """
    accounts: defaultdict[str, _Account] = defaultdict(_Account)
    for invoice in books.invoices():
        accounts[root_of(invoice.number)].add_invoice(invoice)
    for note in books.credit_notes().values():
        accounts[root_of(note.number)].add_note(note)
    shown = {root_of(number) for number in done}
    return [
        *_paid_twice(books),
        *(
            difference
            for number in sorted(accounts | wanted)
            for difference in _differences(
                number,
                accounts[number],
                wanted.get(number, _NOTHING),
                is_done=number in shown,
            )
        ),
    ]


def _paid_twice(books: Books) -> Iterator[Difference]:
    """Yield the payments that are there twice under one reference."""
    for reference in books.repeated_payments():
        yield Difference(kind=Kind.TWICE, number=reference, told="one payment")


_NOTHING = Wanted(
    asked=Decimal(0), kept=Decimal(0), most_asked=Decimal(0), most_kept=Decimal(0)
)


def _differences(
    number: str, booked: _Account, wanted: Wanted, *, is_done: bool
) -> Iterator[Difference]:
    facts = (
        f"{booked.asked} asked for, {booked.kept} kept, {booked.due} due, "
        f"{booked.left} of credit left"
    )
    # What is credited lowers what is asked for, before any of it is left over.
    due = wanted.asked - wanted.kept
    told = f"{facts}; wanted: {wanted.asked}, {wanted.kept}, {due}, 0"
    as_wanted = (wanted.asked, wanted.kept, due, Decimal(0))
    if booked.asked > wanted.most_asked or booked.kept > wanted.most_kept:
        yield Difference(kind=Kind.TWICE, number=number, told=told)
    elif (booked.asked, booked.kept, booked.due, booked.left) != as_wanted:
        kind = Kind.LOST if is_done else Kind.NOT_DONE
        yield Difference(kind=kind, number=number, told=told)
