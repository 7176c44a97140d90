"""The transactions of the exactly-once protocol; docs/architecture.md tells its story.

Only what is committed here is believed. A lease makes two workers on one request
unlikely; that nothing is booked twice rests on the states, the frozen bytes and on
asking the books, never on the lease or a clock.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session, defer

from dashboard.domain.exchanges import (
    Accepted,
    Claim,
    Exchange,
    FailedAttempt,
    Finding,
    NotThere,
    Refused,
    Verdict,
)
from dashboard.domain.postings import Posting, PostingKind, PostingState
from dashboard.domain.problems import Problem
from dashboard.domain.sentences import say
from dashboard.domain.status import RequestState
from dashboard.domain.timing import Timing, full_jitter_s
from dashboard.store.among import among
from dashboard.store.batches import (
    Due,
    Freeze,
    eligible_ids,
    freeze_missing,
    freeze_or_set_aside,
    halves,
    still_eligible,
    what_is_due,
)
from dashboard.store.database import Database, UtcDateTime
from dashboard.store.exchanges import add_exchange
from dashboard.store.postings import FIRST, SelectedPosting, postings_of, selected
from dashboard.store.schema import (
    PostingRow,
    RequestMemberRow,
    RequestRow,
)
from dashboard.store.standings import (
    LockedOrders,
    add_event,
    lock_orders_of,
    refresh_locked,
)
from dashboard.store.verdicts import VerdictWriter

_GIVEN_UP = say(
    "Tried for too long without an answer. The books are still asked "
    "for it now and then, and nothing is sent before a person tries "
    "it again."
)


# What can be worked on. Times far in the future are taken as due: the clock was set
# back.
_DUE = select(RequestRow).where(
    RequestRow.state != RequestState.DONE.value,
    or_(
        RequestRow.not_before <= bindparam("now", type_=UtcDateTime()),
        RequestRow.not_before > bindparam("far", type_=UtcDateTime()),
    ),
    or_(
        RequestRow.claimed_until <= bindparam("now", type_=UtcDateTime()),
        RequestRow.claimed_until > bindparam("far_lease", type_=UtcDateTime()),
    ),
)
_NEXT = (
    _DUE.order_by(RequestRow.turn, RequestRow.not_before, RequestRow.id)
    .limit(1)
    .with_for_update(key_share=True, skip_locked=True)
)
_URGENT = _DUE.where(RequestRow.turn == FIRST).limit(1).with_only_columns(RequestRow.id)
_LEFT = _DUE.where(
    RequestRow.id == bindparam("request_id"),
    RequestRow.state == RequestState.SENDING.value,
).with_for_update(key_share=True)
_WAITING = (
    select(RequestRow)
    .options(defer(RequestRow.body))
    .where(
        RequestRow.state != RequestState.DONE.value,
        RequestRow.claimed_by == "",
        RequestRow.given_up_at.is_(None),
        RequestRow.not_before > bindparam("now", type_=UtcDateTime()),
    )
    .order_by(RequestRow.id)
    .with_for_update(key_share=True)
)
_OWN = (
    select(RequestRow)
    .options(defer(RequestRow.body))
    .where(
        RequestRow.id == bindparam("request_id"),
        RequestRow.claimed_by == bindparam("worker"),
        RequestRow.claim_token == bindparam("token"),
        RequestRow.state == bindparam("state"),
    )
    .with_for_update(key_share=True)
)


class WorkQueue:
    """Postings that are due and the requests that carry them."""

    def __init__(self, database: Database, timing: Timing, worker: str) -> None:
        self._database = database
        self._timing = timing
        self._worker = worker
        # Threads that freeze at once choose the same postings, and all but one of them
        # wait for the locks in vain.
        self._freezing = threading.Lock()

    def due(self) -> Due | None:
        """Return which postings wait for their turn and have it; None if none do."""
        with self._database.read() as session:
            return what_is_due(session)

    def is_urgent(self) -> bool:
        """Tell whether a person waits for some of what can be worked on now."""
        with self._database.read() as session:
            due = what_is_due(session)
            if due is not None and due.urgent:
                return True
            times = self._times(self._database.now(session))
            return session.scalar(_URGENT, times) is not None

    def prepare(
        self, freeze: Freeze, kinds: Iterable[PostingKind] = tuple(PostingKind)
    ) -> Claim | None:
        """Freeze the next batch of due postings into a request and claim it (T1).

        Returns:
            None when nothing of *kinds* is due.
        """
        claims = (self._prepare(kind, freeze) for kind in kinds)
        return next((claim for claim in claims if claim is not None), None)

    def _prepare(self, kind: PostingKind, freeze: Freeze) -> Claim | None:
        """Freeze the next batch of one kind; locks of two kinds are never held at once.

        Orders are locked before postings everywhere, so nobody waits in a circle;
        what another worker took meanwhile is left out, and what came is left for later.
        """
        with self._freezing, self._database.write() as session:
            now = self._database.now(session)
            connection = session.connection()
            due = connection.scalars(eligible_ids(kind)).all()
            if not due:
                return None
            orders = lock_orders_of(session, due)
            rows = connection.execute(still_eligible(kind), {"ids": due}).all()
            if not rows:
                return None
            frozen = freeze_or_set_aside(session, kind, rows, freeze, now)
            # Not of orders that came to share a contact since: no lock is held.
            refresh_locked(session, orders, now)
            if frozen is None:
                return None
            self._take(frozen.row, now)
            return _claim_of(frozen.row, frozen.members)

    def claim(self) -> Claim | None:
        """Take the request that waits longest for work, if any is due.

        One whose worker vanished while sending becomes unknown and is left to settle.
        """
        while True:
            with self._database.write() as session:
                now = self._database.now(session)
                row = self._next(session, now)
                if row is None:
                    return None
                if row.state != RequestState.SENDING.value:
                    self._take(row, now)
                    return _claim(session, row)
                left = row.id
            self._take_from_vanished(left)

    def start_sending(self, claim: Claim) -> bool:
        """Write down that the request is about to be sent (T2).

        One that may be in the books already is sent again only on a fresh "it is not
        there": an old one says nothing of what happened since.

        Returns:
            False when the request is no longer ours, or must be looked up first.
        """
        with self._database.write() as session:
            now = self._database.now(session)
            # The first time, the orders are in progress before and after.
            first = not (claim.tried or claim.may_be_in_the_books)
            orders = {} if first else _lock_touched(session, claim)
            row = self._own(session, claim, RequestState.PREPARED)
            if row is None:
                return False
            if row.dirty and not self._is_fresh(row.verified_at, now):
                row.state = RequestState.UNKNOWN.value
                self._release(row, now)
                refresh_locked(session, orders, now)
                return False
            row.state = RequestState.SENDING.value
            row.attempts += 1
            row.dirty = True
            row.last_sent_at = now
            # Signing in and waiting for a place took some of the lease.
            row.claimed_until = now + timedelta(seconds=self._timing.lease_s)
            refresh_locked(session, orders, now)
            return True

    def record_answer(
        self, claim: Claim, verdicts: Sequence[Verdict], exchange: Exchange, run_id: int
    ) -> None:
        """Write down the books' verdict on each member (T3).

        What is confirmed counts even from a worker that lost its claim; refusals
        count only from the owner.
        """
        with self._database.write() as session:
            now = self._database.now(session)
            orders = _lock_touched(session, claim)
            add_exchange(session, exchange, claim.request_id, run_id)
            row = self._own(session, claim, RequestState.SENDING)
            clashed = False
            with VerdictWriter(session, claim, run_id=run_id, at=now) as writer:
                for member, verdict in zip(claim.members, verdicts, strict=True):
                    if isinstance(verdict, Accepted):
                        writer.confirm(member, verdict)
                    elif row is None:
                        continue
                    elif isinstance(verdict, Refused):
                        writer.refuse(member, verdict.problem)
                    else:
                        clashed |= writer.is_worth_asking(member, verdict)
            if row is not None and clashed:
                row.state = RequestState.UNKNOWN.value
                self._release(row, now)
            elif row is not None:
                _finish(row, now)
            refresh_locked(session, orders, now)

    def refuse_whole(
        self, claim: Claim, problem: Problem, exchange: Exchange, run_id: int
    ) -> None:
        """Write down that the request as such was refused (T3).

        A batch is split in two, so that the one element at fault ends up alone.
        """
        with self._database.write() as session:
            now = self._database.now(session)
            orders = _lock_touched(session, claim)
            add_exchange(session, exchange, claim.request_id, run_id)
            row = self._own(session, claim, RequestState.SENDING)
            if row is None:
                return
            if len(claim.members) == 1:
                with VerdictWriter(session, claim, run_id=run_id, at=now) as writer:
                    writer.refuse(claim.members[0], problem)
                _finish(row, now)
            else:
                # A refused batch may have booked its good elements all the same.
                row.in_halves = True
                row.state = RequestState.UNKNOWN.value
                self._release(row, now, self._timing.settle_s)
            refresh_locked(session, orders, now)

    def put_off(
        self,
        claim: Claim,
        reason: str,
        wait_s: float,
        exchange: Exchange | None,
        run_id: int,
    ) -> None:
        """Write down that certainly nothing was processed: later, as it is (T3).

        The attempt leaves no new doubt and uses nothing up: the request is as dirty as
        it was before, and was tried as often.
        """
        with self._database.write() as session:
            now = self._database.now(session)
            orders = _lock_touched(session, claim)
            if exchange is not None:
                add_exchange(session, exchange, claim.request_id, run_id)
            row = self._own(session, claim, RequestState.SENDING)
            if row is None:
                return
            row.state = RequestState.PREPARED.value
            row.dirty = claim.may_be_in_the_books
            row.attempts = claim.attempts
            self._release(row, now, wait_s)
            with VerdictWriter(session, claim, run_id=run_id, at=now) as writer:
                for order_id in orders:
                    writer.tell(
                        order_id,
                        "put off",
                        say("%(reason)s. Nothing was booked.", reason=reason),
                    )
            refresh_locked(session, orders, now)

    def record_unknown(
        self, claim: Claim, failed: FailedAttempt, exchange: Exchange, run_id: int
    ) -> None:
        """Write down that nobody knows: the books are asked after settling (T3)."""
        with self._database.write() as session:
            now = self._database.now(session)
            orders = _lock_touched(session, claim)
            add_exchange(session, exchange, claim.request_id, run_id)
            row = self._own(session, claim, RequestState.SENDING)
            if row is None:
                return
            with VerdictWriter(session, claim, run_id=run_id, at=now) as writer:
                for order_id in orders:
                    writer.tell(order_id, "unknown", _in_doubt(failed.reason))
                if not failed.counts:
                    row.attempts = claim.attempts
                elif self._give_up_if_over(row, now):
                    _tell_given_up(writer, orders)
            again_s = full_jitter_s(row.attempts) if row.attempts > 1 else 0.0
            self._leave_to_settle(row, now, max(again_s, failed.wait_s))
            refresh_locked(session, orders, now)

    def look_later(self, claim: Claim, failed: FailedAttempt, run_id: int) -> None:
        """Write down that asking the books failed: ask again later."""
        with self._database.write() as session:
            now = self._database.now(session)
            orders = _lock_touched(session, claim)
            row = self._own(session, claim, RequestState.UNKNOWN)
            if row is None:
                return
            if failed.counts:
                row.attempts += 1
                if self._give_up_if_over(row, now):
                    with VerdictWriter(session, claim, run_id=run_id, at=now) as writer:
                        _tell_given_up(writer, orders)
            self._release(row, now, self._slowly(row, failed.wait_s))
            refresh_locked(session, orders, now)

    def record_findings(
        self,
        claim: Claim,
        findings: Mapping[int, Finding],
        freeze: Freeze,
        run_id: int,
    ) -> Claim | None:
        """Write down what asking the books found, by posting id (T4).

        Returns:
            The claim to send at once, on the fresh "it is not there": the same bytes
            under the same key. None when nothing is to be sent now; what is missing
            of a batch becomes a new request.
        """
        with self._database.write() as session:
            now = self._database.now(session)
            orders = _lock_touched(session, claim)
            row = self._own(session, claim, RequestState.UNKNOWN)
            if row is None:
                return None
            with VerdictWriter(session, claim, run_id=run_id, at=now) as writer:
                for member in claim.members:
                    writer.settle(member, findings.get(member.id, NotThere()))
            session.flush()
            missing = _still_in_flight(session, claim)
            resend = None
            patience = self._timing.patience
            if len(claim.members) > 1 and row.attempts >= patience.split_attempts:
                row.in_halves = True
            if missing and row.given_up_at is not None:
                self._release(row, now, patience.slow_s)
            elif len(missing) == len(claim.members) and not row.in_halves:
                row.state = RequestState.PREPARED.value
                row.verified_at = now
                resend = _claim(session, row)
            else:
                _finish(row, now)
                for rows in halves(missing) if row.in_halves else [missing]:
                    freeze_missing(session, rows, claim, freeze, now, row)
            refresh_locked(session, orders, now)
            return resend

    def give_back(self, claim: Claim, wait_s: float) -> None:
        """Give up a claim that was not sent, to be taken again in *wait_s*."""
        with self._database.write() as session:
            now = self._database.now(session)
            orders = _lock_touched(session, claim)
            for state in (RequestState.PREPARED, RequestState.UNKNOWN):
                row = self._own(session, claim, state)
                if row is not None:
                    self._release(row, now, wait_s)
            refresh_locked(session, orders, now)

    def wait_no_longer(self) -> None:
        """Let what waits be tried at once: the books answer again; commits.

        What may be in the books settles all the same, and what was given up waits for
        its person.
        """
        with self._database.write() as session:
            now = self._database.now(session)
            for row in session.scalars(_WAITING, {"now": now}):
                unknown = row.state == RequestState.UNKNOWN.value
                settle_s = self._timing.settle_s if unknown else 0.0
                settled_at = _sent_at(row, now) + timedelta(seconds=settle_s)
                row.not_before = min(max(now, settled_at), row.not_before)
                row.claimed_until = row.not_before

    def _take(self, row: RequestRow, now: datetime) -> None:
        row.claimed_by = self._worker
        row.claimed_until = now + timedelta(seconds=self._timing.lease_s)
        row.claim_token += 1

    def _next(self, session: Session, now: datetime) -> RequestRow | None:
        """Return the next request to work on, locked."""
        return session.scalar(_NEXT, self._times(now))

    def _times(self, now: datetime) -> Mapping[str, datetime]:
        """Return what `_DUE` asks for: now, and what is too far from it to be true."""
        lease = timedelta(seconds=self._timing.lease_s)
        far = now + timedelta(seconds=self._timing.max_delay_s)
        return {"now": now, "far": far, "far_lease": now + 10 * lease}

    def _own(
        self, session: Session, claim: Claim, state: RequestState
    ) -> RequestRow | None:
        """Return the claimed request, if it is still ours and in *state*."""
        return session.scalar(
            _OWN,
            {
                "request_id": claim.request_id,
                "worker": self._worker,
                "token": claim.token,
                "state": state.value,
            },
        )

    def _take_from_vanished(self, request_id: int) -> None:
        """Make a request unknown whose worker vanished while sending.

        A transaction of its own: orders are locked before requests, never after.
        """
        with self._database.write() as session:
            now = self._database.now(session)
            members = _members(session, request_id)
            orders = lock_orders_of(session, [posting.id for posting in members])
            left = {"request_id": request_id, **self._times(now)}
            row = session.scalar(_LEFT, left)
            if row is not None:
                self._leave_to_settle(row, now)
                text = _in_doubt("The program stopped while sending")
                for order_id in orders:
                    add_event(
                        session, order_id, "unknown", text, at=now, request_id=row.id
                    )
                refresh_locked(session, orders, now)

    def _leave_to_settle(
        self, row: RequestRow, now: datetime, again_s: float = 0.0
    ) -> None:
        row.state = RequestState.UNKNOWN.value
        wait_s = self._timing.settle_s + again_s
        self._release(row, _sent_at(row, now), self._slowly(row, wait_s))

    def _slowly(self, row: RequestRow, wait_s: float) -> float:
        """Return how long to wait, longer once a person was told."""
        if row.given_up_at is None:
            return wait_s
        return max(wait_s, self._timing.patience.slow_s)

    def _give_up_if_over(self, row: RequestRow, now: datetime) -> bool:
        """Note one more failure; True if a person is to be told by now."""
        row.failing_since = row.failing_since or now
        patience = self._timing.patience
        if row.given_up_at is not None or not patience.is_over(
            row.attempts, row.failing_since, now
        ):
            return False
        row.given_up_at = now
        return True

    def _release(self, row: RequestRow, since: datetime, wait_s: float = 0.0) -> None:
        # A longer wait would be taken for a clock that has been set back.
        wait_s = min(wait_s, self._timing.max_delay_s)
        row.not_before = since + timedelta(seconds=wait_s)
        row.claimed_by = ""
        row.claimed_until = row.not_before

    def _is_fresh(self, verified_at: datetime | None, now: datetime) -> bool:
        if verified_at is None:
            return False
        age = (now - verified_at).total_seconds()
        return -1 <= age <= self._timing.fresh_s


def _sent_at(row: RequestRow, now: datetime) -> datetime:
    """Return when a request was sent; not later than *now*, for clocks are set back.

    What was sent in the future would be overdue, and nothing settle.
    """
    return min(row.last_sent_at or now, now)


def _members(session: Session, request_id: int) -> Sequence[SelectedPosting]:
    return selected(
        session,
        select(PostingRow)
        .join(RequestMemberRow, RequestMemberRow.posting_id == PostingRow.id)
        .where(RequestMemberRow.request_id == request_id)
        .order_by(RequestMemberRow.position),
    )


def _claim(session: Session, row: RequestRow) -> Claim:
    return _claim_of(row, postings_of(_members(session, row.id)))


def _claim_of(row: RequestRow, members: tuple[Posting, ...]) -> Claim:
    return Claim(
        request_id=row.id,
        token=row.claim_token,
        kind=PostingKind(row.kind),
        method=row.method,
        path=row.path,
        body=row.body,
        idempotency_key=row.idempotency_key,
        generation=row.generation,
        unknown=row.state == RequestState.UNKNOWN.value,
        attempts=row.attempts,
        tried=row.last_sent_at is not None,
        may_be_in_the_books=row.dirty,
        members=members,
        urgent=row.turn == FIRST,
    )


def _lock_touched(session: Session, claim: Claim) -> LockedOrders:
    """Lock and return the orders whose status may change with the request's."""
    return lock_orders_of(session, [member.id for member in claim.members])


def _tell_given_up(writer: VerdictWriter, orders: Iterable[int]) -> None:
    for order_id in orders:
        writer.tell(order_id, "given up", _GIVEN_UP)


def _in_doubt(reason: str) -> str:
    return say(
        "%(reason)s. It may be booked or not, so the books are asked first.",
        reason=reason,
    )


def _finish(row: RequestRow, now: datetime) -> None:
    row.state = RequestState.DONE.value
    row.finished_at = now
    row.claimed_by = ""


def _still_in_flight(session: Session, claim: Claim) -> Sequence[SelectedPosting]:
    """Return the members that nothing is known of, locked in one sequence."""
    ids = [member.id for member in claim.members]
    return selected(
        session,
        select(PostingRow)
        .where(
            among(PostingRow.id, ids), PostingRow.state == PostingState.IN_FLIGHT.value
        )
        .order_by(PostingRow.id)
        .with_for_update(key_share=True, of=PostingRow),
    )
