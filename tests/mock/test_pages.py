"""The pages: what they show, and that they only show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from mock_accounting.ledger.clock import Clock

InvoiceBody = Callable[..., dict[str, Any]]


@pytest.fixture
def filled(api: Any, invoice_body: InvoiceBody, clock: Clock) -> Any:
    """Books with an invoice in every state."""
    batch = [
        invoice_body("W-1", Status="DRAFT"),
        invoice_body("W-2", DueDate="2026-03-13"),
        invoice_body("W-3", DueDate="2026-03-14", Reference="Order <3>"),
        invoice_body("W-4", CurrencyCode="GBP"),
        invoice_body("W-5"),
    ]
    api.put("Invoices", {"Invoices": batch})
    api.post("Invoices/W-5", {"Status": "VOIDED"})
    payment = {"Invoice": {"InvoiceNumber": "W-4"}, "Account": {"Code": "091"}}
    api.put("Payments", payment | {"Amount": 25.41, "Reference": "W-4-P1"})
    clock.advance(timedelta(seconds=1))
    return api


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", ["W-1", "W-2", "W-3", "W-4", "W-5"]),
        ("?tab=draft", ["W-1"]),
        ("?tab=overdue", ["W-2"]),
        ("?tab=awaiting", ["W-3"]),
        ("?tab=paid", ["W-4"]),
        ("?tab=voided", ["W-5"]),
        ("?q=order+%3C3", ["W-3"]),
        ("?tab=nonsense&page=99", ["W-1", "W-2", "W-3", "W-4", "W-5"]),
    ],
)
def test_the_list_shows_the_invoices_of_its_tab(
    filled: Any, query: str, numbers: list[str]
) -> None:
    page = filled.http.get(f"/{query}").text

    shown = [number for number in ("W-1", "W-2", "W-3", "W-4", "W-5") if number in page]
    assert shown == numbers


def test_the_list_says_nothing_new_while_nothing_changed(
    filled: Any, invoice_body: InvoiceBody
) -> None:
    version = filled.http.get("/").headers["X-Version"]
    shown = {"X-Shown-Version": version}

    quiet = filled.http.get("/", headers=shown)
    filled.put("Invoices", invoice_body("W-6"))
    changed = filled.http.get("/", headers=shown)

    assert quiet.status_code == 204
    assert "W-6" in changed.text
    assert "<html" not in changed.text


def test_empty_books_say_what_to_do(api: Any) -> None:
    assert "The books are empty" in api.http.get("/").text


def test_a_search_without_a_match_says_so(filled: Any) -> None:
    assert "No invoice matches" in filled.http.get("/?q=nobody").text


def test_an_invoice_shows_lines_tax_payments_and_history(filled: Any) -> None:
    page = filled.http.get("/invoices/W-4").text

    for text in ("Wool Shop Customer", "21% BTW", "25.41", "W-4-P1", "Card payments"):
        assert text in page
    assert "Created" in page


def test_what_clients_send_is_escaped(filled: Any) -> None:
    page = filled.http.get("/").text

    assert "Order &lt;3&gt;" in page
    assert "Order <3>" not in page


def test_the_inbox_shows_requests_with_their_marks(
    api: Any, invoice_body: InvoiceBody
) -> None:
    for _ in range(2):
        api.put("Invoices", invoice_body("W-1"), Idempotency_Key="k-1")

    inbox = api.http.get("/requests").text
    one = api.http.get("/requests/2").text

    assert "replay" in inbox
    assert "W-1" in one


@pytest.mark.parametrize(
    "path", ["/invoices/W-9", "/requests/99", "/?organisation=nobody"]
)
def test_a_page_that_is_not_there_is_a_404(api: Any, path: str) -> None:
    answer = api.http.get(path)

    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def test_an_address_that_nothing_has_leads_a_browser_on(api: Any) -> None:
    answer = api.http.get("/nowhere", headers={"Accept": "text/html,*/*;q=0.8"})

    assert answer.status_code == 404
    assert 'href="/requests"' in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/__mock__/nowhere", 404),
        ("POST", "/api/2.0/Invoices", 404),
        ("DELETE", "/invoices/W-1", 405),
    ],
)
def test_an_address_that_nothing_has_tells_a_program_where_the_api_is(
    api: Any, method: str, path: str, status: int
) -> None:
    answer = api.http.open(path, method=method)

    assert answer.status_code == status
    assert answer.json["error"].startswith(f"{method} {path}: ")
    assert "/api.xro/2.0/" in answer.json["error"]


def test_pages_forbid_foreign_and_inline_code(filled: Any) -> None:
    page = filled.http.get("/")

    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style=" not in page.text
    assert "<script>" not in page.text
    assert "https://" not in page.text.replace("http://localhost", "")


def test_no_page_writes(app: Flask) -> None:
    methods = {
        method
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("ui.")
        for method in rule.methods or ()
    }

    assert methods <= {"GET", "HEAD", "OPTIONS"}
