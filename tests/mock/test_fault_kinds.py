"""Every kind of fault does what its name says, and the presets too."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from mock_accounting.app import Server
from mock_accounting.control.faults import read_fault, show_spec
from mock_accounting.faults.presets import PRESETS, rules_of
from mock_accounting.faults.rules import FaultKind, FaultRules, FaultSpec, names
from mock_accounting.ledger.clock import Clock

InvoiceBody = Callable[..., dict[str, Any]]
DOCS = Path(__file__).parents[2] / "docs" / "mock.md"


def _set(api: Any, kind: str, **rule: Any) -> dict[str, Any]:
    found: dict[str, Any] = api.control("POST", "faults", {"kind": kind} | rule)
    return found


def _rule(api: Any) -> dict[str, Any]:
    (rule,) = api.control("GET", "faults")["faults"]
    found: dict[str, Any] = rule
    return found


def test_a_web_page_comes_instead_of_json_and_nothing_is_booked(
    api: Any, invoice_body: InvoiceBody
) -> None:
    _set(api, "html")

    answer = api.put("Invoices", invoice_body("W-1"))

    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert api.get("Invoices/W-1").status_code == 404


def test_a_malformed_answer_is_whole_but_no_json(
    api: Any, invoice_body: InvoiceBody
) -> None:
    _set(api, "malform")

    answer = api.put("Invoices", invoice_body("W-1"))

    assert answer.mimetype == "application/json"
    assert answer.content_length == len(answer.data)
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.data)
    assert api.get("Invoices/W-1").status_code == 200


def test_an_expired_token_stays_expired_and_a_new_one_works(api: Any) -> None:
    _set(api, "expire_token")

    first = api.get("Organisation")
    again = api.get("Organisation")
    api.http.post("/__mock__/clock", json={"advance_s": 1})
    form = {"grant_type": "client_credentials"}
    token = api.http.post("/connect/token", data=form, auth=("demo", "demo"))
    headers = {"Authorization": f"Bearer {token.get_json()['access_token']}"}

    assert first.status_code == again.status_code == 401
    assert first.get_json()["Detail"].startswith("TokenExpired:")
    assert api.call("GET", "Organisation", headers=headers).status_code == 200


def test_a_forgotten_key_protects_from_nothing(
    api: Any, invoice_body: InvoiceBody
) -> None:
    first = api.put("Invoices", invoice_body(), Idempotency_Key="order-1042")
    _set(api, "forget_key")

    anew = api.put("Invoices", invoice_body(), Idempotency_Key="order-1042")
    kept = api.put("Invoices", invoice_body(), Idempotency_Key="order-1042")

    assert len(api.get("Invoices").get_json()["Invoices"]) == 2
    assert first.data != anew.data == kept.data


def test_the_element_with_the_key_is_refused_and_the_others_are_booked(
    api: Any, invoice_body: InvoiceBody
) -> None:
    _set(api, "refuse_element", match={"key": "W-2"}, options={"message": "Not today."})
    batch = [invoice_body(number) for number in ("W-1", "W-2", "W-20")]

    answer = api.put("Invoices?summarizeErrors=false", {"Invoices": batch}).get_json()

    verdicts = [it["StatusAttributeString"] for it in answer["Invoices"]]
    assert verdicts == ["OK", "ERROR", "OK"]
    assert answer["Invoices"][1]["ValidationErrors"] == [{"Message": "Not today."}]
    assert api.get("Invoices/W-2").status_code == 404


def test_an_element_is_refused_by_its_place(
    api: Any, invoice_body: InvoiceBody
) -> None:
    _set(api, "refuse_element", options={"element": 2})
    batch = [invoice_body("W-1"), invoice_body("W-2")]

    api.put("Invoices?summarizeErrors=false", {"Invoices": batch})

    numbers = [it["InvoiceNumber"] for it in api.get("Invoices").get_json()["Invoices"]]
    assert numbers == ["W-1"]


def test_a_total_is_a_cent_off_and_the_books_still_add_up(
    api: Any, invoice_body: InvoiceBody
) -> None:
    _set(api, "cent_off")

    made = api.put("Invoices", invoice_body("W-1")).get_json()["Invoices"][0]
    true = api.put("Invoices", invoice_body("W-2")).get_json()["Invoices"][0]

    assert (made["Total"], true["Total"]) == (25.42, 25.41)
    assert api.control("GET", "assertions")["ok"] is True


def test_a_period_is_locked_for_the_calls_that_are_hit_only(
    api: Any, invoice_body: InvoiceBody
) -> None:
    _set(api, "lock_period", times=2)

    shown = api.get("Organisation").get_json()["Organisations"][0]
    refused = api.put("Invoices", invoice_body("W-1", Date="2026-03-14"))
    booked = api.put("Invoices", invoice_body("W-1", Date="2026-03-14"))

    assert "PeriodLockDate" in shown
    assert "period lock date" in refused.text
    assert booked.status_code == 200


def test_a_contact_is_archived_before_the_invoice_about_it_comes(
    api: Any, invoice_body: InvoiceBody
) -> None:
    api.put("Contacts", {"Name": "Wool Shop Customer"})
    options = {"document": "Wool Shop Customer"}
    _set(api, "archive_contact", match={"path": "/Invoices"}, options=options)

    refused = api.put("Invoices", invoice_body("W-1"))

    assert refused.status_code == 400
    assert "archived" in refused.text


def test_an_invoice_is_voided_before_its_payment_comes(
    api: Any, invoice_body: InvoiceBody
) -> None:
    api.put("Invoices", invoice_body("W-1"))
    _set(api, "void_document", match={"path": "/Payments", "key": "W-1"})
    payment = {"Invoice": {"InvoiceNumber": "W-1"}, "Account": {"Code": "091"}}

    refused = api.put("Payments", payment | {"Amount": 25.41})

    assert refused.status_code == 400
    assert api.get("Invoices/W-1").get_json()["Invoices"][0]["Status"] == "VOIDED"


def test_an_invoice_is_renamed_after_it_was_answered(
    api: Any, invoice_body: InvoiceBody
) -> None:
    options = {"when": "after", "number": "X-1"}
    _set(api, "rename_document", match={"key": "W-1"}, options=options)

    answered = api.put("Invoices", invoice_body("W-1")).get_json()["Invoices"][0]

    assert answered["InvoiceNumber"] == "W-1"
    assert api.get("Invoices/W-1").status_code == 404
    assert api.get("Invoices/X-1").status_code == 200


def test_a_change_that_finds_nothing_says_so(api: Any) -> None:
    _set(api, "void_document", options={"document": "W-9"})

    api.get("Organisation")

    assert _rule(api)["outcome"] == "fired 1 times, 1 in vain: nothing to change"


def test_a_rule_lasts_as_long_as_its_window(api: Any) -> None:
    _set(api, "status", times=None, window={"for_s": 60})

    during = api.get("Organisation").status_code
    api.control("POST", "clock", {"advance_s": 60})
    after = api.get("Organisation").status_code

    assert (during, after) == (503, 200)
    assert _rule(api)["active"] is False


def test_a_rule_waits_for_its_window(api: Any) -> None:
    _set(api, "status", window={"from": "2026-03-14T10:00:00Z"})

    before = api.get("Organisation").status_code
    api.control("POST", "clock", {"advance_s": 1800})
    during = api.get("Organisation").status_code

    assert (before, during) == (200, 503)


def test_a_rule_about_one_organisation_leaves_the_others_alone(api: Any) -> None:
    other = api.control("POST", "organisations", {})
    _set(api, "status", times=None, match={"organisation": other["organisation"]})

    mine = api.get("Organisation").status_code
    client = (other["client_id"], other["client_secret"])
    form = {"grant_type": "client_credentials"}
    token = api.http.post("/connect/token", data=form, auth=client).get_json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    theirs = api.call("GET", "Organisation", headers=headers).status_code

    assert (mine, theirs) == (200, 503)


def test_of_two_wrong_answers_one_is_given_and_the_other_waits(api: Any) -> None:
    _set(api, "malform")
    _set(api, "status", options={"status": 502})
    _set(api, "status", options={"status": 500})

    statuses = [api.get("Organisation").status_code for _ in range(4)]

    rules = api.control("GET", "faults")["faults"]
    assert statuses == [502, 500, 200, 200]
    assert [rule["fired"] for rule in rules] == [1, 1, 1]
    assert len({rule["requests"][0] for rule in rules}) == 3


def test_a_spread_delay_throws_the_same_dice_again() -> None:
    spec = FaultSpec(
        kind=FaultKind.DELAY, times=None, seconds=1, up_to_seconds=3, seed=5
    )

    runs = []
    for _ in range(2):
        rule = FaultRules(Clock()).add(spec)
        runs.append([rule.delay_s() for _ in range(20)])

    assert runs[0] == runs[1]
    assert 1 <= min(runs[0]) < 1.5
    assert 2.5 < max(runs[0]) <= 3


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("W-1", True),
        ('"W-1"', True),
        ("W-1-P1", True),
        ("W-10", False),
        ("XW-1", False),
        ("/Invoices/W-1/History", True),
    ],
)
def test_a_key_is_found_as_a_word(text: str, *, found: bool) -> None:
    assert names(text, "W-1") is found


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_set_and_can_be_set_again_from_what_is_shown(
    api: Any, clock: Clock, name: str
) -> None:
    answer = api.control("POST", f"presets/{name}")

    assert {rule["title"] for rule in answer["faults"]} == {PRESETS[name].title}
    for spec in rules_of(PRESETS[name], clock.now(), key="W-1", tenant_id=None):
        assert read_fault(show_spec(spec), clock.now()) == spec


def test_the_package_is_down_for_two_minutes(
    api: Any, invoice_body: InvoiceBody
) -> None:
    api.control("POST", "presets/down")

    down = api.put("Invoices", invoice_body("W-1")).status_code
    api.control("POST", "clock", {"advance_s": 120})
    up = api.put("Invoices", invoice_body("W-1")).status_code

    assert (down, up) == (503, 200)


def test_every_kind_and_preset_is_documented() -> None:
    text = DOCS.read_text()
    named = set(re.findall(r"^\| `([a-z_-]+)` \|", text, re.MULTILINE))

    assert {kind.value for kind in FaultKind} | set(PRESETS) <= named


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "void_document"},
        {"kind": "html", "options": {"status": 100}},
        {"kind": "delay", "options": {"seconds": 3, "up_to_seconds": 2}},
        {"kind": "delay", "options": {"seconds": 1e6}},
        {"kind": "delay", "options": {"status": 503}},
        {"kind": "status", "window": {"until": "tomorrow"}},
        {"kind": "status", "window": {"for": 5}},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(api: Any, rule: Any) -> None:
    assert api.http.post("/__mock__/faults", json=rule).status_code == 400


def test_an_unknown_preset_names_the_known_ones(api: Any) -> None:
    answer = api.http.post("/__mock__/presets/flood")

    assert answer.status_code == 400
    assert "answers-lost" in answer.get_json()["error"]


def test_a_hanging_connection_gives_the_client_up_not_the_server(
    server: Server, invoice_body: InvoiceBody
) -> None:
    rule = {"kind": "lose_answer", "options": {"how": "hang", "seconds": 60}}
    headers = {
        "Authorization": f"Bearer {_token(server)}",
        "Accept": "application/json",
    }
    _control(server, "faults", rule)

    with pytest.raises(requests.ReadTimeout):
        requests.put(
            f"{server.url}/api.xro/2.0/Invoices",
            json=invoice_body("W-1"),
            headers=headers,
            timeout=0.3,
        )

    found = requests.get(
        f"{server.url}/api.xro/2.0/Invoices/W-1", headers=headers, timeout=5
    )
    assert found.status_code == 200


def test_a_dripping_answer_arrives_whole_after_its_time(server: Server) -> None:
    headers = {
        "Authorization": f"Bearer {_token(server)}",
        "Accept": "application/json",
    }
    options = {"seconds": 0.3, "chunk_bytes": 100}
    _control(server, "faults", {"kind": "drip", "options": options})

    started = time.monotonic()
    answer = requests.get(
        f"{server.url}/api.xro/2.0/Organisation", headers=headers, timeout=5
    )

    assert time.monotonic() - started >= 0.3
    assert answer.json()["Organisations"]


def test_a_dripping_answer_is_there_in_part_before_its_end(server: Server) -> None:
    token = _token(server)
    options = {"seconds": 2, "chunk_bytes": 10}
    _control(server, "faults", {"kind": "drip", "options": options})

    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as line:
        line.sendall(
            b"GET /api.xro/2.0/Organisation HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Accept: application/json\r\n"
            b"Authorization: Bearer " + token.encode() + b"\r\n\r\n"
        )
        received = b""
        while b'{"Id"' not in received:
            received += line.recv(4096)

    assert b"Organisations" not in received


def _control(server: Server, path: str, body: Any) -> None:
    answer = requests.post(f"{server.url}/__mock__/{path}", json=body, timeout=5)
    answer.raise_for_status()


def _token(server: Server) -> str:
    answer = requests.post(
        f"{server.url}/connect/token",
        data={"grant_type": "client_credentials"},
        auth=("demo", "demo"),
        timeout=5,
    )
    token: str = answer.json()["access_token"]
    return token
