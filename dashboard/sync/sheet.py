"""The documents of one order: those in the books, and those planned so far. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import count
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
from dashboard.domain.keys import (
    amounts_key,
    is_written_anew,
    next_invoice_number,
    payment_reference,
    reversal_number,
    void_key,
)
from dashboard.domain.money import ZERO
from dashboard.domain.postings import (
    PlannedPosting,
    Posting,
    PostingKind,
    PostingState,
)
from dashboard.domain.status import OrderStatus
from dashboard.mapping.credits import Lines, less

_IN_THE_BOOKS = {PostingState.IN_FLIGHT, PostingState.CONFIRMED}
_D = TypeVar("_D", bound=Draft)


class Sheet:
    """What an order has in the books and is to have; what is booked stays as it is.

    Whatever only waited is planned anew, under the same natural keys.
    """

    def __init__(self, postings: Iterable[Posting]) -> None:
        every = tuple(postings)
        self._unbooked = [p.draft for p in every if p.state not in _IN_THE_BOOKS]
        # What is on its way comes last: whatever follows is built on it.
        booked = sorted(
            (p for p in every if p.state in _IN_THE_BOOKS),
            key=lambda posting: posting.state is PostingState.IN_FLIGHT,
        )
        self._booked = {posting.natural_key for posting in booked}
        self._postings = {
            posting.natural_key: PlannedPosting(
                kind=posting.kind,
                natural_key=posting.natural_key,
                draft=posting.draft,
            )
            for posting in booked
        }

    @property
    def postings(self) -> tuple[PlannedPosting, ...]:
        """All postings, in the sequence in which they are to be booked."""
        return tuple(self._postings.values())

    def plan(
        self,
        kind: PostingKind,
        natural_key: str,
        draft: Draft,
        *,
        requires: str = "",
        also_requires: str = "",
    ) -> None:
        """Plan a posting, unless one of this key is booked already."""
        if natural_key not in self._booked:
            self._postings[natural_key] = PlannedPosting(
                kind=kind,
                natural_key=natural_key,
                draft=draft,
                requires=requires,
                also_requires=also_requires,
            )

    def first_free(self, key_of: Callable[[int], str]) -> str:
        """Return the first key, counted from 1, that no posting has."""
        return next(key for n in count(1) if (key := key_of(n)) not in self._postings)

    def drafts(self, kind: type[_D]) -> Iterator[_D]:
        """Yield the drafts of one kind, booked ones first."""
        for posting in self.postings:
            if isinstance(posting.draft, kind):
                yield posting.draft

    # Invoices and what became of them -------------------------------------------------

    @property
    def invoices(self) -> tuple[InvoiceDraft, ...]:
        """The invoices for the whole order, oldest first; one after another counts."""
        return tuple(i for i in self.drafts(InvoiceDraft) if not i.corrects)

    @property
    def root(self) -> str:
        """The number of the first invoice; what belongs to the order builds on it."""
        return self.invoices[0].number

    @property
    def live_invoice(self) -> InvoiceDraft | None:
        """The newest invoice, None once it is taken back."""
        newest = self.invoices[-1]
        return None if self.end_of(newest) else newest

    def next_number(self) -> str:
        """Return the number of the invoice that comes after those there are."""
        return next_invoice_number(self.root, len(self.invoices) + 1)

    def is_voided(self, invoice: InvoiceDraft) -> bool:
        """Tell whether an invoice is voided, or will be."""
        return any(v.invoice_number == invoice.number for v in self.drafts(VoidDraft))

    def end_of(self, invoice: InvoiceDraft) -> str:
        """Return the key of what takes an invoice back; empty if nothing does."""
        if self.is_voided(invoice):
            return void_key(invoice.number)
        reversal = reversal_number(invoice.number)
        notes = (note.number for note in self.drafts(CreditNoteDraft))
        return reversal if reversal in notes else ""

    def is_untouched(self, invoice: InvoiceDraft) -> bool:
        """Tell whether nothing was paid, credited or added: it can be voided."""
        settling: tuple[PaymentDraft | AllocationDraft, ...] = (
            *self.drafts(PaymentDraft),
            *self.drafts(AllocationDraft),
        )
        settled = any(draft.invoice_number == invoice.number for draft in settling)
        return not settled and not any(self._documents_on(invoice))

    def corrections_of(self, invoice: InvoiceDraft) -> tuple[InvoiceDraft, ...]:
        """Return the invoices that ask for more than *invoice* did."""
        every = self.drafts(InvoiceDraft)
        return tuple(i for i in every if i.corrects == invoice.number)

    def notes_on(self, invoice: InvoiceDraft) -> tuple[CreditNoteDraft, ...]:
        """Return the credit notes that take something back of *invoice*."""
        every = self.drafts(CreditNoteDraft)
        return tuple(n for n in every if n.invoice_number == invoice.number)

    def _documents_on(
        self, invoice: InvoiceDraft
    ) -> Iterator[InvoiceDraft | CreditNoteDraft]:
        """Yield what changed what *invoice* asks for, in sequence."""
        for posting in self.postings:
            match posting.draft:
                case (
                    InvoiceDraft(corrects=number)
                    | CreditNoteDraft(invoice_number=number)
                ) if number == invoice.number:
                    yield posting.draft
                case _:
                    pass

    def newest_on(self, invoice: InvoiceDraft) -> str:
        """Return the number of the last document on an invoice, itself if none.

        The next one waits for it: its amount would be wrong if the books refused it.
        """
        documents = self._documents_on(invoice)
        return [invoice.number, *(document.number for document in documents)][-1]

    def stands_at(self, invoice: InvoiceDraft) -> str:
        """Return by `amounts_key` the amounts that the books hold for the order."""
        # Each correction starts from the one before.
        keys = [d.corrected_to for d in self._documents_on(invoice) if d.corrected_to]
        return keys[-1] if keys else amounts_key(invoice)

    def holds(self, invoice: InvoiceDraft, wanted: InvoiceDraft) -> bool:
        """Tell whether the books hold for the order what it asks for now, *wanted*."""
        held = self.stands_at(invoice)
        uncorrected = held == amounts_key(invoice)
        return held == amounts_key(wanted) or (
            uncorrected and is_written_anew(invoice, wanted)
        )

    def invoiced_lines(self, invoice: InvoiceDraft) -> Lines:
        """Return the lines asked for, corrections in, refunds and reversals not off."""
        asked = [*invoice.lines]
        for correction in self.corrections_of(invoice):
            asked += correction.lines
        corrected = [n for n in self.notes_on(invoice) if n.corrected_to]
        return less(tuple(asked), (line for note in corrected for line in note.lines))

    def rest_lines(self, invoice: InvoiceDraft, title: str = "") -> Lines:
        """Return what is still to be credited of *invoice*."""
        credited = [n for n in self.notes_on(invoice) if not n.corrected_to]
        return less(
            self.invoiced_lines(invoice),
            (line for note in credited for line in note.lines),
            title,
        )

    # Money ----------------------------------------------------------------------------

    def unbooked_payments(self) -> Iterator[PaymentDraft]:
        """Yield the payments that were planned before and are not in the books."""
        first = payment_reference(self.root, "")
        for draft in self._unbooked:
            if isinstance(draft, PaymentDraft) and draft.reference.startswith(first):
                yield draft

    def due(self, invoice: InvoiceDraft) -> Decimal:
        """Return what an invoice will still ask for."""
        if self.is_voided(invoice):
            return ZERO
        paid = (
            p.amount
            for p in self.drafts(PaymentDraft)
            if p.invoice_number == invoice.number
        )
        credited = (
            a.amount
            for a in self.drafts(AllocationDraft)
            if a.invoice_number == invoice.number
        )
        return invoice.total - sum(paid, ZERO) - sum(credited, ZERO)

    def credit_left(self, note: CreditNoteDraft) -> Decimal:
        """Return what of a credit note is neither allocated nor paid out."""
        allocated = (a.amount for a in self.allocations_of(note))
        paid_out = (
            r.amount
            for r in self.drafts(RefundDraft)
            if r.credit_note_number == note.number
        )
        return note.total - sum(allocated, ZERO) - sum(paid_out, ZERO)

    def allocations_of(self, note: CreditNoteDraft) -> tuple[AllocationDraft, ...]:
        """Return the allocations of a credit note."""
        every = self.drafts(AllocationDraft)
        return tuple(a for a in every if a.credit_note_number == note.number)

    def leads_to(self) -> OrderStatus:
        """Return where the order stands once all of this is booked."""
        every = [i for i in self.drafts(InvoiceDraft) if not self.is_voided(i)]
        asked = sum((invoice.total for invoice in every), ZERO)
        credited = sum((note.total for note in self.drafts(CreditNoteDraft)), ZERO)
        if asked == credited:
            return OrderStatus.CREDITED
        due = sum((self.due(invoice) for invoice in every), ZERO)
        return OrderStatus.INVOICED if due > 0 else OrderStatus.PAID
