"""A pass over books in memory, on both databases: read in pages, asked, put right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dashboard.accounting.protocol import BooksSilent, Log
from dashboard.domain.booked import (
    BankPage,
    BookedDocument,
    ChangedSince,
    Dated,
    DocumentKind,
    DocumentPage,
    DocumentState,
    Identified,
    Numbered,
    Selection,
)
from dashboard.domain.books import InvoiceDraft, PaymentDraft
from dashboard.domain.exchanges import NotProcessed
from dashboard.domain.pace import Pace
from dashboard.domain.postings import PostingKind
from dashboard.domain.reconciliation import Pass, PassKind, PassState, Period
from dashboard.domain.rules import Shop, ShopRules
from dashboard.domain.runs import RunState, Task, Trigger
from dashboard.store.codec import load_draft
from dashboard.store.company import Connection
from dashboard.store.exchanges import ExchangeStore
from dashboard.store.listing_reconciliation import ReconciliationListing
from dashboard.store.runs import RunStore
from dashboard.store.schema import OrderRow, PostingRow, ReadDocumentRow
from dashboard.store.standings import refresh_standings
from dashboard.sync.reconciler import Reconciler, ReconcilerStores
from tests.fixtures.builders import ORDERED_AT, an_order
from tests.fixtures.company import Company
from tests.fixtures.databases import ClockedDatabase
from tests.sync.test_comparison import as_booked

PERIOD = Period(first=date(2026, 11, 1), last=date(2026, 11, 30))


class ReadableBooks:
    """Books that are only read: two documents a page, silent as often as told."""

    def __init__(self) -> None:
        self.documents: list[BookedDocument] = []
        self.changed: set[str] = set()
        self.asked: list[Selection] = []
        self.silent = 0

    def put(self, document: BookedDocument) -> None:
        """Add a document, or replace the one with its id."""
        self.documents = [d for d in self.documents if d.id != document.id]
        self.documents.append(document)
        self.changed.add(document.id)

    def change(self, number: str, **fields: Any) -> None:
        (found,) = [d for d in self.documents if d.number == number]
        self.put(replace(found, **fields))

    def read_documents(
        self, kind: DocumentKind, selection: Selection, page: int, _log: Log
    ) -> DocumentPage:
        if self.silent:
            self.silent -= 1
            raise BooksSilent(NotProcessed(reason="The books are away", wait_s=0.0))
        self.asked.append(selection)
        wanted = [
            document
            for document in sorted(self.documents, key=lambda d: d.number)
            if document.kind is kind and self._is_meant(document, selection)
        ]
        start = 2 * (page - 1)
        return DocumentPage(
            documents=tuple(wanted[start : start + 2]), has_next=len(wanted) > start + 2
        )

    def read_bank_entries(
        self, _selection: Dated | ChangedSince, _page: int, _log: Log
    ) -> BankPage:
        return BankPage(entries=(), has_next=False)

    def _is_meant(self, document: BookedDocument, selection: Selection) -> bool:
        match selection:
            case Dated(first=first, last=last):
                return first <= document.issued_on <= (last or date.max)
            case ChangedSince():
                return document.id in self.changed
            case Numbered(numbers=numbers):
                return document.number in numbers
            case Identified(ids=ids):
                return document.id in ids


class Office:
    """A company with booked orders, and the books they stand in."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.books = ReadableBooks()
        self.listing = ReconciliationListing(company.database)
        company.settings.set_connection(
            Connection(
                kind="xero",
                base_url="http://127.0.0.1:9",
                client_id="x",
                client_secret="x",
                tenant_id="t",
                version=0,
            )
        )
        self.reconciler = Reconciler(
            ReconcilerStores(
                database=company.database,
                company=company.settings,
                exchanges=ExchangeStore(company.database),
            ),
            lambda _connection, _pacer: self.books,  # type: ignore[arg-type,return-value]
            RunStore(company.database, "test"),
            company.clock,
            pace=Pace(),
            process="test",
        )

    def book(self, *numbers: str, shop: Shop | None = None, **fields: Any) -> None:
        """Let the shop send orders, and the books have what they become."""
        for number in numbers:
            self.company.take_in(an_order(number, **fields), shop=shop)
            with self.company.database.write() as session:
                row = session.query(OrderRow).filter_by(number=number).one()
                postings = session.query(PostingRow).filter_by(order_id=row.id)
                drafts: dict[PostingKind, list[Any]] = {}
                for posting in postings:
                    posting.state = "confirmed"
                    posting.document_id = f"{posting.kind} of {number}"
                    kind = PostingKind(posting.kind)
                    drafts.setdefault(kind, []).append(load_draft(kind, posting.draft))
                refresh_standings(session, [row.id], self.company.clock.now())
            (invoice,) = drafts[PostingKind.INVOICE]
            payments = drafts.get(PostingKind.PAYMENT, [])
            assert isinstance(invoice, InvoiceDraft)
            assert all(isinstance(p, PaymentDraft) for p in payments)
            document = as_booked(invoice, tuple(payments))
            document = replace(document, id=f"invoice of {number}", contact_id="")
            self.books.put(document)
        self.company.clock.advance(7200)

    def compare(self, period: Period | None = PERIOD) -> Pass:
        self.company.clock.advance(7200)
        kind = PassKind.DAILY if period is None else PassKind.FULL
        done = self.reconciler.run_now(kind, period, "Robin")
        self.books.changed.clear()
        with self.company.database.read() as session:
            assert session.query(ReadDocumentRow).count() == 0
        return done

    def open(self) -> set[tuple[str, str]]:
        """What differs now: kind, and number of the document."""
        return {
            (f.difference.kind.value, f.difference.number)
            for f in self.listing.open(limit=100)
        }


@pytest.fixture
def office(database: ClockedDatabase) -> Iterator[Office]:
    return Office(Company(database))


def test_many_pages_that_agree_make_no_difference(office: Office) -> None:
    office.book("1", "2", "3", "4", "5")

    done = office.compare()

    assert done.state is PassState.DONE
    assert (done.tally.orders, done.tally.documents, done.tally.found) == (5, 5, 0)
    assert not any(isinstance(each, Numbered) for each in office.books.asked)


def test_what_was_not_read_is_asked_for_before_it_is_called_missing(
    office: Office,
) -> None:
    office.book("1", "2")
    office.books.change("W-1", issued_on=date(2025, 1, 1))
    office.books.documents = [d for d in office.books.documents if d.number != "W-2"]

    office.compare()

    assert office.open() == {("edited in the books", "W-1"), ("missing", "W-2")}
    assert Numbered(numbers=("W-1", "W-2")) in office.books.asked
    assert Identified(ids=("invoice of 2",)) in office.books.asked


def test_order_on_its_way_is_left_to_the_next_pass(office: Office) -> None:
    office.book("1")
    office.company.take_in(an_order("2"))

    done = office.compare()

    assert (done.tally.orders, done.tally.moving, done.tally.found) == (1, 1, 0)


def test_documents_of_other_origin_are_no_differences_and_ours_without_order_are(
    office: Office,
) -> None:
    office.book("1")
    own = office.books.documents[0]
    office.books.put(replace(own, id="a", number="W-77", reference=""))
    office.books.put(replace(own, id="b", number="INV-1", reference="shop 77"))
    office.books.put(replace(own, id="c", number="INV-2", reference="Workshop 77"))

    office.compare()

    assert office.open() == {("not in the shop", "W-77"), ("not in the shop", "INV-1")}
    (last,) = [office.listing.last_done()]
    assert last is not None
    (other,) = [t for t in last.totals if t.axis.value == "not from a shop"]
    assert (other.count, other.books) == (1, own.total)


def test_difference_keeps_its_first_day_and_is_gone_once_put_right(
    office: Office,
) -> None:
    office.book("1")
    office.books.change("W-1", total=Decimal("13.00"))
    office.compare()
    (first,) = office.listing.open(limit=9)

    office.compare()
    (again,) = office.listing.open(limit=9)
    office.books.change("W-1", total=Decimal("12.00"))
    done = office.compare()

    assert (again.id, again.found_at) == (first.id, first.found_at)
    assert again.seen_at > first.seen_at
    assert done.tally.resolved == 1
    assert office.open() == set()


def test_pass_over_another_period_leaves_differences_alone(office: Office) -> None:
    office.book("1")
    office.books.change("W-1", total=Decimal("13.00"))
    office.compare()

    office.compare(Period(first=date(2026, 9, 1), last=date(2026, 9, 30)))

    assert office.open() == {("amount differs", "W-1")}


def test_daily_pass_looks_only_at_what_changed_and_what_is_in_dispute(
    office: Office,
) -> None:
    office.book("1", "2", "3")
    office.books.change("W-1", total=Decimal("13.00"))
    office.compare()
    office.books.change("W-3", state=DocumentState.DEAD)
    office.books.asked.clear()

    done = office.compare(None)

    assert done.kind is PassKind.DAILY
    assert office.open() == {("amount differs", "W-1"), ("voided", "W-3")}
    assert Numbered(numbers=("W-1",)) in office.books.asked
    assert done.tally.orders == 2


def test_first_daily_pass_looks_at_everything(office: Office) -> None:
    office.book("1")

    done = office.compare(None)

    assert (done.kind, done.period) == (PassKind.FULL, office.reconciler.last_days())


def test_set_aside_order_is_no_difference_any_more(office: Office) -> None:
    office.book("1")
    office.books.change("W-1", total=Decimal("13.00"))
    office.compare()

    office.company.orders.ignore(office.company.row("1").id, "Agreed", actor="Pat")
    office.compare()

    assert office.open() == set()


def test_silent_books_are_asked_again_and_the_pass_goes_on(office: Office) -> None:
    office.book("1", "2", "3")
    office.books.silent = 2

    done = office.compare()

    assert (done.state, done.tally.orders) == (PassState.DONE, 3)


def test_pass_of_a_vanished_process_is_ended_and_what_it_read_forgotten(
    office: Office,
) -> None:
    passes, runs = office.reconciler._passes, RunStore(office.company.database, "gone")
    run = runs.begin(Task.RECONCILE, Trigger.SCHEDULE)
    begun = passes.start_now(PassKind.FULL, PERIOD, "schedule", run.id)
    runs.finish(run.id, RunState.INTERRUPTED)

    passes.clean_up()

    ended = office.listing.one(begun.id)
    assert ended is not None
    assert ended.done.state is PassState.FAILED
    assert "Ask for the comparison again" in ended.done.message


def test_without_a_connection_the_pass_says_so(database: ClockedDatabase) -> None:
    company = Company(database)
    reconciler = Reconciler(
        ReconcilerStores(
            database=database,
            company=company.settings,
            exchanges=ExchangeStore(database),
        ),
        lambda *_: None,  # type: ignore[arg-type,return-value]
        RunStore(database, "test"),
        company.clock,
        pace=Pace(),
        process="test",
    )

    done = reconciler.run_now(PassKind.FULL, PERIOD, "Robin")

    assert done.state is PassState.FAILED
    assert "Settings > Connection" in done.message


def test_orders_of_the_period_are_found_whatever_the_zone(office: Office) -> None:
    late = ORDERED_AT.replace(month=12, day=1, hour=2)
    office.book("1", ordered_at=late, ordered_on=date(2026, 11, 30))
    office.book("2", ordered_at=late + timedelta(hours=30))

    assert office.compare().tally.orders == 1


def other_shop(office: Office, **rules: Any) -> Shop:
    """Add a second shop with rules of its own."""
    shop = office.company.add_shop("other", "X-")
    office.company.settings.change_shop_rules(shop, lambda _: ShopRules(**rules))
    return shop


def reasons(office: Office) -> dict[str, str]:
    """Why each document differs."""
    found = (f.difference for f in office.listing.open(limit=100))
    return {difference.number: difference.reason.value for difference in found}


@pytest.mark.parametrize("company_books_payments", [True, False])
def test_payment_is_missed_in_the_shop_whose_rules_want_it_alone(
    office: Office, *, company_books_payments: bool
) -> None:
    settings = office.company.settings
    version = settings.rules_version()
    rules = replace(settings.rules(), mark_as_paid=company_books_payments)
    settings.save_rules(rules, expected_version=version)
    shop = other_shop(office, mark_as_paid=not company_books_payments)
    office.book("1")
    office.book("2", shop=shop)
    for number in ("W-1", "X-2"):
        office.books.change(number, payments=())

    office.compare()

    missed = "W-1" if company_books_payments else "X-2"
    assert office.open() == {("payment differs", missed)}


def test_ledger_accounts_of_the_shop_tell_what_a_line_in_the_books_is(
    office: Office,
) -> None:
    shop = other_shop(office, shipping_account="260")
    office.book("1")
    office.book("2", shop=shop)
    for number in ("W-1", "X-2"):
        (document,) = [d for d in office.books.documents if d.number == number]
        post = replace(document.lines[0], description="Post", account="260")
        lines = (*document.lines, post)
        office.books.change(number, lines=lines, total=document.total * 2)

    office.compare()

    assert reasons(office) == {"W-1": "goods", "X-2": "shipping"}


def test_number_without_an_order_is_ours_by_the_pattern_of_its_shop(
    office: Office,
) -> None:
    shop = other_shop(office, number_pattern="B/{number}")
    office.book("1")
    office.book("2", shop=shop)
    own = office.books.documents[0]
    for number in ("W-77", "X-77", "B/77"):
        office.books.put(replace(own, id=number, number=number, reference=""))

    office.compare()

    assert office.open() == {("not in the shop", "W-77"), ("not in the shop", "B/77")}


def test_shops_with_other_rules_that_are_booked_by_them_agree(office: Office) -> None:
    shop = other_shop(
        office,
        mark_as_paid=False,
        sales_account="201",
        number_pattern="B/{number}",
        due_days=0,
    )
    office.book("1", "2")
    office.book("3", "4", shop=shop)

    done = office.compare()

    assert (done.tally.orders, done.tally.found) == (4, 0)
