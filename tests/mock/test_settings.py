"""Ledger accounts, tax rates and currencies are added by the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.mock.conftest import ApiClient

InvoiceBody = Callable[..., dict[str, Any]]


def _messages(answer: Any) -> list[str]:
    assert answer.status_code == 400, answer.text
    (element,) = answer.get_json()["Elements"]
    return [error["Message"] for error in element["ValidationErrors"]]


def test_new_settings_can_be_booked_on(
    api: ApiClient, invoice_body: InvoiceBody
) -> None:
    rate = {
        "Name": "Utopia 10% + 5% on top",
        "TaxComponents": [
            {"Name": "State", "Rate": 10},
            {"Name": "City", "Rate": 5, "IsCompound": True},
        ],
    }
    api.put("Accounts", {"Code": "230", "Name": "Workshops", "Type": "SALES"})
    (made,) = api.put("TaxRates", rate).get_json()["TaxRates"]
    api.put("Currencies", {"Code": "SEK"})
    line = {"UnitAmount": 100, "AccountCode": "230", "TaxType": made["TaxType"]}
    line |= {"Description": "Evening", "Quantity": 1}

    answer = api.put("Invoices", invoice_body(CurrencyCode="SEK", LineItems=[line]))

    assert (made["TaxType"], made["EffectiveRate"]) == ("TAX007", 15.5)
    assert answer.get_json()["Invoices"][0]["Total"] == 115.5


def test_a_rate_is_renamed_and_deleted(
    api: ApiClient, invoice_body: InvoiceBody
) -> None:
    api.post("TaxRates", {"TaxType": "OUTPUT2", "Name": "BTW high"})
    (deleted,) = api.post(
        "TaxRates", {"Name": "BTW high", "Status": "DELETED"}
    ).get_json()["TaxRates"]

    assert (deleted["TaxType"], deleted["Status"]) == ("OUTPUT2", "DELETED")
    assert "TaxType code OUTPUT2" in _messages(api.put("Invoices", invoice_body()))[0]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("Accounts", {"Name": "X", "Type": "SALES"}, "Account code must be specified"),
        (
            "Accounts",
            {"Code": "200", "Name": "X", "Type": "SALES"},
            "Please enter a unique Code.",
        ),
        (
            "Accounts",
            {"Code": "9", "Name": "sales", "Type": "SALES"},
            "Please enter a unique Name.",
        ),
        (
            "Accounts",
            {"Code": "9", "Name": "X", "Type": "NOPE"},
            "The account type 'NOPE' is not valid",
        ),
        (
            "Accounts",
            {"Name": "X", "Type": "BANK"},
            "A bank account needs a BankAccountNumber",
        ),
        ("TaxRates", {"Name": "X"}, "A tax rate needs at least one TaxComponent."),
        ("Currencies", {"Code": "EURO"}, "'EURO' is not a valid currency code"),
    ],
)
def test_settings_that_break_a_rule_are_refused(
    api: ApiClient, path: str, body: dict[str, Any], message: str
) -> None:
    assert _messages(api.put(path, body)) == [message]


def test_accounts_are_created_one_a_request(api: ApiClient) -> None:
    accounts = [{"Code": code, "Name": code, "Type": "SALES"} for code in "12"]

    assert api.put("Accounts", {"Accounts": accounts}).status_code == 400
