"""What comes in over HTTP: bad input gets a clear answer, good input is kept."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests

from tests.e2e.books import Books
from tests.e2e.company import OWN_JSON, WOOCOMMERCE, Company, signed
from tests.e2e.processes import seeded
from tests.e2e.woocommerce import SAMPLES, an_order

_DOCS = Path(__file__).parents[2] / "docs"


def post(
    company: Company, shop: str, body: bytes, headers: dict[str, str]
) -> requests.Response:
    with company.http() as http:
        return http.post(
            f"{company.url}/intake/{shop}", data=body, headers=headers, timeout=30
        )


def test_bad_messages_are_refused_and_say_what_is_wrong(serving: Company) -> None:
    good = json.dumps(an_order(1)).encode()
    broken = b'{"id": 1,\n "total": }'
    large = json.dumps(an_order(2, customer_note="x" * 1_000_000)).encode()

    forged = post(serving, WOOCOMMERCE, good, signed(good, WOOCOMMERCE, "guessed"))
    unsigned = post(serving, WOOCOMMERCE, good, {"Content-Type": "application/json"})
    no_json = post(serving, WOOCOMMERCE, broken, signed(broken, WOOCOMMERCE))
    no_object = post(serving, WOOCOMMERCE, b"[1]", signed(b"[1]", WOOCOMMERCE))
    too_large = post(serving, WOOCOMMERCE, large, signed(large, WOOCOMMERCE))
    nowhere = post(serving, "no-such-shop", good, signed(good, WOOCOMMERCE))

    assert forged.status_code == unsigned.status_code == 401
    assert no_json.status_code == 400
    assert no_json.json()["position"] == {"line": 2, "column": 11}
    assert no_object.status_code == 400
    assert too_large.status_code == 413
    assert "1000000 bytes" in too_large.json()["error"]
    assert nowhere.status_code == 404
    assert "no-such-shop" in nowhere.json()["error"]
    assert serving.orders() == {}


def test_order_with_a_wrong_field_is_named_kept_and_booked_once_corrected(
    serving: Company, books: Books
) -> None:
    wrong = an_order(1, total="twelve", currency="EURO")

    refused = serving.push(wrong)

    assert refused.status_code == 422
    fields = {field["path"] for field in refused.json()["fields"]}
    assert fields == {"total", "currency"}
    kept = serving.wait_for("1", "needs attention", within_s=5)
    assert "total" in kept.message or "currency" in kept.message
    assert "Correct it in the shop" in kept.message

    corrected = an_order(1, date_modified_gmt="2026-11-23T08:00:00")
    assert serving.push(corrected).status_code == 202
    serving.wait_for("1", "paid", within_s=10)
    books.check(["W-1"], ["W-1"])


def test_flood_of_rubbish_leaves_the_server_well(
    serving: Company, books: Books
) -> None:
    chance = seeded(5)
    order = json.dumps(an_order(1)).encode()

    def rubbish() -> tuple[str, bytes, dict[str, str]]:
        shop = chance.choice([WOOCOMMERCE, OWN_JSON, "nobody", "..%2f..%2fetc"])
        start = chance.randrange(len(order))
        body = chance.choice(
            [
                chance.randbytes(chance.randrange(2000)),
                order[start:],
                b"[" * chance.randrange(1, 100_000),
                b'{"id":' + b"9" * chance.randrange(1, 10_000) + b"}",
                json.dumps({"id": chance.randrange(100), "total": {}}).encode(),
            ]
        )
        keep = chance.random() < 0.5
        secret = {} if keep else {"secret": "guessed"}
        return shop, body, signed(body, shop, **secret)

    messages = [rubbish() for _ in range(500)]
    with ThreadPoolExecutor(8) as attackers:
        answers = list(attackers.map(lambda m: post(serving, *m), messages))

    assert {answer.status_code for answer in answers} <= {400, 401, 404, 413, 422}
    assert serving.is_healthy()
    assert serving.push(an_order(7_000)).status_code == 202
    serving.wait_for("7000", "paid", within_s=10)
    books.check(["W-7000"], ["W-7000"])


def test_deliveries_of_a_running_woocommerce_are_taken_as_they_were_sent(
    serving: Company, books: Books
) -> None:
    names = ("ping", "order_created", "order_updated", "order_created_refunded")
    answers = []
    for name in (*names, "order_deleted", "order_updated_of_deleted_order_404_body"):
        recorded: dict[str, Any] = json.loads(
            (SAMPLES / "http" / f"webhook_{name}.json").read_text()
        )
        raw, headers = recorded["raw"].encode(), dict(recorded["headers"])
        for name_ in ("Host", "Content-Length", "Connection"):
            headers.pop(name_, None)
        answers.append(post(serving, WOOCOMMERCE, raw, headers).status_code)

    serving.wait_until_settled(within_s=10, orders=2)

    assert answers[:4] == [200, 202, 200, 202]
    assert answers[4] == 200
    assert serving.orders()["25"].status == "paid"
    assert serving.orders()["50"].status == "credited"
    books.check(["W-25", "W-50"], ["W-25", "W-50"])


def test_order_in_our_own_format_is_booked_as_the_documentation_says(
    serving: Company, books: Books
) -> None:
    page = (_DOCS / "orders.md").read_text()
    example = next(
        block
        for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL)
        if '"lines"' in block
    )
    order = json.loads(example)
    order["refunds"] = []
    serving.cli(
        *("rules", "set", "--payment-method", "giftcard=090"),
        *("--payment-method", "ideal=091"),
    )

    stored = serving.push(order, OWN_JSON)
    known = serving.push(order, OWN_JSON)
    serving.wait_for("8812", "paid", within_s=10)

    assert (stored.status_code, known.status_code) == (202, 200)
    (invoice,) = books.invoices()
    assert invoice.number == "O-2026-1042"
    assert str(invoice.total) == order["total"]
    assert [(str(net), str(tax)) for net, tax, _ in invoice.lines] == [
        ("26.94", "5.66"),
        ("15.00", "0.00"),
        ("4.95", "1.04"),
        ("-0.25", "-0.02"),
    ]
    assert [(str(p.amount), p.reference) for p in invoice.payments] == [
        ("15.00", "O-2026-1042-P1"),
        ("38.32", "O-2026-1042-P2"),
    ]
    books.check([invoice.number], [invoice.number])
