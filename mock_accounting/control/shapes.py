"""The control API's bodies: rules, limits and checks read, facts shown."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from mock_accounting.control.fields import BadControl, Fields
from mock_accounting.dialect.jsontext import JsonObject, JsonValue
from mock_accounting.faults.rules import Break, FaultKind, FaultRule, FaultSpec, When
from mock_accounting.ledger import checks, codec
from mock_accounting.ledger.books import Books
from mock_accounting.traffic.limits import Quota
from mock_accounting.traffic.log import LogEntry

_FAILURES = range(400, 600)


def read_fault(content: object) -> FaultSpec:
    """A fault rule.

    Raises:
        BadControl: If it makes no sense.
    """
    fields = Fields(content)
    match = fields.child("match")
    options = fields.child("options")
    kind = fields.choice("kind", FaultKind)
    before = kind is FaultKind.STATUS
    probability = fields.number("probability", 1)
    if probability > 1:
        raise BadControl("probability must be between 0 and 1.")
    forever = "times" in fields and fields.get("times") is None
    spec = FaultSpec(
        kind=kind,
        method=match.text("method"),
        path=match.text("path"),
        key=match.text("key"),
        nth=max(1, fields.whole("nth", 1)),
        times=None if forever else fields.whole("times", 1),
        probability=probability,
        seed=fields.whole("seed", 0),
        seconds=options.number("seconds", 0),
        status=options.whole("status", 503),
        retry_after_s=options.maybe_whole("retry_after"),
        problem=options.text("problem"),
        when=options.choice("when", When, When.BEFORE if before else When.AFTER),
        how=options.choice("how", Break, Break.RESET),
        keep_bytes=options.maybe_whole("keep_bytes"),
    )
    if spec.status not in _FAILURES:
        raise BadControl("status must be between 400 and 599.")
    for part in (fields, match, options):
        part.done()
    return spec


def show_fault(rule: FaultRule) -> JsonObject:
    """A rule and what it has hit."""
    spec = rule.spec
    match: JsonObject = {
        name: value
        for name, value in (
            ("method", spec.method),
            ("path", spec.path),
            ("key", spec.key),
        )
        if value is not None
    }
    return {
        "id": rule.rule_id,
        "kind": spec.kind.value,
        "match": match,
        "nth": spec.nth,
        "times": spec.times,
        "probability": Decimal(str(spec.probability)),
        "options": _options(spec),
        "matched": rule.matched,
        "fired": rule.fired,
        "requests": list(rule.requests),
        "outcome": f"fired {rule.fired} times" if rule.fired else "not fired",
    }


def read_quota(content: object, former: Quota) -> Quota:
    """The limits; what is not given stays.

    Raises:
        BadControl: If they make no sense.
    """
    fields = Fields(content)
    mode = fields.text("mode")
    if mode not in {None, "real", "off"}:
        raise BadControl("mode must be real or off.")
    quota = Quota(
        enforced=former.enforced if mode is None else mode == "real",
        in_flight=fields.whole("concurrent", former.in_flight),
        minute=fields.whole("minute", former.minute),
        day=fields.whole("day", former.day),
        app_minute=fields.whole("app_minute", former.app_minute),
    )
    fields.done()
    return quota


def show_quota(quota: Quota) -> JsonObject:
    """The limits in force."""
    return {
        "mode": "real" if quota.enforced else "off",
        "concurrent": quota.in_flight,
        "minute": quota.minute,
        "day": quota.day,
        "app_minute": quota.app_minute,
    }


def show_entry(entry: LogEntry) -> JsonObject:
    """A request of the log."""
    return {
        "id": entry.entry_id,
        "time": entry.at.isoformat(),
        "method": entry.method,
        "path": entry.path,
        "query": entry.query,
        "status": entry.status,
        "ms": Decimal(str(entry.duration_ms)),
        "organisation": entry.tenant_id,
        "client": entry.client_id,
        "idempotency_key": entry.idempotency_key,
        "replayed": entry.replayed,
        "faults": list(entry.faults),
        "delivered": entry.delivered,
        "request_body": entry.request_body,
        "response_body": entry.response_body,
    }


def run_check(books: Books, content: object) -> checks.Finding:
    """Run one check of a list of assertions.

    Raises:
        BadControl: If there is no such check.
    """
    fields = Fields(content)
    match fields.text("check"):
        case "books_add_up":
            finding = checks.books_add_up(books)
        case "no_duplicate_numbers":
            finding = checks.no_duplicate_numbers(books)
        case "no_payment_twice":
            finding = checks.no_payment_twice(books)
        case "one_live_invoice_each":
            finding = checks.one_live_invoice_each(books, fields.texts("numbers"))
        case "no_other_invoices":
            finding = checks.no_other_invoices(books, fields.texts("numbers"))
        case "all_paid":
            finding = checks.all_paid(books, fields.texts("numbers"))
        case "sum":
            currency = fields.text("currency") or books.organisation.base_currency
            finding = checks.sum_is(books, currency, fields.amount("total"))
        case other:
            raise BadControl(f"There is no check {other}. See docs/mock.md.")
    fields.done()
    return finding


def usual_checks(books: Books) -> list[checks.Finding]:
    """What must always hold."""
    return [
        checks.books_add_up(books),
        checks.no_duplicate_numbers(books),
        checks.no_payment_twice(books),
    ]


def show_findings(books: Books, findings: list[checks.Finding]) -> JsonObject:
    """The findings and the sums beside them."""
    return {
        "ok": all(finding.holds for finding in findings),
        "checks": [
            {
                "check": finding.check,
                "ok": finding.holds,
                "problems": list(finding.problems),
            }
            for finding in findings
        ],
        "invoices": {it.currency_code: _facts(it) for it in checks.facts(books)},
    }


def show_books(books: Books) -> JsonObject:
    """Everything in the books of one organisation."""
    groups: dict[str, Mapping[str, object]] = {
        "contacts": books.contacts,
        "invoices": books.invoices,
        "payments": books.payments,
        "accounts": books.accounts,
        "tax_rates": books.tax_rates,
        "currencies": books.currencies,
    }
    content: JsonObject = {"organisation": codec.to_json(books.organisation)}
    for name, documents in groups.items():
        shown: list[JsonValue] = [codec.to_json(it) for it in documents.values()]
        content[name] = shown
    return content


def _facts(it: checks.CurrencyFacts) -> JsonObject:
    return {"count": it.count, "total": it.total, "paid": it.paid, "due": it.due}


def _options(spec: FaultSpec) -> JsonObject:
    match spec.kind:
        case FaultKind.DELAY:
            return {"seconds": Decimal(str(spec.seconds))}
        case FaultKind.STATUS:
            return {
                "status": spec.status,
                "when": spec.when.value,
                "retry_after": spec.retry_after_s,
                "problem": spec.problem,
            }
        case FaultKind.LOSE_ANSWER:
            return {"how": spec.how.value, "when": spec.when.value}
        case FaultKind.TRUNCATE:
            return {"keep_bytes": spec.keep_bytes}
