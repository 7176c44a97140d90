"""One step of the protocol: freeze a batch, send a request, or ask the books."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dashboard.accounting.protocol import Books, BooksSilent, Pacer
from dashboard.domain.clock import Clock
from dashboard.domain.exchanges import (
    Answered,
    Claim,
    Exchange,
    FailedAttempt,
    NotProcessed,
    Outcome,
    OutcomeUnknown,
    RefusedWhole,
)
from dashboard.domain.timing import Timing, full_jitter_s
from dashboard.store.exchanges import ExchangeStore
from dashboard.store.gate import Gate
from dashboard.store.queue import WorkQueue

# A gate closed for longer ends the run; it goes on when the gate opens.
MAX_WAIT_S = 5.0
_LOOK_AGAIN_S = 1.0
_SLEPT = "The machine slept just before sending"


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Works for one run; several workers, threads and processes may at once."""

    queue: WorkQueue
    books: Books
    pacer: Pacer
    gate: Gate
    exchanges: ExchangeStore
    clock: Clock
    timing: Timing
    sleep: Callable[[float], object]  # returns early when the program stops
    run_id: int

    def step(self) -> bool:
        """Do the next piece of work; False when there is none that can be done."""
        claim = self.queue.claim()
        if claim is None:
            return self._begin()
        if claim.unknown:
            self._ask(claim)
        else:
            self._send(claim)
        return True

    def _begin(self) -> bool:
        """Freeze and send a batch, but not before it can go: until then it may grow."""
        due = self.queue.due()
        if due is None:
            return False
        wait_s = self.gate.wait_s(urgent=due.urgent)
        if wait_s > MAX_WAIT_S:
            return False
        if wait_s > 0:
            # Meanwhile a person may ask for something that does not have to wait.
            self.sleep(min(wait_s, _LOOK_AGAIN_S))
            return True
        claim = self.queue.prepare(self.books.freeze, due.kinds)
        if claim is not None:
            self._send(claim)
        return claim is not None

    def _send(self, claim: Claim) -> None:
        try:
            self.books.sign_in(self._log)
            with self.pacer(urgent=claim.urgent):
                before = self._readings()
                if not self.queue.start_sending(claim):
                    return
                if self._slept_since(before):
                    # Others may have looked meanwhile and sent it in our place.
                    self.queue.put_off(claim, _SLEPT, 0.0, None, self.run_id)
                    return
                outcome, exchange = self.books.send(claim)
        except BooksSilent as silent:
            self.gate.note(silent.failure)
            self.queue.give_back(claim, _wait_s(silent.failure, claim))
            return
        self._record(claim, outcome, exchange)

    def _record(self, claim: Claim, outcome: Outcome, exchange: Exchange) -> None:
        match outcome:
            case Answered(verdicts=verdicts):
                self.queue.record_answer(claim, verdicts, exchange, self.run_id)
                self.gate.note_success()
            case NotProcessed(reason=reason):
                self.gate.note(outcome)
                wait_s = _wait_s(outcome, claim)
                self.queue.put_off(claim, reason, wait_s, exchange, self.run_id)
            case OutcomeUnknown():
                paused = self.gate.note(outcome)
                failed = FailedAttempt(
                    reason=outcome.reason,
                    wait_s=outcome.wait_s or 0.0,
                    counts=not paused,
                )
                self.queue.record_unknown(claim, failed, exchange, self.run_id)
            case RefusedWhole(problem=problem):
                self.queue.refuse_whole(claim, problem, exchange, self.run_id)

    def _ask(self, claim: Claim) -> None:
        """Ask the books what became of a request, and send what is missing."""
        try:
            findings = self.books.look_up(
                claim.kind, claim.members, lambda e: self._keep(e, claim.request_id)
            )
        except BooksSilent as silent:
            paused = self.gate.note(silent.failure)
            failed = FailedAttempt(
                reason=silent.failure.reason,
                wait_s=_wait_s(silent.failure, claim),
                counts=not paused and silent.failure.wait_s is None,
            )
            self.queue.look_later(claim, failed, self.run_id)
            return
        self.gate.note_success()
        missing = self.queue.record_findings(
            claim, findings, self.books.freeze, self.run_id
        )
        if missing is not None:
            # In the same claim, while "it is not there" is fresh.
            self._send(missing)

    def _readings(self) -> tuple[datetime, float]:
        return self.clock.now(), self.clock.monotonic_s()

    def _slept_since(self, before: tuple[datetime, float]) -> bool:
        """Tell whether too long passed on either clock: one stands still in sleep."""
        now, monotonic_s = self._readings()
        passed_s = max((now - before[0]).total_seconds(), monotonic_s - before[1])
        return passed_s > self.timing.pause_s

    def _log(self, exchange: Exchange) -> None:
        self._keep(exchange, None)

    def _keep(self, exchange: Exchange, request_id: int | None) -> None:
        self.exchanges.add(exchange, request_id=request_id, run_id=self.run_id)


def _wait_s(failure: NotProcessed, claim: Claim) -> float:
    if failure.wait_s is not None:
        return failure.wait_s
    return full_jitter_s(claim.attempts)
