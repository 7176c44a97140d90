"""The way of a call: faults, token, limits, idempotency key, endpoint, log."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mock_accounting.api.endpoints import Endpoint, find_methods
from mock_accounting.api.identity import Identity
from mock_accounting.api.request import ApiRequest
from mock_accounting.dialect import answers
from mock_accounting.dialect.messages import Answer, Call, Rejected
from mock_accounting.dialect.rendering.memory import ShownBefore
from mock_accounting.dialect.xmltext import as_accepted
from mock_accounting.faults import failures, tampering
from mock_accounting.faults.delivery import Breakage, Lost, Truncated, breakage_of
from mock_accounting.faults.rules import (
    API_ROOT,
    FaultKind,
    FaultRule,
    FaultRules,
    FaultSpec,
    When,
)
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.errors import NoSuchDocument
from mock_accounting.ledger.ids import parse_id
from mock_accounting.ledger.organisations import Organisations
from mock_accounting.traffic.idempotency import KeyedAnswers
from mock_accounting.traffic.limits import LimitExceeded, Limits
from mock_accounting.traffic.log import LogEntry, RequestLog, readable
from mock_accounting.traffic.tokens import Grant

_WRITES = frozenset({"PUT", "POST", "PATCH"})
_LOGGED_HEADERS = (
    "Accept",
    "Content-Type",
    "Idempotency-Key",
    "If-Modified-Since",
    "Xero-Tenant-Id",
    "User-Agent",
)
_TOKEN_PATH = "/connect/token"  # noqa: S105 - a path


@dataclass(slots=True)
class _Trace:
    """What is learnt of a call on its way, for the log."""

    entry_id: int
    rules: Sequence[FaultRule] = ()
    grant: Grant | None = None
    tenant_id: str | None = None
    replayed: bool = False
    headers: dict[str, str] = field(default_factory=dict)


class Gateway:
    """Takes calls to the imitated API and answers them."""

    def __init__(
        self,
        organisations: Organisations,
        identity: Identity,
        *,
        limits: Limits,
        keyed_answers: KeyedAnswers,
        faults: FaultRules,
        log: RequestLog,
    ) -> None:
        self._organisations = organisations
        self._identity = identity
        self._limits = limits
        self._keyed_answers = keyed_answers
        self._faults = faults
        self._log = log
        self._shown_before = ShownBefore()

    def handle(self, call: Call) -> tuple[Answer, Breakage | None]:
        """Answer a call; the second value says how the answer is to break."""
        started = time.perf_counter()
        trace = _Trace(entry_id=self._log.next_id())
        if self._faults.any_set:
            trace.tenant_id = self._tenant_of(call)
            trace.rules = self._faults.hit(call, trace.entry_id, trace.tenant_id)
        answer, breakage = self._answer_with_faults(call, trace)
        duration_ms = (time.perf_counter() - started) * 1000
        self._write_log(call, answer, trace, (duration_ms, breakage))
        return answer, breakage

    def _answer_with_faults(
        self, call: Call, trace: _Trace
    ) -> tuple[Answer, Breakage | None]:
        before = _first(trace.rules, When.BEFORE)
        after = _first(trace.rules, When.AFTER)
        if before is None:
            answer = self._answer(call, trace)
        else:
            _wait(trace.rules)
            answer = Answer(status=503)
        spec = before or after
        breakage: Breakage | None = None
        if spec is not None:
            breakage = breakage_of(spec)
            answer = failures.failed(answer, spec, self._identity.instance_id())
        return replace(answer, headers={**trace.headers, **answer.headers}), breakage

    def _answer(self, call: Call, trace: _Trace) -> Answer:
        try:
            if call.path.lower() == _TOKEN_PATH:
                _wait(trace.rules)
                return self._identity.token(call)
            if self._faults.has_expired(call):
                return failures.token_expired(self._identity.instance_id())
            trace.grant = self._identity.authenticate(call)
            if not call.path.lower().startswith(API_ROOT + "/"):
                _wait(trace.rules)
                return self._identity.connections(call, trace.grant)
            return self._accounting(call, trace, trace.grant)
        except Rejected as rejection:
            return rejection.answer

    def _accounting(self, call: Call, trace: _Trace, grant: Grant) -> Answer:
        books = self._identity.books(call, grant)
        trace.tenant_id = books.organisation.organisation_id
        try:
            with self._limits.admit(trace.tenant_id):
                _wait(trace.rules)
                answer = self._processed(call, trace, books, grant)
                answer = as_accepted(answer, call)
        except LimitExceeded as limit:
            answer = answers.rate_limited(limit.problem, limit.retry_after_s)
        trace.headers.update(self._limits.headers(trace.tenant_id))
        return answer

    def _processed(
        self, call: Call, trace: _Trace, books: Books, grant: Grant
    ) -> Answer:
        key = call.header("Idempotency-Key")
        if call.method not in _WRITES:
            key = None
        scope = f"{grant.client_id} {trace.tenant_id}"
        with books.lock:
            if key and not _is_forgotten(trace.rules):
                kept = self._keyed_answers.replay(scope, key, call)
                if kept is not None:
                    trace.replayed = True
                    return kept
            tampering.change_books(books, trace.rules, When.BEFORE)
            with tampering.locked_period(books, trace.rules):
                answer = self._dispatched(call, books, trace.rules)
            tampering.change_books(books, trace.rules, When.AFTER)
            stored = self._keyed_answers.keep(scope, key, call, answer) if key else None
            self._organisations.save(books, stored)
        return answer

    def _dispatched(
        self, call: Call, books: Books, rules: Sequence[FaultRule]
    ) -> Answer:
        parts = [part for part in call.path[len(API_ROOT) :].split("/") if part]
        methods = find_methods(parts)
        if methods is None:
            return answers.not_found()
        endpoint: Endpoint | None = methods.get(call.method)
        if endpoint is None:
            return answers.method_not_allowed()
        asked = ApiRequest(
            call=call,
            books=books,
            parts=tuple(parts[1:]),
            shown_before=self._shown_before,
            change=tampering.element_change(rules),
        )
        try:
            return endpoint(asked)
        except NoSuchDocument:
            return answers.not_found()
        except Rejected as rejection:
            return rejection.answer

    def _tenant_of(self, call: Call) -> str | None:
        """The organisation a call means, good token or not."""
        named = call.header("Xero-Tenant-Id")
        if named:
            return parse_id(named)
        try:
            return self._identity.authenticate(call).tenant_id
        except Rejected:
            return None

    def _write_log(
        self,
        call: Call,
        answer: Answer,
        trace: _Trace,
        outcome: tuple[float, Breakage | None],
    ) -> None:
        duration_ms, breakage = outcome
        secret = call.path.lower() == _TOKEN_PATH
        self._log.add(
            LogEntry(
                entry_id=trace.entry_id,
                at=self._organisations.clock.now(),
                method=call.method,
                path=call.path,
                query=call.query_string,
                status=answer.status,
                duration_ms=round(duration_ms, 3),
                tenant_id=trace.tenant_id,
                client_id=trace.grant.client_id if trace.grant else None,
                idempotency_key=call.header("Idempotency-Key"),
                headers=_logged_headers(call),
                replayed=trace.replayed,
                faults=tuple(rule.label for rule in trace.rules),
                delivered=not isinstance(breakage, Lost | Truncated),
                request_body="(not kept)" if secret else readable(call.body),
                response_body="(not kept)" if secret else readable(answer.body),
            )
        )


def _logged_headers(call: Call) -> tuple[tuple[str, str], ...]:
    given = ((name, call.header(name)) for name in _LOGGED_HEADERS)
    return tuple((name, value) for name, value in given if value is not None)


def _wait(rules: Sequence[FaultRule]) -> None:
    """Be as slow as the rules say; the call is in flight meanwhile."""
    for rule in rules:
        if rule.spec.kind is FaultKind.DELAY:
            time.sleep(rule.delay_s())


def _is_forgotten(rules: Sequence[FaultRule]) -> bool:
    """Whether the books are to know nothing of the call's idempotency key."""
    return any(rule.spec.kind is FaultKind.FORGET_KEY for rule in rules)


def _first(rules: Sequence[FaultRule], when: When) -> FaultSpec | None:
    """The first rule that changes the answer, before or after processing."""
    return next(
        (
            rule.spec
            for rule in rules
            if rule.spec.kind.is_of_answer and rule.spec.when is when
        ),
        None,
    )
