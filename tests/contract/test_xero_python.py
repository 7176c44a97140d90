"""The vendor's own Python client drives the mock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from xero_python.accounting import (
    Account,
    AccountingApi,
    Allocation,
    Allocations,
    BatchPayment,
    BatchPaymentDelete,
    BatchPayments,
    Contact,
    Contacts,
    CreditNote,
    CreditNotes,
    CurrencyCode,
    HistoryRecord,
    HistoryRecords,
    Invoice,
    Invoices,
    Item,
    Items,
    LineAmountTypes,
    LineItem,
    Payment,
    PaymentDelete,
    Payments,
    Purchase,
    RequestEmpty,
)
from xero_python.api_client import ApiClient, Configuration
from xero_python.api_client.oauth2 import OAuth2Token, TokenApi
from xero_python.exceptions import AccountingBadRequestException
from xero_python.identity import IdentityApi

from mock_accounting.app import Server
from mock_accounting.ledger.demo import DEMO_TENANT_ID

SCOPES = [
    "accounting.invoices",
    "accounting.payments",
    "accounting.contacts",
    "accounting.settings",
]


@dataclass(frozen=True, kw_only=True)
class Sdk:
    accounting: AccountingApi
    tenant: str
    url: str


@pytest.fixture
def sdk(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sdk]:
    token_url = f"{server.url}/connect/token"
    monkeypatch.setattr(TokenApi, "client_credentials_token_url", token_url)
    monkeypatch.setattr(TokenApi, "refresh_token_url", token_url)
    store: dict[str, Any] = {}

    def save(token: dict[str, Any]) -> None:
        store.clear()
        store.update(token)

    client = ApiClient(
        Configuration(oauth2_token=OAuth2Token(client_id="demo", client_secret="demo")),
        oauth2_token_getter=lambda: store,
        oauth2_token_saver=save,
    )
    client.get_client_credentials_token()
    (connection,) = IdentityApi(client, base_url=server.url).get_connections()
    yield Sdk(
        accounting=AccountingApi(client, base_url=f"{server.url}/api.xro/2.0"),
        tenant=connection.tenant_id,
        url=server.url,
    )
    client.rest_client.pool_manager.clear()


def _invoice(number: str | None = None, **fields: Any) -> Invoice:
    values: dict[str, Any] = {
        "type": "ACCREC",
        "status": "AUTHORISED",
        "invoice_number": number,
        "contact": Contact(name="Wool Shop Customer"),
        "date": dt.date(2026, 3, 14),
        "due_date": dt.date(2026, 3, 28),
        "line_amount_types": LineAmountTypes.EXCLUSIVE,
        "line_items": [
            LineItem(
                description="Mug",
                quantity=2,
                unit_amount=10.50,
                account_code="200",
                tax_type="OUTPUT2",
            )
        ],
    }
    return Invoice(**(values | fields))


def _create(sdk: Sdk, *invoices: Invoice, **options: Any) -> list[Invoice]:
    made = sdk.accounting.create_invoices(
        sdk.tenant, Invoices(invoices=list(invoices)), summarize_errors=False, **options
    )
    found: list[Invoice] = made.invoices
    return found


def test_settings_are_read(sdk: Sdk) -> None:
    (organisation,) = sdk.accounting.get_organisations(sdk.tenant).organisations
    accounts = sdk.accounting.get_accounts(
        sdk.tenant, where='Status=="ACTIVE" AND Type=="BANK"'
    ).accounts
    rates = sdk.accounting.get_tax_rates(sdk.tenant).tax_rates
    currencies = sdk.accounting.get_currencies(sdk.tenant).currencies

    assert organisation.organisation_id == sdk.tenant
    assert organisation.timezone.value == "WEUROPESTANDARDTIME"
    assert [account.code for account in accounts] == ["090", "091", "092", "093"]
    assert {rate.tax_type: rate.effective_rate for rate in rates}["TAX004"] == Decimal(
        "14.975"
    )
    assert [currency.code.value for currency in currencies][:2] == ["EUR", "USD"]


def test_every_account_and_rate_can_be_read(sdk: Sdk) -> None:
    accounts = sdk.accounting.get_accounts(sdk.tenant).accounts
    rates = sdk.accounting.get_tax_rates(sdk.tenant).tax_rates

    assert "ROUNDING" in {account.system_account for account in accounts}
    assert {account.status for account in accounts} == {"ACTIVE", "ARCHIVED"}
    assert {rate.status for rate in rates} == {"ACTIVE", "DELETED"}


def test_contacts_are_created_found_and_updated(sdk: Sdk) -> None:
    (made,) = sdk.accounting.create_contacts(
        sdk.tenant,
        Contacts(
            contacts=[
                Contact(
                    name="Wool Shop",
                    contact_number="C-7",
                    email_address="shop@wool.example",
                )
            ]
        ),
    ).contacts

    sdk.accounting.update_or_create_contacts(
        sdk.tenant, Contacts(contacts=[Contact(contact_number="C-7", first_name="Ada")])
    )

    (found,) = sdk.accounting.get_contacts(
        sdk.tenant, where='EmailAddress="shop@wool.example"'
    ).contacts
    assert found.contact_id == made.contact_id
    assert (found.name, found.first_name) == ("Wool Shop", "Ada")
    assert found.contact_status == "ACTIVE"


def test_a_name_in_use_raises_with_the_api_message(sdk: Sdk) -> None:
    body = Contacts(contacts=[Contact(name="Wool Shop")])
    sdk.accounting.create_contacts(sdk.tenant, body)

    with pytest.raises(AccountingBadRequestException) as refusal:
        sdk.accounting.create_contacts(sdk.tenant, body)

    assert "is already assigned to another contact" in str(refusal.value)


def test_a_batch_comes_back_with_a_verdict_an_element(sdk: Sdk) -> None:
    made = _create(
        sdk,
        _invoice("W-1"),
        _invoice("W-1"),
        _invoice("W-2", currency_code=CurrencyCode.SEK),
        unitdp=4,
        idempotency_key="batch-1",
    )

    good, twice, foreign = made
    assert (good.status_attribute_string, good.has_errors) == ("OK", False)
    assert (good.total, good.total_tax) == (Decimal("25.41"), Decimal("4.41"))
    assert good.date == dt.date(2026, 3, 14)
    assert twice.status_attribute_string == "ERROR"
    assert twice.validation_errors[0].message == "Invoice # must be unique."
    assert "not subscribed to currency SEK" in foreign.validation_errors[0].message


def test_a_repeat_with_its_key_makes_no_second_invoice(sdk: Sdk) -> None:
    first = _create(sdk, _invoice(), idempotency_key="k-1")
    second = _create(sdk, _invoice(), idempotency_key="k-1")

    assert first[0].invoice_id == second[0].invoice_id
    assert len(sdk.accounting.get_invoices(sdk.tenant).invoices) == 1


def test_invoices_are_looked_up_in_every_way(sdk: Sdk) -> None:
    made = _create(sdk, _invoice("W-1"), _invoice("W-2", status="DRAFT"))
    get = sdk.accounting.get_invoices
    since = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)

    assert sdk.accounting.get_invoice(sdk.tenant, "W-1").invoices
    for query in (
        {"i_ds": [made[0].invoice_id]},
        {"invoice_numbers": ["W-1", "W-9"]},
        {"statuses": ["AUTHORISED"]},
        {"where": 'Status=="AUTHORISED" AND InvoiceNumber=="W-1"'},
        {"page": 1, "page_size": 1, "order": "InvoiceNumber ASC"},
        {"search_term": "w-1", "if_modified_since": since},
    ):
        found = get(sdk.tenant, **query).invoices
        assert [it.invoice_number for it in found] == ["W-1"], query


def test_a_page_has_line_items_and_pagination(sdk: Sdk) -> None:
    _create(sdk, _invoice("W-1"), _invoice("W-2"))

    page = sdk.accounting.get_invoices(sdk.tenant, page=2, page_size=1)

    assert page.pagination.item_count == 2
    assert page.invoices[0].line_items[0].line_amount == Decimal("21.00")


def test_a_payment_settles_and_its_deletion_opens_the_invoice(sdk: Sdk) -> None:
    (invoice,) = _create(sdk, _invoice("W-1"))
    payment = Payment(
        invoice=Invoice(invoice_id=invoice.invoice_id),
        account=Account(code="091"),
        date=dt.date(2026, 3, 15),
        amount=25.41,
        reference="W-1-P1",
    )

    (booked,) = sdk.accounting.create_payments(
        sdk.tenant, Payments(payments=[payment]), idempotency_key="p-1"
    ).payments
    paid = sdk.accounting.get_invoice(sdk.tenant, invoice.invoice_id).invoices[0]
    found = sdk.accounting.get_payments(
        sdk.tenant, where='Reference=="W-1-P1"'
    ).payments
    sdk.accounting.delete_payment(
        sdk.tenant, booked.payment_id, PaymentDelete(status="DELETED")
    )
    opened = sdk.accounting.get_invoice(sdk.tenant, invoice.invoice_id).invoices[0]

    assert booked.payment_type == "ACCRECPAYMENT"
    assert [it.payment_id for it in found] == [booked.payment_id]
    assert (paid.status, paid.amount_due) == ("PAID", 0)
    assert paid.fully_paid_on_date == dt.date(2026, 3, 15)
    assert paid.payments[0].reference == "W-1-P1"
    assert (opened.status, opened.amount_due) == ("AUTHORISED", Decimal("25.41"))


def test_an_invoice_is_changed_and_voided(sdk: Sdk) -> None:
    (invoice,) = _create(sdk, _invoice("W-1"))
    identity = (sdk.tenant, invoice.invoice_id)

    changed = sdk.accounting.update_invoice(
        *identity, Invoices(invoices=[Invoice(reference="Order 1")])
    ).invoices[0]
    voided = sdk.accounting.update_invoice(
        *identity, Invoices(invoices=[Invoice(status="VOIDED")])
    ).invoices[0]

    assert changed.reference == "Order 1"
    assert voided.status == "VOIDED"
    with pytest.raises(AccountingBadRequestException):
        sdk.accounting.update_invoice(
            *identity, Invoices(invoices=[Invoice(status="AUTHORISED")])
        )


def test_history_is_written_and_read(sdk: Sdk) -> None:
    (invoice,) = _create(sdk, _invoice("W-1"))
    note = HistoryRecords(history_records=[HistoryRecord(details="Customer called")])

    sdk.accounting.create_invoice_history(sdk.tenant, invoice.invoice_id, note)

    records = sdk.accounting.get_invoice_history(
        sdk.tenant, invoice.invoice_id
    ).history_records
    assert next(it.details for it in records) == "Customer called"


def test_a_lost_answer_shows_why_a_key_is_needed(sdk: Sdk) -> None:
    """The client sends a PUT again by itself; the number keeps it to one invoice."""
    rule = {"kind": "lose_answer", "match": {"method": "PUT"}, "times": 1}
    requests.post(f"{sdk.url}/__mock__/faults", json=rule, timeout=5)

    made = _create(sdk, _invoice("W-1"))

    assert made[0].validation_errors[0].message == "Invoice # must be unique."
    assert len(sdk.accounting.get_invoices(sdk.tenant).invoices) == 1


def _credit_note(number: str) -> CreditNote:
    return CreditNote(
        type="ACCRECCREDIT",
        status="AUTHORISED",
        credit_note_number=number,
        contact=Contact(name="Wool Shop Customer"),
        date=dt.date(2026, 3, 16),
        line_items=_invoice().line_items,
    )


def test_a_credit_note_is_allocated_and_paid_back(sdk: Sdk) -> None:
    (invoice,) = _create(sdk, _invoice("W-1"))
    (note,) = sdk.accounting.create_credit_notes(
        sdk.tenant, CreditNotes(credit_notes=[_credit_note("W-1-CN1")])
    ).credit_notes
    allocation = Allocation(
        amount=20.0,
        date=dt.date(2026, 3, 16),
        invoice=Invoice(invoice_id=invoice.invoice_id),
    )

    (applied,) = sdk.accounting.create_credit_note_allocation(
        sdk.tenant, note.credit_note_id, Allocations(allocations=[allocation])
    ).allocations
    refund = Payment(
        credit_note=CreditNote(credit_note_id=note.credit_note_id),
        account=Account(code="091"),
        date=dt.date(2026, 3, 16),
        amount=5.41,
    )
    (paid_back,) = sdk.accounting.create_payments(
        sdk.tenant, Payments(payments=[refund])
    ).payments

    (used,) = sdk.accounting.get_credit_note(
        sdk.tenant, note.credit_note_id
    ).credit_notes
    assert paid_back.payment_type == "ARCREDITPAYMENT"
    assert (used.status, used.remaining_credit) == ("PAID", 0)
    assert used.allocations[0].allocation_id == applied.allocation_id
    (credited,) = sdk.accounting.get_invoice(sdk.tenant, "W-1").invoices
    assert credited.amount_due == Decimal("5.41")

    removed = sdk.accounting.delete_credit_note_allocations(
        sdk.tenant, note.credit_note_id, applied.allocation_id
    )
    assert removed.is_deleted


def test_an_invoice_is_read_as_pdf(sdk: Sdk) -> None:
    (invoice,) = _create(sdk, _invoice("W-1"))

    path = sdk.accounting.get_invoice_as_pdf(sdk.tenant, invoice.invoice_id)

    assert Path(path).read_bytes().startswith(b"%PDF-")


def test_items_are_kept_and_named_by_lines(sdk: Sdk) -> None:
    price = Purchase(unit_price=10.5, account_code="200", tax_type="OUTPUT2")
    mug = Item(code="MUG-1", name="Mug", description="Blue mug", sales_details=price)
    (made,) = sdk.accounting.create_items(sdk.tenant, Items(items=[mug])).items

    line = LineItem(item_code="MUG-1", quantity=2)
    (invoice,) = _create(sdk, _invoice("W-1", line_items=[line]))
    sdk.accounting.delete_item(sdk.tenant, made.item_id)

    assert invoice.total == Decimal("25.41")
    assert sdk.accounting.get_items(sdk.tenant).items == []


def test_a_batch_payment_settles_invoices_and_is_deleted(sdk: Sdk) -> None:
    invoices = _create(sdk, _invoice("W-1"), _invoice("W-2"))
    batch = BatchPayment(
        account=Account(code="091"),
        date=dt.date(2026, 3, 15),
        reference="Payout 7",
        payments=[
            Payment(invoice=Invoice(invoice_id=it.invoice_id), amount=25.41)
            for it in invoices
        ],
    )

    (made,) = sdk.accounting.create_batch_payment(
        sdk.tenant, BatchPayments(batch_payments=[batch])
    ).batch_payments
    paid = sdk.accounting.get_invoices(sdk.tenant, statuses=["PAID"]).invoices
    (deleted,) = sdk.accounting.delete_batch_payment(
        sdk.tenant,
        BatchPaymentDelete(batch_payment_id=made.batch_payment_id, status="DELETED"),
    ).batch_payments

    assert made.total_amount == Decimal("50.82")
    assert len(paid) == 2
    assert deleted.status == "DELETED"


def test_a_file_is_attached_and_read_back(sdk: Sdk) -> None:
    (invoice,) = _create(sdk, _invoice("W-1"))
    identity = (sdk.tenant, invoice.invoice_id, "scan.pdf")

    sdk.accounting.create_invoice_attachment_by_file_name(*identity, b"%PDF-1.7")

    listed = sdk.accounting.get_invoice_attachments(*identity[:2]).attachments
    read = sdk.accounting.get_invoice_attachment_by_file_name(
        *identity, "application/pdf"
    )
    assert [it.content_length for it in listed] == [8]
    assert Path(read).read_bytes() == b"%PDF-1.7"


def test_an_invoice_is_sent_and_shown_online(sdk: Sdk) -> None:
    customer = Contact(name="Wool Shop", email_address="shop@wool.example")
    (invoice,) = _create(sdk, _invoice("W-1", contact=customer))
    identity = (sdk.tenant, invoice.invoice_id)

    sdk.accounting.email_invoice(*identity, RequestEmpty())

    (online,) = sdk.accounting.get_online_invoice(*identity).online_invoices
    assert requests.get(online.online_invoice_url, timeout=5).status_code == 200
    assert sdk.accounting.get_invoice(*identity).invoices[0].sent_to_contact


def test_the_actions_are_read(sdk: Sdk) -> None:
    actions = sdk.accounting.get_organisation_actions(sdk.tenant).actions

    assert {it.name: it.status for it in actions}["UseMulticurrency"] == "ALLOWED"


def test_a_consent_is_redeemed_and_refreshed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    token_url = f"{server.url}/connect/token"
    monkeypatch.setattr(TokenApi, "refresh_token_url", token_url)
    scopes = ["offline_access", "accounting.invoices"]
    sent_back = requests.post(
        f"{server.url}/identity/connect/authorize",
        params={
            "response_type": "code",
            "client_id": "demo",
            "redirect_uri": "http://localhost/callback",
            "scope": " ".join(scopes),
        },
        data={"decision": "allow", "organisation": DEMO_TENANT_ID},
        allow_redirects=False,
        timeout=5,
    ).headers["Location"]
    token = requests.post(
        token_url,
        data={
            "grant_type": "authorization_code",
            "code": parse_qs(urlsplit(sent_back).query)["code"][0],
            "redirect_uri": "http://localhost/callback",
        },
        auth=("demo", "demo"),
        timeout=5,
    ).json()
    store = {**token, "scope": scopes}
    client = ApiClient(
        Configuration(oauth2_token=OAuth2Token(client_id="demo", client_secret="demo")),
        oauth2_token_getter=lambda: store,
        oauth2_token_saver=store.update,
    )

    client.refresh_oauth2_token()

    assert store["refresh_token"] != token["refresh_token"]
    accounting = AccountingApi(client, base_url=f"{server.url}/api.xro/2.0")
    assert accounting.get_invoices(DEMO_TENANT_ID).invoices == []
    client.rest_client.pool_manager.clear()
