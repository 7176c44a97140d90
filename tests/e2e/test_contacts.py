"""One contact a customer, whatever the books have already."""

from __future__ import annotations

from typing import Any

from tests.e2e.books import Books
from tests.e2e.company import Company
from tests.e2e.woocommerce import an_order

ANN = {"first_name": "Ann", "last_name": "Example", "email": "ann@shop.example"}
BEN = {"first_name": "Ben", "last_name": "Example", "email": "ben@shop.example"}
NOBODY = {"first_name": "", "last_name": "", "email": "", "company": ""}


def contact_of(books: Books, number: str) -> dict[str, Any]:
    """Return the contact that an invoice is on."""
    (invoice,) = (it for it in books.invoices() if it.number == number)
    (contact,) = (c for c in books.contacts() if c["ContactID"] == invoice.contact_id)
    return contact


def test_every_customer_has_one_contact_and_guests_are_known_by_their_address(
    serving: Company, books: Books
) -> None:
    for order in (
        an_order(1, customer_id=7, billing=ANN),
        an_order(2, customer_id=7, billing=ANN | {"email": "ann.new@shop.example"}),
        an_order(3, billing=BEN),
        an_order(4, billing=BEN | {"email": "BEN@shop.example "}),
        an_order(5, billing=NOBODY),
        an_order(6, billing=NOBODY),
    ):
        assert serving.push(order).status_code == 202
    serving.wait_until_settled(within_s=20, orders=6)

    assert serving.statuses() == {"paid": 6}
    numbers = [contact_of(books, f"W-{n}")["ContactNumber"] for n in range(1, 7)]
    assert numbers[0] == numbers[1] == "woo-c7"
    assert numbers[2] == numbers[3]
    assert len(set(numbers)) == 4
    assert len(books.contacts()) == 4


def test_name_that_another_contact_has_is_solved_without_a_person(
    serving: Company, books: Books
) -> None:
    stranger = books.put(
        "Contacts", {"Name": "ann example", "EmailAddress": "other@else.example"}
    )
    known = books.put(
        "Contacts", {"Name": "Ben Example", "EmailAddress": "ben@shop.example"}
    )

    serving.push(an_order(1, billing=ANN))
    serving.push(an_order(2, billing=BEN))
    serving.wait_until_settled(within_s=20, orders=2)

    assert serving.statuses() == {"paid": 2}
    ann, ben = contact_of(books, "W-1"), contact_of(books, "W-2")
    assert ann["ContactID"] != stranger["ContactID"]
    assert ann["Name"] == "Ann Example (ann@shop.example)"
    # The same name and address entered by hand: the same person.
    assert ben["ContactID"] == known["ContactID"]
    assert len(books.contacts()) == 3


def test_taken_name_with_quotation_marks_is_solved_without_a_person(
    serving: Company, books: Books
) -> None:
    stranger = books.put("Contacts", {"Name": 'The "Wool" Shop'})

    serving.push(an_order(1, billing=ANN | {"company": 'The "Wool" Shop'}))
    serving.wait_until_settled(within_s=20, orders=1)

    assert serving.statuses() == {"paid": 1}
    contact = contact_of(books, "W-1")
    assert contact["ContactID"] != stranger["ContactID"]
    assert contact["Name"] == "The Wool Shop (ann@shop.example)"


def test_archived_contact_stops_its_order_alone_until_it_is_restored(
    serving: Company, books: Books
) -> None:
    serving.push(an_order(1, billing=ANN))
    serving.wait_for("1", "paid", within_s=10)
    ann = contact_of(books, "W-1")["ContactNumber"]
    books.control("POST", f"contacts/{ann}/archive")

    serving.push(an_order(2, billing=ANN))
    serving.push(an_order(3, billing=BEN))
    stopped = serving.wait_for("2", "needs attention", within_s=10)
    serving.wait_for("3", "paid", within_s=10)

    assert stopped.cause == "contact archived in the books"
    assert "Restore the contact there, then try again" in stopped.message
    books.check(["W-1", "W-3"], ["W-1", "W-3"])

    books.control("POST", f"contacts/{ann}/restore")
    serving.retry("2")

    serving.wait_for("2", "paid", within_s=10)
    books.check(["W-1", "W-2", "W-3"], ["W-1", "W-2", "W-3"])
    assert len(books.contacts()) == 2


def test_contact_archived_before_we_met_it_stops_its_order_until_it_is_restored(
    serving: Company, books: Books
) -> None:
    there = books.put(
        "Contacts",
        {"Name": "Ann Example", "ContactNumber": "woo-c7"},
    )
    books.control("POST", f"contacts/{there['ContactID']}/archive")

    serving.push(an_order(1, customer_id=7, billing=ANN))
    serving.push(an_order(2, billing=BEN))
    stopped = serving.wait_for("1", "needs attention", within_s=10)
    serving.wait_for("2", "paid", within_s=10)

    assert stopped.cause == "contact archived in the books"
    assert "Restore it there, then try again" in stopped.message

    books.control("POST", "contacts/woo-c7/restore")
    serving.retry("1")
    serving.wait_for("1", "paid", within_s=10)
    assert contact_of(books, "W-1")["ContactID"] == there["ContactID"]
