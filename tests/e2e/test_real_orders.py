"""Every order a running WooCommerce gave, from its webhook to the books."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import local
from typing import Any

import requests

from tests.e2e.books import Books
from tests.e2e.company import WOOCOMMERCE, Company, KnownOrder, MakeCompany
from tests.e2e.processes import seeded
from tests.e2e.woocommerce import Sample, an_hour_before, differences, samples
from tests.fixtures.databases import PostgresServer

SAMPLES = {sample.id: sample for sample in samples()}


def push_all(company: Company, payloads: list[dict[str, Any]]) -> list[int]:
    """Send orders, four at a time as a busy shop does; return the answers."""
    mine = local()
    sessions: list[requests.Session] = []

    def push(payload: dict[str, Any]) -> int:
        if not hasattr(mine, "session"):
            mine.session = requests.Session()
            mine.session.trust_env = False
            sessions.append(mine.session)
        return company.push_with(mine.session, payload).status_code

    with ThreadPoolExecutor(4) as shop:
        answers = list(shop.map(push, payloads))
    for session in sessions:
        session.close()
    return answers


def shuffled(payloads: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the same in any order."""
    return seeded(1).sample(payloads, len(payloads))


def check_books(company: Company, books: Books, invoice_when: str) -> None:
    """Compare every order with what is said of it and what stands in the books."""
    orders, invoices = company.orders(), books.invoices()
    statuses = {
        sample.name: (
            orders[sample.id].status if sample.id in orders else "missing",
            sample.expected_status(invoice_when),
        )
        for sample in SAMPLES.values()
    }
    assert {n: s for n, s in statuses.items() if s[0] != s[1]} == {}
    assert orders.keys() == SAMPLES.keys()

    booked = {
        sample.number: sample
        for sample in SAMPLES.values()
        if sample.expected_status(invoice_when) in {"paid", "invoiced", "credited"}
    }
    by_number = {invoice.number: invoice for invoice in invoices}
    assert len(invoices) == len(by_number)
    assert by_number.keys() == booked.keys()
    wrong = [
        text
        for number, sample in booked.items()
        for text in differences(sample, by_number[number])
    ]
    assert wrong == []
    check_contacts(books, booked)
    check_reasons(orders)
    paid = [s.number for s in booked.values() if s.took_the_money]
    refunds = {n: a for s in booked.values() for n, a in s.refunds.items()}
    notes = books.credit_notes()
    assert {number: note.total for number, note in notes.items()} == refunds
    # All of these were paid: the money was given back.
    given_back = {p.reference: p.amount for n in notes.values() for p in n.paid_out}
    assert given_back == {f"{number}-R": amount for number, amount in refunds.items()}
    assert len(books.payments()) == len(paid) + len(refunds)
    books.check(booked, paid)


def check_contacts(books: Books, booked: dict[str, Sample]) -> None:
    """Every customer has one contact of ours, and their invoices are on it."""
    numbers = {c["ContactID"]: c.get("ContactNumber", "") for c in books.contacts()}
    by_customer: dict[str, set[str]] = {}
    for invoice in books.invoices():
        billing = booked[invoice.number].payload["billing"]
        customer = billing["email"] or f"guest of {invoice.number}"
        by_customer.setdefault(customer, set()).add(numbers[invoice.contact_id])
    assert all(len(contacts) == 1 for contacts in by_customer.values()), by_customer
    contacts = [next(iter(contacts)) for contacts in by_customer.values()]
    assert len(set(contacts)) == len(by_customer)
    assert all(number.startswith(f"{WOOCOMMERCE}-") for number in contacts)


def check_reasons(orders: dict[str, KnownOrder]) -> None:
    """Whatever is not simply booked says why, or what to do."""
    for order in orders.values():
        if order.status in {"ignored", "awaiting payment"}:
            assert order.reason, order
        assert order.status != "needs attention", order


def table(invoice_when: str, orders: dict[str, KnownOrder]) -> list[str]:
    """Return how many orders ended in which way."""
    kinds: dict[str, list[str]] = {}
    for order in orders.values():
        told = order.cause or order.reason
        kind = f"{order.status}: {told}" if told else order.status
        kinds.setdefault(kind, []).append(order.external_id)
    lines = [f"{len(orders)} orders, invoice when {invoice_when}"]
    for kind, ids in sorted(kinds.items()):
        named = f"  ({', '.join(sorted(ids, key=int))})" if len(ids) < 10 else ""
        lines.append(f"  {len(ids):>4}  {kind}{named}")
    return lines


def test_every_real_order_is_booked_to_the_cent_or_says_why_not(
    serving: Company, books: Books, figures: list[str]
) -> None:
    newest = [sample.payload for sample in samples()]

    answers = push_all(serving, newest)
    serving.wait_until_settled(within_s=60, orders=len(SAMPLES))

    assert set(answers) == {200, 202}
    check_books(serving, books, "paid")
    figures += table("paid", serving.orders())

    # Everything again, and what was before it, in any order: nothing changes.
    before = (books.invoices(), books.payments(), books.contacts())
    writes = len(books.calls(method="PUT"))
    again = shuffled([*newest, *map(an_hour_before, newest)])
    answers = push_all(serving, again)
    serving.wait_until_settled(within_s=10)
    assert set(answers) == {200}
    assert (books.invoices(), books.payments(), books.contacts()) == before
    assert len(books.calls(method="PUT")) == writes
    check_books(serving, books, "paid")

    # The company changes its mind: what waited for money is booked now.
    moved = serving.cli("rules", "set", "--invoice-when", "ordered")["moved"]
    serving.wait_until_settled(within_s=60)
    waited = [
        sample
        for sample in SAMPLES.values()
        if sample.expected_status("paid") != sample.expected_status("ordered")
    ]
    assert moved == len(waited)
    check_books(serving, books, "ordered")


def test_real_orders_are_booked_the_same_on_postgresql_and_in_any_order(
    make_company: MakeCompany,
    postgres_maker: PostgresServer,
    books: Books,
    figures: list[str],
) -> None:
    company = make_company(database_url=postgres_maker.empty())
    company.cli("rules", "set", "--invoice-when", "ordered")
    company.serve()
    newest = [sample.payload for sample in samples()]

    # Old and new versions of everything, in any order and several at once.
    answers = push_all(company, shuffled([*newest, *map(an_hour_before, newest)]))
    company.wait_until_settled(within_s=60, orders=len(SAMPLES))

    assert set(answers) == {200, 202}
    check_books(company, books, "ordered")
    figures += table("ordered", company.orders())


def test_order_that_is_paid_later_gets_its_payment_then(
    serving: Company, books: Books
) -> None:
    on_hold = next(s for s in samples() if s.name == "44_checkout_incl_bacs_on_hold")
    paid = on_hold.payload | {
        "status": "processing",
        "date_paid_gmt": "2026-11-23T09:00:00",
        "date_modified_gmt": "2026-11-23T09:00:01",
    }
    serving.cli("rules", "set", "--invoice-when", "ordered")
    serving.push(on_hold.payload)
    serving.wait_for(on_hold.id, "invoiced", within_s=10)
    assert differences(on_hold, books.invoices()[0]) == []

    serving.push(paid)
    serving.wait_for(on_hold.id, "paid", within_s=10)

    (invoice,) = books.invoices()
    assert differences(Sample(name="paid later", payload=paid), invoice) == []
