"""What a person does to orders: try again, ignore, restore."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dashboard.domain.order import Order
from dashboard.domain.postings import BATCH_SIZE
from dashboard.domain.rules import Correction
from dashboard.domain.runs import Trigger
from dashboard.domain.selections import Result, SelectionAct
from dashboard.domain.sentences import say
from dashboard.store.orders import Options, OrderStore, PlannedAgain
from dashboard.sync.intake import read_again
from dashboard.sync.plan import plan_order


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an action did, in orders.

    *done* were changed, *skipped* had moved on meanwhile, *stopped* were tried and
    stand still as before, *failed* could not be: the log says why.
    """

    done: int
    skipped: int
    stopped: int = 0
    failed: int = 0


class OrderActions:
    """Acts on orders in a person's name; *actor* is who, for the order's story."""

    def __init__(self, orders: OrderStore, wake: Callable[[Trigger], None]) -> None:
        self._orders = orders
        self._wake = wake

    def retry(self, order_ids: Iterable[int], actor: str) -> Outcome:
        """Plan orders anew and send again what was refused.

        A batch goes before all that waits in line; more would be a line of their own.
        """
        ids = tuple(order_ids)
        planned = self._orders.plan_again(
            ids,
            read_again,
            plan_order,
            actor=actor,
            why=say("Tried again."),
            urgent=len(ids) <= BATCH_SIZE,
        )
        self._wake(Trigger.PERSON)
        return Outcome(
            done=planned.moved,
            skipped=planned.skipped,
            stopped=planned.stopped,
            failed=planned.failed,
        )

    def ignore(self, order_id: int, reason: str, actor: str) -> Outcome:
        """Ignore an order; skipped while it is on its way."""
        done = self._orders.ignore(order_id, reason, actor=actor)
        return Outcome(done=int(done), skipped=int(not done))

    def act(
        self, act: SelectionAct, order_id: int, reason: str, actor: str, *, urgent: bool
    ) -> Result:
        """Do with one order what was chosen for many.

        A backfill books an order that is known and not booked, by today's rules. The
        caller wakes the engine.
        """
        match act:
            case SelectionAct.IGNORE:
                done = self._orders.ignore(
                    order_id, reason, actor=actor, stopped_only=True
                )
                return Result.DONE if done else Result.SKIPPED
            case SelectionAct.RESTORE:
                done = self._orders.restore(
                    order_id, read_again, plan_order, reason=reason, actor=actor
                )
                return Result.DONE if done else Result.SKIPPED
            case SelectionAct.RETRY:
                return self._again(order_id, say("Tried again."), actor, urgent=urgent)
            case SelectionAct.BACKFILL if self._orders.is_doubtful(order_id):
                # Whoever tries it again looks into the books first.
                return Result.STOPPED
            case SelectionAct.BACKFILL:
                became = self._again(order_id, say("Backfilled."), actor, urgent=urgent)
                if became is not Result.SKIPPED:
                    return became
                # It needed no person: it waited, or a rule ignores it.
                planned = self._orders.plan_again([order_id], read_again, plan_order)
                return _result(planned)

    def _again(self, order_id: int, why: str, actor: str, *, urgent: bool) -> Result:
        planned = self._orders.plan_again(
            [order_id], read_again, plan_order, actor=actor, why=why, urgent=urgent
        )
        return _result(planned)

    def wake(self) -> None:
        """Let the engine look for what was just acted on."""
        self._wake(Trigger.PERSON)

    def moved_on(self, order_id: int) -> str:
        """Return what became of an order before it could be acted on, and by whom."""
        turn = self._orders.last_turn(order_id)
        if turn is None:
            return say("It had moved on meanwhile.")
        if not turn.by_person:
            return say("It had moved on meanwhile: %(what)s", what=turn.text)
        return say("%(who)s was there before: %(what)s", who=turn.actor, what=turn.text)

    def why(self, order_id: int) -> str:
        """Return what keeps an order from being booked, in words."""
        why, _status = self._orders.standing(order_id)
        return why

    def restore(self, order_id: int, reason: str, actor: str) -> Outcome:
        """Restore an order that was ignored, with a reason."""
        done = self._orders.restore(
            order_id, read_again, plan_order, reason=reason, actor=actor
        )
        self._wake(Trigger.PERSON)
        return Outcome(done=int(done), skipped=int(not done))

    def add_note(self, order_id: int, text: str, actor: str) -> Outcome:
        """Add to an order's story what a person wants the others to know."""
        self._orders.add_note(order_id, text, actor=actor)
        return Outcome(done=1, skipped=0)

    def options(self, order_id: int) -> Options | None:
        """Return how the books can follow a change, if the order waits for that."""
        return self._orders.options(order_id, read_again, plan_order)

    def correct(
        self, order_id: int, revision_id: int, correction: Correction, actor: str
    ) -> Outcome:
        """Let the books follow a change; skipped if the order changed again since."""
        done = self._orders.correct(
            order_id, revision_id, correction, read_again, plan_order, actor=actor
        )
        self._wake(Trigger.PERSON)
        return Outcome(done=int(done), skipped=int(not done))

    def as_told(self, order_id: int) -> Order | None:
        """Return the order as the shop last told it, if it can be read."""
        told = self._orders.told(order_id, read_again)
        return told if isinstance(told, Order) else None


def _result(planned: PlannedAgain) -> Result:
    if planned.moved:
        return Result.DONE
    if planned.stopped:
        return Result.STOPPED
    return Result.FAILED if planned.failed else Result.SKIPPED
