"""Drafts as the API wants to read them. Pure: the same drafts give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from dashboard.domain.books import (
    AllocationDraft,
    ContactDraft,
    CreditNoteDraft,
    InvoiceDraft,
    InvoiceLine,
    PaymentDraft,
    RefundDraft,
    VoidDraft,
)
from dashboard.domain.exchanges import FrozenRequest
from dashboard.domain.postings import Posting, PostingKind

COLLECTIONS = {
    PostingKind.CONTACT: "Contacts",
    PostingKind.INVOICE: "Invoices",
    PostingKind.PAYMENT: "Payments",
    PostingKind.CREDIT_NOTE: "CreditNotes",
    PostingKind.ALLOCATION: "Allocations",
    PostingKind.REFUND: "Payments",
    PostingKind.VOID: "Invoices",
}


# Below the address of the API's host.
API = "/api.xro/2.0/"


def freeze(
    kind: PostingKind, postings: Sequence[Posting], *, books: str = ""
) -> FrozenRequest:
    """Return the exact request that books *postings*; *books* names whose books.

    PUT creates, and refuses a number that is there; POST would overwrite it, and
    is only for what changes a document by its id.
    """
    method = "POST" if kind is PostingKind.VOID else "PUT"
    path = f"{API}{path_of(kind, postings)}?summarizeErrors=false"
    if kind in {PostingKind.INVOICE, PostingKind.CREDIT_NOTE}:
        path += "&unitdp=4"
    return FrozenRequest(
        kind=kind,
        method=method,
        path=path,
        body=encode(kind, postings),
        target=f"{books} {method} {path}",
    )


def encode(kind: PostingKind, postings: Sequence[Posting]) -> bytes:
    """Return the body that books *postings*, in their order."""
    elements = [_element(posting) for posting in postings]
    document = {COLLECTIONS[kind]: elements}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def path_of(kind: PostingKind, postings: Sequence[Posting]) -> str:
    """Return the path, below the API's, to which *postings* are sent."""
    if kind is PostingKind.ALLOCATION:
        (allocation,) = postings
        return f"CreditNotes/{allocation.required_document_id}/Allocations"
    return COLLECTIONS[kind]


def _element(posting: Posting) -> dict[str, Any]:
    required_id = posting.required_document_id
    also_id = posting.also_required_document_id
    element: dict[str, Any]
    match posting.draft:
        case ContactDraft() as draft:
            element = _contact(draft)
        case InvoiceDraft() as draft:
            element = _invoice(draft, required_id)
        case PaymentDraft() as draft:
            element = _payment(draft, {"Invoice": {"InvoiceID": required_id}})
        case CreditNoteDraft() as draft:
            element = _credit_note(draft, also_id)
        case AllocationDraft() as draft:
            element = _allocation(draft, also_id)
        case RefundDraft() as draft:
            element = _payment(draft, {"CreditNote": {"CreditNoteID": required_id}})
        case VoidDraft():
            element = {"InvoiceID": required_id, "Status": "VOIDED"}
    return element


def _contact(draft: ContactDraft) -> dict[str, Any]:
    address = draft.address
    postal = _filled(
        AddressLine1=address.line1,
        AddressLine2=address.line2,
        City=address.city,
        Region=address.region,
        PostalCode=address.postcode,
        Country=address.country,
    )
    element: dict[str, Any] = _filled(
        Name=draft.name,
        ContactNumber=draft.number,
        FirstName=draft.first_name,
        LastName=draft.last_name,
        EmailAddress=draft.email,
        TaxNumber=draft.vat_number,
    )
    if postal:
        element["Addresses"] = [{"AddressType": "POBOX", **postal}]
    if draft.phone:
        element["Phones"] = [{"PhoneType": "DEFAULT", "PhoneNumber": draft.phone}]
    return element


def _invoice(draft: InvoiceDraft, contact_id: str) -> dict[str, Any]:
    return {
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        # The id alone: any other field would change the contact itself.
        "Contact": {"ContactID": contact_id},
        "InvoiceNumber": draft.number,
        "Reference": draft.reference,
        "Date": draft.issued_on.isoformat(),
        "DueDate": draft.due_on.isoformat(),
        "CurrencyCode": draft.currency,
        "LineAmountTypes": "Exclusive",
        "LineItems": [_line(line) for line in draft.lines],
    }


def _line(line: InvoiceLine) -> dict[str, Any]:
    element = {
        "Description": line.description,
        "Quantity": _number(line.quantity),
        "UnitAmount": _number(line.unit_amount),
        "LineAmount": _number(line.net),
        "AccountCode": line.account,
        "TaxType": line.tax_type,
        # As the shop charged it; without it the API would compute its own.
        "TaxAmount": _number(line.tax),
    }
    if line.discount:
        element["DiscountAmount"] = _number(line.discount)
    return element


def _credit_note(draft: CreditNoteDraft, contact_id: str) -> dict[str, Any]:
    return {
        "Type": "ACCRECCREDIT",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": contact_id},
        "CreditNoteNumber": draft.number,
        "Reference": draft.reference,
        "Date": draft.issued_on.isoformat(),
        "CurrencyCode": draft.currency,
        "LineAmountTypes": "Exclusive",
        "LineItems": [_line(line) for line in draft.lines],
    }


def _allocation(draft: AllocationDraft, invoice_id: str) -> dict[str, Any]:
    return {
        "Invoice": {"InvoiceID": invoice_id},
        "Amount": _number(draft.amount),
        "Date": draft.allocated_on.isoformat(),
    }


def _payment(
    draft: PaymentDraft | RefundDraft, document: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        **document,
        "Account": {"Code": draft.bank_account},
        "Date": draft.paid_on.isoformat(),
        "Amount": _number(draft.amount),
        "Reference": draft.reference,
    }


def _filled(**fields: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _number(amount: Decimal) -> float | int:
    """Return *amount* as a JSON number: up to 15 digits come out as they went in."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)
