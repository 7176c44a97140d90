"""The product with a safeguard taken out: the simulation must find each of them.

Some safeguards mask each other: then a mutant lacks the pair, because without one of
them the other still holds.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from unittest.mock import patch

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.domain.books import InvoiceDraft, PaymentDraft
from dashboard.domain.exchanges import (
    Accepted,
    Claim,
    Exchange,
    FailedAttempt,
    Finding,
    Found,
    NotThere,
)
from dashboard.domain.keys import payment_reference
from dashboard.domain.order import Order
from dashboard.domain.postings import PostingState
from dashboard.domain.rules import Correction
from dashboard.domain.status import RequestState
from dashboard.mapping import documents
from dashboard.mapping.credits import Lines
from dashboard.mapping.documents import Documents
from dashboard.store import deciding, planning, queue, taking_in
from dashboard.store.orders import OrderStore
from dashboard.store.queue import WorkQueue
from dashboard.store.schema import OrderRow, RequestRow
from dashboard.store.verdicts import VerdictWriter
from dashboard.sync import corrections, plan, sheet
from dashboard.sync.sheet import Sheet
from dashboard.sync.worker import Worker

_numbers = itertools.count(1)


def unknown_is_sent_again(
    self: WorkQueue,
    claim: Claim,
    failed: FailedAttempt,
    exchange: Exchange,
    run_id: int,
) -> None:
    self.put_off(claim, failed.reason, 0.0, exchange, run_id)


def vanished_is_sent_again(self: WorkQueue, request_id: int) -> None:
    with self._database.write() as session:
        row = session.get_one(RequestRow, request_id)
        row.state = RequestState.PREPARED.value
        row.dirty = False
        self._release(row, self._database.now(session))


def asked_at_once(
    self: WorkQueue, row: RequestRow, now: datetime, again_s: float = 0.0
) -> None:
    del again_s
    row.state = RequestState.UNKNOWN.value
    self._release(row, now)


def nothing_is_found(self: VerdictWriter, member: Any, finding: Finding) -> None:
    del self, member, finding


def always_fresh(self: WorkQueue, verified_at: datetime | None, now: datetime) -> bool:
    del self, verified_at, now
    return True


def anybody_owns(
    self: WorkQueue, session: Session, claim: Claim, state: RequestState
) -> RequestRow | None:
    """Believe that nobody else works on a request because it was claimed once."""
    del self, state
    return session.scalar(select(RequestRow).where(RequestRow.id == claim.request_id))


def never_slept(self: Worker, before: object) -> bool:
    del self, before
    return False


def confirmed_before_it_is_sent(self: Worker, claim: Claim) -> None:
    self.books.sign_in(self._log)
    verdicts = [Accepted(document_id=f"?{m.id}") for m in claim.members]
    if self.queue.start_sending(claim):
        exchange = Exchange(at=self.clock.now(), purpose="", method="", url="")
        self.queue.record_answer(claim, verdicts, exchange, self.run_id)
        self.books.send(claim)


def whole_batch_goes_again(
    self: WorkQueue, claim: Claim, findings: Mapping[int, Finding], *rest: Any
) -> Claim | None:
    """Send all of a batch again when some of it is missing."""
    if any(not isinstance(finding, Found) for finding in findings.values()):
        findings = dict.fromkeys(findings, NotThere())
    return _record_findings(self, claim, findings, *rest)


_record_findings = WorkQueue.record_findings


def new_key_every_time(session: Session, row: RequestRow) -> Claim:
    claim = _claim(session, row)
    return replace(claim, idempotency_key=f"{claim.idempotency_key}-{next(_numbers)}")


_claim = queue._claim


def new_reference_every_time(number: str, payment: str) -> str:
    return f"{payment_reference(number, payment)}-{next(_numbers)}"


def references_as_told(
    told: Sequence[PaymentDraft], *_known: Iterable[PaymentDraft]
) -> list[PaymentDraft]:
    return list(told)


def never_older(order: Order | None, row: OrderRow) -> bool:
    del order, row
    return False


# After booking ------------------------------------------------------------------------


def chosen_without_a_person(row: OrderRow) -> Correction:
    del row
    return Correction.ADJUST


def chosen_for_any_version(
    self: OrderStore, order_id: int, revision_id: int, *rest: Any, **named: Any
) -> bool:
    with self._database.read() as session:
        revision_id = session.get_one(OrderRow, order_id).revision_id or revision_id
    return _correct(self, order_id, revision_id, *rest, **named)


_correct = OrderStore.correct


def always_untouched(self: Sheet, invoice: InvoiceDraft) -> bool:
    del self, invoice
    return True


def next_does_not_wait(
    sheet: Sheet, documents: Documents, invoice: InvoiceDraft, after: str = ""
) -> None:
    del after
    _plan_invoice(sheet, documents, invoice)


_plan_invoice = corrections.plan_invoice


def all_that_was_invoiced(self: Sheet, invoice: InvoiceDraft, title: str = "") -> Lines:
    del title
    return self.invoiced_lines(invoice)


NO_SETTLING = (WorkQueue, "_leave_to_settle", asked_at_once)

# What each lacks: the class or module, the name in it, and what stands there instead.
MUTANTS: Mapping[str, Sequence[tuple[Any, str, Any]]] = {
    "an unknown outcome is sent again": [
        (WorkQueue, "record_unknown", unknown_is_sent_again),
    ],
    "the request of a vanished worker is sent again": [
        (WorkQueue, "_take_from_vanished", vanished_is_sent_again),
    ],
    "no settling": [NO_SETTLING],
    "a new key for every try, and no settling": [
        (queue, "_claim", new_key_every_time),
        NO_SETTLING,
    ],
    "a new key for every try, and nobody asks": [
        (queue, "_claim", new_key_every_time),
        (WorkQueue, "record_unknown", unknown_is_sent_again),
    ],
    "no look-up": [(VerdictWriter, "settle", nothing_is_found)],
    "an old verdict is believed": [(WorkQueue, "_is_fresh", always_fresh)],
    "confirmed before it is sent": [(Worker, "_send", confirmed_before_it_is_sent)],
    "a claim is trusted without its state": [(WorkQueue, "_own", anybody_owns)],
    "a sleep before sending is not noticed": [(Worker, "_slept_since", never_slept)],
    "a batch goes again as a whole": [
        (WorkQueue, "record_findings", whole_batch_goes_again)
    ],
    "a payment has another reference each time": [
        (documents, "payment_reference", new_reference_every_time),
        (plan, "keep_references", references_as_told),
    ],
    "an older version of an order counts": [(taking_in, "_is_older", never_older)],
    "what is on its way is planned anew": [
        (planning, "IN_THE_BOOKS", {PostingState.CONFIRMED.value}),
        (sheet, "_IN_THE_BOOKS", {PostingState.CONFIRMED}),
    ],
    "a change is booked without being chosen": [
        (deciding, "correction_of", chosen_without_a_person),
    ],
    "a choice counts for a later version": [
        (OrderStore, "correct", chosen_for_any_version),
    ],
    "an invoice is voided that was paid": [(Sheet, "is_untouched", always_untouched)],
    "the next invoice does not wait for the end of the last": [
        (corrections, "plan_invoice", next_does_not_wait),
    ],
    "what was credited before is forgotten": [
        (Sheet, "rest_lines", all_that_was_invoiced),
    ],
}


def take_out(name: str) -> None:
    """Take a safeguard out of the product for good; the empty name takes out none."""
    for where, attribute, instead in MUTANTS.get(name, ()):
        setattr(where, attribute, instead)


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """Take a safeguard out of the product."""
    with ExitStack() as patches:
        for where, attribute, instead in MUTANTS[name]:
            patches.enter_context(patch.object(where, attribute, instead))
        yield
