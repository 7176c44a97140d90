"""Rules for writing sales credit notes and for allocating them to invoices."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.drafting import (
    ENDED,
    UNKNOWN_DOCUMENT,
    Draft,
    change_made,
    changed_draft,
    check_change,
    ended,
    is_locked,
    new_draft,
    put_contact,
    with_draft,
    with_status_by_amount,
)
from mock_accounting.ledger.errors import NoSuchDocument, Refused
from mock_accounting.ledger.ids import parse_id
from mock_accounting.ledger.inputs import AllocationInput, CreditNoteInput
from mock_accounting.ledger.invoices import named_invoice, settle
from mock_accounting.ledger.model import (
    Allocation,
    CreditNote,
    Invoice,
    InvoiceStatus,
)
from mock_accounting.ledger.money import ZERO, round_half_up

NUMBER_IN_USE = "Credit note # must be unique."
NO_DISCOUNTS = "Discounts are not supported on credit notes"
NOT_AUTHORISED = "Credit notes can only be allocated when they are Authorised"
INVOICE_NOT_AUTHORISED = "Credit can only be allocated to Authorised documents"
EXCEEDS_CREDIT = "The amount exceeds the remaining credit on this credit note"
EXCEEDS_OUTSTANDING = "The amount exceeds the amount outstanding on this document"


def create_credit_note(books: Books, wanted: CreditNoteInput) -> CreditNote:
    """Write a new credit note.

    Raises:
        Refused: If a rule is broken or its number is in use.
    """
    draft = new_draft(books, wanted, _own_problems(books, wanted, None))
    now = books.clock.now()
    blank = CreditNote(
        credit_note_id=books.ids.next(),
        number=wanted.number or books.next_credit_note_number(),
        contact_id=draft.contact.contact_id,
        status=draft.status,
        issue_date=draft.day,
        line_amount_types=draft.amounts_are,
        currency_code=draft.currency_code,
        currency_rate=draft.currency_rate,
        lines=draft.lines,
        created_at=now,
        updated_at=now,
    )
    return _carry_out(books, _drawn_up(blank, draft, wanted), draft, "Created")


def save_credit_note(books: Books, wanted: CreditNoteInput) -> CreditNote:
    """Update the credit note that is meant by id or number, or write a new one.

    Raises:
        Refused: If a rule is broken or the credit note may not be changed.
    """
    existing = _meant(books, wanted)
    if existing is None:
        return create_credit_note(books, wanted)
    applied = bool(existing.amount_allocated or existing.amount_refunded)
    check_change(existing, wanted, applied=applied)
    if wanted.status in ENDED:
        return _end(books, existing, wanted.status)
    own_problems = _own_problems(books, wanted, existing)
    draft = changed_draft(books, existing, wanted, own_problems)
    changed = replace(_drawn_up(existing, draft, wanted), updated_at=books.clock.now())
    return _carry_out(books, changed, draft, change_made(existing, draft))


def require_credit_note(books: Books, identifier: str) -> CreditNote:
    """The credit note with this id or number.

    Raises:
        NoSuchDocument: If there is none.
    """
    credit_note_id = parse_id(identifier)
    found = books.credit_notes.get(credit_note_id) if credit_note_id else None
    found = found or books.credit_note_numbered(identifier)
    if found is None:
        raise NoSuchDocument
    return found


def named_credit_note(
    books: Books, credit_note_id: str | None, number: str | None
) -> CreditNote:
    """The credit note that is named by id, or else by number.

    Raises:
        Refused: If there is none.
    """
    if credit_note_id:
        found = books.credit_notes.get(credit_note_id)
    else:
        found = books.credit_note_numbered(number or "")
    if found is None:
        raise Refused(UNKNOWN_DOCUMENT)
    return found


def allocate(books: Books, credit_note_id: str, wanted: AllocationInput) -> Allocation:
    """Lower what an invoice asks for by a part of a credit note.

    Raises:
        Refused: If a rule is broken; nothing is allocated then.
    """
    credit_note = books.credit_note(credit_note_id)
    invoice = named_invoice(books, wanted.invoice_id, wanted.invoice_number)
    amount = round_half_up(wanted.amount) if wanted.amount is not None else ZERO
    day = wanted.allocation_date or books.clock.now().date()
    problems = _allocation_problems(books, credit_note, invoice, amount, day)
    if problems:
        raise Refused(*problems)
    allocation = Allocation(
        allocation_id=books.ids.next(),
        credit_note_id=credit_note_id,
        invoice_id=invoice.invoice_id,
        amount=amount,
        allocation_date=day,
        updated_at=books.clock.now(),
    )
    books.put(allocation)
    settle(books, invoice, credited=amount, on=day)
    use_credit(books, credit_note, allocated=amount, on=day)
    said = f"{credit_note.currency_code} {amount:.2f}"
    books.note(
        invoice.invoice_id, "Credit applied", f"{said} of CN {credit_note.number}."
    )
    books.note(credit_note_id, "Allocated", f"{said} to INV {invoice.number}.")
    return allocation


def remove_allocation(
    books: Books, credit_note_id: str, allocation_id: str
) -> Allocation:
    """Take an allocation back; its invoice is open again.

    Raises:
        NoSuchDocument: If the credit note has no such allocation.
        Refused: If its period is locked.
    """
    allocation = books.allocations.get(allocation_id)
    if (
        allocation is None
        or allocation.is_deleted
        or allocation.credit_note_id != credit_note_id
    ):
        raise NoSuchDocument
    day = allocation.allocation_date
    locked = is_locked(books, day)
    if locked:
        raise Refused(locked)
    removed = replace(allocation, is_deleted=True, updated_at=books.clock.now())
    books.put(removed)
    credit_note = books.credit_note(credit_note_id)
    invoice = books.invoice(allocation.invoice_id)
    settle(books, invoice, credited=-allocation.amount, on=day)
    use_credit(books, credit_note, allocated=-allocation.amount, on=day)
    said = f"{credit_note.currency_code} {allocation.amount:.2f}"
    for document_id in (invoice.invoice_id, credit_note_id):
        books.note(document_id, "Allocation deleted", f"{said} removed.")
    return removed


def use_credit(
    books: Books,
    credit_note: CreditNote,
    *,
    allocated: Decimal = ZERO,
    refunded: Decimal = ZERO,
    on: date,
) -> CreditNote:
    """Write what more of a credit note is used up; it is PAID when none remains."""
    changed = replace(
        credit_note,
        amount_allocated=credit_note.amount_allocated + allocated,
        amount_refunded=credit_note.amount_refunded + refunded,
        updated_at=books.clock.now(),
    )
    changed = with_status_by_amount(changed, changed.remaining_credit, on)
    books.put(changed)
    return changed


def _meant(books: Books, wanted: CreditNoteInput) -> CreditNote | None:
    if wanted.credit_note_id:
        return named_credit_note(books, wanted.credit_note_id, None)
    return books.credit_note_numbered(wanted.number) if wanted.number else None


def _own_problems(
    books: Books, wanted: CreditNoteInput, existing: CreditNote | None
) -> list[str]:
    problems = []
    holder = books.credit_note_numbered(wanted.number) if wanted.number else None
    if holder is not None and holder is not existing:
        problems.append(NUMBER_IN_USE)
    if any(it.discount_rate_percent or it.discount_amount for it in wanted.lines or ()):
        problems.append(NO_DISCOUNTS)
    return problems


def _drawn_up(
    credit_note: CreditNote, draft: Draft, wanted: CreditNoteInput
) -> CreditNote:
    """*credit_note* as it will be written, with its totals and status."""
    drawn_up = with_draft(credit_note, draft, wanted)
    return with_status_by_amount(
        drawn_up, drawn_up.remaining_credit, drawn_up.issue_date
    )


def _carry_out(
    books: Books, credit_note: CreditNote, draft: Draft, change: str
) -> CreditNote:
    put_contact(books, draft)
    books.put(credit_note)
    books.note(
        credit_note.credit_note_id,
        change,
        f"CN {credit_note.number} to {draft.contact.name} for "
        f"{credit_note.currency_code} {credit_note.total:.2f}.",
    )
    return credit_note


def _end(books: Books, existing: CreditNote, status: InvoiceStatus) -> CreditNote:
    credit_note = ended(books, existing, status)
    books.put(credit_note)
    books.note(
        credit_note.credit_note_id,
        status.value.capitalize(),
        f"CN {credit_note.number}.",
    )
    return credit_note


def _allocation_problems(
    books: Books,
    credit_note: CreditNote,
    invoice: Invoice,
    amount: Decimal,
    day: date,
) -> list[str]:
    problems = []
    if credit_note.status not in {InvoiceStatus.AUTHORISED, InvoiceStatus.PAID}:
        problems.append(NOT_AUTHORISED)
    elif amount > credit_note.remaining_credit:
        problems.append(EXCEEDS_CREDIT)
    if invoice.status not in {InvoiceStatus.AUTHORISED, InvoiceStatus.PAID}:
        problems.append(INVOICE_NOT_AUTHORISED)
    elif amount > invoice.amount_due:
        problems.append(EXCEEDS_OUTSTANDING)
    if amount <= 0:
        problems.append("The allocation amount must be greater than zero")
    if invoice.contact_id != credit_note.contact_id:
        problems.append("The credit note and the invoice must have the same contact")
    if invoice.currency_code != credit_note.currency_code:
        problems.append("The credit note and the invoice must have the same currency")
    locked = is_locked(books, day)
    if locked:
        problems.append(locked)
    return problems
