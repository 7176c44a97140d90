"""No secret and no person is kept in an exchange."""

from __future__ import annotations

import json

import pytest

from dashboard.accounting.masking import mask_body, mask_headers, mask_query

PEOPLE = ["Jane Canary", "jane@canary.example", "1 Canary Row", "+44 20 7946 0000"]
CONTACT = {
    "ContactID": "7",
    "ContactNumber": "shop-c7",
    "Name": "Jane Canary",
    "FirstName": "Jane Canary",
    "EmailAddress": "jane@canary.example",
    "BankAccountDetails": "Jane Canary",
    "ContactPersons": [
        {
            "FirstName": "Jane Canary",
            "LastName": "Jane Canary",
            "EmailAddress": "jane@canary.example",
        }
    ],
    "Addresses": [
        {
            "AddressType": "POBOX",
            "AddressLine1": "1 Canary Row",
            "AddressLine3": "1 Canary Row",
            "AddressLine4": "1 Canary Row",
            "AttentionTo": "Jane Canary",
        }
    ],
    "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "+44 20 7946 0000"}],
}
TAKEN = (
    "The contact name Jane Canary is already assigned to another contact. "
    "The contact name must be unique across all active contacts."
)


def assert_nobody_is_in(text: str) -> None:
    for person in PEOPLE:
        assert person not in text


@pytest.mark.parametrize(
    "document",
    [
        {"Contacts": [CONTACT]},
        {"Invoices": [{"InvoiceNumber": "W-1", "Contact": CONTACT}]},
        {"Payments": [{"Invoice": {"Contact": CONTACT}}]},
        {"Type": "ValidationException", "Elements": [CONTACT]},
        {"Contacts": [CONTACT | {"ValidationErrors": [{"Message": TAKEN}]}]},
        {"Elements": [CONTACT | {"ValidationErrors": [{"Message": TAKEN}]}]},
        {"Message": TAKEN},
    ],
    ids=["contacts", "invoice", "payment", "refused", "clash", "refused clash", "bare"],
)
def test_people_are_masked_wherever_they_stand(document: object) -> None:
    text = mask_body(json.dumps(document).encode(), "application/json")

    assert_nobody_is_in(text)


def test_what_hides_nobody_stays_readable() -> None:
    document = {
        "Organisations": [{"Name": "Sluice Test Ltd"}],
        "TaxRates": [{"Name": "20% (VAT on Income)"}],
        "Contacts": [{"ContactNumber": "shop-c7", "ContactID": "7"}],
    }

    text = mask_body(json.dumps(document).encode(), "application/json")

    assert json.loads(text) == document


def test_people_in_xml_are_masked() -> None:
    body = b"""<Response><Contacts><Contact><Name>Jane Canary</Name>
      <EmailAddress>jane@canary.example</EmailAddress>
      <AddressLine1>1 Canary Row</AddressLine1>
      <PhoneNumber>+44 20 7946 0000</PhoneNumber></Contact></Contacts></Response>"""

    assert_nobody_is_in(mask_body(body, "application/json"))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000 + b'"Jane Canary"' + b"]" * 100_000,
        b'{"Contacts":' * 900 + b'{"Name": "Jane Canary"}' + b"}" * 900,
    ],
    ids=["too deep to read", "deep"],
)
def test_a_body_nested_too_deep_tells_nothing(body: bytes) -> None:
    assert_nobody_is_in(mask_body(body, "application/json"))


@pytest.mark.parametrize(
    "body",
    [b"<html>\0</html>", b'{"Message": "a\\u0000\\ud800"}', b"\xed\xa0\x80\0"],
    ids=["a page with a NUL", "JSON that escapes both", "neither JSON nor UTF-8"],
)
def test_what_is_kept_can_be_stored_whatever_was_answered(body: bytes) -> None:
    kept = mask_body(body, "application/json")

    assert "\0" not in kept
    assert kept.encode()


@pytest.mark.parametrize(
    "field", ["access_token", "refresh_token", "id_token", "client_secret"]
)
def test_secrets_are_masked_in_answers_and_forms(field: str) -> None:
    answer = json.dumps({field: "canary-secret", "expires_in": 1800}).encode()
    form = f"grant_type=client_credentials&{field}=canary-secret".encode()

    assert "canary-secret" not in mask_body(answer, "application/json")
    assert "canary-secret" not in mask_body(form, "application/x-www-form-urlencoded")
    assert "client_credentials" in mask_body(form, "application/x-www-form-urlencoded")


def test_secret_headers_are_masked_however_they_are_written() -> None:
    masked = mask_headers({"AUTHORIZATION": "Bearer canary", "Accept": "text/html"})

    assert masked == {"AUTHORIZATION": "•••", "Accept": "text/html"}


@pytest.mark.parametrize(
    "url",
    [
        'https://b.example/Contacts?where=Name=="Jane Canary"&page=1',
        "https://b.example/Contacts?where=Name%3D%3D%22Jane%20Canary%22&page=1",
        "https://b.example/Contacts?where=EmailAddress%3D%3D%22jane%40canary.example%22",
    ],
)
def test_names_that_are_asked_for_are_masked(url: str) -> None:
    masked = mask_query(url)

    assert "anary" not in masked
    assert masked.startswith("https://b.example/Contacts?where=")


def test_numbers_that_are_asked_for_stay_readable() -> None:
    url = "https://b.example/Invoices?InvoiceNumbers=W-1,W-2&page=1"

    assert mask_query(url) == url
