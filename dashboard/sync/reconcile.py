"""One pass of reconciliation: reads the books, looks at the orders, writes findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from dashboard.domain.booked import (
    BookedDocument,
    ChangedSince,
    Dated,
    DocumentKind,
    Selection,
)
from dashboard.domain.books import CreditNoteDraft, InvoiceDraft
from dashboard.domain.keys import order_reference
from dashboard.domain.money import ZERO
from dashboard.domain.order import Order, OrderPhase
from dashboard.domain.own_documents import OwnDocuments
from dashboard.domain.postings import LABELS, Posting, PostingKind, PostingState
from dashboard.domain.reconciliation import (
    Difference,
    DifferenceKind,
    Pass,
    Period,
    Reason,
    Tally,
    Total,
)
from dashboard.domain.rules import CompanyRules, Shop
from dashboard.domain.sentences import say
from dashboard.domain.status import Decision
from dashboard.store.orders_to_reconcile import OrderRecord, OrdersToReconcile
from dashboard.store.passes import PassStore
from dashboard.store.read_documents import ReadDocuments
from dashboard.sync.books_reader import BooksReader
from dashboard.sync.comparison import OrderToCompare, compare, stand
from dashboard.sync.intake import read_again
from dashboard.sync.totals import Totals

_ORDERS_AT_ONCE = 500
# Money comes in after the order: payments are read that much further.
_PAID_WITHIN = timedelta(days=31)
# The clocks of the books and ours may differ.
_OVERLAP = timedelta(hours=1)
_GONE = {OrderPhase.CANCELLED, OrderPhase.DELETED}
# Which documents of the books our postings become.
_DOCUMENTS = {
    DocumentKind.INVOICE: PostingKind.INVOICE,
    DocumentKind.CREDIT_NOTE: PostingKind.CREDIT_NOTE,
}


@dataclass(kw_only=True)
class PassUnderWay:
    """Carries out one pass; *tally* grows while it works.

    *rules_of* tells by which rules the orders of a shop are booked.
    """

    asked: Pass
    started_at: datetime
    reader: BooksReader
    passes: PassStore
    orders: OrdersToReconcile
    read: ReadDocuments
    shops: Sequence[Shop]
    rules_of: Callable[[Shop], CompanyRules]
    tally: Tally = field(default_factory=Tally)
    totals: Totals = field(default_factory=Totals)

    def run(self) -> tuple[Total, ...]:
        """Compare everything and return the totals.

        Raises:
            BooksSilent: If the books do not answer for long.
        """
        order_ids = self._read_books()
        for start in range(0, len(order_ids), _ORDERS_AT_ONCE):
            self._compare_some(order_ids[start : start + _ORDERS_AT_ONCE])
            self.passes.note(self.asked.id, self.tally)
        self._look_at_the_rest()
        return self.totals.totals()

    def _read_books(self) -> list[int]:
        """Read what the pass is about; return the orders it concerns."""
        period, since = self.asked.period, self.asked.since
        if period is not None:
            self._read_period(period)
            concerned = self.orders.of_period(period)
        else:
            at = since or self.started_at
            concerned = self._read_changes(at)
        return sorted(concerned | self.orders.named_by_documents(self.asked.id))

    def _read_period(self, period: Period) -> None:
        dated = Dated(first=period.first, last=period.last)
        self._read(DocumentKind.INVOICE, dated)
        # A refund comes later than its order, and so does its credit note.
        later = Dated(first=period.first, last=None)
        for page in self.reader.documents(DocumentKind.CREDIT_NOTE, later):
            inside = [d for d in page if d.issued_on in period]
            self._keep(inside, in_scope=True)
            self._keep([d for d in page if d not in inside], in_scope=False)
        self._read_banks(Dated(first=period.first, last=period.last + _PAID_WITHIN))

    def _read_changes(self, at: datetime) -> set[int]:
        changed = ChangedSince(at=at - _OVERLAP)
        self._read(DocumentKind.INVOICE, changed)
        self._read(DocumentKind.CREDIT_NOTE, changed)
        self._read_banks(changed)
        disputed = self.orders.disputed_documents()
        for kind in DocumentKind:
            for page in self.reader.identified(kind, disputed):
                self._keep(page, in_scope=True)
        return self.orders.changed_since(at - _OVERLAP)

    def _read(self, kind: DocumentKind, selection: Selection) -> None:
        for page in self.reader.documents(kind, selection):
            self._keep(page, in_scope=True)

    def _read_banks(self, selection: Dated | ChangedSince) -> None:
        for entries in self.reader.bank_entries(selection):
            self.read.keep_bank_entries(entries)

    def _keep(self, page: Sequence[BookedDocument], *, in_scope: bool) -> None:
        self.read.keep(page, in_scope=in_scope)
        self.tally = replace(self.tally, documents=self.tally.documents + len(page))
        self.passes.note(self.asked.id, self.tally)

    def _compare_some(self, order_ids: Sequence[int]) -> None:
        """Compare some orders and write what was found of them."""
        records = self._records(order_ids)
        if self._ask_for_what_is_not_there(records):
            # Time has passed: an order may be on its way again.
            records = self._records(order_ids)
        documents = self._documents_of(records)
        self.read.match([d.id for some in documents.values() for d in some])
        orders = [_order_of(record) for record in records if _is_settled(record)]
        orders = [o for o in orders if documents[o.id] or self._covers(o)]
        payments = {
            order.id: {p.id for d in documents[order.id] for p in d.payments}
            for order in orders
        }
        banks = self.read.bank_accounts([p for ids in payments.values() for p in ids])
        found = list(self._compare(orders, documents, banks))
        ignored = [record.id for record in records if record.ignored]
        gone = self.passes.record_orders(
            self.asked.id,
            [*ignored, *payments],
            found,
            unsure_of_banks=[i for i, ids in payments.items() if not ids <= set(banks)],
        )
        self._count(
            orders=len(orders),
            moving=sum(r.moving and not r.ignored for r in records),
            found=len(found),
            resolved=gone,
        )

    def _records(self, order_ids: Sequence[int]) -> tuple[OrderRecord, ...]:
        return self.orders.records(order_ids, unchanged_since=self.started_at)

    def _ask_for_what_is_not_there(self, records: Sequence[OrderRecord]) -> bool:
        """Ask by number, then by id, for what should have been read; True if any."""
        documents = self._documents_of(records)
        concerned = [
            record
            for record in records
            if not record.moving and (documents[record.id] or self._is_meant(record))
        ]
        asked = False
        for kind, posting_kind in _DOCUMENTS.items():
            missing = self._not_read(concerned, posting_kind)
            numbers = [posting.natural_key for posting in missing]
            for page in self.reader.numbered(kind, numbers):
                self._keep(page, in_scope=False)
            still = [p.document_id for p in self._not_read(concerned, posting_kind)]
            for page in self.reader.identified(kind, still):
                self._keep(page, in_scope=False)
            asked = asked or bool(missing)
        return asked

    def _not_read(
        self, records: Sequence[OrderRecord], kind: PostingKind
    ) -> list[Posting]:
        """Return what was booked of these orders and has not been read."""
        booked = [
            posting
            for record in records
            for posting in record.postings
            if posting.kind is kind and posting.state is PostingState.CONFIRMED
        ]
        there = self.read.bearing(
            [posting.document_id for posting in booked],
            [posting.natural_key for posting in booked],
            (),
        )
        known = {name for d in there for name in (d.id, d.number)}
        return [p for p in booked if not known & {p.document_id, p.natural_key}]

    def _is_meant(self, record: OrderRecord) -> bool:
        """Tell whether an order's documents should have been read with the period."""
        period = self.asked.period
        drafts = (posting.draft for posting in record.postings)
        return period is None or any(
            isinstance(draft, InvoiceDraft) and draft.issued_on in period
            for draft in drafts
        )

    def _documents_of(
        self, records: Sequence[OrderRecord]
    ) -> dict[int, tuple[BookedDocument, ...]]:
        """Return what was read of each order, by the order's id."""
        names = {record.id: _names_of(record) for record in records}
        every = names.values()
        there = self.read.bearing(
            [each for name in every for each in name.ids],
            [each for name in every for each in name.numbers],
            [each for name in every for each in name.references],
        )
        return {
            order_id: tuple(d for d in there if name.fits(d))
            for order_id, name in names.items()
        }

    def _compare(
        self,
        orders: Sequence[OrderToCompare],
        documents: Mapping[int, Sequence[BookedDocument]],
        banks: Mapping[str, str],
    ) -> Iterator[Difference]:
        for order in orders:
            own = documents[order.id]
            rules = self.rules_of(order.shop)
            if order.invoices:
                self.totals.add_order(order, stand(order, own), rules)
            elif order.decision in {Decision.BOOK, Decision.STOP}:
                self._count(waiting=1)
                self.totals.add_waiting(order)
            yield from compare(order, own, banks, rules)

    def _covers(self, order: OrderToCompare) -> bool:
        return self.asked.period is None or order.day in self.asked.period

    def _look_at_the_rest(self) -> None:
        """Look at the documents that belong to no order."""
        own = OwnDocuments(
            {shop: self.rules_of(shop).number_pattern for shop in self.shops}
        )
        found: list[Difference] = []
        for documents in self.read.unmatched():
            for document in documents:
                if not document.is_live:
                    continue
                if own.claims(document):
                    found.append(_not_in_shop(document))
                    self.totals.add_unmatched(document)
                else:
                    self.totals.add_other(document)
        gone = self.passes.record_documents(self.asked.id, self.asked.period, found)
        self._count(found=len(found), resolved=gone)

    def _count(self, **more: int) -> None:
        """Add to the tally."""
        now = {name: getattr(self.tally, name) + n for name, n in more.items()}
        self.tally = replace(self.tally, **now)


@dataclass(frozen=True, kw_only=True)
class _Names:
    """All by which a document may say that it is of an order."""

    ids: frozenset[str]
    numbers: frozenset[str]
    references: frozenset[str]

    def fits(self, document: BookedDocument) -> bool:
        return (
            document.id in self.ids
            or document.number in self.numbers
            or document.reference in self.references
        )


def _names_of(record: OrderRecord) -> _Names:
    documents = [p for p in record.postings if p.kind in _DOCUMENTS.values()]
    drafts = (posting.draft for posting in documents)
    references = {
        draft.reference
        for draft in drafts
        if isinstance(draft, (InvoiceDraft, CreditNoteDraft))
    }
    references.add(order_reference(record.number, record.external_id, record.shop))
    numbers = {posting.natural_key for posting in documents}
    return _Names(
        ids=frozenset(p.document_id for p in documents if p.document_id),
        numbers=frozenset(name for name in (*numbers, record.invoice_number) if name),
        references=frozenset(references),
    )


def _is_settled(record: OrderRecord) -> bool:
    return not record.moving and not record.ignored


def _order_of(record: OrderRecord) -> OrderToCompare:
    """Return an order as the comparison wants to know it."""
    told = read_again(record.revision)
    order = told if isinstance(told, Order) else None
    return OrderToCompare(
        id=record.id,
        shop=record.shop,
        number=record.number,
        day=_day_of(record, order),
        currency=record.currency,
        total=record.total,
        paid=record.paid,
        refunded=record.refunded,
        # All that a deleted order says is that it is gone.
        gone=told is None or (order is not None and order.phase in _GONE),
        decision=record.decision,
        order=order,
        postings=record.postings,
    )


def _day_of(record: OrderRecord, order: Order | None) -> date:
    if order is not None:
        return order.day
    drafts = (posting.draft for posting in record.postings)
    booked = (d.issued_on for d in drafts if isinstance(d, InvoiceDraft))
    at = record.ordered_at or record.received_at
    return next(booked, at.date())


def _not_in_shop(document: BookedDocument) -> Difference:
    return Difference(
        kind=DifferenceKind.NOT_IN_SHOP,
        reason=Reason.NO_ORDER,
        order_id=None,
        number=document.number,
        document_id=document.id,
        document_kind=document.kind,
        day=document.issued_on,
        currency=document.currency,
        shop=ZERO,
        books=document.signed_total,
        message=say(
            "%(label)s %(number)s over %(total)s %(currency)s looks like one "
            "of ours, but no shop has told us of its order.",
            label=LABELS[PostingKind(document.kind.value)],
            number=document.number,
            total=document.total,
            currency=document.currency,
        ),
    )
