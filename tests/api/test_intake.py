"""What a shop is answered, and that nothing it sent is lost."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from dashboard.app import Program
from dashboard.store.schema import PostingRow
from dashboard.sync.intake import read_again
from dashboard.sync.plan import plan_order

AnOrder = Callable[..., dict[str, Any]]

DELIVERIES = Path(__file__).parents[1] / "data" / "woocommerce" / "http"
MB = 1_000_000


def deliver(company: Any, name: str) -> TestResponse:
    """Push a webhook as a running WooCommerce delivered it."""
    recorded = json.loads((DELIVERIES / f"{name}.json").read_text())
    shop = company.program.company.shop("woo")
    company.program.company.add_shop(
        shop, recorded["secret"], at=company.program.clock.now()
    )
    kept = {k: v for k, v in recorded["headers"].items() if k.startswith("X-WC")}
    return company.client.post(
        "/intake/woo",
        data=recorded["raw"].encode(),
        headers=kept | {"Content-Type": recorded["headers"]["Content-Type"]},
    )


def orders(company: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = company.get("orders").get_json()["orders"]
    return found


def test_a_new_order_is_taken_and_the_engine_is_woken(
    company: Any, an_order: AnOrder
) -> None:
    answer = company.push(an_order())

    assert answer.status_code == 202
    assert answer.get_json() == {"status": "stored", "order": 1}
    assert company.program.engine._woken.is_set()


def test_an_order_sent_again_is_known(company: Any, an_order: AnOrder) -> None:
    company.push(an_order())
    company.program.engine._woken.clear()

    answer = company.push(an_order())

    assert answer.status_code == 200
    assert answer.get_json() == {"status": "known", "order": 1}
    assert not company.program.engine._woken.is_set()
    assert len(orders(company)) == 1


def test_a_changed_order_is_taken_as_the_same_one(
    company: Any, an_order: AnOrder
) -> None:
    company.push(an_order())

    answer = company.push(an_order(note="Please ring twice."))

    assert answer.status_code == 202
    assert answer.get_json()["order"] == 1


def test_an_unknown_shop_is_not_found(company: Any, an_order: AnOrder) -> None:
    answer = company.push(an_order(), shop="nobody")

    assert answer.status_code == 404
    assert "nobody" in answer.get_json()["error"]


def test_a_wrong_signature_is_told_nothing_and_nothing_is_kept(
    company: Any, an_order: AnOrder
) -> None:
    answer = company.push(an_order(), secret="guessed")

    assert answer.status_code == 401
    assert answer.data == b""
    assert orders(company) == []


def test_a_missing_signature_is_a_wrong_one(company: Any, an_order: AnOrder) -> None:
    answer = company.client.post("/intake/main", json=an_order())

    assert answer.status_code == 401


def test_what_is_not_json_is_told_where(company: Any) -> None:
    answer = company.push(b'{"id": "1",\n  "status": }')

    assert answer.status_code == 400
    assert answer.get_json()["position"] == {"line": 2, "column": 13}


@pytest.mark.parametrize("body", [b"", b"null", b"[1]", b'"order"', b"\xff\xfe"])
def test_what_is_no_json_object_is_refused(company: Any, body: bytes) -> None:
    answer = company.push(body)

    assert answer.status_code == 400
    assert answer.get_json()["error"]


def test_a_wrong_field_is_named_and_the_order_kept(
    company: Any, an_order: AnOrder
) -> None:
    answer = company.push(an_order("1042", total="a lot"))

    assert answer.status_code == 422
    assert [field["path"] for field in answer.get_json()["fields"]] == ["total"]
    (order,) = orders(company)
    assert answer.get_json()["order"] == order["id"]
    assert (order["external_id"], order["status"]) == ("1042", "needs attention")
    assert order["problem"]["cause"] == "order not understood"
    assert "total" in order["problem"]["message"]


def test_an_order_that_was_not_understood_goes_on_once_it_is_right(
    company: Any, an_order: AnOrder
) -> None:
    company.push(an_order("1042", total="a lot"))

    answer = company.push(an_order("1042"))

    assert answer.status_code == 202
    assert [order["status"] for order in orders(company)] == ["queued"]


def test_an_order_without_an_id_is_kept_too(company: Any, an_order: AnOrder) -> None:
    order = an_order()
    del order["id"]

    answer = company.push(order)

    assert answer.status_code == 422
    assert [o["status"] for o in orders(company)] == ["needs attention"]


def test_a_megabyte_is_taken(company: Any, an_order: AnOrder) -> None:
    order = json.dumps(an_order()).encode()

    answer = company.push(order + b" " * (MB - len(order)))

    assert answer.status_code == 202


def test_more_than_a_megabyte_is_too_much(company: Any, an_order: AnOrder) -> None:
    order = json.dumps(an_order()).encode()

    answer = company.push(order + b" " * (MB + 1 - len(order)))

    assert answer.status_code == 413
    assert answer.get_json()["error"]
    assert orders(company) == []


class Endless(io.RawIOBase):
    """A body that never ends; what is read of it is counted."""

    read_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        buffer[:] = b" " * len(buffer)
        self.read_bytes += len(buffer)
        return len(buffer)


def test_a_body_of_unknown_length_is_not_read_to_its_end(company: Any) -> None:
    body = Endless()
    request = EnvironBuilder("/intake/main", method="POST").get_environ()
    # What a server passes for a chunked body.
    request |= {"wsgi.input": body, "wsgi.input_terminated": True}

    _, status, _ = run_wsgi_app(company.client.application, request)

    assert status.startswith("413")
    assert body.read_bytes < 2 * MB


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD"])
def test_only_post_is_taken(company: Any, method: str) -> None:
    answer = company.client.open("/intake/main", method=method)

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_intake_needs_no_sign_in_and_sets_no_cookie(
    company: Any, an_order: AnOrder
) -> None:
    answers = [
        company.push(an_order()),
        company.push(an_order(), secret="guessed"),
        company.push(an_order(), shop="nobody"),
        company.push(b"{"),
    ]

    assert [answer.status_code for answer in answers] == [202, 401, 404, 400]
    assert not any("Set-Cookie" in answer.headers for answer in answers)


def test_a_new_secret_joins_the_old_one(company: Any, an_order: AnOrder) -> None:
    shop = company.program.company.shop("main")
    company.program.company.add_shop(
        shop, "the next secret", at=company.program.clock.now()
    )

    answers = [
        company.push(an_order("1")),
        company.push(an_order("2"), secret="the next secret"),
    ]

    assert [answer.status_code for answer in answers] == [202, 202]


# WooCommerce -----------------------------------------------------------------------


def test_the_trial_call_of_a_new_webhook_is_welcome(company: Any) -> None:
    answer = deliver(company, "webhook_ping")

    assert answer.status_code == 200
    assert orders(company) == []


@pytest.mark.parametrize(
    "name",
    [
        "webhook_order_created_of_deleted_order_404_body",
        "webhook_order_updated_of_deleted_order_404_body",
    ],
)
def test_a_signed_answer_that_the_order_is_gone_brings_nothing(
    company: Any, name: str
) -> None:
    answer = deliver(company, name)

    assert answer.status_code == 200
    assert orders(company) == []


def test_a_deleted_order_we_do_not_know_is_nothing_to_store(company: Any) -> None:
    answer = deliver(company, "webhook_order_deleted")

    assert answer.status_code == 200
    assert "do not know" in answer.get_json()["reason"]
    assert orders(company) == []


def test_a_known_order_that_is_deleted_gets_no_invoice(
    company: Any, an_order: AnOrder
) -> None:
    company.push(an_order("1042"))

    answer = company.push({"id": "1042", "status": "deleted"})

    assert answer.status_code == 202
    (order,) = orders(company)
    assert order["status"] == "ignored"
    assert "Deleted in the shop" in order["reason"]


def test_an_order_deleted_after_booking_is_taken_back(
    company: Any, an_order: AnOrder
) -> None:
    company.push(an_order("1042"))
    company.sync()

    company.push({"id": "1042", "status": "deleted"})
    company.sync()

    (order,) = orders(company)
    assert order["status"] == "credited"
    assert order["credit"] == "confirmed"


def test_a_booked_order_that_is_changed_beyond_reading_and_deleted_is_taken_back(
    company: Any, an_order: AnOrder
) -> None:
    company.push(an_order("1042"))
    company.sync()
    company.push(an_order("1042") | {"total": "much"})

    company.push({"id": "1042", "status": "deleted"})
    company.sync()

    (order,) = orders(company)
    assert order["status"] == "credited"


def test_a_deleted_order_can_be_tried_again(company: Any, an_order: AnOrder) -> None:
    company.push(an_order("1042"))
    company.sync()
    program = company.program
    program.orders.ignore(1, "Done by hand.", actor="Kim")
    company.push({"id": "1042", "status": "deleted"})
    (order,) = orders(company)
    assert order["status"] == "needs attention"
    program.clock.advance(40 * 24 * 3600)

    answer = company.call("POST", f"orders/{order['id']}/retry")

    assert answer.status_code == 202
    company.sync()
    (order,) = orders(company)
    assert order["status"] == "credited"
    # The day we heard of it, and not that of trying again.
    assert credited_on(program) == "2026-03-14"


def test_what_a_person_ignored_and_the_shop_deleted_is_restored_as_deleted(
    company: Any, an_order: AnOrder
) -> None:
    early, late = ({"modified_at": f"2026-03-14T0{hour}:00:00Z"} for hour in (7, 8))
    company.push(an_order("1042", **late))
    company.push(an_order("1042", note="An older version.", number="9", **early))
    program = company.program
    program.orders.ignore(1, "Done by hand.", actor="Kim")
    company.push({"id": "1042", "status": "deleted"})

    restored = program.orders.restore(
        1, read_again, plan_order, reason="Not done.", actor="Kim"
    )

    assert restored
    (order,) = orders(company)
    assert order["status"] == "ignored"
    assert "Deleted in the shop" in order["reason"]
    assert order["number"] == "1042"


@pytest.mark.parametrize(
    ("modified", "day"),
    [({}, "2026-04-23"), ({"modified_at": "2026-04-02T10:00:00Z"}, "2026-04-02")],
    ids=["the shop does not tell when", "the shop tells when"],
)
def test_what_follows_from_a_change_bears_its_day_else_the_day_we_heard_of_it(
    company: Any, an_order: AnOrder, modified: dict[str, str], day: str
) -> None:
    company.push(an_order("1042"))
    company.sync()
    program = company.program
    program.clock.advance(40 * 24 * 3600)

    company.push(an_order("1042", status="cancelled", **modified))

    assert credited_on(program) == day
    program.clock.advance(24 * 3600)
    program.orders.plan_again([1], read_again, plan_order)
    assert credited_on(program) == day


def credited_on(program: Program) -> str:
    query = select(PostingRow.draft).where(PostingRow.kind == "credit note")
    with program.database.read() as session:
        issued_on: str = json.loads(session.scalars(query).one())["issued_on"]
        return issued_on


def test_a_real_webhook_is_taken_once(company: Any) -> None:
    first = deliver(company, "webhook_order_created")
    second = deliver(company, "webhook_order_created")

    assert (first.status_code, second.status_code) == (202, 200)
