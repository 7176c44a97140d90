"""Differences planted in the books through their own API: all found, none invented."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from tests.e2e.books import Books
from tests.e2e.company import OWN_JSON, Company

Element = dict[str, Any]

DAY = "2026-11-20"
# Orders 41 and 42 are booked after the books were copied, so putting the copy back
# loses them.
LOST = (41, 42)


def order(number: int, *, paid: str = "", **fields: Any) -> Element:
    """An order over 27.83: goods with a discount, goods without, shipping and a fee."""

    def line(kind: str, what: str, net: str, tax: str, **more: str) -> Element:
        taxes = [{"rate_percent": "21", "amount": tax}]
        return {"kind": kind, "description": what, "net": net, "taxes": taxes, **more}

    payments = [{"amount": paid, "method": "ideal", "paid_at": f"{DAY}T10:00:00Z"}]
    return {
        "id": f"id-{number}",
        "number": str(number),
        "status": "placed",
        "currency": "EUR",
        "total": "27.83",
        "ordered_at": f"{DAY}T09:00:00Z",
        "customer": {"email": f"buyer{number % 5}@post.example", "company": "Buyer"},
        "lines": [
            line("product", "Stoneware mug", "8.00", "1.68", discount="2.00"),
            line("product", "Tea towel", "8.00", "1.68"),
            line("shipping", "Parcel post", "5.00", "1.05"),
            line("fee", "Gift wrapping", "2.00", "0.42"),
        ],
        "payments": payments if paid else [],
        **fields,
    }


class Tampering:
    """Does to the books by hand what differs from the shop afterwards."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def invoice(self, number: int) -> Element:
        return self._books.read(f"Invoices/O-{number}", "Invoices")

    def change(self, number: int, **fields: Any) -> None:
        """Edit an invoice as a person does in the books."""
        self._books.change("Invoices", self.invoice(number)["InvoiceID"], fields)

    def change_lines(self, number: int, edit: Callable[[list[Element]], None]) -> None:
        lines = [
            {name: value for name, value in line.items() if name in _SENT}
            for line in self.invoice(number)["LineItems"]
        ]
        edit(lines)
        self.change(number, LineItems=lines)

    def remove_payment(self, number: int) -> Element:
        """Take the payment off an invoice and return it."""
        (payment,) = self.invoice(number)["Payments"]
        self._books.change("Payments", payment["PaymentID"], {"Status": "DELETED"})
        return dict(payment)

    def pay(self, number: int, amount: str, *, bank: str = "090", **more: str) -> None:
        self._books.put(
            "Payments",
            {
                "Invoice": {"InvoiceNumber": f"O-{number}"},
                "Account": {"Code": bank},
                "Date": DAY,
                "Amount": amount,
                **more,
            },
        )

    def void(self, number: str) -> None:
        invoice = self._books.read(f"Invoices/{number}", "Invoices")
        fields = {"Status": "VOIDED"}
        self._books.change("Invoices", invoice["InvoiceID"], fields)

    def put_invoice(self, number: str, reference: str) -> None:
        self._books.put(
            "Invoices",
            {
                "Type": "ACCREC",
                "Status": "AUTHORISED",
                "Contact": {"Name": "Somebody else"},
                "InvoiceNumber": number,
                "Reference": reference,
                "Date": DAY,
                "DueDate": DAY,
                "LineItems": [
                    {
                        "Description": "Advice",
                        "Quantity": 1,
                        "UnitAmount": 10,
                        "AccountCode": "200",
                        "TaxType": "NONE",
                    }
                ],
            },
        )

    def credit(self, number: int, amount: int) -> None:
        """Credit a part of an invoice."""
        note = self._books.put(
            "CreditNotes",
            {
                "Type": "ACCRECCREDIT",
                "Status": "AUTHORISED",
                "Contact": {"Name": "Somebody else"},
                "Date": DAY,
                "LineItems": [
                    {
                        "Description": "Goodwill",
                        "Quantity": 1,
                        "UnitAmount": amount,
                        "AccountCode": "200",
                        "TaxType": "NONE",
                    }
                ],
            }
            | {"Contact": {"ContactID": self.invoice(number)["Contact"]["ContactID"]}},
        )
        self._books.put(
            "Allocations",
            {
                "Amount": amount,
                "Date": DAY,
                "Invoice": {"InvoiceID": self.invoice(number)["InvoiceID"]},
            },
            path=f"CreditNotes/{note['CreditNoteID']}/Allocations",
        )


_SENT = {
    "LineItemID",
    "Description",
    "Quantity",
    "UnitAmount",
    "LineAmount",
    "AccountCode",
    "TaxType",
    "TaxAmount",
    "DiscountAmount",
}


def set_line(place: int, **fields: Any) -> Callable[[list[Element]], None]:
    def edit(lines: list[Element]) -> None:
        if "UnitAmount" in fields:
            lines[place].pop("LineAmount", None)
        lines[place] |= fields

    return edit


def add_cent(lines: list[Element]) -> None:
    cent = {"Description": "Rounding", "Quantity": 1, "UnitAmount": 0.01}
    lines.append(cent | {"AccountCode": "860", "TaxType": "NONE"})


Planted = Iterator[tuple[str, str, str]]  # kind, reason and number of the document


def plant_documents(by_hand: Tampering) -> Planted:
    for number in LOST:
        yield "missing", "not there", f"O-{number}"

    by_hand.put_invoice("INV-77", "own 3 (id-3)")
    yield "double", "same order", "INV-77"

    by_hand.change(4, Status="VOIDED")
    yield "voided", "voided", "O-4"

    by_hand.put_invoice("O-999", "")
    yield "not in the shop", "no order", "O-999"
    by_hand.put_invoice("INV-78", "own 777")
    yield "not in the shop", "no order", "INV-78"
    # Of other origin: nothing to complain of.
    by_hand.put_invoice("INV-79", "Advice in November")


def plant_amounts(by_hand: Tampering) -> Planted:
    by_hand.change_lines(5, set_line(1, TaxAmount=1.69))
    yield "amount differs", "tax", "O-5"
    by_hand.change_lines(6, set_line(0, DiscountAmount=1, LineAmount=9, TaxAmount=1.89))
    yield "amount differs", "discount", "O-6"
    by_hand.change_lines(7, set_line(2, UnitAmount=4.99))
    yield "amount differs", "shipping", "O-7"
    by_hand.change_lines(8, set_line(3, UnitAmount=3))
    yield "amount differs", "fee", "O-8"
    by_hand.change_lines(9, set_line(1, UnitAmount=9))
    yield "amount differs", "goods", "O-9"
    by_hand.change_lines(10, add_cent)
    yield "amount differs", "rounding", "O-10"
    by_hand.credit(11, 5)
    yield "amount differs", "credited in the books", "O-11"


def plant_payments(by_hand: Tampering) -> Planted:
    by_hand.remove_payment(21)
    yield "payment differs", "not there", "O-21"
    taken = by_hand.remove_payment(22)
    by_hand.pay(22, "20.00", Reference=taken["Reference"])
    yield "payment differs", "other amount", "O-22"
    taken = by_hand.remove_payment(23)
    by_hand.pay(23, "27.83", bank="091", Reference=taken["Reference"])
    yield "payment differs", "other bank account", "O-23"
    by_hand.pay(12, "27.83")
    yield "payment differs", "not from the shop", "O-12"
    by_hand.pay(24, "10.00", Reference="O-24-P1")
    yield "payment differs", "twice", "O-24"


def plant_edits(by_hand: Tampering, books: Books) -> Planted:
    books.control("POST", "invoices/O-13/rename", {"number": "2026-0013"})
    yield "edited in the books", "number", "2026-0013"
    by_hand.change(14, Date="2026-10-31")
    yield "edited in the books", "day", "O-14"
    other = by_hand.invoice(16)["Contact"]["ContactID"]
    by_hand.change(15, Contact={"ContactID": other})
    yield "edited in the books", "contact", "O-15"
    by_hand.change_lines(17, set_line(1, TaxType="ZERORATEDOUTPUT", TaxAmount=1.68))
    yield "edited in the books", "tax type", "O-17"
    by_hand.change_lines(18, set_line(2, AccountCode="220"))
    yield "edited in the books", "ledger account", "O-18"


def facts(told: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (each["kind"], each["reason"], each["document"]) for each in told["differences"]
    }


def book(company: Company, books: Books) -> None:
    """Book orders: 1 to 18 unpaid, 21 to 30 paid, 24 paid in part; two get lost."""
    company.cli("rules", "set", "--invoice-when", "ordered")
    company.cli("sync")  # learns of the books
    company.cli("rules", "set", "--payment-method", "ideal=090")
    serving = company.serve()
    for number in range(1, 19):
        assert company.push(order(number), OWN_JSON).status_code == 202
    for number in range(21, 31):
        part = "10.00" if number == 24 else "27.83"
        assert company.push(order(number, paid=part), OWN_JSON).ok
    company.wait_until_settled(within_s=30, orders=28)
    books.control("POST", "snapshots/before")
    for number in LOST:
        assert company.push(order(number), OWN_JSON).ok
    company.wait_until_settled(within_s=30, orders=30)
    serving.stop()


def repair(by_hand: Tampering) -> set[tuple[str, str, str]]:
    """Put some right again; return what is not to be found any more."""
    by_hand.void("INV-77")
    by_hand.void("O-999")
    by_hand.pay(21, "27.83", Reference="O-21-P1")
    by_hand.change_lines(7, set_line(2, UnitAmount=5, TaxAmount=1.05))
    return {
        ("double", "same order", "INV-77"),
        ("not in the shop", "no order", "O-999"),
        ("payment differs", "not there", "O-21"),
        ("amount differs", "shipping", "O-7"),
    }


def test_all_planted_differences_are_found_with_their_cause_and_none_is_invented(
    company: Company, books: Books, figures: list[str]
) -> None:
    book(company, books)
    period = ("reconcile", "--from", "2026-11-01", "--to", "2026-11-30")

    clean = company.cli(*period)
    assert (clean["orders"], clean["differences"]) == (30, [])

    books.control("POST", "snapshots/before/restore")
    by_hand = Tampering(books)
    planted = {
        *plant_documents(by_hand),
        *plant_amounts(by_hand),
        *plant_payments(by_hand),
        *plant_edits(by_hand, books),
    }
    calls = len(books.calls())
    told = company.cli(*period)

    assert facts(told) == planted
    assert len(told["differences"]) == len(planted)
    amounts = {each["document"]: each["books"] for each in told["differences"]}
    assert Decimal(amounts["O-7"]) == Decimal("27.82")
    figures.append(
        f"{len(planted)} planted differences found with "
        f"{len(books.calls()) - calls} calls, none invented"
    )

    repaired = repair(by_hand)
    later = company.cli("reconcile")

    assert later["kind"] == "daily"
    assert facts(later) == planted - repaired
    assert later["resolved"] == len(repaired)
