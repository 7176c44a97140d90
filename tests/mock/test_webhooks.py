"""Webhooks: signed, proven, repeated until they are heard."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest

from mock_accounting.ledger.demo import DEMO_TENANT_ID
from mock_accounting.traffic.webhooks import signature
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
        self._thread = threading.Thread(target=self._server.serve_forever)
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


def test_events_can_come_doubled_late_and_out_of_order(
    api: ApiClient, receiver: Receiver
) -> None:
    _subscribe(api, receiver, copies=2, delay_s=60, newest_first=True)
    names = [{"Name": "First"}, {"Name": "Second"}]
    made = api.put("Contacts", {"Contacts": names}).get_json()["Contacts"]
    assert _state(api)["waiting"] == 4

    api.control("POST", "clock", {"advance_s": 60})

    _until(lambda: len(receiver.events) == 4)
    first, second = [it["ContactID"] for it in made]
    ids = [it["resourceId"] for it in receiver.events]
    assert ids == [second, first, second, first]


def test_a_subscription_that_makes_no_sense_is_refused(api: ApiClient) -> None:
    for body in (
        {"url": "ftp://x"},
        {"url": "http://127.0.0.1:1", "categories": ["PAYMENT"]},
        {"url": "http://127.0.0.1:1", "copies": 0},
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
