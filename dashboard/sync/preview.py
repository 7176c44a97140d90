"""What would be sent next for an order, and which rules chose it; sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from dashboard.domain.books import InvoiceDraft, PaymentDraft
from dashboard.domain.choices import ChosenLine
from dashboard.domain.exchanges import FrozenRequest
from dashboard.domain.order import Order, OrderPhase
from dashboard.domain.plans import Plan
from dashboard.domain.postings import Posting
from dashboard.domain.problems import Problem
from dashboard.domain.rules import (
    CompanyRules,
    Correction,
    InvoiceWhen,
    PaymentRule,
    Shop,
)
from dashboard.domain.status import Decision
from dashboard.mapping.documents import Documents, draft_documents
from dashboard.mapping.problems import NotMappable
from dashboard.store.batches import Freeze
from dashboard.store.foresight import Ahead, Foreseen, Foresight
from dashboard.sync.intake import read_again
from dashboard.sync.plan import plan_order


class Standing(StrEnum):
    """What the order waits for before anything more is sent."""

    NOTHING = "nothing"  # what can go next goes as soon as its turn comes
    SHOP = "shop"  # its payment, or that the checkout is finished
    PERSON = "person"  # something is to be put right, or was refused
    IGNORED = "ignored"  # nothing is ever sent
    FINISHED = "finished"  # all is in the books or on its way


@dataclass(frozen=True, kw_only=True)
class Step:
    """One document as it would be sent.

    *request* carries this document alone; in a batch its element is the same, byte for
    byte. *exact* is False while it builds on one that is not in the books yet. *lines*
    are those of an invoice with the rules that chose them, empty where the lines follow
    from those of an earlier document. *payment_rule* chose a payment's bank account.
    """

    posting: Posting
    request: FrozenRequest
    exact: bool
    lines: tuple[ChosenLine, ...] = ()
    payment_rule: PaymentRule | None = None


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What would be sent for an order, and what that waits for.

    *reason* says in words what the shop or the company's rules let it wait for,
    *problem* what a person has to put right.
    """

    standing: Standing
    shop: Shop
    rules: CompanyRules
    reason: str = ""
    problem: Problem | None = None
    steps: tuple[Step, ...] = ()


class OrderPreview:
    """Previews orders."""

    def __init__(self, foresight: Foresight, freeze: Freeze) -> None:
        self._foresight = foresight
        self._freeze = freeze

    def of(self, order_id: int, *, ignored: bool) -> Preview | None:
        """Return what would be sent for an order; None if nothing is known of it.

        *ignored* orders send nothing, whatever they would need.
        """
        foreseen = self._foresight.of(order_id, read_again, plan_order)
        if foreseen is None or foreseen.plan is None:
            return None
        standing = _standing(foreseen.plan, foreseen.ahead, ignored=ignored)
        if standing is Standing.SHOP:
            later = self._foresight.of(order_id, read_again, plan_once_due)
            foreseen = foreseen if later is None else _both(foreseen, later)
        return self._preview(foreseen, standing)

    def _preview(self, foreseen: Foreseen, standing: Standing) -> Preview:
        plan = foreseen.plan
        documents = _documents(foreseen)
        return Preview(
            standing=standing,
            shop=foreseen.shop,
            rules=foreseen.rules,
            reason="" if plan is None else plan.reason,
            problem=None if plan is None else plan.problem,
            steps=()
            if standing is Standing.IGNORED
            else tuple(self._step(each, documents) for each in foreseen.ahead),
        )

    def _step(self, ahead: Ahead, documents: Documents | None) -> Step:
        posting = ahead.posting
        return Step(
            posting=posting,
            request=self._freeze(posting.kind, [posting]),
            exact=ahead.exact,
            lines=_lines_of(posting, documents),
            payment_rule=_payment_rule_of(posting, documents),
        )


def plan_once_due(
    order: Order,
    shop: Shop,
    rules: CompanyRules,
    postings: Sequence[Posting],
    correction: Correction | None = None,
) -> Plan:
    """Plan an order as if it were ordered for good and had not to be paid first."""
    at_once = replace(rules, invoice_when=InvoiceWhen.ORDERED)
    placed = replace(order, phase=OrderPhase.PLACED)
    return plan_order(placed, shop, at_once, postings, correction)


def _both(now: Foreseen, later: Foreseen) -> Foreseen:
    """Return why an order waits now, with what is sent later."""
    problem = None if later.plan is None else later.plan.problem
    plan = None if now.plan is None else replace(now.plan, problem=problem)
    return replace(now, plan=plan, ahead=later.ahead)


def _standing(plan: Plan, ahead: Sequence[Ahead], *, ignored: bool) -> Standing:
    match plan.decision:
        case _ if ignored:
            return Standing.IGNORED
        case Decision.SKIP:
            return Standing.IGNORED
        case Decision.WAIT:
            return Standing.SHOP
        case Decision.STOP:
            return Standing.PERSON
        case Decision.BOOK:
            if any(each.refused for each in ahead):
                return Standing.PERSON
            return Standing.NOTHING if ahead else Standing.FINISHED


def _documents(foreseen: Foreseen) -> Documents | None:
    """Return the order's documents with the rules behind them, if there are any."""
    if foreseen.order is None:
        return None
    try:
        return draft_documents(foreseen.order, foreseen.shop, foreseen.rules)
    except NotMappable:
        return None


def _lines_of(posting: Posting, documents: Documents | None) -> tuple[ChosenLine, ...]:
    draft = posting.draft
    if documents is None or not isinstance(draft, InvoiceDraft):
        return ()
    return documents.lines if draft.lines == documents.invoice.lines else ()


def _payment_rule_of(
    posting: Posting, documents: Documents | None
) -> PaymentRule | None:
    draft = posting.draft
    if documents is None or not isinstance(draft, PaymentDraft):
        return None
    # A payment on what corrected the invoice bears the rest of the first's reference.
    by_reference = zip(documents.payments, documents.payment_rules, strict=True)
    return next(
        (
            rule
            for told, rule in by_reference
            if draft.reference == told.reference
            or draft.reference.startswith(f"{told.reference}-")
        ),
        None,
    )
