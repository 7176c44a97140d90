"""An order beside what stands in the books of it: what differs, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from dashboard.domain.booked import BookedDocument, DocumentKind
from dashboard.domain.books import InvoiceDraft, VoidDraft
from dashboard.domain.money import ZERO
from dashboard.domain.order import Order
from dashboard.domain.postings import LABELS, Posting, PostingKind, PostingState
from dashboard.domain.reconciliation import Difference, DifferenceKind, Reason
from dashboard.domain.rules import CompanyRules, Shop
from dashboard.domain.sentences import say
from dashboard.domain.status import Decision
from dashboard.sync.causes import cause_of
from dashboard.sync.payment_comparison import compare_payments, compare_refunds


@dataclass(frozen=True, kw_only=True)
class OrderToCompare:
    """An order as the shop tells it and as we booked it; nothing of it is moving.

    *total*, *paid* and *refunded* are the shop's. *gone* is True once the shop
    cancelled or deleted it: then it asks for nothing. *order* is None where the shop
    tells no more than that. *postings* are those that are confirmed.
    """

    id: int
    shop: Shop
    number: str
    day: date
    currency: str
    total: Decimal
    paid: Decimal
    refunded: Decimal
    gone: bool
    decision: Decision
    order: Order | None
    postings: tuple[Posting, ...]

    @property
    def invoices(self) -> tuple[Posting, ...]:
        """The invoices we booked."""
        return self.booked(PostingKind.INVOICE)

    @property
    def credit_notes(self) -> tuple[Posting, ...]:
        """The credit notes we booked."""
        return self.booked(PostingKind.CREDIT_NOTE)

    @property
    def voided(self) -> frozenset[str]:
        """The numbers of the invoices we voided ourselves."""
        drafts = (posting.draft for posting in self.booked(PostingKind.VOID))
        return frozenset(d.invoice_number for d in drafts if isinstance(d, VoidDraft))

    @property
    def asked(self) -> Decimal:
        """What the shop asks for in the end."""
        return ZERO if self.gone else self.total - self.refunded

    def booked(self, kind: PostingKind) -> tuple[Posting, ...]:
        """Return what we booked of one kind."""
        return tuple(
            posting
            for posting in self.postings
            if posting.kind is kind and posting.state is PostingState.CONFIRMED
        )


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Which of an order's documents count, and what they come to.

    *own* pairs what we booked with what is there of it; *lost* is what is not. *live*
    are the invoices that count, *others* are those beside them that name the same
    order; *net* is what the customer is asked for in the end.
    """

    own: tuple[tuple[Posting, BookedDocument], ...]
    lost: tuple[Posting, ...]
    live: tuple[BookedDocument, ...]
    others: tuple[BookedDocument, ...]
    credit_notes: tuple[BookedDocument, ...]
    net: Decimal


def compare(
    order: OrderToCompare,
    documents: Sequence[BookedDocument],
    banks: Mapping[str, str],
    rules: CompanyRules,
) -> tuple[Difference, ...]:
    """Return what shop and books do not agree on about one order.

    Args:
        order: The order.
        documents: All documents that bear its numbers, its reference or our ids.
        banks: On which bank account a payment stands, by the payment's id, as far as
            that is known.
        rules: Those of the order's shop.
    """
    if not order.invoices:
        return tuple(_unexpected(order, documents))
    standing = stand(order, documents)
    if standing.net != order.asked:
        if standing.lost:
            return tuple(_missing(order, posting) for posting in standing.lost)
        voided = _voided_by_hand(order, standing)
        if voided:
            return tuple(_voided(order, document) for document in voided)
    found = [*_doubles(order, standing)]
    amount = None if found else _amount(order, standing, rules)
    if amount is not None:
        found.append(amount)
    else:
        found += _edits(order, standing, rules)
    if rules.mark_as_paid and not order.gone:
        found += _payments(order, standing, banks)
    return tuple(found)


def _voided_by_hand(order: OrderToCompare, standing: Standing) -> list[BookedDocument]:
    return [
        document
        for posting, document in standing.own
        if not document.is_live and posting.natural_key not in order.voided
    ]


def stand(order: OrderToCompare, documents: Sequence[BookedDocument]) -> Standing:
    """Sort an order's documents by what they are to it."""
    invoices = [d for d in documents if d.kind is DocumentKind.INVOICE]
    own, lost = [], []
    for posting in order.invoices:
        document = _document_of(posting, invoices)
        if document is not None:
            own.append((posting, document))
        elif posting.natural_key not in order.voided:
            lost.append(posting)
    taken = {document.id for _posting, document in own}
    others = tuple(d for d in invoices if d.is_live and d.id not in taken)
    counted = [document for _posting, document in own if document.is_live]
    every_note = [d for d in documents if d.kind is DocumentKind.CREDIT_NOTE]
    notes = tuple(note for note in every_note if note.is_live)
    lost += [p for p in order.credit_notes if _document_of(p, every_note) is None]
    net = _net(counted, notes)
    if others and (not counted or net + _sum(others) == order.asked):
        # Made in place of ours, or to add what ours lacks: then they count too.
        counted, others = [*counted, *others], ()
        net = _net(counted, notes)
    return Standing(
        own=tuple(own),
        lost=tuple(lost),
        live=tuple(counted),
        others=others,
        credit_notes=notes,
        net=net,
    )


def _document_of(
    posting: Posting, documents: Sequence[BookedDocument]
) -> BookedDocument | None:
    """Return what is there of a posting: by the books' id, else by its number."""
    same_id = [d for d in documents if d.id == posting.document_id]
    same_number = [d for d in documents if d.number == posting.natural_key]
    live = [d for d in same_number if d.is_live]
    return next(iter((*same_id, *live, *same_number)), None)


def _net(
    invoices: Sequence[BookedDocument], notes: Sequence[BookedDocument]
) -> Decimal:
    """Return what invoices ask for less all that was credited, each note once."""
    named = {note.id for note in notes}
    applied = (
        credit.amount
        for invoice in invoices
        for credit in invoice.credits
        if credit.credit_note_id not in named
    )
    return _sum(invoices) - _sum(notes) - sum(applied, ZERO)


def _sum(documents: Iterable[BookedDocument]) -> Decimal:
    return sum((document.total for document in documents), ZERO)


def _unexpected(
    order: OrderToCompare, documents: Sequence[BookedDocument]
) -> Iterator[Difference]:
    """Find invoices of an order that is to have none."""
    if order.decision not in {Decision.SKIP, Decision.WAIT}:
        return  # its status tells already what is the matter
    for document in documents:
        if document.kind is DocumentKind.INVOICE and document.is_live:
            yield _difference(
                order,
                DifferenceKind.NOT_IN_SHOP,
                Reason.NOT_TO_BE_BOOKED,
                document,
                say(
                    "Invoice %(number)s over %(total)s is in the books, but order "
                    "%(order_number)s asks for none.",
                    number=document.number,
                    total=document.total,
                    order_number=order.number,
                ),
                amounts=(ZERO, document.total),
            )


def _missing(order: OrderToCompare, posting: Posting) -> Difference:
    return Difference(
        kind=DifferenceKind.MISSING,
        reason=Reason.NOT_THERE,
        order_id=order.id,
        number=posting.natural_key,
        document_id="",
        day=order.day,
        currency=order.currency,
        shop=order.asked,
        books=ZERO,
        message=say(
            "%(label)s %(natural_key)s of order %(number)s was booked, "
            "but the books do not have it any more.",
            label=LABELS[posting.kind],
            natural_key=posting.natural_key,
            number=order.number,
        ),
    )


def _voided(order: OrderToCompare, document: BookedDocument) -> Difference:
    return _difference(
        order,
        DifferenceKind.VOIDED,
        Reason.VOIDED,
        document,
        say(
            "Invoice %(number)s was voided or deleted in the books, but the "
            "shop still asks %(asked)s for order %(order_number)s.",
            number=document.number,
            asked=order.asked,
            order_number=order.number,
        ),
        amounts=(order.asked, ZERO),
    )


def _doubles(order: OrderToCompare, standing: Standing) -> Iterator[Difference]:
    for document in standing.others:
        (first, *_rest) = standing.live
        yield _difference(
            order,
            DifferenceKind.DOUBLE,
            Reason.SAME_ORDER,
            document,
            say(
                "Invoice %(number)s over %(total)s bears the reference of order "
                "%(order_number)s, which has invoice %(first_number)s already.",
                number=document.number,
                total=document.total,
                order_number=order.number,
                first_number=first.number,
            ),
            amounts=(order.asked, standing.net + document.total),
        )


def _amount(
    order: OrderToCompare, standing: Standing, rules: CompanyRules
) -> Difference | None:
    """Return by how much the books ask for another amount than the shop, and why."""
    document = next(iter(standing.live), None)
    if document is None:
        return None
    reason = None
    if document.currency != order.currency:
        reason = Reason.CURRENCY
    elif standing.net != order.asked:
        reason = _reason(order, standing, rules)
    if reason is None:
        return None
    return _difference(
        order,
        DifferenceKind.AMOUNT,
        reason,
        document,
        _amount_in_words(order, standing.net, document, reason),
        amounts=(order.asked, standing.net),
    )


def _reason(order: OrderToCompare, standing: Standing, rules: CompanyRules) -> Reason:
    if order.gone:
        return Reason.CANCELLED_IN_SHOP
    sent = [
        posting.draft
        for posting, document in standing.own
        if document.is_live and isinstance(posting.draft, InvoiceDraft)
    ]
    sent_total = sum((draft.total for draft in sent), ZERO)
    there = _sum(standing.live)
    if there != sent_total:
        lines = [line for draft in sent for line in draft.lines]
        now = [line for document in standing.live for line in document.lines]
        return cause_of(lines, now, order.order, rules)
    credited = there - standing.net
    if credited != order.refunded and sent_total == order.total:
        short = credited < order.refunded
        return Reason.REFUND if short else Reason.CREDITED
    return Reason.CHANGED_IN_SHOP


_WHY: Mapping[Reason, str] = {
    Reason.ROUNDING: say("the rounding differs"),
    Reason.TAX: say("the tax of a line was changed in the books"),
    Reason.DISCOUNT: say("a discount was changed in the books"),
    Reason.SHIPPING: say("the shipping was changed in the books"),
    Reason.FEE: say("a fee was changed in the books"),
    Reason.GOODS: say("a line was changed in the books"),
    Reason.CHANGED_IN_SHOP: say(
        "the order was changed in the shop after it was booked"
    ),
    Reason.CANCELLED_IN_SHOP: say("the order was cancelled in the shop"),
    Reason.REFUND: say("the shop gave money back that is not credited in the books"),
    Reason.CREDITED: say("the books credit more than the shop gave back"),
    Reason.CURRENCY: say("the currency is another one"),
}


def _amount_in_words(
    order: OrderToCompare, net: Decimal, document: BookedDocument, reason: Reason
) -> str:
    return say(
        "The shop asks %(asked)s %(currency)s for order %(number)s, the "
        "books %(net)s %(document_currency)s (invoice "
        "%(document_number)s): %(why)s.",
        asked=order.asked,
        currency=order.currency,
        number=order.number,
        net=net,
        document_currency=document.currency,
        document_number=document.number,
        why=_WHY[reason],
    )


def _edits(
    order: OrderToCompare, standing: Standing, rules: CompanyRules
) -> Iterator[Difference]:
    """Find what was changed in the books and left the amount as it is."""
    for posting, document in standing.own:
        if document.is_live and isinstance(posting.draft, InvoiceDraft):
            sent = posting.draft
            for reason, what in _changes(posting, sent, document, order, rules):
                text = say(
                    "Invoice %(number)s was edited in the books: %(what)s.",
                    number=sent.number,
                    what=what,
                )
                yield _difference(order, DifferenceKind.EDITED, reason, document, text)


def _changes(
    posting: Posting,
    sent: InvoiceDraft,
    now: BookedDocument,
    order: OrderToCompare,
    rules: CompanyRules,
) -> Iterator[tuple[Reason, str]]:
    if now.number != sent.number:
        yield Reason.NUMBER, say("its number is %(number)s now", number=now.number)
    if now.reference != sent.reference:
        was = say(
            "its reference is '%(reference)s' now and was '%(sent_reference)s'",
            reference=now.reference,
            sent_reference=sent.reference,
        )
        yield Reason.REFERENCE, was
    if now.issued_on != sent.issued_on:
        yield (
            Reason.DAY,
            say(
                "its date is %(issued_on)s now and was %(sent_issued_on)s",
                issued_on=now.issued_on,
                sent_issued_on=sent.issued_on,
            ),
        )
    contact_id = posting.required_document_id
    if contact_id and now.contact_id and now.contact_id != contact_id:
        yield Reason.CONTACT, say("it is another customer's now")
    if now.lines:
        yield from _changed_lines(sent, now, order, rules)


def _changed_lines(
    sent: InvoiceDraft,
    now: BookedDocument,
    order: OrderToCompare,
    rules: CompanyRules,
) -> Iterator[tuple[Reason, str]]:
    amounts = sorted((line.net, line.tax) for line in sent.lines)
    if amounts != sorted((line.net, line.tax) for line in now.lines):
        reason = cause_of(sent.lines, now.lines, order.order, rules)
        yield reason, say("its lines differ, though their sum is the same")
        return
    before = sorted((line.net, line.tax, line.tax_type) for line in sent.lines)
    if before != sorted((line.net, line.tax, line.tax_type) for line in now.lines):
        yield Reason.TAX_TYPE, say("a line has another tax type now")
    accounts = sorted((line.net, line.tax, line.account) for line in sent.lines)
    if accounts != sorted((line.net, line.tax, line.account) for line in now.lines):
        yield Reason.LEDGER_ACCOUNT, say("a line is on another ledger account now")


def _payments(
    order: OrderToCompare, standing: Standing, banks: Mapping[str, str]
) -> Iterator[Difference]:
    document = next(iter(standing.live), None)
    if document is None:
        return
    booked = [payment for invoice in standing.live for payment in invoice.payments]
    sent = [posting.draft for posting in order.booked(PostingKind.PAYMENT)]
    paid_out = [p for note in standing.credit_notes for p in note.payments]
    refunds = [posting.draft for posting in order.booked(PostingKind.REFUND)]
    if standing.net != order.asked:
        paid_out, refunds = [], []  # what they pay out is in question itself
    for gap in (
        *compare_payments(order.order, document.number, sent, booked, banks),
        *compare_refunds(refunds, paid_out, banks),
    ):
        difference = _difference(
            order,
            DifferenceKind.PAYMENT,
            gap.reason,
            document,
            say("%(text)s (order %(number)s).", text=gap.text, number=order.number),
            amounts=(gap.shop, gap.books),
        )
        yield replace(difference, subject=gap.payment)


def _difference(
    order: OrderToCompare,
    kind: DifferenceKind,
    reason: Reason,
    document: BookedDocument,
    message: str,
    *,
    amounts: tuple[Decimal | None, Decimal | None] = (None, None),
) -> Difference:
    shop, books = amounts
    return Difference(
        kind=kind,
        reason=reason,
        order_id=order.id,
        number=document.number,
        document_id=document.id,
        day=order.day,
        currency=order.currency,
        shop=shop,
        books=books,
        message=message,
    )
