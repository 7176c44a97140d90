"""What the books accept and refuse of payments and contacts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mock_accounting.ledger import checks
from mock_accounting.ledger.books import Books
from mock_accounting.ledger.contacts import (
    ARCHIVED_MESSAGE,
    archive_contact,
    create_contact,
    save_contact,
)
from mock_accounting.ledger.errors import Refused
from mock_accounting.ledger.inputs import ContactInput, InvoiceInput, PaymentInput
from mock_accounting.ledger.invoices import create_invoice, save_invoice
from mock_accounting.ledger.model import Invoice, InvoiceStatus, PaymentStatus
from mock_accounting.ledger.payments import create_payment, delete_payment, save_payment

AnInvoice = Callable[..., InvoiceInput]


@pytest.fixture
def approved(books: Books, an_invoice: AnInvoice) -> Invoice:
    """An approved invoice of 12.10."""
    return create_invoice(
        books, an_invoice(number="W-1", status=InvoiceStatus.AUTHORISED)
    )


def _pay(amount: str = "12.10", **fields: Any) -> PaymentInput:
    values: dict[str, Any] = {
        "invoice_number": "W-1",
        "account_code": "091",
        "amount": Decimal(amount),
        "reference": "W-1-P1",
    }
    return PaymentInput(**(values | fields))


def test_the_last_cent_makes_an_invoice_paid(books: Books, approved: Invoice) -> None:
    create_payment(books, _pay("12.09"))
    part_paid = books.invoice(approved.invoice_id)

    create_payment(books, _pay("0.01", payment_date=date(2026, 3, 10)))

    paid = books.invoice(approved.invoice_id)
    assert part_paid.status is InvoiceStatus.AUTHORISED
    assert part_paid.amount_due == Decimal("0.01")
    assert paid.status is InvoiceStatus.PAID
    assert paid.fully_paid_on == date(2026, 3, 10)


def test_a_deleted_payment_opens_the_invoice_again(
    books: Books, approved: Invoice
) -> None:
    payment = create_payment(books, _pay())

    deleted = delete_payment(books, payment.payment_id)

    opened = books.invoice(approved.invoice_id)
    assert deleted.status is PaymentStatus.DELETED
    assert opened.status is InvoiceStatus.AUTHORISED
    assert opened.amount_due == Decimal("12.10")
    assert books.payments_of(approved.invoice_id) == []
    with pytest.raises(Refused):
        delete_payment(books, payment.payment_id)


@pytest.mark.usefixtures("approved")
@pytest.mark.parametrize(
    ("payment", "message"),
    [
        (
            _pay("12.11"),
            "Payment amount exceeds the amount outstanding on this document",
        ),
        (_pay("0"), "The payment amount must be greater than zero"),
        (
            _pay(account_code="200"),
            "Account code '200' is not a valid code for this document.",
        ),
        (_pay(account_code=None), "Account must be valid."),
        (
            _pay(invoice_number="W-2"),
            "The document with the supplied id was not found for this endpoint.",
        ),
        (_pay(invoice_number=None), "A payment must be for an Invoice"),
    ],
)
def test_a_wrong_payment_is_refused(
    books: Books, payment: PaymentInput, message: str
) -> None:
    with pytest.raises(Refused) as refusal:
        create_payment(books, payment)

    assert refusal.value.messages == (message,)
    assert not books.payments


def test_a_paid_invoice_takes_no_second_payment(
    books: Books, approved: Invoice
) -> None:
    create_payment(books, _pay())

    with pytest.raises(Refused, match="exceeds the amount outstanding"):
        create_payment(books, _pay())

    assert books.invoice(approved.invoice_id).amount_paid == Decimal("12.10")


@pytest.mark.parametrize("status", [InvoiceStatus.DRAFT, InvoiceStatus.SUBMITTED])
def test_only_an_approved_invoice_takes_payments(
    books: Books, an_invoice: AnInvoice, status: InvoiceStatus
) -> None:
    create_invoice(books, an_invoice(number="W-1", status=status))

    with pytest.raises(Refused, match="only be made against Authorised documents"):
        create_payment(books, _pay())


def test_a_payment_cannot_be_changed(books: Books, approved: Invoice) -> None:
    payment = create_payment(books, _pay("1.00"))

    with pytest.raises(Refused, match="cannot be modified"):
        save_payment(books, _pay("2.00", payment_id=payment.payment_id))

    assert books.invoice(approved.invoice_id).amount_paid == Decimal("1.00")


def test_a_foreign_payment_reaches_the_bank_in_its_own_currency(
    books: Books, an_invoice: AnInvoice
) -> None:
    create_invoice(
        books,
        an_invoice(
            number="W-1",
            status=InvoiceStatus.AUTHORISED,
            currency_code="USD",
            currency_rate=Decimal(2),
        ),
    )

    payment = create_payment(books, _pay())

    assert payment.bank_amount == Decimal("6.05")


def test_contact_names_are_unique_whatever_their_case(books: Books) -> None:
    create_contact(books, ContactInput(name="Wool Shop"))

    with pytest.raises(Refused) as refusal:
        create_contact(books, ContactInput(name="wool shop"))

    assert refusal.value.messages == (
        (
            "The contact name wool shop is already assigned to another contact. "
            "The contact name must be unique across all active contacts."
        ),
    )


@pytest.mark.parametrize("name", ["<b>", " edge", "two  spaces", "x" * 256])
def test_contact_names_of_a_wrong_form_are_refused(books: Books, name: str) -> None:
    with pytest.raises(Refused):
        create_contact(books, ContactInput(name=name))


def test_a_contact_without_a_name_is_refused(books: Books) -> None:
    with pytest.raises(Refused, match="Name must be specified"):
        create_contact(books, ContactInput(contact_number="7"))


@pytest.mark.parametrize(
    "wanted",
    [
        ContactInput(contact_number="C-7", name="Another name"),
        ContactInput(name="wool shop", email_address="new@shop.example"),
    ],
)
def test_saving_finds_a_contact_by_number_and_by_name(
    books: Books, wanted: ContactInput
) -> None:
    made = create_contact(books, ContactInput(name="Wool Shop", contact_number="C-7"))

    saved = save_contact(books, wanted)

    assert saved.contact_id == made.contact_id
    assert saved.contact_number == "C-7"


def test_a_contact_number_in_use_is_refused(books: Books) -> None:
    create_contact(books, ContactInput(name="One", contact_number="C-7"))

    with pytest.raises(Refused, match="contact number C-7 is already assigned"):
        create_contact(books, ContactInput(name="Two", contact_number="C-7"))


def test_a_name_given_up_is_free_again(books: Books) -> None:
    made = create_contact(books, ContactInput(name="Old name"))
    save_contact(books, ContactInput(contact_id=made.contact_id, name="New name"))

    assert create_contact(books, ContactInput(name="Old name")).name == "Old name"


def test_an_archived_contact_cannot_be_edited_nor_its_name_taken(books: Books) -> None:
    made = create_contact(books, ContactInput(name="Gone"))
    archive_contact(books, made.contact_id)

    for write in (create_contact, save_contact):
        with pytest.raises(Refused) as refusal:
            write(books, ContactInput(name="Gone"))
        assert refusal.value.messages == (ARCHIVED_MESSAGE,)


def test_checks_tell_a_payment_booked_twice(books: Books, approved: Invoice) -> None:
    create_payment(books, _pay("1.00"))
    assert checks.no_payment_twice(books).holds

    create_payment(books, _pay("1.00"))

    assert checks.no_payment_twice(books).problems == ("W-1-P1: booked 2 times",)
    assert checks.books_add_up(books).holds
    assert checks.all_paid(books, [approved.number]).problems == ("W-1: AUTHORISED",)


def test_checks_count_live_invoices_only(
    books: Books, an_invoice: AnInvoice, approved: Invoice
) -> None:
    save_invoice(
        books,
        InvoiceInput(invoice_id=approved.invoice_id, status=InvoiceStatus.VOIDED),
    )
    create_invoice(books, an_invoice(number="W-2"))

    found = checks.one_live_invoice_each(books, ["W-1", "W-2"])

    assert found.problems == ("W-1: 0 live invoices",)
    assert checks.no_other_invoices(books, []).problems == ("W-2: not expected",)
    assert checks.sum_is(books, "EUR", Decimal("12.10")).holds
