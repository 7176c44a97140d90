"""Files of orders are kept until their orders are taken in, and no longer."""

from __future__ import annotations

from dashboard.domain.sentences import Sentence, say
from dashboard.domain.uploads import CellError, FiledOrder, Standing
from dashboard.store.uploads import UploadStore
from tests.fixtures.builders import a_revision, an_order
from tests.fixtures.company import Company

READING = {"columns": {"order": "Nr"}}
OUTCOME = (
    FiledOrder(number="1", standing=Standing.NEW, order_id=7),
    FiledOrder(
        number="2",
        standing=Standing.WRONG,
        errors=(
            CellError(
                line=3, column="Gross", message=say("not %(text)s", text="ten euros")
            ),
        ),
    ),
)


def test_an_upload_is_found_until_it_is_taken_in(company: Company) -> None:
    uploads = UploadStore(company.database)
    upload_id = uploads.add(company.shop, "a.csv", b"Nr\n1\n", {}, "Robin")
    uploads.change_reading(upload_id, READING)

    found = uploads.find(upload_id)
    uploads.finish(upload_id, OUTCOME)

    assert found is not None
    assert (found.body, found.reading, found.uploaded_by) == (
        b"Nr\n1\n",
        READING,
        "Robin",
    )
    assert found.shop == company.shop
    assert uploads.find(upload_id) is None
    assert uploads.last_reading(company.shop) == READING


def test_what_became_of_each_order_is_known_for_a_month(company: Company) -> None:
    uploads = UploadStore(company.database)
    upload_id = uploads.add(company.shop, "a.csv", b"Nr\n1\n", READING, "Robin")
    assert uploads.taken(upload_id) is None

    uploads.finish(upload_id, OUTCOME)
    first = uploads.taken(upload_id)
    company.clock.advance(31 * 86_400)
    uploads.add(company.shop, "b.csv", b"", READING, "Robin")
    later = uploads.taken(upload_id)

    assert first is not None
    assert first.orders == OUTCOME
    assert isinstance(first.orders[1].errors[0].message, Sentence)
    assert later is not None
    assert later.orders is None


def test_what_was_never_taken_in_is_forgotten_after_a_week(company: Company) -> None:
    uploads = UploadStore(company.database)
    ids = [uploads.add(company.shop, "a.csv", b"", READING, "Robin")]
    company.clock.advance(7 * 86_400 + 1)

    ids += [uploads.add(company.shop, name, b"", READING, "Robin") for name in "bc"]

    found = [upload.name for each in set(ids) if (upload := uploads.find(each))]
    assert sorted(found) == ["b", "c"]
    assert uploads.last_reading(company.shop) is None


def test_what_is_known_of_many_orders_is_read_at_once(company: Company) -> None:
    orders = [an_order(external_id=str(at), number=str(at)) for at in range(3)]
    company.take_in(*orders)

    known = UploadStore(company.database).newest_revisions(
        company.shop, ["0", "2", "none", *(f"x{at}" for at in range(600))]
    )

    assert {name: stored.payload for name, stored in known.items()} == {
        "0": a_revision(orders[0]).payload,
        "2": a_revision(orders[2]).payload,
    }
