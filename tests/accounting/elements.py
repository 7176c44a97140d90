"""Builders: postings as the connector gets them, and elements as the API answers."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from dashboard.domain.books import (
    AllocationDraft,
    ContactDraft,
    CreditNoteDraft,
    Draft,
    InvoiceDraft,
    InvoiceLine,
    PaymentDraft,
    RefundDraft,
    VoidDraft,
)
from dashboard.domain.exchanges import Claim
from dashboard.domain.postings import Posting, PostingKind, PostingState
from dashboard.outbound.transport import Reply


def a_contact(number: str = "shop-c7", **fields: Any) -> Posting:
    values = {"name": "Buyer Ltd", "fallback_name": f"Buyer Ltd ({number})"} | fields
    return _posting(PostingKind.CONTACT, number, ContactDraft(number=number, **values))


def an_invoice(number: str = "W-1", **fields: Any) -> Posting:
    line = InvoiceLine(
        description="Pen",
        quantity=Decimal(3),
        unit_amount=Decimal("4.00"),
        account="200",
        tax_type="OUTPUT2",
        tax=Decimal("2.40"),
    )
    draft: dict[str, Any] = {
        "reference": "shop 1",
        "issued_on": date(2026, 11, 20),
        "due_on": date(2026, 12, 4),
        "currency": "EUR",
        "total": Decimal("14.40"),
        "lines": (line,),
        **fields,
    }
    draft_ = InvoiceDraft(number=number, **draft)
    return _posting(PostingKind.INVOICE, number, draft_, "CONTACT")


def a_payment(reference: str = "W-1-P1", amount: str = "5.00") -> Posting:
    draft = PaymentDraft(
        reference=reference,
        invoice_number="W-1",
        amount=Decimal(amount),
        paid_on=date(2026, 11, 20),
        bank_account="090",
    )
    return _posting(PostingKind.PAYMENT, reference, draft, "INVOICE")


def a_credit_note(number: str = "W-1-CN7", total: str = "5.00") -> Posting:
    draft = CreditNoteDraft(
        number=number,
        invoice_number="W-1",
        reference="shop 1",
        issued_on=date(2026, 11, 21),
        currency="EUR",
        total=Decimal(total),
        lines=(
            InvoiceLine(
                description="Refund 7",
                quantity=Decimal(1),
                unit_amount=Decimal(total),
                account="200",
                tax_type="NONE",
                tax=Decimal(0),
            ),
        ),
        refund="7",
    )
    return _posting(PostingKind.CREDIT_NOTE, number, draft, "INVOICE", "CONTACT")


def an_allocation(amount: str = "5.00", equal_before: int = 0) -> Posting:
    draft = AllocationDraft(
        key="W-1-CN7-A1",
        credit_note_number="W-1-CN7",
        invoice_number="W-1",
        amount=Decimal(amount),
        allocated_on=date(2026, 11, 21),
        equal_before=equal_before,
    )
    return _posting(PostingKind.ALLOCATION, draft.key, draft, "NOTE", "INVOICE")


def a_refund(amount: str = "5.00") -> Posting:
    draft = RefundDraft(
        reference="W-1-CN7-R",
        credit_note_number="W-1-CN7",
        amount=Decimal(amount),
        paid_on=date(2026, 11, 21),
        bank_account="090",
        refund="7",
    )
    return _posting(PostingKind.REFUND, draft.reference, draft, "NOTE")


def a_void() -> Posting:
    draft = VoidDraft(invoice_number="W-1")
    return _posting(PostingKind.VOID, "W-1-VOID", draft, "INVOICE")


def a_claim(*members: Posting) -> Claim:
    return Claim(
        request_id=1,
        token=1,
        kind=members[0].kind,
        method="PUT",
        path="/api.xro/2.0/Contacts?summarizeErrors=false",
        body=b"{}",
        idempotency_key="key-1",
        generation=0,
        unknown=False,
        attempts=0,
        tried=False,
        may_be_in_the_books=False,
        members=members,
    )


def a_reply(document: object, status: int = 200, **headers: str) -> Reply:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body=body)


def _posting(
    kind: PostingKind,
    key: str,
    draft: Draft,
    required_document_id: str = "",
    also_required_document_id: str = "",
) -> Posting:
    return Posting(
        id=sum(key.encode()),
        order_id=1,
        kind=kind,
        natural_key=key,
        draft=draft,
        state=PostingState.IN_FLIGHT,
        required_document_id=required_document_id,
        also_required_document_id=also_required_document_id,
        updated_at=datetime(2026, 11, 22, tzinfo=UTC),
    )
