"""Which endpoint answers which method and path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from mock_accounting.api import contacts, credit_notes, invoices, payments, settings
from mock_accounting.api.request import ApiRequest
from mock_accounting.dialect.messages import Answer

Endpoint: TypeAlias = Callable[[ApiRequest], Answer]

ONE = "{id}"
"""Stands for an identifier in a path."""

ENDPOINTS: Mapping[tuple[str, ...], Mapping[str, Endpoint]] = {
    ("organisation",): {"GET": settings.organisation},
    ("organisations",): {"GET": settings.organisation},
    ("accounts",): {"GET": settings.accounts},
    ("accounts", ONE): {"GET": settings.account},
    ("taxrates",): {"GET": settings.tax_rates},
    ("taxrates", ONE): {"GET": settings.tax_rate},
    ("currencies",): {"GET": settings.currencies},
    ("contacts",): {
        "GET": contacts.contacts,
        "PUT": contacts.create_contacts,
        "POST": contacts.save_contacts,
    },
    ("contacts", ONE): {"GET": contacts.contact, "POST": contacts.update_contact},
    ("invoices",): {
        "GET": invoices.invoices,
        "PUT": invoices.create_invoices,
        "POST": invoices.save_invoices,
    },
    ("invoices", ONE): {"GET": invoices.invoice, "POST": invoices.update_invoice},
    ("invoices", ONE, "history"): {
        "GET": invoices.history,
        "PUT": invoices.add_history,
    },
    ("creditnotes",): {
        "GET": credit_notes.credit_notes,
        "PUT": credit_notes.create_credit_notes,
        "POST": credit_notes.save_credit_notes,
    },
    ("creditnotes", ONE): {
        "GET": credit_notes.credit_note,
        "POST": credit_notes.update_credit_note,
    },
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
}


def find_methods(parts: list[str]) -> Mapping[str, Endpoint] | None:
    """The endpoints of a path below the API's root, by method.

    Words and identifiers take turns: `Invoices/INV-1/History`.
    """
    words = tuple(
        ONE if position % 2 else part.lower() for position, part in enumerate(parts)
    )
    return ENDPOINTS.get(words)
