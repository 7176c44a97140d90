"""Faults inside the books: elements refused or changed, documents altered.

What is changed behind the client's back stays changed; a locked period lasts
for the call that was hit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Protocol, TypeVar

from mock_accounting.faults.rules import FaultKind, FaultRule, FaultSpec, When, names
from mock_accounting.ledger import codec
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.contacts import archive_contact, require_contact
from mock_accounting.ledger.errors import NoSuchDocument, Refused
from mock_accounting.ledger.inputs import InvoiceInput, LineInput
from mock_accounting.ledger.invoices import require_invoice
from mock_accounting.ledger.model import Contact, Invoice, InvoiceStatus

S = TypeVar("S")

_REFUSAL = "This element was refused on purpose by a fault rule."
_CENT = LineInput(
    description="Rounding",
    quantity=Decimal(1),
    unit_amount=Decimal("0.01"),
    account_code="860",
    tax_type="NONE",
)


class ElementChange(Protocol):
    """What faults do to one element of a body."""

    def __call__(self, place: int, sent: S) -> S:
        """What is to be written of the element at *place*, counted from 1.

        Raises:
            Refused: If nothing is.
        """


def element_change(rules: Sequence[FaultRule]) -> ElementChange | None:
    """What *rules* do to the elements of a body; None if nothing."""
    specs = [rule.spec for rule in rules if rule.spec.kind.is_of_elements]
    if not specs:
        return None

    def change(place: int, sent: S) -> S:
        for spec in specs:
            if not _is_meant(spec, place, sent):
                continue
            if spec.kind is FaultKind.REFUSE_ELEMENT:
                raise Refused(spec.message or _REFUSAL)
            if isinstance(sent, InvoiceInput) and sent.lines:
                sent = replace(sent, lines=(*sent.lines, _CENT))
        return sent

    return change


def change_books(books: Books, rules: Sequence[FaultRule], when: When) -> None:
    """Do what *rules* do to the books before or after a call is processed."""
    for rule in rules:
        if rule.spec.when is not when:
            continue
        try:
            _change(books, rule.spec)
        except NoSuchDocument:
            rule.in_vain += 1


@contextmanager
def locked_period(books: Books, rules: Sequence[FaultRule]) -> Iterator[None]:
    """Let a call find the books locked, if one of *rules* says so."""
    specs = [it.spec for it in rules if it.spec.kind is FaultKind.LOCK_PERIOD]
    if not specs:
        yield
        return
    organisation = books.organisation
    day = specs[-1].lock_date or books.clock.now().date()
    books.organisation = replace(organisation, period_lock_date=day)
    try:
        yield
    finally:
        books.organisation = organisation


def void_document(books: Books, invoice: Invoice) -> Invoice:
    """Void an invoice as its owner would, payments or not."""
    voided = replace(invoice, status=InvoiceStatus.VOIDED, updated_at=books.clock.now())
    books.put(voided)
    books.note(invoice.invoice_id, "Voided", "Voided in the accounting package.")
    return voided


def rename_document(books: Books, invoice: Invoice, number: str | None) -> Invoice:
    """Give an invoice another number, as its owner would."""
    renamed = replace(
        invoice,
        number=number or f"{invoice.number} (renamed)",
        updated_at=books.clock.now(),
    )
    books.put(renamed)
    books.note(
        invoice.invoice_id,
        "Edited",
        f"Number changed from {invoice.number} to {renamed.number}.",
    )
    return renamed


def _is_meant(spec: FaultSpec, place: int, sent: object) -> bool:
    if spec.element is not None:
        return spec.element == place
    return spec.key is None or names(codec.dumps(sent), spec.key)


def _change(books: Books, spec: FaultSpec) -> None:
    named = spec.document or spec.key or ""
    match spec.kind:
        case FaultKind.ARCHIVE_CONTACT:
            archive_contact(books, _contact(books, named).contact_id)
        case FaultKind.VOID_DOCUMENT:
            void_document(books, require_invoice(books, named))
        case FaultKind.RENAME_DOCUMENT:
            rename_document(books, require_invoice(books, named), spec.new_number)
        case _:
            pass


def _contact(books: Books, named: str) -> Contact:
    """A contact by name, id or number, or that of an invoice.

    Raises:
        NoSuchDocument: If nothing has that name.
    """
    found = books.contact_named(named)
    invoice = books.invoice_numbered(named)
    if found is None and invoice is not None:
        return books.contact(invoice.contact_id)
    return found or require_contact(books, named)
