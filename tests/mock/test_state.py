"""Snapshots, files, organisations thrown away: state that can be had again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from flask.testing import FlaskClient

from mock_accounting.app import close_app, create_app
from mock_accounting.config import Settings
from mock_accounting.ledger.books import Books, Entry, Record
from mock_accounting.ledger.clock import Clock
from mock_accounting.ledger.ids import IdSource
from mock_accounting.ledger.organisations import Organisations
from mock_accounting.ledger.storage import Memory

InvoiceBody = Callable[..., dict[str, Any]]

SEED_FILE = {
    "seed": 7,
    "clock": {"freeze": "2026-03-14T09:30:00Z"},
    "limits": {"mode": "real", "minute": 30},
    "faults": [{"kind": "status", "times": None, "probability": 0.5, "seed": 3}],
    "presets": ["cent-off"],
    "organisations": [
        {
            "name": "Wool Shop",
            "Contacts": [{"Name": "Wool Shop Customer", "ContactNumber": "C-1"}],
            "Invoices": [
                {
                    "Type": "ACCREC",
                    "Status": "AUTHORISED",
                    "InvoiceNumber": "W-1",
                    "Date": "2026-03-01",
                    "Contact": {"ContactNumber": "C-1"},
                    "LineItems": [
                        {
                            "Description": "Mug",
                            "Quantity": 1,
                            "UnitAmount": 10.5,
                            "AccountCode": "200",
                            "TaxType": "OUTPUT2",
                        }
                    ],
                }
            ],
            "Payments": [
                {
                    "Invoice": {"InvoiceNumber": "W-1"},
                    "Account": {"Code": "091"},
                    "Amount": 5,
                    "Reference": "W-1-P1",
                }
            ],
        },
        {
            "organisation": "0b7e4f5e-5c1d-4b86-9d0a-0e5a3c1b2a11",
            "name": "Second Shop",
            "clients": [{"client_id": "second", "client_secret": "shop"}],
        },
    ],
}


def _numbers(api: Any) -> list[str]:
    found = api.get("Invoices").get_json()["Invoices"]
    return [invoice["InvoiceNumber"] for invoice in found]


def test_a_snapshot_gives_books_keys_faults_and_clock_back(
    api: Any, invoice_body: InvoiceBody
) -> None:
    api.put("Invoices", invoice_body("W-1"), Idempotency_Key="k-1")
    rule = {"kind": "delay", "match": {"path": "/Payments"}}
    api.control("POST", "faults", rule)
    api.control("POST", "snapshots/before")

    api.put("Invoices", invoice_body("W-2"), Idempotency_Key="k-2")
    api.post("Invoices/W-1", {"Status": "VOIDED"})
    api.control("DELETE", "faults")
    api.control("POST", "clock", {"advance_s": 60})
    api.control("POST", "snapshots/before/restore")

    assert _numbers(api) == ["W-1"]
    assert api.get("Invoices/W-1").get_json()["Invoices"][0]["Status"] == "AUTHORISED"
    assert len(api.control("GET", "faults")["faults"]) == 1
    assert api.control("GET", "clock")["now"] == "2026-03-14T09:30:00+00:00"
    again = api.put("Invoices", invoice_body("W-2"), Idempotency_Key="k-2")
    assert again.status_code == 200
    assert _numbers(api) == ["W-1", "W-2"]


def test_a_snapshot_of_one_organisation_leaves_the_others_alone(
    api: Any, invoice_body: InvoiceBody
) -> None:
    other = api.control("POST", "organisations", {})["organisation"]
    api.control("POST", f"snapshots/other?organisation={other}")
    api.put("Invoices", invoice_body("W-1"))

    api.control("POST", "snapshots/other/restore")

    assert _numbers(api) == ["W-1"]
    (kept,) = api.control("GET", "snapshots")["snapshots"]
    assert kept == {
        "snapshot": "other",
        "taken_at": "2026-03-14T09:30:00+00:00",
        "invoices": 0,
        "organisations": [other],
    }


def test_a_snapshot_closes_what_was_opened_after_it(api: Any) -> None:
    api.control("POST", "snapshots/empty")
    api.control("POST", "organisations", {})

    api.control("POST", "snapshots/empty/restore")

    assert len(api.control("GET", "organisations")["organisations"]) == 1


def test_a_restored_snapshot_outlives_the_process(
    api_on: Callable[[Path, Clock], Any],
    clock: Clock,
    tmp_path: Path,
    invoice_body: InvoiceBody,
) -> None:
    api = api_on(tmp_path, clock)
    api.put("Invoices", invoice_body("W-1"))
    api.control("POST", "snapshots/one")
    api.put("Invoices", invoice_body("W-2"))
    api.control("POST", "snapshots/one/restore")
    api.close()

    assert _numbers(api_on(tmp_path, clock)) == ["W-1"]


def test_an_export_loads_into_another_mock_and_is_the_same_again(
    api: Any, invoice_body: InvoiceBody
) -> None:
    api.put("Invoices", invoice_body("W-1"))
    payment = {"Invoice": {"InvoiceNumber": "W-1"}, "Account": {"Code": "091"}}
    api.put("Payments", payment | {"Amount": 10})
    api.control("POST", "presets/answers-lost")
    api.control("POST", "organisations", {"name": "Second Shop"})
    exported = api.control("GET", "export")

    other = create_app(Settings()).test_client()
    loaded = other.post("/__mock__/load", json=exported)

    assert loaded.status_code == 200, loaded.text
    assert other.get("/__mock__/export").get_json() == exported
    assert other.get("/__mock__/assertions").get_json()["ok"] is True


def test_the_same_file_gives_the_same_run(tmp_path: Path) -> None:
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(SEED_FILE))

    runs = []
    for _ in range(2):
        http = create_app(Settings(seed_file=path)).test_client()
        runs.append(_run(http))

    assert runs[0] == runs[1]
    assert {200, 503} <= {answer[0] for answer in runs[0][0]}


def test_a_seed_file_holds_books_clock_limits_and_faults(tmp_path: Path) -> None:
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(SEED_FILE))

    http = create_app(Settings(seed_file=path)).test_client()

    state = http.get("/__mock__/state").get_json()
    assert state["organisation"]["name"] == "Wool Shop"
    assert state["invoices"][0]["amount_paid"] == "5.00"
    assert http.get("/__mock__/limits").get_json()["minute"] == 30
    assert http.get("/__mock__/clock").get_json()["frozen"] is True
    assert len(http.get("/__mock__/faults").get_json()["faults"]) == 2
    names = [
        it["name"]
        for it in http.get("/__mock__/organisations").get_json()["organisations"]
    ]
    assert names == ["Wool Shop", "Second Shop"]


def test_a_seed_file_leaves_a_used_data_folder_alone(tmp_path: Path) -> None:
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(SEED_FILE))
    settings = Settings(seed_file=path, data_dir=tmp_path / "books")

    first = create_app(settings)
    first.test_client().post("/__mock__/reset")
    close_app(first)
    second = create_app(settings)
    state = second.test_client().get("/__mock__/state").get_json()
    close_app(second)

    assert state["invoices"] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"format": 2}, "format"),
        ({"seeds": 1}, "Unknown: seeds"),
        ({"presets": ["flood"]}, "flood"),
        ({"organisations": [{"organisation": "x"}]}, "tenant id"),
        ({"organisations": [{"Invoices": [{"Type": "ACCREC"}]}]}, "element 1"),
        ({"organisations": [{"documents": [{"kind": "poem"}]}]}, "cannot be read"),
        ({"organisations": [{"documents": [3]}]}, "cannot be read"),
        ({"organisations": 5}, "must be a list"),
        ([], "JSON object"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_with_its_reason(
    api: Any, content: Any, said: str
) -> None:
    answer = api.http.post("/__mock__/load", json=content)

    assert answer.status_code == 400
    assert said in answer.get_json()["error"]
    assert len(api.control("GET", "organisations")["organisations"]) == 1


def test_an_organisation_is_thrown_away_with_its_client(api: Any) -> None:
    other = api.control("POST", "organisations", {})

    api.control("DELETE", f"organisations/{other['organisation']}")

    client = (other["client_id"], other["client_secret"])
    form = {"grant_type": "client_credentials"}
    token = api.http.post("/connect/token", data=form, auth=client)
    assert token.status_code == 400
    assert len(api.control("GET", "organisations")["organisations"]) == 1


def test_the_demo_organisation_stays(api: Any) -> None:
    demo = api.control("GET", "organisations")["organisations"][0]["organisation"]

    answer = api.http.delete(f"/__mock__/organisations/{demo}")

    assert answer.status_code == 400


def test_every_kind_of_document_is_among_the_documents_of_the_books(
    books: Books,
) -> None:
    """A kind that is forgotten there would be lost by snapshots and exports."""
    listed = set(Books.documents.__code__.co_names)
    for inner in Books.documents.__code__.co_consts:
        listed |= set(getattr(inner, "co_names", ()))

    kept = {
        name
        for name, value in vars(books).items()
        if isinstance(value, dict) and not name.startswith("_")
    }
    apart = {"organisation", "_history", "_attachments"}

    assert kept | apart <= listed
    assert len(get_args(Entry) + get_args(Record)) == len(kept | apart)


def test_an_order_number_may_stand_in_the_reference(
    api: Any, invoice_body: InvoiceBody
) -> None:
    for reference in ("Order 1", "Order 2", "Order 2"):
        api.put("Invoices", invoice_body(Reference=reference))
    check = {
        "check": "one_live_invoice_each",
        "in": "reference",
        "numbers": ["Order 1", "Order 2"],
    }

    (found,) = api.control("POST", "assertions", {"checks": [check]})["checks"]

    assert found["problems"] == ["Order 2: 2 live invoices"]


def test_the_same_seed_founds_the_same_organisation(clock: Clock) -> None:
    first, second = (
        Organisations(Memory(), clock, IdSource(5)).all()[0].documents()
        for _ in range(2)
    )

    assert first == second


def _run(http: FlaskClient) -> tuple[list[tuple[int, str]], Any]:
    """What a client is answered, and what the faults say they hit."""
    form = {"grant_type": "client_credentials"}
    token = None
    while token is None:
        answer = http.post("/connect/token", data=form, auth=("demo", "demo"))
        token = answer.get_json(silent=True) and answer.get_json().get("access_token")
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    answers = []
    for number in range(12):
        body = {"Name": f"Customer {number}"}
        made = http.put("/api.xro/2.0/Contacts", json=body, headers=headers)
        answers.append((made.status_code, made.text))
    return answers, http.get("/__mock__/faults").get_json()
