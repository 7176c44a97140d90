"""Organisation, ledger accounts, tax rates and currencies: read only here."""

from __future__ import annotations

from mock_accounting.api.request import ApiRequest
from mock_accounting.dialect import answers, kinds
from mock_accounting.dialect.listing import list_documents
from mock_accounting.dialect.messages import Answer
from mock_accounting.dialect.rendering.settings import (
    show_account,
    show_actions,
    show_currency,
    show_organisation,
    show_tax_rate,
)
from mock_accounting.ledger.ids import parse_id

_IMITATED = (
    "CreateDraftInvoice",
    "CreateApprovedInvoice",
    "CreateInvoicePayment",
    "AttachFilesIntoInvoice",
    "UseMulticurrency",
)
_ACTIONS = (
    *_IMITATED,
    "CreateDraftBill",
    "CreateApprovedBill",
    "CreateDraftPurchaseOrder",
    "CreateApprovedPurchaseOrder",
    "CreateDraftQuote",
    "CreateSentQuote",
    "CreateRepeatingInvoice",
    "CreateRepeatingBill",
)


def organisation(request: ApiRequest) -> Answer:
    """GET /Organisation."""
    shown = show_organisation(request.books.organisation)
    return request.envelope("Organisations", [shown])


def actions(request: ApiRequest) -> Answer:
    """GET /Organisation/Actions."""
    allowed = {name: name in _IMITATED for name in _ACTIONS}
    return request.envelope("Actions", show_actions(allowed))


def accounts(request: ApiRequest) -> Answer:
    """GET /Accounts."""
    page = list_documents(request.call, kinds.ACCOUNTS, request.books.accounts.values())
    return request.envelope("Accounts", [show_account(it) for it in page.documents])


def account(request: ApiRequest) -> Answer:
    """GET /Accounts/{AccountID}."""
    found = request.books.accounts.get(parse_id(request.parts[0]) or "")
    if found is None:
        return answers.not_found()
    return request.envelope("Accounts", [show_account(found)])


def tax_rates(request: ApiRequest) -> Answer:
    """GET /TaxRates."""
    page = list_documents(
        request.call, kinds.TAX_RATES, request.books.tax_rates.values()
    )
    return request.envelope("TaxRates", [show_tax_rate(it) for it in page.documents])


def tax_rate(request: ApiRequest) -> Answer:
    """GET /TaxRates/{TaxType}."""
    found = request.books.tax_rates.get(request.parts[0])
    if found is None:
        return answers.not_found()
    return request.envelope("TaxRates", [show_tax_rate(found)])


def currencies(request: ApiRequest) -> Answer:
    """GET /Currencies."""
    page = list_documents(
        request.call, kinds.CURRENCIES, request.books.currencies.values()
    )
    return request.envelope("Currencies", [show_currency(it) for it in page.documents])
