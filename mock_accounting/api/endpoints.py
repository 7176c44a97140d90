"""Which endpoint answers which method and path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from mock_accounting.api import contacts, invoices, payments, settings
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
    ("payments",): {
        "GET": payments.payments,
        "PUT": payments.create_payments,
        "POST": payments.save_one_payment,
    },
    ("payments", ONE): {"GET": payments.payment, "POST": payments.update_payment},
}


def find_methods(parts: list[str]) -> Mapping[str, Endpoint] | None:
    """The endpoints of a path below the API's root, by method."""
    match [part.lower() for part in parts]:
        case [resource]:
            return ENDPOINTS.get((resource,))
        case [resource, _]:
            return ENDPOINTS.get((resource, ONE))
        case [resource, _, sub]:
            return ENDPOINTS.get((resource, ONE, sub))
        case _:
            return None
