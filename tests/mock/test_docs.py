"""docs/mock.md tells the truth about routes, settings, accounts and rates."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from mock_accounting.api.endpoints import ENDPOINTS
from mock_accounting.app import serve
from mock_accounting.ledger.books import Books

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def text() -> str:
    return (ROOT / "docs" / "mock.md").read_text()


def test_every_endpoint_is_in_the_table_and_no_other(text: str) -> None:
    rows = re.findall(
        r"^\| `/api\.xro/2\.0/([^`]+)` \| ([A-Z ]+) \|", text, re.MULTILINE
    )
    documented = {path.lower(): set(methods.split()) for path, methods in rows}
    for name in ("", "/actions"):
        documented[f"organisations{name}"] = documented[f"organisation{name}"]

    built = {"/".join(parts): set(methods) for parts, methods in ENDPOINTS.items()}

    assert documented == built


def test_every_control_route_is_in_the_table_and_no_other(
    text: str, app: Flask
) -> None:
    documented = set(re.findall(r"/__mock__/[a-z/{}-]+", text))

    built = {
        re.sub(r"<[^>]+>", "{id}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("control.")
    }

    assert documented == built


def test_every_setting_and_option_is_documented(text: str) -> None:
    read = set(
        re.findall(r"MOCK_[A-Z_]+", (ROOT / "mock_accounting/config.py").read_text())
    )
    options = {option for it in serve.params for option in it.opts}

    assert {name for name in read | options if name not in text} == set()


def test_every_account_and_rate_is_documented(text: str, books: Books) -> None:
    for account in books.accounts.values():
        assert f"| {account.code} | {account.name} |" in text
    for rate in books.tax_rates.values():
        assert f"| {rate.tax_type} | {rate.name} |" in text
