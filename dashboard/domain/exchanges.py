"""What is sent to the books and what comes of it, as values between the floors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from dashboard.domain.books import Draft
from dashboard.domain.pauses import Pause
from dashboard.domain.postings import Posting, PostingKind
from dashboard.domain.problems import Problem

# Stands for what was taken out of an exchange before it was kept.
MASK = "•••"
# What takes longer than this, in milliseconds, people ask about.
SLOW_MS = 3_000
_REFUSED_FROM = 400
_TOLD_TO_WAIT = 429
_FAILED_FROM = 500


@dataclass(frozen=True, kw_only=True)
class FrozenRequest:
    """The exact bytes that go to the books, fixed before anything is sent.

    *target* names all that makes the request what it is beside the body.
    """

    kind: PostingKind
    method: str
    path: str
    body: bytes
    target: str


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A request taken for work by one worker, until its lease ends.

    *token* grows with every claim, so a worker that was away too long is told from
    the one that took over. *tried* is True once it was sent, *may_be_in_the_books*
    once that was without a certain "not processed". *urgent* is what a person asked
    for.
    """

    request_id: int
    token: int
    kind: PostingKind
    method: str
    path: str
    body: bytes
    idempotency_key: str
    generation: int
    unknown: bool
    attempts: int
    tried: bool
    may_be_in_the_books: bool
    members: tuple[Posting, ...]
    urgent: bool = False


class ExchangeResult(StrEnum):
    """What came of an exchange, by its status."""

    ANSWERED = "answered"
    REFUSED = "refused"
    TOLD_TO_WAIT = "told to wait"
    FAILED = "failed"  # the other side had an error
    SILENT = "silent"  # no answer came


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One HTTP request and its answer; secrets and people are masked already.

    *status* is None and *error* says why when no answer came.
    """

    at: datetime
    purpose: str
    method: str
    url: str
    request_headers: Mapping[str, str] = field(default_factory=dict)
    request_body: str = ""
    status: int | None = None
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response_body: str = ""
    error: str = ""
    duration_ms: int = 0

    @property
    def result(self) -> ExchangeResult:
        """What came of it."""
        return exchange_result(self.status)


def exchange_result(status: int | None) -> ExchangeResult:
    """Tell what an answer of that status means; None when none came."""
    if status is None:
        return ExchangeResult.SILENT
    if status == _TOLD_TO_WAIT:
        return ExchangeResult.TOLD_TO_WAIT
    if status >= _FAILED_FROM:
        return ExchangeResult.FAILED
    if status >= _REFUSED_FROM:
        return ExchangeResult.REFUSED
    return ExchangeResult.ANSWERED


# What the books say of one element of a batch -------------------------------------


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """It is in the books; *total* is what they made of it, where they tell."""

    document_id: str
    total: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Refused:
    """It is not in the books and sending it again would not help."""

    problem: Problem


@dataclass(frozen=True, kw_only=True)
class Clash:
    """Something like it is there already: perhaps our own. Look before judging."""

    message: str


Verdict = Accepted | Refused | Clash


# What comes of one request ---------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The books gave a verdict on every element, in the order they were sent."""

    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, kw_only=True)
class NotProcessed:
    """Certainly nothing was booked.

    *wait_s* is what the books asked for, None when they did not say. *pause* says why
    no other request would fare better: they are all to wait.
    """

    reason: str
    wait_s: float | None = None
    pause: Pause | None = None


@dataclass(frozen=True, kw_only=True)
class OutcomeUnknown:
    """Perhaps booked, perhaps not: the books must be asked first.

    *wait_s* and *pause* are as in `NotProcessed`: the books may say that they are away
    after they have booked.
    """

    reason: str
    wait_s: float | None = None
    pause: Pause | None = None


@dataclass(frozen=True, kw_only=True)
class RefusedWhole:
    """The request as such was refused; none of its elements has a verdict."""

    problem: Problem


Outcome = Answered | NotProcessed | OutcomeUnknown | RefusedWhole


@dataclass(frozen=True, kw_only=True)
class FailedAttempt:
    """An attempt at a request after which it is in doubt, or still is.

    *wait_s* is for how long at least nothing more is tried. *counts* is False when
    the whole connection pauses: that says nothing of the request.
    """

    reason: str
    wait_s: float
    counts: bool


# What asking the books by natural key finds ----------------------------------------


@dataclass(frozen=True, kw_only=True)
class Found:
    """It is there and provably ours."""

    document_id: str
    total: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class NotThere:
    """The books do not have it."""


@dataclass(frozen=True, kw_only=True)
class NotOurs:
    """Something else bears its key; a person must look."""

    problem: Problem


@dataclass(frozen=True, kw_only=True)
class TryInstead:
    """It cannot be booked like this, but it can in another form."""

    draft: Draft
    reason: str


Finding = Found | NotThere | NotOurs | TryInstead
