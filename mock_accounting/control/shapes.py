"""The control API's bodies: limits and checks read, facts shown."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from mock_accounting.control.fields import BadControl, Fields
from mock_accounting.dialect.jsontext import JsonObject, JsonValue
from mock_accounting.ledger import checks, codec
from mock_accounting.ledger.books import Books
from mock_accounting.traffic.consents import origin_of
from mock_accounting.traffic.limits import Quota
from mock_accounting.traffic.log import LogEntry


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


def redirect_uri(address: object) -> str:
    """An address that a user may be sent back to.

    Raises:
        BadControl: If it is none.
    """
    if not isinstance(address, str) or not origin_of(address) or " " in address:
        raise BadControl(
            "redirect_uri must be an http or https address, for example "
            "https://app.example/callback."
        )
    return address


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
            place = fields.text("in")
            if place not in {None, "number", "reference"}:
                raise BadControl("in must be number or reference.")
            finding = checks.one_live_invoice_each(
                books,
                fields.texts("numbers"),
                in_reference=place == "reference",
            )
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
        "credit_notes": books.credit_notes,
        "allocations": books.allocations,
        "payments": books.payments,
        "batch_payments": books.batch_payments,
        "items": books.items,
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
