"""Ways in which the books follow an order that was changed or cancelled. Pure.

Each function adds to the sheet what is missing on it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from dashboard.domain.books import CreditNoteDraft, InvoiceDraft, VoidDraft
from dashboard.domain.keys import (
    amounts_key,
    correction_number,
    reversal_number,
    void_key,
)
from dashboard.domain.order import Order
from dashboard.domain.postings import PostingKind
from dashboard.domain.rules import Correction
from dashboard.mapping.credits import less, turned, undiscounted
from dashboard.mapping.documents import Documents
from dashboard.mapping.lines import lines_total
from dashboard.sync.sheet import Sheet


def take_back(sheet: Sheet, invoice: InvoiceDraft, order: Order, title: str) -> None:
    """Plan that nothing is left of *invoice*.

    It is voided as long as nothing was paid or credited, else the rest is credited.
    """
    if sheet.is_untouched(invoice):
        key = void_key(invoice.number)
        draft = VoidDraft(invoice_number=invoice.number)
        sheet.plan(PostingKind.VOID, key, draft, requires=invoice.number)
        return
    if not sheet.notes_on(invoice) and not sheet.corrections_of(invoice):
        lines = undiscounted(invoice.lines)
    else:
        lines = sheet.rest_lines(invoice, title)
    total = lines_total(lines)
    if total <= 0:
        return
    before = sheet.newest_on(invoice)
    number = reversal_number(invoice.number)
    note = CreditNoteDraft(
        number=number,
        invoice_number=invoice.number,
        reference=invoice.reference,
        issued_on=max(order.changed_on, invoice.issued_on),
        currency=invoice.currency,
        total=total,
        lines=lines,
    )
    sheet.plan(PostingKind.CREDIT_NOTE, number, note, requires=before)


def invoice_anew(sheet: Sheet, documents: Documents, order: Order) -> InvoiceDraft:
    """Plan the next invoice of an order, to be booked once the last is taken back."""
    draft = documents.invoice
    day = max(order.changed_on, draft.issued_on)
    invoice = replace(
        draft,
        number=sheet.next_number(),
        issued_on=day,
        due_on=day + (draft.due_on - draft.issued_on),
    )
    plan_invoice(sheet, documents, invoice, sheet.end_of(sheet.invoices[-1]))
    return invoice


def plan_invoice(
    sheet: Sheet, documents: Documents, invoice: InvoiceDraft, after: str = ""
) -> None:
    """Plan an invoice and the contact it is for."""
    contact = documents.contact
    sheet.plan(PostingKind.CONTACT, contact.number, contact)
    sheet.plan(
        PostingKind.INVOICE,
        invoice.number,
        invoice,
        requires=contact.number,
        also_requires=after,
    )


def possible_corrections(
    sheet: Sheet, invoice: InvoiceDraft, wanted: InvoiceDraft
) -> tuple[Correction, ...]:
    """Return the ways to bring the books from *invoice* to *wanted*, best first."""
    ways = []
    # What was refunded on the old invoice would have to be refunded on the new one.
    if not any(note.refund for note in sheet.notes_on(invoice)):
        ways.append(Correction.RENEW)
    difference = less(wanted.lines, sheet.invoiced_lines(invoice))
    if wanted.currency == invoice.currency and lines_total(difference):
        ways.append(Correction.ADJUST)
    return tuple(ways)


def adjust(
    sheet: Sheet, invoice: InvoiceDraft, documents: Documents, order: Order
) -> None:
    """Plan an invoice or a credit note for the difference alone."""
    wanted = documents.invoice
    title = f"Order {order.number} was changed: the difference"
    lines = less(wanted.lines, sheet.invoiced_lines(invoice), title)
    before = sheet.newest_on(invoice)
    number = sheet.first_free(partial(correction_number, invoice.number))
    day = max(order.changed_on, invoice.issued_on)
    if lines_total(lines) > 0:
        more = replace(
            wanted,
            number=number,
            reference=invoice.reference,
            issued_on=day,
            due_on=day + (wanted.due_on - wanted.issued_on),
            total=lines_total(lines),
            lines=lines,
            corrects=invoice.number,
            corrected_to=amounts_key(wanted),
        )
        plan_invoice(sheet, documents, more, before)
        return
    note = CreditNoteDraft(
        number=number,
        invoice_number=invoice.number,
        reference=invoice.reference,
        issued_on=day,
        currency=invoice.currency,
        total=-lines_total(lines),
        lines=turned(lines),
        corrected_to=amounts_key(wanted),
    )
    sheet.plan(PostingKind.CREDIT_NOTE, number, note, requires=before)
