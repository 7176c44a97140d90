"""Webhooks: signed, proven, repeated until they are heard."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.demo import DEMO_TENANT_ID
from mock_accounting.traffic.notices import signature
from tests.mock.conftest import ApiClient

KEY = "whsec_demo"
InvoiceBody = Callable[..., dict[str, Any]]


class Receiver:
    """A subscriber on a port of its own, which checks signatures."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.status = 200
        self.checks_signatures = True
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version: ClassVar[str] = "HTTP/1.0"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signed = self.headers["x-xero-signature"] == signature(KEY, body)
                status = receiver.status
                if signed:
                    receiver.bodies.append(json.loads(body))
                elif receiver.checks_signatures:
                    status = 401
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event that was received, in order."""
        return [event for body in self.bodies for event in body["events"]]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def _until(holds: Callable[[], bool]) -> None:
    for _ in range(500):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to that in five seconds")


def _state(api: ApiClient) -> dict[str, Any]:
    state: dict[str, Any] = api.control("GET", "webhooks")["webhooks"][0]
    return state


def _subscribe(api: ApiClient, receiver: Receiver, **options: Any) -> None:
    api.control("POST", "webhooks", {"url": receiver.url, "key": KEY} | options)
    _until(lambda: not _state(api)["state"].endswith("not proven yet"))


@pytest.fixture
def subscribed(api: ApiClient, receiver: Receiver) -> Receiver:
    _subscribe(api, receiver)
    return receiver


def test_the_signature_is_the_one_the_vendor_would_send() -> None:
    body = (
        b'{"events":[],"firstEventSequence":0,"lastEventSequence":0,'
        b'"entropy":"S0m3r4Nd0mt3xt"}'
    )

    found = signature("whsec_demo", body)

    assert found == "0kyaoV68CyJj31SU2xcXyrlZf9mcQT/VARIr0GfTqGE="


def test_who_checks_signatures_is_subscribed(
    api: ApiClient, subscribed: Receiver
) -> None:
    assert _state(api)["state"] == "active"
    assert [it["outcome"] for it in _state(api)["deliveries"]] == ["401", "200"]
    assert subscribed.events == []


def test_who_takes_any_signature_is_not(api: ApiClient, receiver: Receiver) -> None:
    receiver.checks_signatures = False

    _subscribe(api, receiver)

    assert _state(api)["state"] == "intent to receive failed"


def test_changes_are_told_with_what_happened_to_what(
    api: ApiClient, subscribed: Receiver, invoice_body: InvoiceBody
) -> None:
    made = api.put("Invoices", invoice_body("W-1")).get_json()["Invoices"][0]
    _until(lambda: len(subscribed.events) == 2)
    api.post("Invoices/W-1", {"Status": "VOIDED"})
    _until(lambda: len(subscribed.events) == 3)

    contact, created, updated = subscribed.events
    assert (contact["eventCategory"], contact["eventType"]) == ("CONTACT", "CREATE")
    assert created == {
        "resourceUrl": f"http://localhost/api.xro/2.0/Invoices/{made['InvoiceID']}",
        "resourceId": made["InvoiceID"],
        "eventDateUtc": "2026-03-14T09:30:00.000",
        "eventType": "CREATE",
        "eventCategory": "INVOICE",
        "tenantId": DEMO_TENANT_ID,
        "tenantType": "ORGANISATION",
    }
    assert (updated["eventType"], updated["resourceId"]) == (
        "UPDATE",
        made["InvoiceID"],
    )
    assert subscribed.bodies[-1]["firstEventSequence"] == 3


def test_only_the_categories_asked_for_are_told(
    api: ApiClient, receiver: Receiver, invoice_body: InvoiceBody
) -> None:
    _subscribe(api, receiver, categories=["CREDITNOTE"])

    api.put("Invoices", invoice_body("W-1"))
    api.put("CreditNotes", invoice_body(None, Type="ACCRECCREDIT"))

    _until(lambda: bool(receiver.events))
    assert [it["eventCategory"] for it in receiver.events] == ["CREDITNOTE"]


def test_what_is_not_heard_is_sent_again_on_the_clock_of_the_mock(
    api: ApiClient, subscribed: Receiver
) -> None:
    subscribed.status = 500
    api.put("Contacts", {"Name": "Wool Shop"})
    _until(lambda: bool(_state(api)["next_try_at"]))
    subscribed.status = 200

    api.control("POST", "clock", {"advance_s": 5})

    _until(lambda: len(subscribed.bodies) == 3)
    _, first, second = subscribed.bodies
    assert first["events"] == second["events"]
    assert first["firstEventSequence"] == second["firstEventSequence"]


def test_a_day_without_success_ends_the_subscription(
    api: ApiClient, subscribed: Receiver
) -> None:
    subscribed.status = 500
    api.put("Contacts", {"Name": "Wool Shop"})
    _until(lambda: bool(_state(api)["next_try_at"]))

    api.control("POST", "clock", {"advance_s": 86_400})

    _until(lambda: _state(api)["state"].startswith("switched off"))


def _set(api: ApiClient, kind: str, **rule: Any) -> None:
    api.control("POST", "faults", {"kind": kind} | rule)


def _outcome(api: ApiClient) -> str:
    outcome: str = api.control("GET", "faults")["faults"][0]["outcome"]
    return outcome


def _make_contacts(api: ApiClient, *names: str) -> list[str]:
    made = api.put("Contacts", {"Contacts": [{"Name": name} for name in names]})
    return [it["ContactID"] for it in made.get_json()["Contacts"]]


def test_a_doubled_webhook_comes_twice_and_the_rule_says_so(
    api: ApiClient, subscribed: Receiver
) -> None:
    _set(api, "double_webhook", match={"key": "Second"})
    before = _outcome(api)

    first, second = _make_contacts(api, "First", "Second")

    _until(lambda: len(subscribed.events) == 3)
    ids = [it["resourceId"] for it in subscribed.events]
    assert ids == [first, second, second]
    assert (before, _outcome(api)) == ("not fired", "fired 1 times")
    marks = [it["faults"] for it in _state(api)["deliveries"][2:]]
    assert marks == [["1:double_webhook"], ["1:double_webhook"]]


def test_a_delayed_webhook_waits_on_the_clock_of_the_mock(
    api: ApiClient, subscribed: Receiver
) -> None:
    _set(api, "delay_webhook", options={"seconds": 60})
    _make_contacts(api, "First", "Second")
    assert _state(api)["waiting"] == 2

    api.control("POST", "clock", {"advance_s": 60})

    _until(lambda: len(subscribed.events) == 2)
    assert _outcome(api) == "fired 1 times"


def test_a_swapped_webhook_comes_after_the_next_one(
    api: ApiClient, subscribed: Receiver
) -> None:
    _set(api, "swap_webhooks")

    first, second, third = _make_contacts(api, "First", "Second", "Third")

    _until(lambda: len(subscribed.events) == 3)
    ids = [it["resourceId"] for it in subscribed.events]
    assert ids == [second, first, third]


def test_a_webhook_that_waits_to_be_overtaken_does_not_wait_for_ever(
    api: ApiClient, subscribed: Receiver
) -> None:
    _set(api, "swap_webhooks", options={"seconds": 10})
    (only,) = _make_contacts(api, "Only")

    api.control("POST", "clock", {"advance_s": 10})

    _until(lambda: bool(subscribed.events))
    assert subscribed.events[0]["resourceId"] == only


def test_a_webhook_rule_does_not_fire_on_what_nobody_is_told(api: ApiClient) -> None:
    _set(api, "double_webhook", times=None)

    _make_contacts(api, "First")

    assert _outcome(api) == "not fired"


def test_webhook_rules_and_rules_of_calls_do_not_mix(
    api: ApiClient, subscribed: Receiver
) -> None:
    _set(api, "double_webhook", match={"path": "/Invoices"}, times=None)
    _set(api, "delay", match={"path": "/connections"}, times=None)

    _make_contacts(api, "First")

    _until(lambda: bool(subscribed.events))
    rules = api.control("GET", "faults")["faults"]
    assert [it["fired"] for it in rules] == [0, 0]


def test_subscriptions_are_kept_with_the_books_until_a_reset(
    api_on: Callable[[Path, Clock], ApiClient],
    clock: Clock,
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    former = api_on(tmp_path, clock)
    _subscribe(former, receiver)
    former.close()

    api = api_on(tmp_path, clock)
    _make_contacts(api, "First")

    _until(lambda: bool(receiver.events))
    assert _state(api)["state"] == "active"
    api.control("POST", "reset")
    assert api.control("GET", "webhooks") == {"webhooks": []}


def test_a_subscription_that_makes_no_sense_is_refused(api: ApiClient) -> None:
    for body in (
        {"url": "ftp://x"},
        {"url": "http://127.0.0.1:1", "categories": ["PAYMENT"]},
        {"url": "http://127.0.0.1:1", "copies": 2},
    ):
        answer = api.http.post("/__mock__/webhooks", json=body)
        assert answer.status_code == 400, body


def test_a_removed_subscriber_hears_nothing(
    api: ApiClient, subscribed: Receiver
) -> None:
    api.control("DELETE", f"webhooks/{_state(api)['id']}")

    api.put("Contacts", {"Name": "Wool Shop"})

    assert api.control("GET", "webhooks") == {"webhooks": []}
    assert subscribed.events == []
