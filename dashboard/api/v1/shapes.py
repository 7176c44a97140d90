"""Values as the API shows them: amounts and times as text, nothing as null."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from dashboard.domain.forecast import Forecast
from dashboard.domain.postings import Posting
from dashboard.domain.problems import Problem
from dashboard.domain.reconciliation import DifferenceKind, Pass, Total
from dashboard.domain.runs import Schedule
from dashboard.domain.status import OrderStatus
from dashboard.store.figures import Backlog, CurrencySum
from dashboard.store.gate import GateState
from dashboard.store.listing_order import OrderDetail, OrderEvent
from dashboard.store.listing_problems import ProblemGroup
from dashboard.store.listing_reconciliation import Finding
from dashboard.store.listing_runs import ListedRun, RunEvent
from dashboard.store.order_counts import StatusCount
from dashboard.store.order_summaries import OrderSummary

Shape = dict[str, Any]


def order_shape(order: OrderSummary) -> Shape:
    """Show an order as one of a list."""
    return {
        "id": order.id,
        "number": order.number,
        "shop": order.shop_slug,
        "external_id": order.external_id,
        "status": order.status.value,
        "reason": order.reason or None,
        "problem": _summary_problem(order),
        "currency": order.currency or None,
        "total": str(order.total),
        "invoice_number": order.invoice_number or None,
        "invoice": order.invoice and order.invoice.value,
        "payment": order.payment and order.payment.value,
        "credit": order.credit and order.credit.value,
        "received_at": _time(order.received_at),
        "next_attempt_at": _time(order.next_attempt_at),
    }


def order_detail_shape(order: OrderDetail) -> Shape:
    """Show an order with its postings and its story."""
    return order_shape(order.summary) | {
        "shop_status": order.shop_status or None,
        "paid": str(order.paid),
        "ordered_at": _time(order.ordered_at),
        "modified_at": _time(order.modified_at),
        "status_at": _time(order.status_at),
        "postings": [_posting(posting) for posting in order.postings],
        "events": [_event(event) for event in order.events],
    }


def run_shape(listed: ListedRun) -> Shape:
    """Show a run as one of a list."""
    run = listed.run
    return {
        "id": run.id,
        "task": run.task.value,
        "trigger": run.trigger.value,
        "schedule": listed.schedule or None,
        "shop": listed.shop or None,
        "state": run.state.value,
        "created_at": _time(run.created_at),
        "started_at": _time(run.started_at),
        "finished_at": _time(run.finished_at),
        "counts": asdict(run.counts),
        "message": run.message or None,
    }


def run_detail_shape(listed: ListedRun, events: Iterable[RunEvent]) -> Shape:
    """Show a run with what it did to which orders."""
    told = [
        {
            "at": _time(event.at),
            "order_id": event.order_id,
            "order_number": event.order_number,
            "kind": event.kind,
            "text": event.text,
        }
        for event in events
    ]
    return run_shape(listed) | {"events": told}


def status_shape(counts: Iterable[StatusCount]) -> Mapping[str, int]:
    """Show how many orders have each status, those that none has among them."""
    known = {each.status: each.count for each in counts}
    return {status.value: known.get(status, 0) for status in OrderStatus}


def sum_shape(total: CurrencySum) -> Shape:
    """Show what the orders in one currency come to."""
    return {
        "currency": total.currency,
        "ordered": str(total.ordered),
        "invoiced": str(total.invoiced),
        "paid": str(total.paid),
    }


def problem_group_shape(group: ProblemGroup) -> Shape:
    """Show the orders that stand still for one cause; the message is the newest's."""
    return {
        "cause": group.cause.value,
        "about": group.about or None,
        "count": group.count,
        "first_at": _time(group.first_at),
        "last_at": _time(group.last_at),
        "message": group.message,
        "settings_section": group.settings_section or None,
    }


def backlog_shape(backlog: Backlog, forecast: Forecast) -> Shape:
    """Show what is still to be done."""
    return {
        "pending_postings": backlog.pending,
        "requests": {state.value: n for state, n in backlog.requests.items()},
        "due_since": _time(backlog.due_since),
        "orders": forecast.orders,
        "calls": forecast.calls,
        "finish_at": _time(forecast.finish_at),
    }


def schedule_shape(schedule: Schedule) -> Shape:
    """Show when a schedule is next due; never while it is paused."""
    return {
        "name": schedule.name,
        "task": schedule.task.value,
        "active": schedule.active,
        "next_due_at": _time(schedule.next_due_at) if schedule.active else None,
    }


def gate_shape(gate: GateState) -> Shape:
    """Show whether the books may be called."""
    pause = gate.pause
    return {
        "closed": gate.closed_until is not None,
        "closed_until": _time(gate.closed_until),
        "pause": None if pause is None else pause.pause.value,
        "reason": None if pause is None else pause.reason,
        "paused_since": None if pause is None else _time(pause.since),
        "calls_left": gate.calls_left,
        "calls_left_today": gate.calls_left_today,
    }


def pass_shape(done: Pass) -> Shape:
    """Show a comparison of orders with the books."""
    return {
        "id": done.id,
        "kind": done.kind.value,
        "from": done.period and done.period.first.isoformat(),
        "to": done.period and done.period.last.isoformat(),
        "since": _time(done.since),
        "asked_by": done.asked_by,
        "state": done.state.value,
        "started_at": _time(done.started_at),
        "finished_at": _time(done.finished_at),
        "tally": asdict(done.tally),
    }


def total_shape(total: Total) -> Shape:
    """Show what shop and books come to under one label."""
    return {
        "axis": total.axis.value,
        "label": total.label,
        "currency": total.currency,
        "shop": f"{total.shop:.2f}",
        "books": f"{total.books:.2f}",
        "count": total.count,
    }


def difference_counts_shape(counts: Mapping[DifferenceKind, int]) -> Mapping[str, int]:
    """Show how many differences of each kind there are."""
    return {kind.value: counts.get(kind, 0) for kind in DifferenceKind}


def finding_shape(finding: Finding) -> Shape:
    """Show a difference between shop and books."""
    difference = finding.difference
    return {
        "id": finding.id,
        "kind": difference.kind.value,
        "reason": difference.reason.value,
        "order_id": difference.order_id,
        "order_number": finding.order_number or None,
        "document_number": difference.number,
        "document_id": difference.document_id or None,
        "day": difference.day.isoformat(),
        "currency": difference.currency,
        "shop": None if difference.shop is None else str(difference.shop),
        "books": None if difference.books is None else str(difference.books),
        "message": difference.message,
        "found_at": _time(finding.found_at),
        "seen_at": _time(finding.seen_at),
    }


def _summary_problem(order: OrderSummary) -> Shape | None:
    if not order.cause:
        return None
    return {
        "cause": order.cause,
        "message": order.message,
        "settings_section": order.settings_section or None,
    }


def _problem(problem: Problem | None) -> Shape | None:
    if problem is None:
        return None
    return {
        "cause": problem.cause.value,
        "message": problem.message,
        "settings_section": problem.settings_section or None,
    }


def _posting(posting: Posting) -> Shape:
    return {
        "kind": posting.kind.value,
        "natural_key": posting.natural_key,
        "state": posting.state.value,
        "document_id": posting.document_id or None,
        "problem": _problem(posting.problem),
        "updated_at": _time(posting.updated_at),
    }


def _event(event: OrderEvent) -> Shape:
    return {
        "at": _time(event.at),
        "actor": event.actor,
        "kind": event.kind,
        "text": event.text,
        "run_id": event.run_id,
    }


def _time(at: datetime | None) -> str | None:
    """Write a time as ISO 8601 in UTC with milliseconds, ending in Z."""
    if at is None:
        return None
    text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"
