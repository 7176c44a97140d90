"""One schedule of the simulation: a shop, its company, four workers and bad luck.

The clock, the books and the deaths are made up; the engine and its database are the
product's own. All chance comes from the number of the schedule, so that a schedule
that found something can be run again.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

from typing_extensions import override

from dashboard.accounting.protocol import Log
from dashboard.domain.books import (
    AllocationDraft,
    CreditNoteDraft,
    InvoiceDraft,
    PaymentDraft,
    RefundDraft,
)
from dashboard.domain.clock import Clock
from dashboard.domain.exchanges import Claim, Exchange, Finding, Outcome, Verdict
from dashboard.domain.order import Order, OrderPhase
from dashboard.domain.postings import Posting, PostingKind
from dashboard.domain.problems import Cause
from dashboard.domain.rules import Correction, InvoiceWhen
from dashboard.store.orders import OrderStore
from dashboard.store.schema import OrderRow
from tests.fixtures.builders import ORDERED_AT, RULES
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
from tests.simulation import lives
from tests.simulation.cells import (
    CELLS_A_SCHEDULE,
    OTHER_KILL_POINTS,
    Cell,
    Coverage,
    cells_for,
)
from tests.simulation.promises import (
    Documents,
    Violation,
    live_invoices,
    root_of,
)

_HAPPENINGS = 10
_HAPPENINGS_OF_A_BAD_DAY = 25
_MOST_MORE_LIVES = 4
_WORKERS = 4
_JUMPS_S = (-7200, -600, 600, 7200)
# A person puts right what needs one; more often than this they give up.
_MOST_RETRIES = 8
_AT_REST = {"invoiced", "paid", "credited", "ignored"}
# Sleeping right before the send, past the last look at the clock, is bounded by the
# time the books remember a key: nothing else tells the second sender from the first.
_NAP_S = 70
_SLEEP_S = 400
_PAUSES = [(side, moment) for moment in MOMENTS for side in ("before", "after")]
_PERSON_DIES = [place for place in OTHER_KILL_POINTS if place[1] != "take_in"]
_R = TypeVar("_R")


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

    @override
    def _book(self, element: Mapping[str, str]) -> Verdict:
        verdict = super()._book(element)
        newest = self.documents[-1].draft if self.documents else None
        if isinstance(newest, InvoiceDraft) and not newest.corrects:
            drafts = [document.draft for document in self.documents]
            live = live_invoices(drafts, root_of(newest.number))
            if len(live) > 1:
                raise Violation(f"an order is asked for twice at once: {live}")
        return verdict


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
        rules = replace(
            RULES,
            invoice_when=InvoiceWhen.ORDERED,
            tax_rules=lives.TAX_RULES,
            correction=self.chance.choice([Correction.ASK, *Correction]),
        )
        company.settings.save_rules(rules, expected_version=2)
        self.changes_book_themselves = rules.correction is not Correction.ASK
        self.shop: dict[str, list[Order]] = {}  # every version of every order
        self._untold: set[str] = set()  # the newest version was lost on the way
        # How often a person chose how the books follow a change, by order number.
        self.chosen: Counter[str] = Counter()
        # What was in the books for an order when a person set it aside.
        self.set_aside: dict[str, frozenset[str]] = {}
        self._cells: dict[PostingKind, deque[Cell]] = {}
        # How often the books had given a cell's answer before its turn came.
        self._given_before: dict[PostingKind, int] = {}
        self._met: list[tuple[Cell, int]] = []
        self._workers = [self.office.worker(f"worker {n}") for n in range(_WORKERS)]

    # The schedule ---------------------------------------------------------------------

    def go(self) -> None:
        """Play the schedule to its end.

        Raises:
            Violation: If the books are not what the shop says.
        """
        self._play_drill()
        # Every other schedule is a bad day as well.
        self._play_day(self.number % 2 * _HAPPENINGS)
        self._come_to_rest()

    def go_through_a_bad_day(self) -> None:
        """Play a long day of accidents, without the drill; raises as `go` does."""
        self._play_day(_HAPPENINGS_OF_A_BAD_DAY)
        self._come_to_rest()

    def _play_day(self, happenings: int) -> None:
        for _ in range(happenings):
            happening = self.chance.choice(_DAY)
            self.coverage.happenings[happening.__name__] += 1
            happening(self)
            self._check_nothing_twice()

    def _play_drill(self) -> None:
        """Let a few orders live through everything; each kind meets its cells."""
        for kind in PostingKind:
            self._cells[kind] = deque(cells_for(kind, self.number))
            self._await_next(kind)
        self.fate.heard = self._next_follows
        for customer in range(2):
            self._new_order(payments=("12.00",), customer=customer)
            self._new_order(payments=(), customer=customer)
        for customer in range(3):
            self._new_order(payments=("5.00",), customer=customer)
        self._settle()
        self._tell_what_followed()
        # Now and then all of it is told at once.
        if self.number % 4:
            self._settle()
        self._tell_what_followed_that()
        self._settle()
        for _ in range(_MOST_MORE_LIVES):
            if len(self._filled()) < CELLS_A_SCHEDULE * len(PostingKind):
                self._let_more_orders_live()
        self.coverage.cells.update(self._filled())
        self.fate.heard = lambda _victim: None
        self.fate.deaths.clear()
        self.books.answers_for.clear()

    def _tell_what_followed(self) -> None:
        """Tell of orders 0 and 2 (paid), 1 and 3 (not), 4 to 6 (partly), and new ones.

        Two that are alike can be booked by halves.
        """
        newest = [versions[-1] for versions in self.shop.values()]
        self._tell(lives.refunded_by_line(newest[0], 0))
        self._tell(lives.cancelled(newest[1]))
        self._tell(lives.refunded(newest[2], "2.00"))
        self._tell(lives.cancelled(newest[3]))
        self._tell(lives.refunded(newest[4], "2.00"))
        self._tell(lives.refunded(newest[5], "1.37"))
        self._tell(lives.changed(newest[6], lives.MORE))
        self._new_order(payments=("12.00",), customer=3)
        for customer in (4, 5):
            self._new_order(payments=(), customer=customer)

    def _tell_what_followed_that(self) -> None:
        newest = [versions[-1] for versions in self.shop.values()]
        self._tell(lives.refunded_wholly(newest[0]))
        self._tell(lives.refunded_by_line(newest[2], 2))
        self._tell(lives.cancelled(lives.refunded_wholly(newest[4])))
        self._tell(lives.refunded(newest[5], "20.00"))
        self._tell(lives.changed(newest[7], lives.LESS))
        self._tell(lives.cancelled(newest[8]))
        self._tell(lives.cancelled(newest[9]))

    def _filled(self) -> list[Cell]:
        """Return the cells whose death was met and whose answer was given."""
        return [
            cell
            for cell, given_before in self._met
            if self.books.given[cell.kind, cell.answer] > given_before
        ]

    def _let_more_orders_live(self) -> None:
        """Let every kind be booked once more, for cells that nobody came by."""
        first = len(self.shop)
        for payments in (("12.00",), ("5.00",), ()) * 2:
            self._new_order(payments=payments, customer=len(self.shop))
        self._settle()
        for number in range(first, len(self.shop)):
            order = self.shop[str(number)][-1]
            gone = lives.refunded(order, "2.00") if order.paid else None
            self._tell(gone or lives.cancelled(order))
        self._settle()

    def _await_next(self, kind: PostingKind) -> None:
        """Let a kind of posting meet the next of its cells."""
        cell = self._cells[kind][0]
        answers = self.books.answers_for.setdefault(kind, deque())
        answers.extend(cell.answers())
        self.fate.deaths[kind] = cell.kill_point
        self._given_before[kind] = self.books.given[kind, cell.answer]
        _side, moment = cell.kill_point
        if moment == "look_later":
            self.books.silent_look_ups_of.add(kind)
        if moment == "give_back":
            self.books.silent_sign_ins_for.add(kind)

    def _next_follows(self, victim: PostingKind | None) -> None:
        if victim is None:
            return
        cell = self._cells[victim].popleft()
        self._met.append((cell, self._given_before.pop(victim)))
        if self._cells[victim]:
            self._await_next(victim)

    # What happens ---------------------------------------------------------------------

    def order_comes_in(self) -> None:
        payments = self.chance.choice([("12.00",), ("5.00",), ("4.00",) * 2, ()])
        self._new_order(payments=payments, customer=self.chance.randrange(5))

    def _new_order(self, *, payments: tuple[str, ...], customer: int) -> None:
        number = len(self.shop)
        self._tell(lives.ordered(number, customer=customer, payments=payments))

    def customer_pays_more(self) -> None:
        order = self._some_order()
        if order is not None and order.paid:
            rest = lives.left_to_pay(self.shop[order.number])
            if rest > 0:
                amount = self.chance.choice([rest, min(rest, Decimal("1.00"))])
                self._tell(lives.paid(order, amount))

    def shop_gives_money_back(self) -> None:
        order = self._some_order()
        if order is not None and order.paid > order.refunded:
            rest = order.paid - order.refunded
            amount = self.chance.choice([min(rest, Decimal("1.99")), rest])
            order = lives.refunded(order, amount)
            self._tell(order)
            if amount < rest:
                self._tell(lives.refunded_wholly(order))

    def customer_cancels(self) -> None:
        order = self._some_order()
        if order is not None:
            self._tell(lives.cancelled(order))

    def shop_changes_an_order(self) -> None:
        order = self._some_order()
        if order is not None:
            self._change_lines(order)

    def _change_lines(self, order: Order) -> None:
        """Change an order, but not to less than was paid and is still to be booked."""
        baskets = [lives.MORE, lives.OTHER]
        if self.books.paid(f"W-{order.number}") == order.paid:
            baskets.append(lives.LESS)
        self._tell(lives.changed(order, self.chance.choice(baskets)))

    def order_changes_on_its_way(self) -> None:
        """Let the shop change orders while they are about to be sent."""

        def shop_changes_them() -> None:
            for number in (first, first + 1):
                order = self.shop[str(number)][-1]
                change = self.chance.choice([lives.cancelled, self._refunded_a_bit])
                self._tell(change(order))

        first = len(self.shop)
        self._meet_payments(("before", "send"), shop_changes_them)

    @staticmethod
    def _refunded_a_bit(order: Order) -> Order:
        return lives.refunded(order, "1.00")

    def person_decides(self) -> None:
        for row in self.company.rows():
            if row.status == "needs attention":
                self._put_right(row)

    def person_decides_on_what_has_changed_since(self) -> None:
        number = str(len(self.shop))
        self._new_order(payments=("5.00",), customer=self.chance.randrange(5))
        self._settle()
        order = self.shop[number][-1]
        self._tell(lives.changed(order, lives.MORE))
        order_id = self.company.row(number).id
        options = self.company.options(order_id)
        if options is None:
            return
        self._tell(lives.changed(order, lives.LESS))
        way, *_ = options.postings
        if self.company.correct(order_id, options.revision_id, way):
            raise Violation(f"{number} was chosen for as it was before")

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
            self._change(replace(order, note=note))
            self._untold.add(order.number)  # but for the next change of it

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
        self._get_bad_answers(_ANSWERS)

    def _get_bad_answers(self, answers: Sequence[Answer]) -> None:
        for _ in range(self.chance.randrange(1, 3)):
            self.books.answers.append(self.chance.choice(answers))
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
            unnoticed = place == ("before", "send")
            self._get_bad_answers(_WHOLE if unnoticed else _ANSWERS)
            self.somebody_works()
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
            self.fate.deaths[PostingKind.PAYMENT] = ("after", "record_findings")
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
        self.books.answers_for.clear()

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

    def _survive(self, act: Callable[[], _R]) -> _R:
        try:
            return act()
        except Killed:
            self.coverage.other_deaths[self.fate.met[-1][1]] += 1
            return act()

    # A person -------------------------------------------------------------------------

    def _put_right(self, row: OrderRow) -> None:
        """Do about an order what it needs a person for; they may die of it."""
        options = self.company.options(row.id)
        ways = [] if options is None else [*options.postings]
        way = self.chance.choice([*ways, None])
        self.fate.deaths[None] = self.chance.choice(_PERSON_DIES)
        if options is not None and way is not None:
            # It may be done, and the person not know of it.
            self.chosen[row.number] += 1
            revision = options.revision_id
            self._survive(lambda: self.company.correct(row.id, revision, way))
        elif row.cause in _SET_ASIDE:
            self._survive(lambda: self.company.ignore(row.id))
            if self.company.row(row.number).ignored_by:
                self.set_aside[row.number] = self._documents(row.number).keys
        else:
            self._survive(lambda: self.company.retry(row.number))
        self.fate.deaths.pop(None, None)

    # The end --------------------------------------------------------------------------

    def _come_to_rest(self) -> None:
        self.fate.deaths.clear()
        self.fate.pauses.clear()
        self.books.answers.clear()
        for number in sorted(self._untold):
            self._push(self.shop[number][-1])
        for number in self.chance.sample(sorted(self.shop), min(3, len(self.shop))):
            self._push(self.chance.choice(self.shop[number]))  # late, maybe an old one
        self._settle()
        self._check_books_equal_the_shop()
        try:
            self.company.assert_statuses_are_what_follows_from_the_postings()
            self.company.assert_orders_are_counted_and_found()
        except AssertionError as error:
            raise Violation(f"statuses do not follow: {error}") from error

    def _settle(self) -> None:
        """Work until nothing is left, a person putting right what needs one."""
        for _ in range(_MOST_RETRIES):
            try:
                self.office.work_until_done(*self.chance.sample(self._workers, 2))
            except AssertionError as error:
                raise Violation(str(error)) from error
            self._check_nothing_twice()
            rows = self.company.rows()
            stopped = [row for row in rows if row.status == "needs attention"]
            if not stopped:
                return
            for row in stopped:
                self._put_right(row)
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
        for number, versions in self.shop.items():
            documents = self._documents(number)
            # One that changed since is asked about again, and may be booked then.
            if number in self.set_aside and self.company.row(number).ignored_by:
                added = documents.keys - self.set_aside[number]
                wrong = [f"{sorted(added)} was added"] if added else []
            else:
                wrong = (
                    list(documents.wrong(versions))
                    if documents.drafts
                    else self._missing(versions[-1])
                )
            asked = self.changes_book_themselves or (
                documents.corrections <= self.chosen[number]
            )
            if not asked:
                wrong.append("a change was booked that nobody chose")
            if wrong:
                raise Violation(f"{number}: {'; '.join(wrong)}: {documents.drafts}")
        numbers = {root_of(key) for key in self.books.count(InvoiceDraft)}
        others = numbers - {f"W-{number}" for number in self.shop}
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

    def _documents(self, number: str) -> Documents:
        drafts = (document.draft for document in self.books.documents)
        return Documents(f"W-{number}", drafts)

    @staticmethod
    def _missing(order: Order) -> list[str]:
        gone = order.phase is OrderPhase.CANCELLED
        return [] if gone else ["there is nothing in the books"]

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


# Causes that a person sets an order aside for, where the books cannot follow.
_SET_ASIDE = {Cause.CHANGED_AFTER_BOOKING, Cause.REFUND_NOT_BOOKED}
# A voiding is the only one that does no harm twice.
_ONCE = (InvoiceDraft, PaymentDraft, CreditNoteDraft, AllocationDraft, RefundDraft)
_ANSWERS = list(Answer)
_WHOLE = [answer for answer in Answer if answer not in {Answer.HALF, Answer.HALF_LATE}]
_DAY: list[Callable[[World], None]] = [
    World.order_comes_in,
    World.customer_pays_more,
    World.shop_gives_money_back,
    World.customer_cancels,
    World.shop_changes_an_order,
    World.shop_changes_an_order,
    World.order_changes_on_its_way,
    World.person_decides,
    World.person_decides_on_what_has_changed_since,
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
