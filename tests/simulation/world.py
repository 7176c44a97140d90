"""One schedule of the simulation: a shop, its company, four workers and bad luck.

The clock, the books and the deaths are made up; the engine and its database are the
product's own. All chance comes from the number of the schedule, so that a schedule
that found something can be run again.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from typing_extensions import override

from dashboard.accounting.protocol import Log
from dashboard.domain.books import (
    AllocationDraft,
    CreditNoteDraft,
    InvoiceDraft,
    PaymentDraft,
    RefundDraft,
    VoidDraft,
)
from dashboard.domain.clock import Clock
from dashboard.domain.exchanges import Claim, Exchange, Finding, Outcome
from dashboard.domain.order import Order, OrderPhase, Refund, ShopPayment
from dashboard.domain.postings import Posting, PostingKind
from dashboard.store.orders import OrderStore
from tests.fixtures.builders import ORDERED_AT, a_customer, an_order
from tests.fixtures.company import Company
from tests.fixtures.fake_books import Answer, FakeBooks, natural_key
from tests.fixtures.workers import (
    MOMENTS,
    Fate,
    Killed,
    KillPoint,
    Mortal,
    Office,
    kill_points,
)
from tests.simulation.cells import Cell, Coverage, cells_of

_HAPPENINGS = 10
_WORKERS = 4
_JUMPS_S = (-7200, -600, 600, 7200)
# A person tries again what the books refused; more often than this they give up.
_MOST_RETRIES = 5
_AT_REST = {"invoiced", "paid", "credited", "ignored"}
# Sleeping right before the send, past the last look at the clock, is bounded by the
# time the books remember a key: nothing else tells the second sender from the first.
_NAP_S = 70
_SLEEP_S = 400
_PAUSES = [(side, moment) for moment in MOMENTS for side in ("before", "after")]


class Violation(AssertionError):
    """A promise of the product was broken."""


class SimulatedBooks(FakeBooks):
    """Fake books that behave otherwise to requests of one kind."""

    def __init__(self, clock: Clock, fate: Fate) -> None:
        super().__init__(clock)
        self._fate = fate
        self.answers_for: dict[PostingKind, deque[Answer]] = {}
        # Once for each kind.
        self.silent_look_ups_of: set[PostingKind] = set()
        self.silent_sign_ins_for: set[PostingKind] = set()

    @override
    def sign_in(self, log: Log) -> None:
        if self._fate.kind in self.silent_sign_ins_for:
            self.silent_sign_ins_for.discard(self._fate.kind)
            self.silent_sign_ins = 1
        super().sign_in(log)

    @override
    def send(self, claim: Claim) -> tuple[Outcome, Exchange]:
        waiting = self.answers_for.get(claim.kind)
        if waiting:
            self.answers.appendleft(waiting.popleft())
        return super().send(claim)

    @override
    def look_up(
        self, kind: PostingKind, members: Sequence[Posting], log: Log
    ) -> Mapping[int, Finding]:
        if kind in self.silent_look_ups_of:
            self.silent_look_ups_of.discard(kind)
            self.silent_look_ups = 1
        return super().look_up(kind, members, log)


class World:
    """A shop whose orders are booked while everything fails."""

    def __init__(self, company: Company, number: int) -> None:
        self.number = number
        self.chance = random.Random(number)  # noqa: S311 - repeatable, not secret
        random.seed(number)  # what the product itself draws
        self.coverage = Coverage.nothing()
        self.office = Office(company)
        self.books = self.office.books = SimulatedBooks(company.clock, self.office.fate)
        self.fate = self.office.fate
        company.orders = Mortal(OrderStore(company.database), self.fate)  # type: ignore[assignment]
        self.company = company
        self.shop: dict[str, list[Order]] = {}  # every version of every order
        self._workers = [self.office.worker(f"worker {n}") for n in range(_WORKERS)]

    # The schedule ---------------------------------------------------------------------

    def go(self) -> None:
        """Play the schedule to its end.

        Raises:
            Violation: If the books are not what the shop says.
        """
        cells = [self._cell(kind) for kind in PostingKind]
        self._play_drill(cells)
        # Every other schedule is a bad day as well.
        for _ in range(self.number % 2 * _HAPPENINGS):
            happening = self.chance.choice(_DAY)
            self.coverage.happenings[happening.__name__] += 1
            happening(self)
            self._check_nothing_twice()
        self._come_to_rest()

    def _cell(self, kind: PostingKind) -> Cell:
        """Return the cell of this schedule: all have their turn, one a schedule."""
        cells = cells_of(kind)
        return cells[(self.number + 131 * list(PostingKind).index(kind)) % len(cells)]

    def _play_drill(self, cells: Sequence[Cell]) -> None:
        """Let a few orders be booked while each kind of posting meets its cell."""
        for cell in cells:
            self.books.answers_for[cell.kind] = deque(cell.answers())
            self.fate.deaths[cell.kind] = cell.kill_point
            _side, moment = cell.kill_point
            if moment == "look_later":
                self.books.silent_look_ups_of.add(cell.kind)
            if moment == "give_back":
                self.books.silent_sign_ins_for.add(cell.kind)
        for customer in range(2):
            self._new_order(payments=("12.00",), customer=customer)
            self._new_order(payments=(), customer=customer)
        for customer in range(3):
            self._new_order(payments=("5.00",), customer=customer)
        self._settle()
        for versions in tuple(self.shop.values()):
            order = versions[-1]
            self._tell(_refunded(order) if order.paid else _cancelled(order))
        self._settle()
        died = {kind for kind, _place in self.fate.met}
        for cell in cells:
            if cell.kind in died and self.books.given[cell.kind, cell.answer]:
                self.coverage.cells[cell] += 1
        self.fate.deaths.clear()
        self.books.answers_for.clear()

    # What happens ---------------------------------------------------------------------

    def order_comes_in(self) -> None:
        payments = self.chance.choice([("12.00",), ("5.00",), ("4.00",) * 2, ()])
        self._new_order(payments=payments, customer=self.chance.randrange(5))

    def _new_order(self, *, payments: tuple[str, ...], customer: int) -> None:
        number = str(len(self.shop))
        buyer = a_customer(str(customer))
        self._tell(an_order(number, customer=buyer, payments=payments))

    def customer_pays_more(self) -> None:
        order = self._some_order()
        if order is not None and 0 < order.paid < order.total and not order.refunds:
            rest = order.total - order.paid
            amount = self.chance.choice([rest, min(rest, Decimal("1.00"))])
            payment = ShopPayment(amount=amount, method="card", paid_at=ORDERED_AT)
            self._tell(replace(order, payments=(*order.payments, payment)))

    def shop_gives_money_back(self) -> None:
        order = self._some_order()
        if order is not None and order.paid and not order.refunds:
            self._tell(_refunded(order))

    def customer_cancels(self) -> None:
        order = self._some_order()
        if order is not None and not order.paid:
            self._tell(_cancelled(order))

    def push_comes_twice(self) -> None:
        order = self._some_order()
        if order is not None:
            self._push(order)

    def old_push_comes_late(self) -> None:
        order = self._some_order()
        if order is not None:
            self._push(self.chance.choice(self.shop[order.number]))

    def push_is_lost(self) -> None:
        order = self._some_order()
        if order is not None:
            note = str(self.chance.random())
            self._change(replace(order, note=note))  # and told with the next change

    def program_dies_while_an_order_comes_in(self) -> None:
        self.fate.deaths[None] = self.chance.choice(kill_points(["take_in"]))
        self.order_comes_in()
        self.fate.deaths.clear()

    def program_dies_while_a_person_tries_again(self) -> None:
        number = str(len(self.shop))
        self.books.refused_words = {f"W-{number}"}
        self.order_comes_in()
        self._others_work()
        self._others_work()
        self.books.refused_words = set()
        self.fate.deaths[None] = self.chance.choice(kill_points(["plan_again"]))
        self._survive(lambda: self.company.retry(number))
        self.fate.deaths.clear()

    def person_tries_again(self) -> None:
        order = self._some_order()
        if order is not None and self.company.statuses().get(order.number):
            self._survive(lambda: self.company.retry(order.number))

    def somebody_works(self) -> None:
        worker = self.chance.choice(self._workers)
        for _ in range(self.chance.randrange(1, 9)):
            self.coverage.steps += 1
            if not self.office.step(worker):
                break

    def somebody_gets_bad_answers(self) -> None:
        for _ in range(self.chance.randrange(1, 3)):
            self.books.answers.append(self.chance.choice(_ANSWERS))
        self.books.silent_look_ups += self.chance.randrange(3)
        self.somebody_works()
        self.books.answers.clear()

    def somebody_dies(self) -> None:
        moment = self.chance.choice(MOMENTS)
        self.fate.deaths[None] = (self.chance.choice(["before", "after"]), moment)
        self.office.lead_to(moment)
        self.somebody_works()
        self.somebody_works()

    def somebody_sleeps(self) -> None:
        """Let a worker sleep anywhere while others go on, and then wake up."""
        place = self.chance.choice(_PAUSES)
        _side, moment = place

        def others_go_on() -> None:
            self.coverage.pauses[place] += 1
            self._pass(self.chance.choice([20, 61, 130]))
            self.somebody_gets_bad_answers()
            self.somebody_works()
            unnoticed = place == ("before", "send")
            self._pass(self.chance.choice([1, _NAP_S] if unnoticed else [1, _SLEEP_S]))
            self.somebody_works()

        self._new_order(payments=("5.00",), customer=self.chance.randrange(5))
        self._work_until_due(PostingKind.PAYMENT)
        self.office.lead_to(moment)
        self.fate.pauses[place] = others_go_on
        for _ in range(3):
            self.somebody_works()
        self.fate.pauses.clear()

    def sender_sleeps_too_long(self) -> None:
        """Let a sender sleep until others have sent in its place, and long after."""

        def others_send() -> None:
            self._pass(130)
            self._others_work()
            self._pass(_SLEEP_S)

        self._meet_payments(("after", "start_sending"), others_send)

    def answer_is_read_late(self) -> None:
        """Let a worker sleep over an answer while others send again, in vain."""
        moment, answer = self.chance.choice(
            [
                ("put_off", Answer.TOO_MANY),
                ("record_unknown", Answer.LOST_BEFORE),
                ("record_answer", Answer.OK),
            ]
        )

        def others_send() -> None:
            self._pass(130)
            self.books.answers.append(
                self.chance.choice([Answer.HALF, Answer.LOST_AFTER])
            )
            self._others_work()

        self.books.answers_for[PostingKind.PAYMENT] = deque([answer])
        self._meet_payments(("before", moment), others_send)

    def books_are_late(self) -> None:
        self.books.answers_for[PostingKind.PAYMENT] = deque([Answer.HALF_LATE])
        self._meet_payments(("after", "record_unknown"), lambda: self._pass(1))

    def verdict_grows_old(self) -> None:
        """Let a sender sleep while another asks in its place, and dies.

        Its bytes arrive when it wakes, its answer is lost, and later somebody finds the
        request with the old "it is not there".
        """

        def another_asks_and_dies() -> None:
            self._pass(3 * _NAP_S)
            self.fate.deaths[None] = ("after", "record_findings")
            self._others_work()
            self.fate.deaths.clear()
            self.books.answers.append(Answer.LOST_AFTER)

        self._meet_payments(("before", "send"), another_asks_and_dies)
        self._pass(_SLEEP_S)
        self.somebody_works()

    def _meet_payments(self, place: KillPoint, act: Callable[[], object]) -> None:
        """Let something happen to the worker that books two part payments."""
        for customer in range(2):
            self._new_order(payments=("5.00",), customer=customer)
        self._work_until_due(PostingKind.PAYMENT)
        self.fate.pauses[place] = act
        self._others_work()
        self.fate.pauses.clear()

    def _others_work(self) -> None:
        worker = self.chance.choice(self._workers)
        for _ in range(4):
            self.coverage.steps += 1
            self.office.step(worker)

    def time_passes(self) -> None:
        self._pass(self.chance.choice([1, 20, 61, 130, 400]))

    def clock_jumps(self) -> None:
        """Let the clock be set while the books have nothing left lying.

        Settling is measured by it: the books' own lateness must not fall into it.
        """
        self._pass(60)
        self.company.clock.jump(self.chance.choice(_JUMPS_S))

    # The shop -------------------------------------------------------------------------

    def _some_order(self) -> Order | None:
        if not self.shop:
            return None
        return self.shop[self.chance.choice(sorted(self.shop))][-1]

    def _change(self, order: Order) -> Order:
        versions = self.shop.setdefault(order.number, [])
        later = timedelta(seconds=len(versions))
        versions.append(replace(order, modified_at=ORDERED_AT + later))
        return versions[-1]

    def _tell(self, order: Order) -> None:
        self._push(self._change(order))

    def _push(self, order: Order) -> None:
        """Send an order as shops do: again, until it is taken."""
        self._survive(lambda: self.company.take_in(order))

    def _survive(self, act: Callable[[], object]) -> None:
        try:
            act()
        except Killed:
            self.coverage.other_deaths[self.fate.met[-1][1]] += 1
            act()

    # The end --------------------------------------------------------------------------

    def _come_to_rest(self) -> None:
        self.fate.deaths.clear()
        self.fate.pauses.clear()
        self.books.answers.clear()
        for versions in self.shop.values():
            self._push(versions[-1])
            self._push(self.chance.choice(versions))  # late, and maybe an old one
        self._settle()
        self._check_books_equal_the_shop()
        try:
            self.company.assert_statuses_are_what_follows_from_the_postings()
        except AssertionError as error:
            raise Violation(f"statuses do not follow: {error}") from error

    def _settle(self) -> None:
        """Work until nothing is left, a person trying again what is refused."""
        for _ in range(_MOST_RETRIES):
            try:
                self.office.work_until_done(*self.chance.sample(self._workers, 2))
            except AssertionError as error:
                raise Violation(str(error)) from error
            self._check_nothing_twice()
            stopped = [
                number
                for number, status in self.company.statuses().items()
                if status == "needs attention"
            ]
            if not stopped:
                return
            for number in stopped:
                self.company.retry(number)
        raise Violation(f"a person cannot put right: {self._problems()}")

    def _work_until_due(self, kind: PostingKind) -> None:
        """Work, in peace, until a posting of a kind is the next to be frozen."""
        for _ in range(20):
            if not self.office.step(self._workers[0]):
                return
            if self.office.next_kind("prepare") is kind:
                return

    def _pass(self, seconds: float) -> None:
        self.company.clock.advance(seconds)
        self.books.process_late()

    # The promises ---------------------------------------------------------------------

    def _check_nothing_twice(self) -> None:
        for kind in _ONCE:
            twice = {k: n for k, n in self.books.count(kind).items() if n > 1}
            if twice:
                raise Violation(f"booked more than once: {twice}")

    def _check_books_equal_the_shop(self) -> None:
        self._pass(60)
        self._check_nothing_twice()
        told = {f"W-{number}": versions[-1] for number, versions in self.shop.items()}
        for number, order in told.items():
            booked, wanted = self._booked(number), _wanted(order)
            if booked != wanted:
                raise Violation(
                    f"{number} in the books: {booked}, in the shop: {wanted}"
                )
        others = self.books.count(InvoiceDraft).keys() - told.keys()
        if others:
            raise Violation(f"nobody ordered {sorted(others)}")
        self._check_documents()
        # A contact whose only order was cancelled waits for the next one.
        open_ones = {
            key: state
            for key, state in self.company.postings().items()
            if state not in {"confirmed", "cancelled"} and key.startswith("W-")
        }
        if open_ones:
            raise Violation(f"not in an end state: {open_ones}")
        if set(self.company.statuses().values()) - _AT_REST:
            raise Violation(f"not at rest: {self._problems()}")

    def _booked(self, number: str) -> Mapping[str, Decimal]:
        """Return the sums of what is in the books for one order."""
        drafts = [document.draft for document in self.books.documents]
        voided = VoidDraft(invoice_number=number) in drafts
        return {
            "invoiced": _sum(
                d.total
                for d in drafts
                if isinstance(d, InvoiceDraft) and d.number == number and not voided
            ),
            "paid": self.books.paid(number),
            "credited": _sum(
                d.total
                for d in drafts
                if isinstance(d, CreditNoteDraft) and d.invoice_number == number
            ),
            "allocated": _sum(
                d.amount
                for d in drafts
                if isinstance(d, AllocationDraft) and d.invoice_number == number
            ),
            "paid back": _sum(
                d.amount
                for d in drafts
                if isinstance(d, RefundDraft)
                and d.credit_note_number.startswith(f"{number}-")
            ),
        }

    def _check_documents(self) -> None:
        """Check that what the company believes to be booked is in the books."""
        booked = {
            document.id: natural_key(document.draft)
            for document in self.books.documents
        }
        believed = self.company.document_ids()
        wrong = {key: id_ for key, id_ in believed.items() if booked.get(id_) != key}
        if wrong:
            raise Violation(f"believed to be booked: {wrong}, but there is: {booked}")

    def _problems(self) -> Mapping[str, str]:
        return {
            row.number: f"{row.status}: {row.message}"
            for row in self.company.rows()
            if row.status not in _AT_REST
        }


def _wanted(order: Order) -> Mapping[str, Decimal]:
    """Return the sums that must be in the books for an order.

    What is credited lowers what is still asked for first; the rest is paid back.
    """
    cancelled = order.phase is OrderPhase.CANCELLED
    allocated = min(order.refunded, order.total - order.paid)
    return {
        "invoiced": Decimal(0) if cancelled else order.total,
        "paid": order.paid,
        "credited": order.refunded,
        "allocated": allocated,
        "paid back": order.refunded - allocated,
    }


def _refunded(order: Order) -> Order:
    refund = Refund(external_id=f"r{order.number}", amount=Decimal("2.00"))
    return replace(order, refunds=(refund,))


def _cancelled(order: Order) -> Order:
    return replace(order, phase=OrderPhase.CANCELLED, shop_status="cancelled")


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


# A voiding is the only one that does no harm twice.
_ONCE = (InvoiceDraft, PaymentDraft, CreditNoteDraft, AllocationDraft, RefundDraft)
_ANSWERS = list(Answer)
_DAY: list[Callable[[World], None]] = [
    World.order_comes_in,
    World.customer_pays_more,
    World.shop_gives_money_back,
    World.customer_cancels,
    World.push_comes_twice,
    World.old_push_comes_late,
    World.push_is_lost,
    World.program_dies_while_an_order_comes_in,
    World.program_dies_while_a_person_tries_again,
    World.person_tries_again,
    World.somebody_works,
    World.somebody_gets_bad_answers,
    World.somebody_gets_bad_answers,
    World.somebody_dies,
    World.somebody_dies,
    World.somebody_sleeps,
    World.somebody_sleeps,
    World.sender_sleeps_too_long,
    World.answer_is_read_late,
    World.books_are_late,
    World.verdict_grows_old,
    World.time_passes,
    World.clock_jumps,
]
