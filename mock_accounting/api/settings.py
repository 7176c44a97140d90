"""Organisation, ledger accounts, tax rates and currencies."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from mock_accounting.api.batches import write_and_answer
from mock_accounting.api.request import ApiRequest
from mock_accounting.dialect import answers, kinds
from mock_accounting.dialect.bodies import read_elements
from mock_accounting.dialect.listing import list_documents
from mock_accounting.dialect.messages import Answer
from mock_accounting.dialect.reading import (
    account_input,
    currency_input,
    tax_rate_input,
)
from mock_accounting.dialect.rendering.settings import (
    echo_account,
    echo_currency,
    echo_tax_rate,
    show_account,
    show_actions,
    show_currency,
    show_organisation,
    show_tax_rate,
)
from mock_accounting.ledger import settings as ledger
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.ids import parse_id
from mock_accounting.ledger.inputs import TaxRateInput
from mock_accounting.ledger.model import TaxRate

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


def create_account(request: ApiRequest) -> Answer:
    """PUT /Accounts: one a request."""
    sent, *others = read_elements(request.call, "Accounts")
    if others:
        return answers.bad_data("Only one account can be created in a request.")
    return write_and_answer(
        request,
        "Accounts",
        [account_input(sent)],
        write=partial(ledger.create_account, request.books),
        show=show_account,
        echo=echo_account,
    )


def create_tax_rates(request: ApiRequest) -> Answer:
    """PUT /TaxRates."""
    return _write_tax_rates(request, ledger.create_tax_rate)


def save_tax_rates(request: ApiRequest) -> Answer:
    """POST /TaxRates."""
    return _write_tax_rates(request, ledger.save_tax_rate)


def subscribe_currencies(request: ApiRequest) -> Answer:
    """PUT /Currencies."""
    elements = read_elements(request.call, "Currencies")
    return write_and_answer(
        request,
        "Currencies",
        [currency_input(it) for it in elements],
        write=partial(ledger.subscribe_currency, request.books),
        show=show_currency,
        echo=echo_currency,
    )


def _write_tax_rates(
    request: ApiRequest, write: Callable[[Books, TaxRateInput], TaxRate]
) -> Answer:
    elements = read_elements(request.call, "TaxRates")
    return write_and_answer(
        request,
        "TaxRates",
        [tax_rate_input(it) for it in elements],
        write=partial(write, request.books),
        show=show_tax_rate,
        echo=echo_tax_rate,
    )
