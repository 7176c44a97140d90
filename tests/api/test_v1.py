"""The JSON API: who may call it, what it shows, and that its description is true."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from dashboard.api.v1.openapi import description
from dashboard.app import Program
from dashboard.domain.reconciliation import (
    Axis,
    Difference,
    DifferenceKind,
    PassKind,
    PassState,
    Period,
    Reason,
    Tally,
    Total,
)
from dashboard.domain.rules import PaymentRule
from dashboard.domain.runs import Task, Trigger
from dashboard.scheduling.mirror import install_defaults
from dashboard.store.passes import PassStore
from dashboard.store.schedules import ScheduleStore
from tests.fixtures.clocks import SettableClock

AnOrder = Callable[..., dict[str, Any]]

PATHS = ("orders", "orders/1", "runs", "runs/1", "summary", "reconciliation")


def described(answer: TestResponse, operation: str, path: str) -> Any:
    """Return the body, which is just what the description says it is."""
    document = strict(description())
    response = document["paths"][path][operation]["responses"][str(answer.status_code)]
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].split("/")[-1]]
    schema = response["content"]["application/json"]["schema"]
    Draft202012Validator(schema | {"components": document["components"]}).validate(
        answer.get_json()
    )
    return answer.get_json()


def strict(schema: Any) -> Any:
    """Return the schema with no room for fields it does not name."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {name: strict(value) for name, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        copy["additionalProperties"] = False
    return copy


# Tokens ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_shown_without_a_token(company: Any, path: str) -> None:
    answer = company.client.get(f"/api/v1/{path}")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Sluice"'
    assert "sluice tokens add" in answer.get_json()["error"]


@pytest.mark.parametrize(
    "header", ["Bearer sluice_wrong", "Bearer ", "Basic c2x1aWNlOng=", "Bearer", "x"]
)
def test_a_token_that_is_not_ours_opens_nothing(company: Any, header: str) -> None:
    answer = company.client.get("/api/v1/orders", headers={"Authorization": header})

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_run_cannot_be_asked_for_without_a_token(company: Any) -> None:
    answer = company.client.post("/api/v1/runs", json={"task": "sync"})

    assert answer.status_code == 401
    assert company.get("runs").get_json()["runs"] == []


def test_no_session_is_begun(company: Any) -> None:
    answer = company.get("summary")

    assert "Set-Cookie" not in answer.headers


# Orders ----------------------------------------------------------------------------


def test_a_booked_order_is_shown_with_its_documents(
    company: Any, an_order: AnOrder
) -> None:
    company.push(an_order("1042"))
    company.sync()
    (listed,) = company.get("orders").get_json()["orders"]

    order = company.get(f"orders/{listed['id']}").get_json()

    assert order | listed == order
    assert order["status"] == "paid"
    assert order["shop"] == "main"
    assert order["external_id"] == "1042"
    assert (order["total"], order["paid"], order["currency"]) == (
        "12.10",
        "12.10",
        "EUR",
    )
    assert order["invoice_number"] == "W-1042"
    assert [
        (posting["kind"], posting["natural_key"], posting["state"])
        for posting in order["postings"]
    ] == [
        ("contact", "main-c7", "confirmed"),
        ("invoice", "W-1042", "confirmed"),
        ("payment", "W-1042-P1", "confirmed"),
    ]
    assert order["postings"][1]["document_id"] == "document of W-1042"
    assert "Invoice W-1042" in " ".join(event["text"] for event in order["events"])


def test_an_order_that_needs_a_person_says_why(company: Any, an_order: AnOrder) -> None:
    payment = {"amount": "12.10", "method": "cash", "paid_at": "2026-03-14T09:01:00Z"}
    company.push(an_order(payments=[payment]))

    (order,) = company.get("orders").get_json()["orders"]

    assert order["status"] == "needs attention"
    assert order["problem"]["cause"] == "unknown payment method"
    assert order["problem"]["settings_section"] == "payments"
    assert "Settings > Payments" in order["problem"]["message"]


def test_times_are_utc_and_end_in_z(company: Any, an_order: AnOrder) -> None:
    company.push(an_order(ordered_at="2026-03-14T10:00:00+01:00"))

    order = company.get("orders/1").get_json()

    assert order["ordered_at"] == "2026-03-14T09:00:00.000Z"
    assert order["received_at"] == "2026-03-14T09:30:00.000Z"


def test_orders_are_paged_by_key_without_gaps(company: Any, an_order: AnOrder) -> None:
    for number in range(1, 6):
        company.push(an_order(str(number)))
    first = company.get("orders", limit=2).get_json()
    company.push(an_order("6"))  # new orders do not move the parts to come

    second = company.get("orders", limit=2, after=first["next_after"]).get_json()
    third = company.get("orders", limit=2, after=second["next_after"]).get_json()

    numbers = [o["number"] for part in (first, second, third) for o in part["orders"]]
    assert numbers == ["5", "4", "3", "2", "1"]
    assert third["next_after"] is None


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"status": "queued"}, ["2"]),
        ({"status": ["queued", "needs attention"]}, ["2", "1"]),
        ({"cause": "unknown payment method"}, ["1"]),
        ({"shop": "main"}, ["2", "1"]),
        ({"shop": "woo"}, []),
        ({"search": "W-2"}, ["2"]),
        ({"search": "100%"}, []),
    ],
)
def test_orders_are_filtered(
    company: Any, an_order: AnOrder, query: dict[str, Any], numbers: list[str]
) -> None:
    payment = {"amount": "12.10", "method": "cash", "paid_at": "2026-03-14T09:01:00Z"}
    company.push(an_order("1", payments=[payment]))
    company.push(an_order("2"))

    orders = company.get("orders", **query).get_json()["orders"]

    assert [order["number"] for order in orders] == numbers


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"after": "-1"}, "after"),
        ({"after": str(2**63)}, "after"),
        ({"status": "lost"}, "status"),
        ({"cause": "bad luck"}, "cause"),
        ({"search": "\0"}, "search"),
        ({"shop": "\0"}, "shop"),
    ],
)
def test_a_wrong_question_is_told_which_field(
    company: Any, query: dict[str, str], field: str
) -> None:
    answer = company.get("orders", **query)

    assert answer.status_code == 400
    assert described(answer, "get", "/orders")["fields"][0]["path"] == field


@pytest.mark.parametrize(
    "path", ["orders/77", f"orders/{2**63}", "runs/77", f"runs/{2**80}", "nowhere"]
)
def test_what_is_not_there_is_answered_in_json(company: Any, path: str) -> None:
    answer = company.get(path)

    assert answer.status_code == 404
    assert answer.get_json()["error"]


def test_an_order_is_tried_again_once_its_cause_is_gone(
    company: Any, an_order: AnOrder
) -> None:
    payment = {"amount": "12.10", "method": "cash", "paid_at": "2026-03-14T09:01:00Z"}
    company.push(an_order(payments=[payment]))

    too_early = company.call("POST", "orders/1/retry")
    settings = company.program.company
    rule = PaymentRule(method="cash", bank_account="090")
    rules = replace(settings.rules(), payment_rules=(rule,))
    settings.save_rules(rules, expected_version=settings.rules_version())
    answer = company.call("POST", "orders/1/retry")

    assert too_early.get_json()["status"] == "needs attention"
    tried = described(answer, "post", "/orders/{order_id}/retry")
    assert (answer.status_code, tried["status"]) == (202, "queued")
    assert answer.headers["Location"] == "/api/v1/orders/1"
    again = company.call("POST", "orders/1/retry")
    assert described(again, "post", "/orders/{order_id}/retry")
    assert again.status_code == 409
    assert company.call("POST", "orders/2/retry").status_code == 404


# Runs ------------------------------------------------------------------------------


def test_a_run_is_asked_for_and_can_be_followed(company: Any) -> None:
    answer = company.call("POST", "runs", json={"task": "sync"})

    asked = described(answer, "post", "/runs")
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v1/runs/{asked['id']}"
    run = company.client.get(
        answer.headers["Location"], headers={"Authorization": f"Bearer {company.token}"}
    ).get_json()
    assert (run["state"], run["task"]) == ("queued", "sync")


def test_asking_twice_gives_the_run_that_waits_already(company: Any) -> None:
    first = company.call("POST", "runs", json={"task": "sync"}).get_json()

    second = company.call("POST", "runs", json={"task": "sync"}).get_json()

    assert first == second


def test_one_shop_can_be_pulled(company: Any) -> None:
    of_all = company.call("POST", "runs", json={"task": "pull"}).get_json()

    answer = company.call("POST", "runs", json={"task": "pull", "shop": "woo"})

    of_one = described(answer, "post", "/runs")
    assert of_one["id"] != of_all["id"]
    assert company.get(f"runs/{of_one['id']}").get_json()["shop"] == "Shop woo"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"task": "pull", "shop": "nowhere"}', 422),
        (b'{"task": "pull", "shop": "\\u0000"}', 422),
        (b'{"task": "pull", "shop": 7}', 422),
        (b'{"task": "sync", "shop": "woo"}', 422),
        (b'{"task": "dance"}', 422),
        (b'{"task": null}', 422),
        (b'["sync"]', 422),
        (b"{}", 422),
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b"[" * 5000, 400),
        (b"[" * 20_000, 413),
    ],
)
def test_a_run_that_makes_no_sense_is_refused(
    company: Any, body: bytes, code: int
) -> None:
    answer = company.call("POST", "runs", data=body)

    assert answer.status_code == code
    assert answer.get_json()["error"]
    assert company.get("runs").get_json()["runs"] == []


def test_a_run_tells_what_it_did(company: Any, an_order: AnOrder) -> None:
    company.push(an_order())
    run_id = company.sync().id

    run = company.get(f"runs/{run_id}").get_json()

    assert run["state"] == "done"
    assert run["counts"] | {"invoices": 1, "payments": 1} == run["counts"]
    assert {event["order_number"] for event in run["events"]} == {"1042"}


# Summary ---------------------------------------------------------------------------


def test_summary_counts_and_adds_up(company: Any, an_order: AnOrder) -> None:
    company.push(an_order("1"))
    company.sync()
    company.push(an_order("2"))
    company.push(an_order("3", status="cancelled"))

    summary = company.get("summary").get_json()

    assert (
        summary["orders"] | {"paid": 1, "queued": 1, "ignored": 1, "checking": 0}
        == (summary["orders"])
    )
    assert summary["sums"] == [
        {"currency": "EUR", "ordered": "24.20", "invoiced": "12.10", "paid": "12.10"}
    ]
    assert summary["backlog"]["pending_postings"] == 2
    assert summary["gate"]["closed"] is False


def test_summary_tells_when_the_gate_is_closed(company: Any) -> None:
    company.sync()
    company.program.engine._gate.close(60, "The books ask for a pause")

    gate = company.get("summary").get_json()["gate"]

    assert gate["closed"] is True
    assert gate["reason"] == "The books ask for a pause"
    assert gate["pause"] == "books away"
    assert gate["closed_until"] == "2026-03-14T09:31:00.000Z"


def test_summary_tells_when_schedules_are_due(
    company: Any, clock: SettableClock
) -> None:
    install_defaults(ScheduleStore(company.program.database), clock.now())

    schedules = company.get("summary").get_json()["schedules"]

    tasks = {each["task"] for each in schedules}
    assert tasks == {"sync", "pull", "reconcile", "prune"}
    assert all(
        datetime.fromisoformat(each["next_due_at"]) > clock.now() for each in schedules
    )


# Reconciliation --------------------------------------------------------------------


def test_reconciliation_tells_totals_and_what_differs(
    company: Any, an_order: AnOrder
) -> None:
    company.push(an_order("1"))
    company.push(an_order("2"))
    reconcile(company.program)

    answer = company.get("reconciliation", limit="1")
    told = described(answer, "get", "/reconciliation")
    rest = company.get("reconciliation", after=str(told["next_after"])).get_json()

    assert told["last"]["tally"]["found"] == 2
    assert told["totals"][0]["shop"] == "24.20"
    assert told["open"]["missing"] == 2
    (first,), (second,) = told["differences"], rest["differences"]
    assert (first["order_number"], second["order_number"]) == ("1", "2")
    assert (first["shop"], first["books"], first["document_id"]) == (
        "12.10",
        "0.00",
        None,
    )
    assert rest["next_after"] is None
    assert company.get("reconciliation", kind="double").get_json()["differences"] == []
    assert company.get("reconciliation", kind="odd").status_code == 400


def reconcile(program: Program) -> None:
    """Let a comparison find that two invoices are missing."""
    passes = PassStore(program.database)
    day = date(2026, 3, 14)
    period = Period(first=day, last=day)
    run = program.engine.runs.begin(Task.RECONCILE, Trigger.PERSON)
    begun = passes.start_now(PassKind.FULL, period, "Robin", run.id)
    missing = [
        Difference(
            kind=DifferenceKind.MISSING,
            reason=Reason.NOT_THERE,
            order_id=order_id,
            number=f"W-{order_id}",
            document_id="",
            day=day,
            currency="EUR",
            shop=Decimal("12.10"),
            books=Decimal(0),
            message="It is not there.",
        )
        for order_id in (1, 2)
    ]
    passes.record_orders(begun.id, [1, 2], missing)
    total = Total(
        axis=Axis.DAY,
        label=day.isoformat(),
        currency="EUR",
        shop=Decimal("24.20"),
        books=Decimal(0),
        count=2,
    )
    passes.finish(begun.id, PassState.DONE, Tally(orders=2, found=2), [total])


# The description -------------------------------------------------------------------


def test_every_route_is_described_and_nothing_else(company: Any) -> None:
    app: Flask = company.program.app
    routes = {
        (re.sub(r"<(?:[^:>]*:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    document = description()

    assert routes == {
        (f"/api/v1{path}", method)
        for path, operations in document["paths"].items()
        for method in operations
    }


def test_description_is_open_and_refers_only_to_what_it_holds(company: Any) -> None:
    document = company.client.get("/api/v1/openapi.json").get_json()

    assert document["openapi"] == "3.1.0"
    for kind, name in re.findall(r"'#/components/(\w+)/(\w+)'", str(document)):
        assert name in document["components"][kind]
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", PATHS)
def test_answers_are_as_described(company: Any, an_order: AnOrder, path: str) -> None:
    install_defaults(
        ScheduleStore(company.program.database), company.program.clock.now()
    )
    payment = {"amount": "12.10", "method": "cash", "paid_at": "2026-03-14T09:01:00Z"}
    company.push(an_order("1"))
    company.push(an_order("2", payments=[payment]))
    company.push({"id": "3"})
    company.sync()
    company.call("POST", "runs", json={"task": "pull"})

    answer = company.get(path)

    assert answer.status_code == 200
    assert described(
        answer, "get", "/" + re.sub(r"(order|run)s/1", r"\1s/{\1_id}", path)
    )
    assert company.client.get(f"/api/v1/{path}").status_code == 401
