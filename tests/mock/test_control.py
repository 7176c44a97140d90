"""The control API beside faults: reset, clock, limits, log, state, assertions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

InvoiceBody = Callable[..., dict[str, Any]]


def test_reset_leaves_a_new_demo_organisation_and_tokens_hold(
    api: Any, invoice_body: InvoiceBody
) -> None:
    api.put("Invoices", invoice_body("W-1"), Idempotency_Key="k-1")
    api.control("POST", "faults", {"kind": "status"})

    api.control("POST", "reset")
    api.control("POST", "clock", {"freeze": "2026-03-14T09:40:00Z"})

    assert api.control("GET", "requests")["requests"] == []
    assert api.get("Invoices").get_json()["Invoices"] == []
    again = api.put("Invoices", invoice_body("W-1"), Idempotency_Key="k-1")
    assert again.get_json()["Invoices"][0]["InvoiceNumber"] == "W-1"


def test_the_request_log_tells_bodies_and_verdicts(
    api: Any, invoice_body: InvoiceBody
) -> None:
    api.put("Invoices?unitdp=4", invoice_body("W-1"), Idempotency_Key="k-1")

    (entry,) = api.control("GET", "requests?path=invoices&method=PUT")["requests"]

    assert entry["query"] == "unitdp=4"
    assert entry["status"] == 200
    assert entry["idempotency_key"] == "k-1"
    assert '"W-1"' in entry["request_body"]
    assert '"InvoiceID"' in entry["response_body"]
    assert entry["time"] == "2026-03-14T09:30:00+00:00"
    newer = api.control("GET", f"requests?since={entry['id']}")
    assert newer["requests"] == []


def test_the_clock_is_frozen_moved_and_let_go(api: Any) -> None:
    frozen = api.control("POST", "clock", {"freeze": "2027-01-01T00:00:00Z"})
    moved = api.control("POST", "clock", {"advance_s": 3600})
    free = api.control("POST", "clock", {"reset": True})

    assert frozen == {"now": "2027-01-01T00:00:00+00:00", "frozen": True}
    assert moved["now"] == "2027-01-01T01:00:00+00:00"
    assert free["frozen"] is False


def test_limits_are_changed_and_counted_anew(api: Any) -> None:
    api.control("POST", "limits", {"mode": "real", "minute": 1})
    first = api.get("Organisation").status_code
    second = api.get("Organisation").status_code

    api.control("POST", "limits", {"minute": 2})

    assert (first, second) == (200, 429)
    assert api.get("Organisation").status_code == 200
    assert api.control("GET", "limits") == {
        "mode": "real",
        "concurrent": 5,
        "minute": 2,
        "day": 5000,
        "app_minute": 10000,
    }


def test_assertions_answer_with_what_is_wrong(
    api: Any, invoice_body: InvoiceBody
) -> None:
    api.put("Invoices", invoice_body("W-1"))
    checks = [
        {"check": "one_live_invoice_each", "numbers": ["W-1", "W-2"]},
        {"check": "no_other_invoices", "numbers": ["W-1"]},
        {"check": "sum", "currency": "EUR", "total": "25.40"},
        {"check": "all_paid", "numbers": ["W-1"]},
    ]

    answer = api.control("POST", "assertions", {"checks": checks})

    assert answer["ok"] is False
    assert [it["problems"] for it in answer["checks"]] == [
        ["W-2: 0 live invoices"],
        [],
        ["EUR: 25.41, not 25.40"],
        ["W-1: AUTHORISED"],
    ]
    assert answer["invoices"]["EUR"] == {
        "count": 1,
        "total": 25.41,
        "paid": 0,
        "due": 25.41,
    }
    assert api.control("GET", "assertions")["ok"] is True


def test_state_exports_the_books(api: Any, invoice_body: InvoiceBody) -> None:
    api.put("Invoices", invoice_body("W-1"))

    state = api.control("GET", "state")

    assert state["invoices"][0]["number"] == "W-1"
    assert state["invoices"][0]["total"] == "25.41"
    assert state["organisation"]["base_currency"] == "EUR"


def test_a_contact_is_archived_behind_the_clients_back(
    api: Any, invoice_body: InvoiceBody
) -> None:
    made = api.put("Invoices", invoice_body("W-1")).get_json()["Invoices"][0]
    contact_id = made["Contact"]["ContactID"]

    api.control("POST", f"contacts/{contact_id}/archive")

    refused = api.put(
        "Invoices", invoice_body("W-2", Contact={"ContactID": contact_id})
    )
    assert refused.status_code == 400


def test_a_contact_comes_back_from_the_archive(
    api: Any, invoice_body: InvoiceBody
) -> None:
    made = api.put("Invoices", invoice_body("W-1")).get_json()["Invoices"][0]
    contact_id = made["Contact"]["ContactID"]
    api.control("POST", f"contacts/{contact_id}/archive")

    api.control("POST", f"contacts/{contact_id}/restore")

    booked = api.put("Invoices", invoice_body("W-2", Contact={"ContactID": contact_id}))
    assert booked.status_code == 200


def test_an_organisation_of_its_own_has_its_own_books(
    api: Any, invoice_body: InvoiceBody
) -> None:
    api.put("Invoices", invoice_body("W-1"))
    other = api.control("POST", "organisations", {"name": "Other"})
    form = {
        "grant_type": "client_credentials",
        "client_id": other["client_id"],
        "client_secret": other["client_secret"],
    }
    token = api.http.post("/connect/token", data=form).get_json()["access_token"]

    found = api.call("GET", "Invoices", headers={"Authorization": f"Bearer {token}"})
    state = api.control("GET", f"state?organisation={other['organisation']}")

    assert found.get_json()["Invoices"] == []
    assert state["organisation"]["name"] == "Other"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock", {"freeze": "noon"}),
        ("clock", {"advance": 5}),
        ("limits", {"mode": "sometimes"}),
        ("limits", {"minute": -1}),
        ("lock-date", {"period": "31-01-2026"}),
        ("assertions", {"checks": [{"check": "luck"}]}),
        ("assertions", {"checks": [{"check": "sum", "total": "much"}]}),
        ("assertions", {}),
        ("organisations", {"name": 5}),
        ("lock-date?organisation=nobody", {}),
    ],
)
def test_a_control_request_that_makes_no_sense_is_refused(
    api: Any, path: str, body: Any
) -> None:
    answer = api.http.post(f"/__mock__/{path}", json=body)

    assert answer.status_code == 400
    assert answer.get_json()["error"]
