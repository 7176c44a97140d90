"""The OpenAPI 3.1 description of the API. A test holds every answer against it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from dashboard.api.v1.questions import MAX_LIMIT
from dashboard.domain.pauses import Pause
from dashboard.domain.postings import PostingKind, PostingState
from dashboard.domain.problems import Cause
from dashboard.domain.reconciliation import (
    Axis,
    DifferenceKind,
    PassKind,
    PassState,
    Reason,
)
from dashboard.domain.runs import RunState, Task, Trigger
from dashboard.domain.status import OrderStatus, RequestState

_Schema = dict[str, Any]


def description(base: str = "") -> dict[str, Any]:
    """Return the whole description; *base* stands before every address."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sluice",
            "version": "1",
            "summary": "Orders of a webshop on their way into the books.",
            "description": _INFO,
        },
        "servers": [{"url": f"{base}/api/v1"}],
        "security": [{"token": []}],
        "paths": _PATHS,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _SCHEMAS,
            "responses": _RESPONSES,
        },
    }


_INFO: Final = (
    "Amounts are decimal numbers as text, times are ISO 8601 in UTC. What is not "
    "known or not there is null. Lists come the newest first, in parts: pass "
    "`next_after` as `after` to get the next one, until it is null."
)


def _ref(name: str) -> _Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(**properties: _Schema) -> _Schema:
    """Return the schema of an object that has all of *properties*."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }


def _list(item: _Schema) -> _Schema:
    return {"type": "array", "items": item}


def _words(words: type[StrEnum], about: str = "") -> _Schema:
    schema: dict[str, Any] = {"type": "string", "enum": [w.value for w in words]}
    return schema | ({"description": about} if about else {})


def _or_null(schema: _Schema, about: str = "") -> _Schema:
    either: dict[str, Any] = {"anyOf": [schema, {"type": "null"}]}
    return either | ({"description": about} if about else {})


def _text(about: str = "") -> _Schema:
    return {"type": "string"} | ({"description": about} if about else {})


def _count(about: str = "") -> _Schema:
    schema: dict[str, Any] = {"type": "integer", "minimum": 0}
    return schema | ({"description": about} if about else {})


_TIME: Final[_Schema] = {
    "type": "string",
    "format": "date-time",
    "examples": ["2026-03-14T09:30:00.000Z"],
}
_DAY: Final[_Schema] = {"type": "string", "format": "date"}
_AMOUNT: Final[_Schema] = {
    "type": "string",
    "pattern": r"^-?[0-9]+\.[0-9]{2}$",
    "examples": ["53.32"],
}
_NEXT: Final = _or_null(_count(), "Pass it as `after`; null after the last part.")

_ORDER: Final[Mapping[str, _Schema]] = {
    "id": _count("Our own id."),
    "number": _text("The order number people know."),
    "shop": _text("The shop's slug."),
    "external_id": _text("The shop's own id of the order."),
    "status": _words(OrderStatus),
    "reason": _or_null(_text(), "Why it waits or is ignored."),
    "problem": _or_null(_ref("Problem"), "Why it needs attention."),
    "currency": _or_null(_text("ISO 4217.")),
    "total": _AMOUNT,
    "invoice_number": _or_null(_text(), "The number the invoice has or will have."),
    "invoice": _or_null(_words(PostingState), "How far the invoice has come."),
    "payment": _or_null(_words(PostingState), "How far the payments have come."),
    "credit": _or_null(_words(PostingState), "How far what is taken back has come."),
    "received_at": _TIME,
    "next_attempt_at": _or_null(_TIME),
}
_RUN: Final[Mapping[str, _Schema]] = {
    "id": _count(),
    "task": _words(Task),
    "trigger": _words(Trigger, "What started it."),
    "schedule": _or_null(_text(), "The schedule that started it."),
    "shop": _or_null(_text(), "The shop it is about, where it is about one."),
    "state": _words(RunState),
    "created_at": _TIME,
    "started_at": _or_null(_TIME),
    "finished_at": _or_null(_TIME),
    "counts": _object(
        orders=_count("Orders it did something to."),
        contacts=_count(),
        invoices=_count(),
        payments=_count("Payments and refunds paid out."),
        credits=_count("Credit notes and voided invoices."),
        refused=_count(),
        calls=_count("HTTP requests to the books."),
    ),
    "message": _or_null(_text(), "What hindered it."),
}

_SCHEMAS: Final[Mapping[str, _Schema]] = {
    "Problem": _object(
        cause=_words(Cause),
        message=_text("What is wrong and what to do."),
        settings_section=_or_null(_text(), "The part of Settings that puts it right."),
    ),
    "Order": _object(**_ORDER),
    "Orders": _object(orders=_list(_ref("Order")), next_after=_NEXT),
    "OrderDetail": _object(
        **_ORDER,
        shop_status=_or_null(_text(), "The status the shop gave it."),
        paid=_AMOUNT,
        ordered_at=_or_null(_TIME),
        modified_at=_or_null(_TIME),
        status_at=_TIME,
        postings=_list(_ref("Posting")),
        events=_list(_ref("OrderEvent")),
    ),
    "Posting": _object(
        kind=_words(PostingKind),
        natural_key=_text("What it is found by in the books."),
        state=_words(PostingState),
        document_id=_or_null(_text(), "The books' own id."),
        problem=_or_null(_ref("Problem")),
        updated_at=_TIME,
    ),
    "OrderEvent": _object(
        at=_TIME,
        actor=_text("Who: a person, or Sluice itself."),
        kind=_text(),
        text=_text(),
        run_id=_or_null(_count()),
    ),
    "Run": _object(**_RUN),
    "Runs": _object(runs=_list(_ref("Run")), next_after=_NEXT),
    "RunDetail": _object(**_RUN, events=_list(_ref("RunEvent"))),
    "RunEvent": _object(
        at=_TIME,
        order_id=_count(),
        order_number=_text(),
        kind=_text(),
        text=_text(),
    ),
    "RunWanted": {
        "type": "object",
        "properties": {
            "task": _words(Task),
            "shop": _text("The slug of the shop to pull; all if it is not given."),
        },
        "required": ["task"],
    },
    "RunAsked": _object(id=_count("The run's id."), task=_words(Task)),
    "Summary": _object(
        orders=_object(**{status.value: _count() for status in OrderStatus}),
        sums=_list(_ref("Sum")),
        problems=_list(_ref("ProblemGroup")),
        backlog=_ref("Backlog"),
        schedules=_list(_ref("Schedule")),
        gate=_ref("Gate"),
    ),
    "Sum": _object(
        currency=_text("ISO 4217."),
        ordered=_AMOUNT | {"description": "All orders but the ignored ones."},
        invoiced=_AMOUNT | {"description": "Orders whose invoice is in the books."},
        paid=_AMOUNT | {"description": "Orders that are settled in the books."},
    ),
    "ProblemGroup": _object(
        cause=_words(Cause),
        about=_or_null(_text("What tells it from others of its cause.")),
        count=_count(),
        first_at=_TIME,
        last_at=_TIME,
        message=_text("That of the newest order."),
        settings_section=_or_null(_text()),
    ),
    "Backlog": _object(
        pending_postings=_count("Documents that are not yet part of a request."),
        requests=_object(
            **{
                state.value: _count()
                for state in RequestState
                if state is not RequestState.DONE
            }
        ),
        due_since=_or_null(_TIME, "Since when the oldest request could have gone."),
        orders=_count("Orders on their way into the books."),
        calls=_count("Calls to the books that this takes."),
        finish_at=_or_null(
            _TIME, "When all of it should be done; null: nothing waits."
        ),
    ),
    "Schedule": _object(
        name=_text(),
        task=_words(Task),
        active={"type": "boolean"},
        next_due_at=_or_null(_TIME, "null while it is paused."),
    ),
    "Gate": _object(
        closed={"type": "boolean", "description": "The books may not be called."},
        closed_until=_or_null(_TIME),
        pause=_or_null(_words(Pause)),
        reason=_or_null(_text()),
        paused_since=_or_null(_TIME),
        calls_left=_or_null(
            _count(), "Calls this minute still allows; null: no limit."
        ),
        calls_left_today=_or_null(
            _count(), "Calls today still allows; null: no limit."
        ),
    ),
    "Reconciliation": _object(
        last=_or_null(_ref("Pass"), "The newest comparison that came to its end."),
        totals=_list(_ref("Total")),
        open=_object(**{kind.value: _count() for kind in DifferenceKind}),
        differences=_list(_ref("Difference")),
        next_after=_NEXT,
    ),
    "Pass": _object(
        id=_count(),
        kind=_words(PassKind),
        **{"from": _or_null(_DAY, "null where only changes were looked at.")},
        to=_or_null(_DAY),
        since=_or_null(_TIME, "Since when changes were looked at."),
        asked_by=_text(),
        state=_words(PassState),
        started_at=_or_null(_TIME),
        finished_at=_or_null(_TIME),
        tally=_object(
            documents=_count("Documents read."),
            orders=_count("Orders compared."),
            moving=_count("Orders on their way, left to the next comparison."),
            waiting=_count("Orders not booked yet, for a reason."),
            found=_count("Differences."),
            resolved=_count("Differences that are gone."),
        ),
    ),
    "Total": _object(
        axis=_words(Axis, "What totals are made by."),
        label=_text("A day, a tax type or a payment method."),
        currency=_text("ISO 4217."),
        shop=_AMOUNT,
        books=_AMOUNT,
        count=_count("Orders; documents where only the books have some."),
    ),
    "Difference": _object(
        id=_count(),
        kind=_words(DifferenceKind),
        reason=_words(Reason, "What it comes from."),
        order_id=_or_null(_count()),
        order_number=_or_null(_text()),
        document_number=_text(),
        document_id=_or_null(_text(), "The books' own id."),
        day=_DAY,
        currency=_text("ISO 4217."),
        shop=_or_null(_AMOUNT),
        books=_or_null(_AMOUNT),
        message=_text(),
        found_at=_TIME,
        seen_at=_TIME | {"description": "When a comparison last found it."},
    ),
    "Error": {
        "type": "object",
        "properties": {
            "error": _text("What is wrong."),
            "fields": _list(_object(path=_text(), message=_text())),
            "request_id": _text("To ask support about."),
        },
        "required": ["error"],
    },
}


def _json(name: str) -> _Schema:
    return {"application/json": {"schema": _ref(name)}}


_RESPONSES: Final[Mapping[str, _Schema]] = {
    "Wrong": {"description": "A field is wrong", "content": _json("Error")},
    "NoToken": {
        "description": "The token is missing or not known",
        "headers": {"WWW-Authenticate": {"schema": {"type": "string"}}},
        "content": _json("Error"),
    },
    "NotNow": {
        "description": "It cannot be done as things are",
        "content": _json("Error"),
    },
    "NotThere": {"description": "There is no such thing", "content": _json("Error")},
}


def _response(name: str) -> _Schema:
    return {"$ref": f"#/components/responses/{name}"}


def _operation(
    name: str,
    summary: str,
    good: str,
    *,
    code: int = 200,
    errors: Mapping[str, _Schema] = MappingProxyType({}),
    **others: object,
) -> _Schema:
    """Return an operation that answers *good* with *code*."""
    return {
        "operationId": name,
        "summary": summary,
        **others,
        "responses": {
            str(code): {"description": "Done", "content": _json(good)},
            "401": _response("NoToken"),
            **errors,
        },
    }


def _parameter(name: str, schema: _Schema, about: str) -> _Schema:
    return {"name": name, "in": "query", "schema": schema, "description": about}


_WRONG: Final = {"400": _response("Wrong")}
_MISSING: Final = {"404": _response("NotThere")}
_SLICE: Final = [
    _parameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 50},
        "At most how many.",
    ),
    _parameter("after", _count(), "The `next_after` of the part before."),
]
_ORDER_FILTER: Final = [
    _parameter(
        "status", _list(_words(OrderStatus)), "Only these; may be given several times."
    ),
    _parameter(
        "search",
        _text(),
        "Words of any number of the order, a name or an e-mail; three letters "
        "are a beginning.",
    ),
    _parameter("shop", _text(), "A shop's slug."),
    _parameter("cause", _words(Cause), "Only orders with this problem."),
]


def _id(name: str) -> list[_Schema]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer"}}
    ]


_PATHS: Final[Mapping[str, _Schema]] = {
    "/orders": {
        "get": _operation(
            "listOrders",
            "Orders, the newest first",
            "Orders",
            parameters=[*_ORDER_FILTER, *_SLICE],
            errors=_WRONG,
        )
    },
    "/orders/{order_id}": {
        "get": _operation(
            "getOrder",
            "One order with its postings and its story",
            "OrderDetail",
            parameters=_id("order_id"),
            errors=_MISSING,
        )
    },
    "/orders/{order_id}/retry": {
        "post": _operation(
            "retryOrder",
            "Try an order again that needs a person; it comes back as it stands then",
            "Order",
            code=202,
            parameters=_id("order_id"),
            errors={**_MISSING, "409": _response("NotNow")},
        )
    },
    "/runs": {
        "get": _operation(
            "listRuns",
            "Runs, the newest first",
            "Runs",
            parameters=_SLICE,
            errors=_WRONG,
        ),
        "post": _operation(
            "startRun",
            "Ask for a run, of one shop or all; one that waits already serves as well",
            "RunAsked",
            code=202,
            requestBody={"required": True, "content": _json("RunWanted")},
            errors={**_WRONG, "422": _response("Wrong")},
        ),
    },
    "/runs/{run_id}": {
        "get": _operation(
            "getRun",
            "One run with what it did to which orders",
            "RunDetail",
            parameters=_id("run_id"),
            errors=_MISSING,
        )
    },
    "/summary": {
        "get": _operation(
            "getSummary", "How everything stands: counts, sums, problems", "Summary"
        )
    },
    "/reconciliation": {
        "get": _operation(
            "getReconciliation",
            "The newest comparison with the books, and what differs now, oldest first",
            "Reconciliation",
            parameters=[
                _parameter(
                    "kind", _words(DifferenceKind), "Only differences of this kind."
                ),
                *_SLICE,
            ],
            errors=_WRONG,
        )
    },
    "/openapi.json": {
        "get": {
            "operationId": "getDescription",
            "summary": "This description",
            "security": [],
            "responses": {
                "200": {
                    "description": "Done",
                    "content": {"application/json": {"schema": {"type": "object"}}},
                }
            },
        }
    },
}
