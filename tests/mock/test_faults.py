"""Faults, the breaking ones over a real socket."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from mock_accounting.app import Server

InvoiceBody = Callable[..., dict[str, Any]]


class RemoteApi:
    """A client that shares nothing with the server but its socket."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        form = {
            "grant_type": "client_credentials",
            "client_id": "demo",
            "client_secret": "demo",
        }
        token = self.session.post(f"{url}/connect/token", data=form, timeout=5).json()
        self.session.headers["Authorization"] = f"Bearer {token['access_token']}"
        self.session.headers["Accept"] = "application/json"

    def put(self, path: str, body: Any) -> requests.Response:
        url = f"{self.url}/api.xro/2.0/{path}"
        return self.session.put(url, json=body, timeout=5)

    def get(self, path: str) -> requests.Response:
        return self.session.get(f"{self.url}/api.xro/2.0/{path}", timeout=5)

    def fault(self, **rule: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.url}/__mock__/faults", json=rule, timeout=5)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def limits(self, **limits: Any) -> None:
        requests.post(
            f"{self.url}/__mock__/limits", json=limits, timeout=5
        ).raise_for_status()

    def rule(self, rule_id: int) -> dict[str, Any]:
        rules = requests.get(f"{self.url}/__mock__/faults", timeout=5).json()["faults"]
        return next(rule for rule in rules if rule["id"] == rule_id)


@pytest.fixture
def remote(server: Server) -> RemoteApi:
    return RemoteApi(server.url)


@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_lost_answer_breaks_the_connection_after_the_invoice_is_booked(
    remote: RemoteApi, invoice_body: InvoiceBody, how: str
) -> None:
    rule = remote.fault(
        kind="lose_answer", match={"method": "PUT"}, options={"how": how}
    )

    with pytest.raises(requests.ConnectionError) as broken:
        remote.put("Invoices", invoice_body("W-1"))

    assert ("reset by peer" in str(broken.value)) is (how == "reset")
    assert remote.get("Invoices/W-1").status_code == 200
    fired = remote.rule(rule["id"])
    assert fired["outcome"] == "fired 1 times"
    assert len(fired["requests"]) == 1


def test_an_answer_lost_before_processing_books_nothing(
    remote: RemoteApi, invoice_body: InvoiceBody
) -> None:
    remote.fault(kind="lose_answer", options={"when": "before"})

    with pytest.raises(requests.ConnectionError):
        remote.put("Invoices", invoice_body("W-1"))

    assert remote.get("Invoices/W-1").status_code == 404


def test_a_truncated_answer_ends_too_early(
    remote: RemoteApi, invoice_body: InvoiceBody
) -> None:
    remote.fault(kind="truncate", options={"keep_bytes": 20})

    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="20 bytes read"):
        remote.put("Invoices", invoice_body("W-1"))

    assert remote.get("Invoices/W-1").status_code == 200


def test_the_server_lives_on_after_many_lost_answers(
    remote: RemoteApi, invoice_body: InvoiceBody
) -> None:
    remote.fault(kind="lose_answer", match={"method": "PUT"}, times=None)

    for number in range(50):
        with pytest.raises(requests.ConnectionError):
            remote.put("Invoices", invoice_body(f"W-{number}"))

    assert len(remote.get("Invoices").json()["Invoices"]) == 50


def test_a_delay_is_waited_for(remote: RemoteApi) -> None:
    remote.fault(kind="delay", options={"seconds": 0.2})

    slow = remote.get("Organisation").elapsed.total_seconds()

    assert slow >= 0.2


def test_slow_calls_are_in_flight_and_the_sixth_is_refused(remote: RemoteApi) -> None:
    remote.limits(mode="real")
    remote.fault(kind="delay", times=None, options={"seconds": 0.5})

    with ThreadPoolExecutor(max_workers=6) as pool:
        answers = list(pool.map(lambda _: remote.get("Organisation"), range(6)))

    (refused,) = [answer for answer in answers if answer.status_code != 200]
    assert refused.status_code == 429
    assert refused.headers["X-Rate-Limit-Problem"] == "concurrent"
    assert "Retry-After" not in refused.headers


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (401, {}),
        (403, {}),
        (429, {"Retry-After": "7", "X-Rate-Limit-Problem": "minute"}),
        (500, {}),
        (502, {"Retry-After": "7"}),
        (503, {"Retry-After": "7"}),
    ],
)
def test_a_status_fault_before_processing_books_nothing(
    api: Any, invoice_body: InvoiceBody, status: int, headers: dict[str, str]
) -> None:
    options = {"status": status, "retry_after": 7}
    api.control("POST", "faults", {"kind": "status", "options": options})

    failed = api.put("Invoices", invoice_body("W-1"))

    assert failed.status_code == status
    assert headers.items() <= dict(failed.headers).items()
    assert api.get("Invoices/W-1").status_code == 404


def test_a_status_fault_after_processing_books_and_keeps_the_true_answer(
    api: Any, invoice_body: InvoiceBody
) -> None:
    options = {"status": 500, "when": "after"}
    api.control("POST", "faults", {"kind": "status", "options": options})

    failed = api.put("Invoices", invoice_body("W-1"), Idempotency_Key="k-1")
    repeat = api.put("Invoices", invoice_body("W-1"), Idempotency_Key="k-1")

    assert failed.status_code == 500
    assert repeat.get_json()["Invoices"][0]["InvoiceNumber"] == "W-1"


def test_a_rule_hits_only_what_it_matches(api: Any, invoice_body: InvoiceBody) -> None:
    match = {"method": "put", "path": "/invoices", "key": "W-2"}
    api.control("POST", "faults", {"kind": "status", "match": match})

    statuses = [
        api.put("Invoices", invoice_body("W-1")).status_code,
        api.put("Contacts", {"Name": "W-2"}).status_code,
        api.get("Invoices", searchTerm="W-2").status_code,
        api.put("Invoices", invoice_body("W-2")).status_code,
        api.put("Invoices", invoice_body("W-2")).status_code,
    ]

    assert statuses == [200, 200, 200, 503, 200]


def test_a_rule_begins_at_its_nth_match_and_ends_after_its_times(api: Any) -> None:
    api.control("POST", "faults", {"kind": "status", "nth": 2, "times": 2})

    statuses = [api.get("Organisation").status_code for _ in range(4)]

    assert statuses == [200, 503, 503, 200]


def test_a_probability_with_a_seed_repeats_itself(api: Any) -> None:
    runs = []
    for _ in range(2):
        api.control("DELETE", "faults")
        rule = {"kind": "status", "times": None, "probability": 0.5, "seed": 7}
        api.control("POST", "faults", rule)
        runs.append([api.get("Organisation").status_code for _ in range(20)])

    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}


def test_a_rule_that_hit_nothing_says_so(api: Any) -> None:
    rule = {"kind": "status", "match": {"path": "/Payments"}}
    added = api.control("POST", "faults", rule)
    api.get("Organisation")

    (found,) = api.control("GET", "faults")["faults"]

    assert found["outcome"] == "not fired"
    assert api.control("DELETE", f"faults/{added['id']}") == {"status": "ok"}
    assert api.control("GET", "faults") == {"faults": []}


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"kind": "explode"},
        {"kind": "status", "options": {"status": 200}},
        {"kind": "status", "probability": 2},
        {"kind": "status", "option": {}},
        {"kind": "delay", "options": {"seconds": "long"}},
        {"kind": "status", "nth": -1},
        {"kind": "status", "match": {"verb": "PUT"}},
        [],
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(api: Any, rule: Any) -> None:
    answer = api.http.post("/__mock__/faults", json=rule)

    assert answer.status_code == 400
    assert answer.get_json()["error"]
