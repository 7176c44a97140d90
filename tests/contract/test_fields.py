"""The fields that clients read: what is shown of every kind of document."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mock_accounting.api.description import describe_api
from mock_accounting.app import create_app
from mock_accounting.config import Settings
from tests.contract.answers import Example, examples

_ALWAYS: dict[str, str] = {
    "organisation": "OrganisationID Name BaseCurrency CountryCode Version Timezone "
    "DefaultSalesTax CreatedDateUTC Class",
    "accounts": "AccountID Code Name Type TaxType Class Status "
    "EnablePaymentsToAccount UpdatedDateUTC",
    "taxrates": "Name TaxType Status EffectiveRate DisplayTaxRate CanApplyToRevenue "
    "CanApplyToExpenses CanApplyToAssets CanApplyToLiabilities CanApplyToEquity "
    "TaxComponents",
    "currencies": "Code Description",
    "items": "ItemID Code Name IsSold IsPurchased IsTrackedAsInventory UpdatedDateUTC",
    "contacts": "ContactID Name ContactStatus EmailAddress Addresses "
    "Phones ContactPersons IsCustomer IsSupplier UpdatedDateUTC",
    "invoices": "InvoiceID InvoiceNumber Type Status Contact Date DateString DueDate "
    "DueDateString LineAmountTypes LineItems SubTotal TotalTax Total AmountDue "
    "AmountPaid AmountCredited CurrencyCode CurrencyRate Payments CreditNotes "
    "SentToContact HasAttachments HasErrors UpdatedDateUTC UpdatedDateUTCString",
    "creditnotes": "CreditNoteID CreditNoteNumber Type Status Contact Date DateString "
    "LineAmountTypes LineItems SubTotal TotalTax Total RemainingCredit Allocations "
    "CurrencyCode CurrencyRate Payments HasAttachments UpdatedDateUTC",
    "payments": "PaymentID PaymentType Status Date Amount BankAmount Reference "
    "CurrencyRate IsReconciled Account Invoice HasAccount UpdatedDateUTC",
    "batchpayments": "BatchPaymentID Type Status Date DateString TotalAmount Account "
    "Payments IsReconciled UpdatedDateUTC",
    "allocations": "AllocationID Amount Date Invoice",
    "history": "Changes Details User DateUTC DateUTCString",
    "attachments": "AttachmentID FileName Url MimeType ContentLength IncludeOnline",
}


@pytest.fixture(scope="module")
def answered() -> list[Example]:
    return examples(create_app(Settings(enforce_limits=False)))


def _documents(answered: list[Example], kind: str) -> list[dict[str, Any]]:
    """What every call to a kind of document showed of it."""
    found = []
    for example in answered:
        named = [part for part in example.endpoint if part != "{id}"][-1]
        if named == kind and example.answer.is_json:
            content = example.answer.get_json()
            lists = [it for it in content.values() if isinstance(it, list)]
            found += lists[0] if lists and "Id" in content else [content]
    return found


@pytest.mark.parametrize("kind", sorted(_ALWAYS))
def test_every_answer_shows_what_clients_read(
    answered: list[Example], kind: str
) -> None:
    documents = _documents(answered, kind)

    assert documents
    for document in documents:
        assert set(_ALWAYS[kind].split()) - set(document) == set()


def test_every_answer_is_as_our_own_description_says(answered: list[Example]) -> None:
    """It knows every field that is shown, and no clients' trouble such as null."""
    description = describe_api()
    problems = []
    for example in answered:
        schema = _described(description, example)
        if schema is not None and example.answer.is_json:
            checked = schema | {"components": description["components"]}
            name = f"{example.method} {'/'.join(example.endpoint)}"
            wrong = Draft202012Validator(checked).iter_errors(example.answer.get_json())
            problems += [f"{name} {it.json_path}: {it.message[:200]}" for it in wrong]

    assert problems == []


def _described(description: dict[str, Any], example: Example) -> dict[str, Any] | None:
    """The schema of a good answer of an endpoint."""
    for path, item in description["paths"].items():
        parts = re.sub(r"{\w+}", "{id}", path.lower()).split("/")[3:]
        operation = item.get(example.method.lower())
        if tuple(parts) == example.endpoint and operation is not None:
            good = next(iter(operation["responses"].values()))
            content = good.get("content", {}).get("application/json", {})
            schema: dict[str, Any] | None = content.get("schema")
            return schema
    # Some clients call it so.
    assert example.endpoint[0] == "organisations"
    return None
