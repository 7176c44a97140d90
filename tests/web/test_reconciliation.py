"""Reconciliation: what differs, what to do about it, and totals of both sides."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from dashboard.domain.reconciliation import (
    Axis,
    Difference,
    DifferenceKind,
    Pass,
    PassKind,
    PassState,
    Period,
    Reason,
    Tally,
    Total,
)
from dashboard.domain.users import Role
from dashboard.store.passes import PassStore
from tests.fixtures.clocks import SettableClock
from tests.web.scene import Scene

NOVEMBER = Period(first=date(2026, 11, 1), last=date(2026, 11, 30))


def a_difference(order_id: int | None = None, **fields: object) -> Difference:
    base = Difference(
        kind=DifferenceKind.AMOUNT,
        reason=Reason.TAX,
        order_id=order_id,
        number="W-1001",
        document_id="doc-1",
        day=date(2026, 11, 20),
        currency="EUR",
        shop=Decimal("12.10"),
        books=Decimal("12.11"),
        message="The tax of a line was changed in the books.",
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def compare(scene: Scene, *found: Difference, resolved: int = 0) -> Pass:
    """Let a pass over November find differences."""
    passes = PassStore(scene.database)
    run_id = scene.book()
    begun = passes.start_now(PassKind.FULL, NOVEMBER, "Robin", run_id)
    ids = {each.order_id for each in found if each.order_id} | {1}
    of_orders = [each for each in found if each.order_id]
    passes.record_orders(begun.id, sorted(ids), of_orders)
    others = [each for each in found if not each.order_id]
    passes.record_documents(begun.id, NOVEMBER, others)
    totals = (
        Total(
            axis=Axis.DAY,
            label="2026-11-20",
            currency="EUR",
            shop=Decimal("12.10"),
            books=Decimal("12.11"),
            count=1,
        ),
        Total(
            axis=Axis.TAX,
            label="=OUTPUT2",
            currency="EUR",
            shop=Decimal("2.10"),
            books=Decimal("2.11"),
            count=0,
        ),
        Total(
            axis=Axis.METHOD,
            label="ideal",
            currency="EUR",
            shop=Decimal("12.10"),
            books=Decimal("12.10"),
            count=0,
        ),
        Total(
            axis=Axis.OTHER_ORIGIN,
            label="",
            currency="EUR",
            shop=Decimal(0),
            books=Decimal("99.00"),
            count=3,
        ),
    )
    tally = Tally(documents=3, orders=2, found=len(found), resolved=resolved)
    return passes.finish(begun.id, PassState.DONE, tally, totals)


def test_a_difference_is_told_with_its_cause_and_leads_to_both_sides(
    scene: Scene,
) -> None:
    order_id = scene.order("1001")
    done = compare(scene, a_difference(order_id))
    client = scene.client()

    for path in ("/reconciliation", f"/reconciliation/{done.id}"):
        text = client.get(path).text
        assert "Amount differs" in text
        assert "The tax of a line was changed in the books." in text
        assert "correct the invoice in the books or the order in the shop" in text
        assert f'href="/orders/{order_id}"' in text
        assert "/invoices/doc-1" in text
        assert "€12.11" in text


def test_totals_stand_side_by_side_and_other_origins_apart(scene: Scene) -> None:
    scene.order("1001")
    done = compare(scene)

    text = scene.client().get(f"/reconciliation/{done.id}").text

    assert "By day" in text
    assert "20 Nov 2026" in text
    assert "€0.01" in text
    assert "3 documents in the books are not from a shop" in text
    assert "No differences" in text


def test_what_a_later_pass_does_not_find_again_is_off_the_list(scene: Scene) -> None:
    order_id = scene.order("1001")
    first = compare(scene, a_difference(order_id))
    client = scene.client()
    assert "1 difference between" in client.get("/reconciliation").text

    compare(scene, a_difference(None, kind=DifferenceKind.NOT_IN_SHOP))
    compare(scene)

    assert "Shop and books agree" in client.get("/reconciliation").text
    assert "Gone since" in client.get(f"/reconciliation/{first.id}").text


def test_a_comparison_of_a_period_is_asked_for(scene: Scene) -> None:
    client = scene.client(Role.WATCHER)
    page = "/reconciliation"

    answer = client.post(page, {"first": "2026-11-01", "last": "2026-11-30"}, page=page)

    assert answer.status_code == 302
    text = client.get(answer.headers["Location"]).text
    assert "1 Nov 2026" in text
    assert "30 Nov 2026" in text
    assert "Queued" in text
    answer = client.post(page, {"kind": "daily"}, page=page)
    assert "What changed" in client.get(answer.headers["Location"]).text


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-11-30", "2026-11-01", "ends before it begins"),
        ("2020-01-01", "2026-11-01", "a year at most"),
        ("soon", "2026-11-01", "valid date"),
    ],
)
def test_a_period_that_makes_no_sense_says_why(
    scene: Scene, first: str, last: str, said: str
) -> None:
    page = "/reconciliation"

    answer = scene.client().post(page, {"first": first, "last": last}, page=page)

    assert answer.status_code == 422
    assert said in answer.text


def test_files_of_a_comparison_are_harmless_in_a_spreadsheet(scene: Scene) -> None:
    order_id = scene.order("1001")
    done = compare(scene, a_difference(order_id, number="=1+1", message="@cmd"))
    client = scene.client()

    differences = client.get(f"/reconciliation/{done.id}/differences.csv").text
    totals = client.get(f"/reconciliation/{done.id}/totals.csv").text

    (row,) = list(csv.DictReader(io.StringIO(differences.lstrip("\ufeff"))))
    assert (row["Document"], row["What"]) == ("'=1+1", "'@cmd")
    assert (row["Order"], row["Shop"], row["Books"]) == ("1001", "12.10", "12.11")
    rows = list(csv.DictReader(io.StringIO(totals.lstrip("\ufeff"))))
    assert [each["Of"] for each in rows] == ["2026-11-20", "'=OUTPUT2", "ideal", ""]
    assert rows[0]["Difference"] == "0.01"
    assert client.get("/reconciliation/differences.csv").text == differences


def test_what_is_not_there_has_no_page(scene: Scene) -> None:
    client = scene.client()

    for path in ("", "/differences.csv", "/totals.csv"):
        assert client.get(f"/reconciliation/77{path}").status_code == 404


def test_every_number_of_differences_leads_to_the_list_it_counts(scene: Scene) -> None:
    order_id = scene.order("1001")
    amount = a_difference(order_id)
    missing = a_difference(
        order_id, kind=DifferenceKind.MISSING, number="W-77", message="Not there."
    )
    first = compare(scene, amount, missing)
    client = scene.client()

    for page in ("/reconciliation", f"/reconciliation/{first.id}"):
        assert f'href="{page}?kind=missing"' in client.get(page).text
        only = client.get(f"{page}?kind=missing").text
        assert "Not there." in only
        assert "The tax of a line was changed" not in only
        assert f'href="{page}/differences.csv?kind=missing"' in only
        file = client.get(f"{page}/differences.csv?kind=missing").text
        (row,) = list(csv.DictReader(io.StringIO(file.lstrip("\ufeff"))))
        assert row["Document"] == "W-77"


def test_a_comparison_that_found_nothing_gone_does_not_say_that_all_agrees(
    scene: Scene,
) -> None:
    done = compare(scene, a_difference(scene.order("1001")))

    text = scene.client().get(f"/reconciliation/{done.id}?gone=1").text

    assert "All that was compared agrees" not in text


def test_what_a_comparison_found_gone_is_a_list_of_its_own(
    scene: Scene, clock: SettableClock
) -> None:
    order_id = scene.order("1001")
    compare(scene, a_difference(order_id), a_difference(order_id, number="W-77"))
    clock.advance(3600)

    second = compare(scene, a_difference(order_id, number="W-77"), resolved=1)

    page = f"/reconciliation/{second.id}"
    client = scene.client()
    assert f'href="{page}?gone=1#differences"' in client.get("/reconciliation").text
    assert f'href="{page}?gone=1#differences"' in client.get(page).text
    gone = client.get(f"{page}?gone=1").text
    assert "W-1001" in gone
    assert "Gone since" in gone
    assert "W-77" not in gone
    file = client.get(f"{page}/differences.csv?gone=1").text
    (row,) = list(csv.DictReader(io.StringIO(file.lstrip("\ufeff"))))
    assert row["Document"] == "W-1001"
