"""Items: written, named by lines, deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.mock.conftest import ApiClient

MUG = {
    "Code": "MUG-1",
    "Name": "Mug",
    "Description": "Blue mug",
    "SalesDetails": {"UnitPrice": 10.5, "AccountCode": "200", "TaxType": "OUTPUT2"},
}
InvoiceBody = Callable[..., dict[str, Any]]


def _messages(answer: Any) -> list[str]:
    assert answer.status_code == 400, answer.text
    (element,) = answer.get_json()["Elements"]
    return [error["Message"] for error in element["ValidationErrors"]]


def test_an_item_is_written_and_read_by_id_and_code(api: ApiClient) -> None:
    (made,) = api.put("Items", {"Items": [MUG]}).get_json()["Items"]

    for identifier in (made["ItemID"], "mug-1"):
        (found,) = api.get(f"Items/{identifier}").get_json()["Items"]
        assert found == made
    assert made["SalesDetails"]["UnitPrice"] == 10.5
    assert made["IsTrackedAsInventory"] is False


def test_a_put_refuses_a_code_in_use_and_a_post_updates_it(api: ApiClient) -> None:
    api.put("Items", MUG)

    again = api.put("Items", MUG)
    (updated,) = api.post("Items", {"Code": "MUG-1", "Name": "Cup"}).get_json()["Items"]

    assert _messages(again) == ["Price List Item with Code 'MUG-1' already exists"]
    assert (updated["Name"], updated["Description"]) == ("Cup", "Blue mug")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"Code": ""}, "Price List Item Code must be supplied"),
        ({"Code": "x" * 31}, "The Code cannot be longer than 30 characters"),
        ({"Name": "x" * 51}, "The Name cannot be longer than 50 characters"),
        (
            {"SalesDetails": {"AccountCode": "999"}},
            "Account code '999' is not a valid code for this item.",
        ),
        (
            {"SalesDetails": {"TaxType": "NOPE"}},
            "The TaxType code NOPE does not exist.",
        ),
    ],
)
def test_an_item_that_breaks_a_rule_is_refused(
    api: ApiClient, fields: dict[str, Any], message: str
) -> None:
    assert _messages(api.put("Items", MUG | fields)) == [message]


def test_prices_keep_two_decimals_unless_four_are_asked_for(api: ApiClient) -> None:
    fine = MUG | {"SalesDetails": {"UnitPrice": 1.23456}}

    (coarse,) = api.put("Items", fine).get_json()["Items"]
    (exact,) = api.post("Items?unitdp=4", fine).get_json()["Items"]

    assert coarse["SalesDetails"]["UnitPrice"] == 1.23
    assert exact["SalesDetails"]["UnitPrice"] == 1.2346


def test_a_line_takes_over_what_its_item_says(
    api: ApiClient, invoice_body: InvoiceBody
) -> None:
    api.put("Items", MUG)
    lines = [
        {"ItemCode": "MUG-1", "Quantity": 2},
        {"ItemCode": "MUG-1", "UnitAmount": 1, "Description": "Own", "TaxType": "NONE"},
    ]

    answer = api.put("Invoices", invoice_body("W-1", LineItems=lines))

    first, second = answer.get_json()["Invoices"][0]["LineItems"]
    assert (first["Description"], first["LineAmount"]) == ("Blue mug", 21)
    assert (first["AccountCode"], first["TaxType"]) == ("200", "OUTPUT2")
    assert (second["Description"], second["LineAmount"]) == ("Own", 1)
    assert second["TaxType"] == "NONE"


def test_a_line_cannot_name_an_item_there_is_not(
    api: ApiClient, invoice_body: InvoiceBody
) -> None:
    lines = [{"ItemCode": "NOPE", "UnitAmount": 1, "AccountCode": "200"}]

    answer = api.put("Invoices", invoice_body("W-1", LineItems=lines))

    assert _messages(answer) == ["Item code 'NOPE' is not valid"]


def test_a_deleted_item_is_gone_and_its_code_is_free(
    api: ApiClient, invoice_body: InvoiceBody
) -> None:
    api.put("Items", MUG)
    api.put(
        "Invoices",
        invoice_body("W-1", LineItems=[{"ItemCode": "MUG-1", "Quantity": 1}]),
    )

    removed = api.call("DELETE", "Items/MUG-1")

    assert removed.status_code == 204
    assert api.get("Items/MUG-1").status_code == 404
    assert api.get("Items").get_json()["Items"] == []
    assert api.put("Items", MUG).status_code == 200
    (invoice,) = api.get("Invoices/W-1").get_json()["Invoices"]
    assert invoice["LineItems"][0]["ItemCode"] == "MUG-1"


def test_items_are_filtered(api: ApiClient) -> None:
    api.put("Items", {"Items": [MUG, {"Code": "BOWL", "IsSold": False}]})

    found = api.get("Items", where='IsSold==true AND Code=="MUG-1"').get_json()

    assert [it["Code"] for it in found["Items"]] == ["MUG-1"]
