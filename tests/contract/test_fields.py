"""The fields that clients read: what is shown of every kind of document."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mock_accounting.app import create_app
from mock_accounting.config import Settings
from tests.contract.answers import Example, examples

_MS_DATE = re.compile(r"/Date\(-?\d+(\+0000)?\)/")
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
_NUMBERS = """
    SubTotal TotalTax Total AmountDue AmountPaid AmountCredited Amount BankAmount
    RemainingCredit TotalAmount CurrencyRate EffectiveRate ContentLength
"""
_FLAGS = """
    HasErrors HasAttachments IsReconciled IsCustomer IsSupplier IsSold
    SentToContact EnablePaymentsToAccount CanApplyToRevenue HasAccount
"""
_DATES = """
    Date DueDate UpdatedDateUTC CreatedDateUTC DateUTC FullyPaidOnDate
    ExpectedPaymentDate
"""


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


def test_every_field_is_of_the_type_that_clients_read(answered: list[Example]) -> None:
    problems = []
    for example in answered:
        if example.answer.is_json:
            problems += _wrong(example.answer.get_json(), "/".join(example.endpoint))

    assert problems == []


def _wrong(content: Any, path: str) -> list[str]:
    """Nulls, and fields of the wrong type, at any depth."""
    if isinstance(content, list):
        return [it for item in content for it in _wrong(item, path)]
    if not isinstance(content, dict):
        return []
    problems = []
    for name, value in content.items():
        here = f"{path}.{name}"
        if not _right(name, value):
            problems.append(f"{here}: {value!r}")
        problems += _wrong(value, here)
    return problems


def _right(name: str, value: Any) -> bool:
    if value is None:
        return False
    if name in _NUMBERS.split():
        return isinstance(value, int | float) and not isinstance(value, bool)
    if name in _FLAGS.split():
        return isinstance(value, bool)
    if name in _DATES.split():
        return isinstance(value, str) and bool(_MS_DATE.fullmatch(value))
    return True
