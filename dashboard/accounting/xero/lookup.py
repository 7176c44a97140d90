"""Asking the books by natural key: what to ask, and what an answer means. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from dashboard.accounting.xero.decode import (
    Element,
    NotUnderstood,
    amount_of,
    elements_of,
    invoice_id_of,
)
from dashboard.domain.books import (
    AllocationDraft,
    ContactDraft,
    CreditNoteDraft,
    InvoiceDraft,
    PaymentDraft,
    RefundDraft,
)
from dashboard.domain.exchanges import Finding, Found, NotOurs, NotThere, TryInstead
from dashboard.domain.postings import Posting
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.sentences import Value, say

_DEAD = {"VOIDED", "DELETED"}


@dataclass(frozen=True)
class _Kind:
    """How the books write one kind of document."""

    name: str
    type: str
    id_field: str


_INVOICE = _Kind(name=say("an invoice"), type="ACCREC", id_field="InvoiceID")
_CREDIT_NOTE = _Kind(
    name=say("a credit note"), type="ACCRECCREDIT", id_field="CreditNoteID"
)


def number_filter(members: Iterable[Posting]) -> str:
    """Return the filter that finds contacts by our contact number."""
    return _any_of("ContactNumber", [member.natural_key for member in members])


def name_filter(members: Iterable[Posting]) -> str:
    """Return the filter that finds contacts by name; empty if none can be asked for."""
    names = [m.draft.name for m in members if isinstance(m.draft, ContactDraft)]
    # A quotation mark cannot be asked for; `_judge_contact` takes it out.
    return _any_of("Name", [name for name in names if '"' not in name])


def credit_note_filter(members: Iterable[Posting]) -> str:
    """Return the filter that finds credit notes by their number."""
    return _any_of("CreditNoteNumber", [member.natural_key for member in members])


def credit_note_id_filter(members: Iterable[Posting]) -> str:
    """Return the filter that finds the credit notes that members use."""
    ids = dict.fromkeys(member.required_document_id for member in members)
    return " OR ".join(f'CreditNoteID==Guid("{each}")' for each in ids)


def _any_of(field: str, values: Sequence[str]) -> str:
    return " OR ".join(f'{field}=="{value}"' for value in values)


def judge_contacts(
    members: Iterable[Posting],
    by_number: Iterable[Element],
    by_name: Iterable[Element],
) -> dict[int, Finding]:
    """Judge contacts by what bears their number, and else by what bears their name."""
    numbered = {str(e.get("ContactNumber", "")): e for e in by_number}
    named = {_folded(str(e.get("Name", ""))): e for e in by_name}
    findings = {}
    for member in members:
        draft = member.draft
        if isinstance(draft, ContactDraft):
            own = numbered.get(draft.number)
            namesake = named.get(_folded(draft.name))
            findings[member.id] = _judge_contact(draft, own, namesake)
    return findings


def _folded(name: str) -> str:
    """Return a name as the books compare it: case does not count."""
    return " ".join(name.split()).casefold()


def _judge_contact(
    draft: ContactDraft, own: Element | None, namesake: Element | None
) -> Finding:
    if own is not None:
        return _archived(draft) if _is_archived(own) else _found(own, "ContactID")
    if '"' in draft.name:
        return _without_quotation_marks(draft)
    if namesake is None or draft.name == draft.fallback_name:
        return NotThere()
    same_email = str(namesake.get("EmailAddress", "")).casefold()
    if draft.email and same_email == draft.email.casefold():
        # The same name and e-mail address: the same party, entered by hand.
        if _is_archived(namesake):
            return _archived(draft)
        return _found(namesake, "ContactID")
    return TryInstead(
        draft=replace(draft, name=draft.fallback_name),
        reason=say(
            "Another contact is called %(name)s, so this one becomes "
            "%(fallback_name)s.",
            name=draft.name,
            fallback_name=draft.fallback_name,
        ),
    )


def _without_quotation_marks(draft: ContactDraft) -> TryInstead:
    """Return the contact under a name that the books can be asked for.

    Sent again under the old one it would clash again, and nobody could tell with whom.
    """
    name = " ".join(draft.fallback_name.replace('"', " ").split())
    return TryInstead(
        draft=replace(draft, name=name, fallback_name=name),
        reason=say(
            "The books cannot be asked for the name %(name)s, so this contact "
            "becomes %(name_now)s.",
            name=draft.name,
            name_now=name,
        ),
    )


def _is_archived(contact: Element) -> bool:
    return bool(contact.get("ContactStatus", "ACTIVE") != "ACTIVE")


def _archived(draft: ContactDraft) -> NotOurs:
    return NotOurs(
        problem=Problem(
            cause=Cause.ARCHIVED_CONTACT,
            message=say(
                "The contact of this customer (%(number)s) is archived in the "
                "books. Restore it there, then try again.",
                number=draft.number,
            ),
        )
    )


def judge_invoices(
    members: Iterable[Posting], invoices: Iterable[Element]
) -> dict[int, Finding]:
    """Judge invoices by what bears their number."""
    bearers: dict[str, list[Element]] = defaultdict(list)
    for invoice in invoices:
        bearers[str(invoice.get("InvoiceNumber", ""))].append(invoice)
    findings = {}
    for member in members:
        draft = member.draft
        if isinstance(draft, InvoiceDraft):
            findings[member.id] = _judge_document(
                _INVOICE, draft, member.required_document_id, bearers[draft.number]
            )
    return findings


def judge_credit_notes(
    members: Iterable[Posting], notes: Iterable[Element]
) -> dict[int, Finding]:
    """Judge credit notes by what bears their number."""
    bearers: dict[str, list[Element]] = defaultdict(list)
    for note in notes:
        bearers[str(note.get("CreditNoteNumber", ""))].append(note)
    findings = {}
    for member in members:
        draft = member.draft
        if isinstance(draft, CreditNoteDraft):
            contact_id = member.also_required_document_id
            findings[member.id] = _judge_document(
                _CREDIT_NOTE, draft, contact_id, bearers[draft.number]
            )
    return findings


def _judge_document(
    kind: _Kind,
    draft: InvoiceDraft | CreditNoteDraft,
    contact_id: str,
    bearers: Sequence[Element],
) -> Finding:
    if not bearers:
        return NotThere()
    live = [bearer for bearer in bearers if bearer.get("Status") not in _DEAD]
    if len(live) > 1:
        return _not_ours(
            kind, draft, say("the books have %(count)s of them", count=len(live))
        )
    if not live:
        voided = say("it was voided there, and a number is used only once")
        return _not_ours(kind, draft, voided)
    (document,) = live
    for what, theirs, ours in (
        (say("its type"), document.get("Type"), kind.type),
        (say("its reference"), document.get("Reference"), draft.reference),
        (say("its currency"), document.get("CurrencyCode"), draft.currency),
        (say("its contact"), _contact_id(document), contact_id),
    ):
        if theirs != ours:
            return _not_ours(
                kind,
                draft,
                say(
                    "%(what)s is %(theirs)s and not %(ours)s",
                    what=what,
                    theirs=str(theirs),
                    ours=ours,
                ),
            )
    # A total that differs is ours all the same: said of the order, not booked again.
    return _found(document, kind.id_field, amount_of(document.get("Total")))


def _contact_id(invoice: Element) -> str:
    contact = invoice.get("Contact")
    return str(contact.get("ContactID", "")) if isinstance(contact, dict) else ""


def _not_ours(
    kind: _Kind, draft: InvoiceDraft | CreditNoteDraft, difference: str
) -> NotOurs:
    return NotOurs(
        problem=Problem(
            cause=Cause.NOT_OURS,
            message=say(
                "The books have %(name)s %(number)s that is not this order's: "
                "%(difference)s. Look at it there; if it is in the way, change "
                "the number pattern under Settings > Company and try again.",
                name=kind.name,
                number=draft.number,
                difference=difference,
            ),
            settings_section="company",
        )
    )


def judge_payments(
    members: Iterable[Posting], invoices: Iterable[Element]
) -> dict[int, Finding]:
    """Judge payments by what is on the invoices they settle."""
    by_id = {str(invoice.get("InvoiceID", "")): invoice for invoice in invoices}
    findings = {}
    for member in members:
        draft = member.draft
        if isinstance(draft, PaymentDraft):
            invoice = by_id.get(member.required_document_id)
            findings[member.id] = _judge_payment(draft, invoice)
    return findings


def _judge_payment(draft: PaymentDraft, invoice: Element | None) -> Finding:
    if invoice is None or invoice.get("Status") in _DEAD:
        return _not_payable(draft, say("it is not in the books any more, or voided"))
    for payment in elements_of({"Payments": [], **invoice}, "Payments"):
        if payment.get("Reference") == draft.reference:
            if amount_of(payment.get("Amount")) == draft.amount:
                return _found(payment, "PaymentID")
            return _not_payable(
                draft,
                say(
                    "%(reference)s has another amount there", reference=draft.reference
                ),
            )
    due = amount_of(invoice.get("AmountDue"))
    if due == 0:
        return _not_payable(draft, say("other hands have paid the whole invoice"))
    if due is not None and due < draft.amount:
        return _not_payable(
            draft,
            say(
                "only %(due)s of it is open, the rest was settled by other hands",
                due=due,
            ),
        )
    return NotThere()


def _not_payable(draft: PaymentDraft, reason: str) -> NotOurs:
    return NotOurs(
        problem=Problem(
            cause=Cause.NOT_OURS,
            message=say(
                "The payment of %(amount)s on invoice %(invoice_number)s cannot "
                "be booked: %(reason)s. Look at the invoice in the books, then "
                "try again, or ignore the order with a reason.",
                amount=draft.amount,
                invoice_number=draft.invoice_number,
                reason=reason,
            ),
        )
    )


def judge_uses(
    members: Iterable[Posting],
    notes: Iterable[Element],
    invoices: Iterable[Element] = (),
) -> dict[int, Finding]:
    """Judge allocations and refunds by what the credit notes they use were used for.

    *invoices* are those to which is allocated.
    """
    by_id = {str(note.get("CreditNoteID", "")): note for note in notes}
    due = {str(i.get("InvoiceID", "")): amount_of(i.get("AmountDue")) for i in invoices}
    findings = {}
    for member in members:
        note = by_id.get(member.required_document_id)
        match member.draft:
            case AllocationDraft() as draft:
                invoice_id = member.also_required_document_id
                findings[member.id] = _judge_allocation(
                    draft, invoice_id, note, due.get(invoice_id)
                )
            case RefundDraft() as draft:
                findings[member.id] = _judge_refund(draft, note)
            case _:
                pass
    return findings


def _judge_allocation(
    draft: AllocationDraft, invoice_id: str, note: Element | None, due: Decimal | None
) -> Finding:
    if note is None or note.get("Status") in _DEAD:
        return _not_usable(draft, _GONE)
    equal = [
        allocation
        for allocation in elements_of({"Allocations": [], **note}, "Allocations")
        if amount_of(allocation.get("Amount")) == draft.amount
        and invoice_id_of(allocation) == invoice_id
    ]
    # Those before it belong to postings of ours that came before.
    if len(equal) > draft.equal_before:
        return _found(equal[draft.equal_before], "AllocationID")
    if due is not None and due < draft.amount:
        settled = say(
            "only %(due)s of invoice %(invoice_number)s is open",
            due=due,
            invoice_number=draft.invoice_number,
        )
        return _not_usable(draft, settled)
    return _left_for(draft, note)


def _judge_refund(draft: RefundDraft, note: Element | None) -> Finding:
    if note is None or note.get("Status") in _DEAD:
        return _not_usable(draft, _GONE)
    for payment in elements_of({"Payments": [], **note}, "Payments"):
        if payment.get("Reference") == draft.reference:
            if amount_of(payment.get("Amount")) == draft.amount:
                return _found(payment, "PaymentID")
            return _not_usable(
                draft,
                say(
                    "%(reference)s has another amount there", reference=draft.reference
                ),
            )
    return _left_for(draft, note)


_GONE = say("it is not in the books any more, or voided")


def _left_for(draft: AllocationDraft | RefundDraft, note: Element) -> Finding:
    left = amount_of(note.get("RemainingCredit"))
    if left is not None and left < draft.amount:
        used = say(
            "only %(left)s of it is left, the rest was used by other hands", left=left
        )
        return _not_usable(draft, used)
    return NotThere()


def _not_usable(draft: AllocationDraft | RefundDraft, reason: str) -> NotOurs:
    values: dict[str, Value] = {
        "amount": draft.amount,
        "credit_note_number": draft.credit_note_number,
        "reason": reason,
    }
    if isinstance(draft, RefundDraft):
        message = say(
            "%(amount)s of credit note %(credit_note_number)s cannot be paid out: "
            "%(reason)s. Look at the credit note in the books, then try again, or "
            "ignore the order with a reason.",
            **values,
        )
    else:
        message = say(
            "%(amount)s of credit note %(credit_note_number)s cannot be allocated: "
            "%(reason)s. Look at the credit note in the books, then try again, or "
            "ignore the order with a reason.",
            **values,
        )
    return NotOurs(problem=Problem(cause=Cause.NOT_OURS, message=message))


def judge_voids(
    members: Iterable[Posting], invoices: Iterable[Element]
) -> dict[int, Finding]:
    """Judge voidings by the invoices they are to end."""
    by_id = {str(invoice.get("InvoiceID", "")): invoice for invoice in invoices}
    findings: dict[int, Finding] = {}
    for member in members:
        invoice = by_id.get(member.required_document_id)
        ended = invoice is not None and invoice.get("Status") in _DEAD
        findings[member.id] = (
            Found(document_id=member.required_document_id) if ended else NotThere()
        )
    return findings


def _found(element: Element, id_field: str, total: Decimal | None = None) -> Found:
    document_id = element.get(id_field)
    if not document_id:
        raise NotUnderstood(f"The answer has a document without {id_field}")
    return Found(document_id=str(document_id), total=total)
