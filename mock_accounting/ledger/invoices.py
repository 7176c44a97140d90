"""Rules for writing sales invoices."""

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
    given_or,
    new_draft,
    put_contact,
    with_draft,
    with_status_by_amount,
)
from mock_accounting.ledger.errors import NoSuchDocument, Refused
from mock_accounting.ledger.ids import parse_id
from mock_accounting.ledger.inputs import InvoiceInput
from mock_accounting.ledger.model import Invoice, InvoiceStatus, LineItem
from mock_accounting.ledger.money import ZERO, round_half_up

NUMBER_IN_USE = "Invoice # must be unique."


def create_invoice(books: Books, wanted: InvoiceInput) -> Invoice:
    """Write a new invoice.

    Raises:
        Refused: If a rule is broken or its number is in use.
    """
    draft = new_draft(books, wanted, _number_problems(books, wanted, None))
    now = books.clock.now()
    blank = Invoice(
        invoice_id=books.ids.next(),
        number=wanted.number or books.next_invoice_number(),
        contact_id=draft.contact.contact_id,
        status=draft.status,
        issue_date=draft.day,
        due_date=draft.day,
        line_amount_types=draft.amounts_are,
        currency_code=draft.currency_code,
        currency_rate=draft.currency_rate,
        lines=draft.lines,
        created_at=now,
        updated_at=now,
    )
    return _carry_out(books, _drawn_up(blank, draft, wanted), draft, "Created")


def save_invoice(books: Books, wanted: InvoiceInput) -> Invoice:
    """Update the invoice that is meant by id or number, or write a new one.

    Raises:
        Refused: If a rule is broken or the invoice may not be changed.
    """
    existing = _meant(books, wanted)
    if existing is None:
        return create_invoice(books, wanted)
    return update_invoice(books, existing, wanted)


def update_invoice(books: Books, existing: Invoice, wanted: InvoiceInput) -> Invoice:
    """Change *existing* by what *wanted* gives.

    Raises:
        Refused: If a rule is broken or the invoice may not be changed.
    """
    applied = bool(existing.amount_paid or existing.amount_credited)
    check_change(existing, wanted, applied=applied)
    if wanted.status in ENDED:
        return _end(books, existing, wanted.status)
    own_problems = _number_problems(books, wanted, existing)
    draft = changed_draft(books, existing, wanted, own_problems)
    changed = replace(_drawn_up(existing, draft, wanted), updated_at=books.clock.now())
    return _carry_out(books, changed, draft, change_made(existing, draft))


def require_invoice(books: Books, identifier: str) -> Invoice:
    """The invoice with this id or number.

    Raises:
        NoSuchDocument: If there is none.
    """
    invoice_id = parse_id(identifier)
    invoice = books.invoices.get(invoice_id) if invoice_id else None
    invoice = invoice or books.invoice_numbered(identifier)
    if invoice is None:
        raise NoSuchDocument
    return invoice


def named_invoice(books: Books, invoice_id: str | None, number: str | None) -> Invoice:
    """The invoice that is named by id, or else by number.

    Raises:
        Refused: If there is none.
    """
    if invoice_id:
        invoice = books.invoices.get(invoice_id)
    else:
        invoice = books.invoice_numbered(number or "")
    if invoice is None:
        raise Refused(UNKNOWN_DOCUMENT)
    return invoice


def settle(
    books: Books,
    invoice: Invoice,
    *,
    paid: Decimal = ZERO,
    credited: Decimal = ZERO,
    on: date,
) -> Invoice:
    """Write what more is paid or credited; it is PAID when nothing is due."""
    changed = replace(
        invoice,
        amount_paid=invoice.amount_paid + paid,
        amount_credited=invoice.amount_credited + credited,
        updated_at=books.clock.now(),
    )
    changed = with_status_by_amount(changed, changed.amount_due, on)
    books.put(changed)
    return changed


def _meant(books: Books, wanted: InvoiceInput) -> Invoice | None:
    if wanted.invoice_id:
        return named_invoice(books, wanted.invoice_id, None)
    return books.invoice_numbered(wanted.number) if wanted.number else None


def _number_problems(
    books: Books, wanted: InvoiceInput, existing: Invoice | None
) -> list[str]:
    holder = books.invoice_numbered(wanted.number) if wanted.number else None
    in_use = holder is not None and holder is not existing
    return [NUMBER_IN_USE] if in_use else []


def _drawn_up(invoice: Invoice, draft: Draft, wanted: InvoiceInput) -> Invoice:
    """*invoice* as it will be written, with its totals and status."""
    drawn_up = replace(
        with_draft(invoice, draft, wanted),
        due_date=wanted.due_date or invoice.due_date,
        expected_payment_date=given_or(
            wanted.expected_payment_date, invoice.expected_payment_date
        ),
        url=given_or(wanted.url, invoice.url),
        total_discount=sum(map(_discount, draft.lines), ZERO),
    )
    return with_status_by_amount(drawn_up, drawn_up.amount_due, drawn_up.issue_date)


def _discount(line: LineItem) -> Decimal:
    if not line.discount_rate_percent and not line.discount_amount:
        return ZERO
    return round_half_up(line.quantity * line.unit_amount) - line.line_amount


def _carry_out(books: Books, invoice: Invoice, draft: Draft, change: str) -> Invoice:
    put_contact(books, draft)
    books.put(invoice)
    books.note(
        invoice.invoice_id,
        change,
        f"INV {invoice.number} to {draft.contact.name} for "
        f"{invoice.currency_code} {invoice.total:.2f}.",
    )
    return invoice


def _end(books: Books, existing: Invoice, status: InvoiceStatus) -> Invoice:
    invoice = ended(books, existing, status)
    books.put(invoice)
    books.note(invoice.invoice_id, status.value.capitalize(), f"INV {invoice.number}.")
    return invoice
