"""What the books accept and refuse of invoices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.contacts import archive_contact, create_contact
from mock_accounting.ledger.drafting import HAS_PAYMENTS, NOT_MODIFIABLE
from mock_accounting.ledger.errors import Refused
from mock_accounting.ledger.inputs import (
    ContactInput,
    InvoiceInput,
    LineInput,
    PaymentInput,
)
from mock_accounting.ledger.invoices import (
    NUMBER_IN_USE,
    create_invoice,
    save_invoice,
)
from mock_accounting.ledger.model import InvoiceStatus, LineAmountTypes
from mock_accounting.ledger.payments import create_payment

AnInvoice = Callable[..., InvoiceInput]
ALine = Callable[..., LineInput]
S = InvoiceStatus


def _problems(books: Books, wanted: InvoiceInput) -> tuple[str, ...]:
    with pytest.raises(Refused) as refusal:
        create_invoice(books, wanted)
    return refusal.value.messages


def test_numbers_are_given_in_order_and_skip_those_in_use(
    books: Books, an_invoice: AnInvoice
) -> None:
    create_invoice(books, an_invoice(number="INV-0002"))

    made = [create_invoice(books, an_invoice()).number for _ in range(2)]

    assert made == ["INV-0001", "INV-0003"]


def test_defaults_are_draft_exclusive_base_currency_and_today(
    books: Books, an_invoice: AnInvoice
) -> None:
    made = create_invoice(books, an_invoice())

    assert made.status is S.DRAFT
    assert made.line_amount_types is LineAmountTypes.EXCLUSIVE
    assert made.currency_code == "EUR"
    assert made.issue_date == made.due_date == date(2026, 3, 14)


@pytest.mark.parametrize("number", ["W-1", "w-1"])
def test_a_number_in_use_is_refused_even_after_a_void(
    books: Books, an_invoice: AnInvoice, number: str
) -> None:
    made = create_invoice(books, an_invoice(number="W-1", status=S.AUTHORISED))
    save_invoice(
        books, InvoiceInput(invoice_id=made.invoice_id, status=InvoiceStatus.VOIDED)
    )

    assert _problems(books, an_invoice(number=number)) == (NUMBER_IN_USE,)
    with pytest.raises(Refused, match=NOT_MODIFIABLE):
        save_invoice(books, an_invoice(number=number))


@pytest.mark.parametrize(
    ("former", "wanted", "allowed"),
    [
        (S.DRAFT, S.SUBMITTED, True),
        (S.DRAFT, S.AUTHORISED, True),
        (S.DRAFT, S.DELETED, True),
        (S.DRAFT, S.VOIDED, False),
        (S.DRAFT, S.PAID, False),
        (S.SUBMITTED, S.DRAFT, True),
        (S.SUBMITTED, S.DELETED, True),
        (S.SUBMITTED, S.VOIDED, False),
        (S.AUTHORISED, S.VOIDED, True),
        (S.AUTHORISED, S.AUTHORISED, True),
        (S.AUTHORISED, S.DRAFT, False),
        (S.AUTHORISED, S.DELETED, False),
        (S.AUTHORISED, S.PAID, False),
    ],
)
def test_statuses_change_along_their_table(
    books: Books,
    an_invoice: AnInvoice,
    former: InvoiceStatus,
    wanted: InvoiceStatus,
    *,
    allowed: bool,
) -> None:
    made = create_invoice(books, an_invoice(status=former))
    change = InvoiceInput(invoice_id=made.invoice_id, status=wanted)

    if allowed:
        assert save_invoice(books, change).status is wanted
    else:
        with pytest.raises(Refused, match=NOT_MODIFIABLE):
            save_invoice(books, change)


def test_paid_cannot_be_written(books: Books, an_invoice: AnInvoice) -> None:
    assert _problems(books, an_invoice(status=S.PAID)) == (NOT_MODIFIABLE,)


def test_an_invoice_of_nothing_is_paid_at_once(
    books: Books, an_invoice: AnInvoice, a_line: ALine
) -> None:
    made = create_invoice(books, an_invoice(status=S.AUTHORISED, lines=(a_line("0"),)))

    assert made.status is S.PAID


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"tax_type": "TAX999"},
            (
                "The TaxType code TAX999 does not exist or cannot be used for this "
                "type of transaction."
            ),
        ),
        (
            {"tax_type": "INPUT2"},
            (
                "The TaxType code INPUT2 does not exist or cannot be used for this "
                "type of transaction."
            ),
        ),
        (
            {"tax_type": "TAX006"},
            (
                "The TaxType code TAX006 does not exist or cannot be used for this "
                "type of transaction."
            ),
        ),
        (
            {"account_code": "860", "tax_type": "OUTPUT2"},
            "The TaxType code 'OUTPUT2' cannot be used with account code '860'.",
        ),
        (
            {"account_code": "999"},
            "Account code '999' is not a valid code for this document.",
        ),
        (
            {"account_code": "290"},
            "Account code '290' is not a valid code for this document.",
        ),
        (
            {"account_code": "090"},
            "Account code '090' is not a valid code for this document.",
        ),
        (
            {"account_code": "610"},
            "Account code '610' is not a valid code for this document.",
        ),
        ({"account_code": None}, "Account must be valid."),
        (
            {"discount_rate_percent": Decimal(101)},
            "Discount rate must be between 0 and 100",
        ),
    ],
)
def test_a_wrong_line_is_refused(
    books: Books,
    an_invoice: AnInvoice,
    a_line: ALine,
    fields: dict[str, Any],
    message: str,
) -> None:
    assert _problems(books, an_invoice(lines=(a_line(**fields),))) == (message,)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"currency_code": "SEK"}, "Organisation is not subscribed to currency SEK"),
        ({"lines": ()}, "One or more line items must be specified"),
        (
            {"contact": None},
            "A Contact must be specified for this type of transaction",
        ),
        ({"type": None}, "The Type field is mandatory. Please specify a valid Type."),
        (
            {"number": "W" * 256},
            "The InvoiceNumber cannot be longer than 255 characters",
        ),
    ],
)
def test_a_wrong_document_is_refused(
    books: Books, an_invoice: AnInvoice, fields: dict[str, Any], message: str
) -> None:
    assert _problems(books, an_invoice(**fields)) == (message,)


def test_all_problems_are_told_at_once(
    books: Books, an_invoice: AnInvoice, a_line: ALine
) -> None:
    wanted = an_invoice(currency_code="SEK", lines=(a_line(account_code="999"),))

    assert len(_problems(books, wanted)) == 2


def test_a_rounding_line_without_tax_is_accepted(
    books: Books, an_invoice: AnInvoice, a_line: ALine
) -> None:
    rounding = a_line("-0.01", account_code="860", tax_type="NONE")

    made = create_invoice(books, an_invoice(lines=(a_line("10.00"), rounding)))

    assert made.total == Decimal("12.09")


def test_a_tax_amount_sent_stands(
    books: Books, an_invoice: AnInvoice, a_line: ALine
) -> None:
    line = a_line("10.00", tax_amount=Decimal("2.09"))

    made = create_invoice(books, an_invoice(lines=(line,)))

    assert (made.total_tax, made.total) == (Decimal("2.09"), Decimal("12.09"))


def test_a_refused_invoice_writes_no_contact(
    books: Books, an_invoice: AnInvoice
) -> None:
    before = dict(books.contacts)

    _problems(books, an_invoice(currency_code="SEK"))

    assert books.contacts == before


@pytest.mark.parametrize(
    ("day", "is_refused"),
    [(date(2026, 1, 31), True), (date(2026, 2, 1), False)],
)
def test_a_locked_period_takes_no_invoice(
    books: Books, an_invoice: AnInvoice, day: date, *, is_refused: bool
) -> None:
    books.lock_until(period=date(2026, 1, 31), end_of_year=None)

    if is_refused:
        assert _problems(books, an_invoice(issue_date=day)) == (
            (
                "The document date cannot be before the period lock date, currently "
                "set at 31 January 2026"
            ),
        )
    else:
        assert create_invoice(books, an_invoice(issue_date=day)).issue_date == day


def test_an_archived_contact_takes_no_invoice(
    books: Books, an_invoice: AnInvoice
) -> None:
    contact = create_contact(books, ContactInput(name="Gone"))
    archive_contact(books, contact.contact_id)
    wanted = an_invoice(contact=ContactInput(contact_id=contact.contact_id))

    (message,) = _problems(books, wanted)

    assert message.startswith("The specified contact details matched an archived")


def test_a_bare_contact_id_leaves_the_master_record_alone(
    books: Books, an_invoice: AnInvoice
) -> None:
    contact = create_contact(
        books, ContactInput(name="Kept", email_address="kept@shop.example")
    )

    create_invoice(
        books, an_invoice(contact=ContactInput(contact_id=contact.contact_id))
    )

    kept = books.contact(contact.contact_id)
    assert replace(kept, is_customer=False) == contact


def test_fields_beside_a_contact_id_change_the_master_record(
    books: Books, an_invoice: AnInvoice
) -> None:
    contact = create_contact(books, ContactInput(name="Former"))
    wanted = ContactInput(contact_id=contact.contact_id, name="Renamed")

    create_invoice(books, an_invoice(contact=wanted))

    assert books.contact(contact.contact_id).name == "Renamed"


def test_an_update_keeps_what_is_not_sent_and_drops_lines_left_out(
    books: Books, an_invoice: AnInvoice, a_line: ALine
) -> None:
    made = create_invoice(
        books,
        an_invoice(number="W-1", reference="Kept", lines=(a_line("1"), a_line("2"))),
    )
    first = made.lines[0].line_item_id
    change = InvoiceInput(
        number="W-1",
        lines=(LineInput(line_item_id=first, quantity=Decimal(3)), a_line("5")),
    )

    changed = save_invoice(books, change)

    assert changed.invoice_id == made.invoice_id
    assert changed.reference == "Kept"
    assert [line.line_amount for line in changed.lines] == [Decimal(3), Decimal(5)]
    assert changed.lines[0].line_item_id == first


def test_amounts_can_turn_inclusive_without_sending_lines(
    books: Books, an_invoice: AnInvoice, a_line: ALine
) -> None:
    made = create_invoice(books, an_invoice(lines=(a_line("12.10"),)))

    changed = save_invoice(
        books,
        InvoiceInput(
            invoice_id=made.invoice_id, line_amount_types=LineAmountTypes.INCLUSIVE
        ),
    )

    assert (changed.total, changed.total_tax) == (Decimal("12.10"), Decimal("2.10"))


def test_an_invoice_with_a_payment_cannot_be_changed(
    books: Books, an_invoice: AnInvoice
) -> None:
    made = create_invoice(books, an_invoice(status=S.AUTHORISED))
    create_payment(
        books,
        PaymentInput(
            invoice_id=made.invoice_id, account_code="090", amount=Decimal("1.00")
        ),
    )

    with pytest.raises(Refused) as refusal:
        save_invoice(books, InvoiceInput(invoice_id=made.invoice_id, status=S.VOIDED))

    assert refusal.value.messages == (HAS_PAYMENTS,)


def test_a_foreign_currency_carries_its_rate(
    books: Books, an_invoice: AnInvoice
) -> None:
    usual = create_invoice(books, an_invoice(currency_code="USD"))
    given = create_invoice(
        books, an_invoice(currency_code="USD", currency_rate=Decimal("1.2345678"))
    )

    assert usual.currency_rate == Decimal("1.085000")
    assert given.currency_rate == Decimal("1.234568")
