"""What load balancers and Prometheus are told."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pytest

from dashboard.store.runs import RunStore
from tests.fixtures.clocks import SettableClock

AnOrder = Callable[..., dict[str, Any]]

SAMPLE = re.compile(r'[a-z_]+(\{[a-z]+="[^"\\]*"\})? [0-9.e+-]+')


def metrics(company: Any, **request: Any) -> dict[str, float]:
    answer = company.client.get("/metrics", **request)
    assert answer.status_code == 200
    samples = (line for line in answer.text.splitlines() if not line.startswith("#"))
    return {
        name: float(value)
        for name, value in (sample.rsplit(" ", 1) for sample in samples)
    }


def test_health_is_late_until_engine_and_schedules_are_seen(company: Any) -> None:
    before = company.client.get("/healthz")
    runs = RunStore(company.program.database, "test")
    runs.beat("engine")
    runs.beat("scheduler")

    after = company.client.get("/healthz")

    assert before.status_code == 503
    assert before.get_json()["engine"] == "silent"
    assert after.status_code == 200
    assert after.get_json() == {
        "status": "ok",
        "database": "ok",
        "engine": "ok",
        "scheduler": "ok",
        "alarms": [],
    }


def test_health_is_late_again_when_nothing_is_heard_for_long(
    company: Any, clock: SettableClock
) -> None:
    runs = RunStore(company.program.database, "test")
    runs.beat("engine")
    runs.beat("scheduler")
    clock.advance(60)

    assert company.client.get("/healthz").status_code == 503


def test_ready_as_soon_as_the_database_answers(company: Any) -> None:
    assert company.client.get("/readyz").status_code == 200


def test_neither_needs_sign_in_nor_sets_a_cookie(company: Any) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        answer = company.client.get(path)

        assert answer.status_code != 302
        assert "Set-Cookie" not in answer.headers


def test_metrics_are_in_prometheus_text_format(company: Any, an_order: AnOrder) -> None:
    company.push(an_order())
    company.sync()

    answer = company.client.get("/metrics")

    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.text.endswith("\n")
    for line in answer.text.splitlines():
        if line.startswith("#"):
            assert re.fullmatch(r"# (HELP [a-z_]+ .+|TYPE [a-z_]+ gauge)", line)
        else:
            assert SAMPLE.fullmatch(line)


def test_metrics_count_orders_calls_and_what_is_left(
    company: Any, an_order: AnOrder
) -> None:
    company.push(an_order("1"))
    company.sync()
    company.push(an_order("2"))

    figures = metrics(company)

    assert figures['sluice_orders{status="paid"}'] == 1
    assert figures['sluice_orders{status="queued"}'] == 1
    assert figures["sluice_pending_postings"] == 2
    assert figures['sluice_exchanges_last_hour{answer="2xx"}'] == 3
    assert figures['sluice_exchanges_last_hour{answer="5xx"}'] == 0
    assert figures["sluice_calls_left"] == 57
    assert figures["sluice_gate_closed"] == 0
    assert figures[f'sluice_build_info{{version="{version("sluice")}"}}'] == 1


def test_metrics_tell_of_a_closed_gate_and_old_heartbeats(
    company: Any, clock: SettableClock
) -> None:
    company.sync()
    RunStore(company.program.database, "test").beat("engine")
    company.program.engine._gate.close(60, "The books ask for a pause")
    clock.advance(20)

    figures = metrics(company)

    assert figures["sluice_gate_closed"] == 1
    assert figures['sluice_heartbeat_age_seconds{role="engine"}'] == 20
    assert figures['sluice_processes{role="engine"}'] == 1


def test_metrics_hold_nothing_of_an_order(company: Any, an_order: AnOrder) -> None:
    company.push(an_order("1042"))
    company.sync()

    text = company.client.get("/metrics").text

    for secret in ("1042", "Ann", "Example", "12.10", "main", "books.example"):
        assert secret not in text


@pytest.mark.parametrize(
    "request_of",
    [
        {"environ_overrides": {"REMOTE_ADDR": "192.0.2.7"}},
        {"headers": {"X-Forwarded-For": "192.0.2.7"}},
        {"headers": {"Forwarded": "for=127.0.0.1"}},
    ],
)
def test_metrics_ask_other_machines_for_a_token(
    company: Any, request_of: dict[str, Any]
) -> None:
    refused = company.client.get("/metrics", **request_of)
    token = {"Authorization": f"Bearer {company.token}"}
    headers = request_of.get("headers", {}) | token

    allowed = metrics(company, **(request_of | {"headers": headers}))

    assert refused.status_code == 401
    assert "sluice_calls_left" in allowed
