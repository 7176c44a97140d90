"""Which endpoint answers which method and path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from mock_accounting.api import (
    batch_payments,
    contacts,
    credit_notes,
    invoices,
    items,
    payments,
    settings,
)
from mock_accounting.api.attachments import attached_file, attached_files
from mock_accounting.api.history import history
from mock_accounting.api.request import ApiRequest
from mock_accounting.dialect.messages import Answer
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.contacts import require_contact
from mock_accounting.ledger.credit_notes import require_credit_note
from mock_accounting.ledger.errors import NoSuchDocument
from mock_accounting.ledger.ids import parse_id
from mock_accounting.ledger.invoices import require_invoice
from mock_accounting.ledger.items import require_item

Endpoint: TypeAlias = Callable[[ApiRequest], Answer]

ONE = "{id}"
"""Stands for an identifier in a path."""


def _invoice_id(books: Books, given: str) -> str:
    return require_invoice(books, given).invoice_id


def _credit_note_id(books: Books, given: str) -> str:
    return require_credit_note(books, given).credit_note_id


def _contact_id(books: Books, given: str) -> str:
    return require_contact(books, parse_id(given) or given).contact_id


def _item_id(books: Books, given: str) -> str:
    return require_item(books, given).item_id


def _payment_id(books: Books, given: str) -> str:
    return books.payment(parse_id(given) or "").payment_id


def _batch_payment_id(books: Books, given: str) -> str:
    batch = books.batch_payments.get(parse_id(given) or "")
    if batch is None:
        raise NoSuchDocument
    return batch.batch_payment_id


ENDPOINTS: Mapping[tuple[str, ...], Mapping[str, Endpoint]] = {
    ("organisation",): {"GET": settings.organisation},
    ("organisation", "actions"): {"GET": settings.actions},
    ("organisations",): {"GET": settings.organisation},
    ("organisations", "actions"): {"GET": settings.actions},
    ("accounts",): {"GET": settings.accounts, "PUT": settings.create_account},
    ("accounts", ONE): {"GET": settings.account},
    ("taxrates",): {
        "GET": settings.tax_rates,
        "PUT": settings.create_tax_rates,
        "POST": settings.save_tax_rates,
    },
    ("taxrates", ONE): {"GET": settings.tax_rate},
    ("currencies",): {
        "GET": settings.currencies,
        "PUT": settings.subscribe_currencies,
    },
    ("contacts",): {
        "GET": contacts.contacts,
        "PUT": contacts.create_contacts,
        "POST": contacts.save_contacts,
    },
    ("contacts", ONE): {"GET": contacts.contact, "POST": contacts.update_contact},
    ("contacts", ONE, "history"): history(_contact_id),
    ("contacts", ONE, "attachments"): attached_files(_contact_id),
    ("contacts", ONE, "attachments", ONE): attached_file(_contact_id),
    ("items",): {
        "GET": items.items,
        "PUT": items.create_items,
        "POST": items.save_items,
    },
    ("items", ONE): {
        "GET": items.item,
        "POST": items.update_item,
        "DELETE": items.remove_item,
    },
    ("items", ONE, "history"): history(_item_id),
    ("invoices",): {
        "GET": invoices.invoices,
        "PUT": invoices.create_invoices,
        "POST": invoices.save_invoices,
    },
    ("invoices", ONE): {"GET": invoices.invoice, "POST": invoices.update_invoice},
    ("invoices", ONE, "history"): history(_invoice_id),
    ("invoices", ONE, "attachments"): attached_files(_invoice_id),
    ("invoices", ONE, "attachments", ONE): attached_file(_invoice_id),
    ("invoices", ONE, "onlineinvoice"): {"GET": invoices.online_invoice},
    ("invoices", ONE, "pdf"): {"GET": invoices.printed_invoice},
    ("invoices", ONE, "email"): {"POST": invoices.email},
    ("creditnotes",): {
        "GET": credit_notes.credit_notes,
        "PUT": credit_notes.create_credit_notes,
        "POST": credit_notes.save_credit_notes,
    },
    ("creditnotes", ONE): {
        "GET": credit_notes.credit_note,
        "POST": credit_notes.update_credit_note,
    },
    ("creditnotes", ONE, "pdf"): {"GET": credit_notes.printed_credit_note},
    ("creditnotes", ONE, "history"): history(_credit_note_id),
    ("creditnotes", ONE, "attachments"): attached_files(_credit_note_id),
    ("creditnotes", ONE, "attachments", ONE): attached_file(_credit_note_id),
    ("creditnotes", ONE, "allocations"): {"PUT": credit_notes.create_allocations},
    ("creditnotes", ONE, "allocations", ONE): {
        "DELETE": credit_notes.delete_allocation
    },
    ("payments",): {
        "GET": payments.payments,
        "PUT": payments.create_payments,
        "POST": payments.save_one_payment,
    },
    ("payments", ONE): {"GET": payments.payment, "POST": payments.update_payment},
    ("payments", ONE, "history"): history(_payment_id),
    ("batchpayments",): {
        "GET": batch_payments.batch_payments,
        "PUT": batch_payments.create_batch_payments,
        "POST": batch_payments.save_batch_payments,
    },
    ("batchpayments", ONE): {
        "GET": batch_payments.batch_payment,
        "POST": batch_payments.update_batch_payment,
    },
    ("batchpayments", ONE, "history"): history(_batch_payment_id),
}


def find_methods(parts: list[str]) -> Mapping[str, Endpoint] | None:
    """The endpoints of a path below the API's root, by method.

    Words and identifiers take turns (`Invoices/INV-1/History`), but for
    `Organisation/Actions`.
    """
    words = tuple(part.lower() for part in parts)
    with_ids = tuple(ONE if at % 2 else word for at, word in enumerate(words))
    return ENDPOINTS.get(with_ids) or ENDPOINTS.get(words)
