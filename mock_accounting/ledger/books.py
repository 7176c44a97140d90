"""One organisation's books: its documents and the indexes to find them by."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias, TypeVar

from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.errors import NoSuchDocument
from mock_accounting.ledger.ids import IdSource
from mock_accounting.ledger.model import (
    Allocation,
    Attachment,
    BatchPayment,
    Contact,
    CreditNote,
    Currency,
    HistoryRecord,
    Invoice,
    Item,
    LedgerAccount,
    Organisation,
    Payment,
    PaymentStatus,
    TaxRate,
)

T = TypeVar("T")

Entry: TypeAlias = Invoice | CreditNote | Allocation | Payment | BatchPayment
"""What moves money."""
Record: TypeAlias = (
    Organisation
    | LedgerAccount
    | TaxRate
    | Currency
    | Item
    | Contact
    | Attachment
    | HistoryRecord
)
Document: TypeAlias = Entry | Record


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A contact, invoice or credit note that was written."""

    document: Contact | Invoice | CreditNote
    document_id: str
    is_new: bool


class Books:
    """Documents of one organisation.

    Holds documents and finds them; whether one may be written is decided by
    `contacts`, `invoices` and `payments`. Take `lock` around whatever must be
    seen whole: a batch and its commit, or a list with what belongs to it.
    """

    def __init__(self, organisation: Organisation, ids: IdSource, clock: Clock) -> None:
        self.organisation = organisation
        self.ids = ids
        self.clock = clock
        self.lock = threading.RLock()
        self.accounts: dict[str, LedgerAccount] = {}
        self.tax_rates: dict[str, TaxRate] = {}
        self.currencies: dict[str, Currency] = {}
        self.items: dict[str, Item] = {}
        # In the order of their last change: the order lists are answered in.
        self.contacts: dict[str, Contact] = {}
        self.invoices: dict[str, Invoice] = {}
        self.credit_notes: dict[str, CreditNote] = {}
        self.allocations: dict[str, Allocation] = {}
        self.payments: dict[str, Payment] = {}
        self.batch_payments: dict[str, BatchPayment] = {}
        self.revision = 0
        self._accounts_by_code: dict[str, str] = {}
        self._items_by_code: dict[str, str] = {}
        self._contacts_by_name: dict[str, str] = {}
        self._contacts_by_number: dict[str, str] = {}
        self._contacts_by_account_number: dict[str, str] = {}
        self._invoices_by_number: dict[str, str] = {}
        self._invoices_by_contact: defaultdict[str, set[str]] = defaultdict(set)
        self._credit_notes_by_number: dict[str, str] = {}
        self._payments_by_document: defaultdict[str, list[str]] = defaultdict(list)
        self._payments_by_batch: defaultdict[str, list[str]] = defaultdict(list)
        self._attachments: defaultdict[str, dict[str, Attachment]] = defaultdict(dict)
        self._allocations_by_document: defaultdict[str, list[str]] = defaultdict(list)
        self._history: defaultdict[str, list[HistoryRecord]] = defaultdict(list)
        self._emails: Counter[date] = Counter()
        self._next_invoice = 1
        self._next_credit_note = 1
        self._unsaved: list[Document] = []
        self._changes: dict[str, Change] = {}

    def add(self, documents: Iterable[Document]) -> None:
        """Put documents in, new ones or those that were saved before."""
        for document in documents:
            self.put(document)

    def put(self, document: Document) -> None:
        """Write one document over its former version."""
        match document:
            case Invoice() | CreditNote() | Allocation() | Payment() | BatchPayment():
                self._put_entry(document)
            case _:
                self._put_record(document)
        self.revision += 1
        self._unsaved.append(document)

    def documents(self) -> tuple[Document, ...]:
        """Everything in the books, in an order in which it can be put in again."""
        return (
            self.organisation,
            *self.accounts.values(),
            *self.tax_rates.values(),
            *self.currencies.values(),
            *self.items.values(),
            *self.contacts.values(),
            *self.invoices.values(),
            *self.credit_notes.values(),
            *self.allocations.values(),
            *self.payments.values(),
            *self.batch_payments.values(),
            *(it for held in self._attachments.values() for it in held.values()),
            *(record for records in self._history.values() for record in records),
        )

    def take_unsaved(self) -> list[Document]:
        """What was put since the last call, in order."""
        unsaved, self._unsaved = self._unsaved, []
        self._changes = {}
        return unsaved

    def changes(self) -> list[Change]:
        """What was put since `take_unsaved`, once each, that others are told of."""
        return list(self._changes.values())

    def _note_change(
        self,
        document: Contact | Invoice | CreditNote,
        document_id: str,
        *,
        is_new: bool,
    ) -> None:
        known = self._changes.get(document_id)
        self._changes[document_id] = Change(
            document=document,
            document_id=document_id,
            is_new=is_new or (known is not None and known.is_new),
        )

    def contact(self, contact_id: str) -> Contact:
        """The contact with this id.

        Raises:
            NoSuchDocument: If there is none.
        """
        return _found(self.contacts.get(contact_id))

    def contact_named(self, name: str) -> Contact | None:
        """The contact with this name, in any case of letters."""
        return self.contacts.get(self._contacts_by_name.get(name.casefold(), ""))

    def contact_numbered(self, number: str) -> Contact | None:
        """The contact with this contact number."""
        return self.contacts.get(self._contacts_by_number.get(number.casefold(), ""))

    def contact_with_account_number(self, number: str) -> Contact | None:
        """The contact with this account number."""
        found = self._contacts_by_account_number.get(number.casefold(), "")
        return self.contacts.get(found)

    def invoice(self, invoice_id: str) -> Invoice:
        """The invoice with this id.

        Raises:
            NoSuchDocument: If there is none.
        """
        return _found(self.invoices.get(invoice_id))

    def invoice_numbered(self, number: str) -> Invoice | None:
        """The invoice that holds this number, live or not."""
        return self.invoices.get(self._invoices_by_number.get(number.casefold(), ""))

    def invoices_of(self, contact_id: str) -> list[Invoice]:
        """The invoices of one contact."""
        ids = self._invoices_by_contact.get(contact_id, ())
        return [self.invoices[invoice_id] for invoice_id in ids]

    def payment(self, payment_id: str) -> Payment:
        """The payment with this id.

        Raises:
            NoSuchDocument: If there is none.
        """
        return _found(self.payments.get(payment_id))

    def payments_of(self, document_id: str) -> list[Payment]:
        """The payments on an invoice or credit note that count, oldest first."""
        ids = self._payments_by_document.get(document_id, ())
        return [
            payment
            for payment in (self.payments[payment_id] for payment_id in ids)
            if payment.status is PaymentStatus.AUTHORISED
        ]

    def payments_in_batch(self, batch_payment_id: str) -> list[Payment]:
        """The payments of a batch, deleted or not, in the order sent."""
        ids = self._payments_by_batch.get(batch_payment_id, ())
        return [self.payments[payment_id] for payment_id in ids]

    def attachments_of(self, document_id: str) -> list[Attachment]:
        """The files attached to a document, oldest first."""
        return list(self._attachments.get(document_id, {}).values())

    def paid_document(self, payment: Payment) -> Invoice | CreditNote:
        """What a payment settles, or pays back."""
        if payment.credit_note_id is not None:
            return self.credit_note(payment.credit_note_id)
        return self.invoice(payment.invoice_id or "")

    def credit_note(self, credit_note_id: str) -> CreditNote:
        """The credit note with this id.

        Raises:
            NoSuchDocument: If there is none.
        """
        return _found(self.credit_notes.get(credit_note_id))

    def credit_note_numbered(self, number: str) -> CreditNote | None:
        """The credit note that holds this number, live or not."""
        found = self._credit_notes_by_number.get(number.casefold(), "")
        return self.credit_notes.get(found)

    def allocations_of(self, document_id: str) -> list[Allocation]:
        """What is allocated to an invoice or from a credit note, oldest first."""
        ids = self._allocations_by_document.get(document_id, ())
        return [
            allocation
            for allocation in (self.allocations[it] for it in ids)
            if not allocation.is_deleted
        ]

    def account_coded(self, code: str) -> LedgerAccount | None:
        """The ledger account with this code."""
        return self.accounts.get(self._accounts_by_code.get(code, ""))

    def item_coded(self, code: str) -> Item | None:
        """The item with this code, unless it was deleted."""
        return self.items.get(self._items_by_code.get(code.casefold(), ""))

    def history_of(self, document_id: str) -> list[HistoryRecord]:
        """What happened to a document, oldest first."""
        return list(self._history.get(document_id, ()))

    def note(self, document_id: str, changes: str, details: str) -> HistoryRecord:
        """Add a line to a document's history."""
        record = HistoryRecord(
            record_id=self.ids.next(),
            document_id=document_id,
            at=self.clock.now(),
            changes=changes,
            details=details,
        )
        self.put(record)
        return record

    def next_invoice_number(self) -> str:
        """The next number of the books' own series that is not in use."""
        while True:
            number = f"INV-{self._next_invoice:04d}"
            self._next_invoice += 1
            if self.invoice_numbered(number) is None:
                return number

    def next_credit_note_number(self) -> str:
        """The next number of the credit notes' own series that is not in use."""
        while True:
            number = f"CN-{self._next_credit_note:04d}"
            self._next_credit_note += 1
            if self.credit_note_numbered(number) is None:
                return number

    def emails_on(self, day: date) -> int:
        """How many e-mails went out on a day, since the process began."""
        return self._emails[day]

    def count_email(self, day: date) -> None:
        """Count an e-mail that goes out."""
        self._emails[day] += 1

    def lock_until(
        self, *, period: date | None, end_of_year: date | None
    ) -> Organisation:
        """Close the books up to and including these days; None opens them."""
        changed = replace(
            self.organisation,
            period_lock_date=period,
            end_of_year_lock_date=end_of_year,
        )
        self.put(changed)
        return changed

    def _put_entry(self, entry: Entry) -> None:
        match entry:
            case Invoice():
                self._put_invoice(entry)
            case CreditNote():
                self._put_credit_note(entry)
            case Allocation():
                self._put_allocation(entry)
            case Payment():
                self._put_payment(entry)
            case BatchPayment():
                self.batch_payments.pop(entry.batch_payment_id, None)
                self.batch_payments[entry.batch_payment_id] = entry

    def _put_record(self, record: Record) -> None:
        match record:
            case Contact():
                self._put_contact(record)
            case Attachment():
                held = self._attachments[record.document_id]
                held[record.attachment_id] = record
            case HistoryRecord():
                self._history[record.document_id].append(record)
            case Item():
                self._put_item(record)
            case LedgerAccount():
                self.accounts[record.account_id] = record
                self._accounts_by_code[record.code] = record.account_id
            case TaxRate():
                self.tax_rates[record.tax_type] = record
            case Currency():
                self.currencies[record.code] = record
            case Organisation():
                self.organisation = record

    def _put_item(self, item: Item) -> None:
        former = self.items.pop(item.item_id, None)
        if former is not None:
            self._items_by_code.pop(former.code.casefold(), None)
        self.items[item.item_id] = item
        if not item.is_deleted:
            self._items_by_code[item.code.casefold()] = item.item_id

    def _put_contact(self, contact: Contact) -> None:
        former = self.contacts.pop(contact.contact_id, None)
        if former is not None:
            self._contacts_by_name.pop(former.name.casefold(), None)
            self._contacts_by_number.pop((former.contact_number or "").casefold(), None)
            self._contacts_by_account_number.pop(
                (former.account_number or "").casefold(), None
            )
        self.contacts[contact.contact_id] = contact
        self._note_change(contact, contact.contact_id, is_new=former is None)
        self._contacts_by_name[contact.name.casefold()] = contact.contact_id
        if contact.contact_number:
            number = contact.contact_number.casefold()
            self._contacts_by_number[number] = contact.contact_id
        if contact.account_number:
            number = contact.account_number.casefold()
            self._contacts_by_account_number[number] = contact.contact_id

    def _put_invoice(self, invoice: Invoice) -> None:
        former = self.invoices.pop(invoice.invoice_id, None)
        if former is not None and former.number != invoice.number:
            self._invoices_by_number.pop(former.number.casefold(), None)
        if former is not None and former.contact_id != invoice.contact_id:
            self._invoices_by_contact[former.contact_id].discard(invoice.invoice_id)
        self.invoices[invoice.invoice_id] = invoice
        self._note_change(invoice, invoice.invoice_id, is_new=former is None)
        self._invoices_by_number[invoice.number.casefold()] = invoice.invoice_id
        self._invoices_by_contact[invoice.contact_id].add(invoice.invoice_id)

    def _put_credit_note(self, credit_note: CreditNote) -> None:
        former = self.credit_notes.pop(credit_note.credit_note_id, None)
        if former is not None:
            self._credit_notes_by_number.pop(former.number.casefold(), None)
        self.credit_notes[credit_note.credit_note_id] = credit_note
        self._note_change(
            credit_note, credit_note.credit_note_id, is_new=former is None
        )
        number = credit_note.number.casefold()
        self._credit_notes_by_number[number] = credit_note.credit_note_id

    def _put_allocation(self, allocation: Allocation) -> None:
        if self.allocations.pop(allocation.allocation_id, None) is None:
            for document_id in (allocation.invoice_id, allocation.credit_note_id):
                ids = self._allocations_by_document[document_id]
                ids.append(allocation.allocation_id)
        self.allocations[allocation.allocation_id] = allocation

    def _put_payment(self, payment: Payment) -> None:
        if self.payments.pop(payment.payment_id, None) is None:
            document_id = payment.credit_note_id or payment.invoice_id or ""
            self._payments_by_document[document_id].append(payment.payment_id)
            if payment.batch_payment_id is not None:
                batch = self._payments_by_batch[payment.batch_payment_id]
                batch.append(payment.payment_id)
        self.payments[payment.payment_id] = payment


def _found(document: T | None) -> T:
    if document is None:
        raise NoSuchDocument
    return document
