"""The preview of an order: the bytes that are posted afterwards, and their rules."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import select, update

from dashboard.accounting.xero.encode import freeze
from dashboard.domain.postings import PostingKind
from dashboard.domain.rules import TaxRule, TaxSituation
from dashboard.domain.timing import Timing
from dashboard.domain.users import Role
from dashboard.store.queue import WorkQueue
from dashboard.store.schema import PostingRow, RequestRow
from dashboard.store.standings import refresh_standings
from tests.web.scene import RULES, Scene


def previewed(scene: Scene, order_id: int) -> list[bytes]:
    """Return the bodies the preview shows, in their sequence."""
    text = scene.client().get(f"/orders/{order_id}/preview").text
    found = re.findall(r"<pre[^>]* data-body>(.*?)</pre>", text, re.DOTALL)
    return [html.unescape(body).encode() for body in found]


def frozen(scene: Scene, kind: PostingKind) -> bytes:
    """Freeze what is due of a kind, as a worker does, and return what it will post."""
    queue = WorkQueue(scene.database, Timing(), "test")
    assert queue.prepare(freeze, [kind]) is not None
    with scene.database.read() as session:
        newest = select(RequestRow.body).order_by(RequestRow.id.desc())
        return session.scalars(newest.limit(1)).one()


def confirm(scene: Scene, kind: PostingKind, *order_ids: int) -> None:
    """Let the books have what is on its way."""
    with scene.database.write() as session:
        session.execute(
            update(PostingRow)
            .where(PostingRow.kind == kind.value, PostingRow.state == "in flight")
            .values(state="confirmed", document_id=f"the-{kind.value}")
        )
        refresh_standings(session, order_ids, scene.clock.now())


def test_every_step_is_posted_byte_for_byte_as_it_was_previewed(scene: Scene) -> None:
    order_id = scene.order("1001", note="Grüße", name="Zoë Sample")

    for kind in (PostingKind.CONTACT, PostingKind.INVOICE, PostingKind.PAYMENT):
        before = previewed(scene, order_id)[0]
        assert frozen(scene, kind) == before
        confirm(scene, kind, order_id)

    assert previewed(scene, order_id) == []


def test_in_a_batch_the_element_of_an_order_is_the_previewed_one(scene: Scene) -> None:
    ids = [scene.order(str(n), name=f"Buyer{n} Sample") for n in (1001, 1002, 1003)]
    frozen(scene, PostingKind.CONTACT)
    confirm(scene, PostingKind.CONTACT, *ids)
    elements = [
        body.removeprefix(b'{"Invoices":[').removesuffix(b"]}")
        for body in (previewed(scene, order_id)[0] for order_id in ids)
    ]

    assert frozen(scene, PostingKind.INVOICE) == (
        b'{"Invoices":[' + b",".join(elements) + b"]}"
    )


def test_what_waits_for_its_payment_is_booked_as_previewed_once_it_is_paid(
    scene: Scene,
) -> None:
    order_id = scene.order("1001", paid=False)
    text = scene.client().get(f"/orders/{order_id}/preview").text
    contact, invoice = previewed(scene, order_id)

    assert "Nothing is sent yet" in text
    assert "the shop has no money yet" in text
    assert b"(the id of demo-" in invoice
    scene.order("1001", paid=True)
    assert frozen(scene, PostingKind.CONTACT) == contact


def test_what_was_refused_is_previewed_as_the_next_try_sends_it(scene: Scene) -> None:
    order_id = scene.order("1001")
    frozen(scene, PostingKind.CONTACT)
    confirm(scene, PostingKind.CONTACT, order_id)
    scene.refuse(order_id)

    text = scene.client().get(f"/orders/{order_id}/preview").text
    invoice = previewed(scene, order_id)[0]

    assert "before a person acts" in text
    scene.program.actions.retry([order_id], "Pat")
    assert frozen(scene, PostingKind.INVOICE) == invoice


def test_the_rules_that_chose_account_tax_type_and_bank_account_are_named(
    scene: Scene,
) -> None:
    abroad = TaxRule(
        situation=TaxSituation.RATE,
        rate_percent=Decimal(21),
        country="BE",
        tax_type="BE21",
    )
    untaxed = TaxRule(situation=TaxSituation.UNTAXED, tax_type="NONE")
    rules = replace(RULES, tax_rules=(*RULES.tax_rules, abroad, untaxed), due_days=30)
    scene.program.company.save_rules(
        rules, expected_version=scene.program.company.rules_version()
    )
    customer = {
        "email": "ada@post.example",
        "first_name": "Ada",
        "last_name": "Sample",
        "address": {"country": "BE"},
    }
    net_too_low = [
        {
            "description": "Mug",
            "net": "9.99",
            "taxes": [{"rate_percent": "21", "amount": "2.10"}],
        }
    ]
    order_id = scene.order("1001", customer=customer, lines=net_too_low)

    text = " ".join(scene.client().get(f"/orders/{order_id}/preview").text.split())

    assert "tax rule for 21% in BE" in text
    assert "tax rule for what is not taxable in any country" in text
    assert "ledger account for products" in text
    assert "ledger account for rounding" in text
    assert "rule for payment method ideal" in text
    assert "30 days after the order" in text
    assert "number pattern {prefix}{number}" in text


def test_the_preview_of_a_stopped_order_leads_to_where_it_is_put_right(
    scene: Scene,
) -> None:
    order_id = scene.order("1001", rate="13")

    text = scene.client().get(f"/orders/{order_id}/preview").text

    assert f'href="/orders/{order_id}#to-do"' in text


def test_preview_and_order_say_whose_each_rule_is(scene: Scene) -> None:
    (shop,) = scene.program.company.shops()
    (rate,) = RULES.tax_rules
    scene.program.company.change_shop_rules(
        shop, lambda own: replace(own, tax_rules=(rate,), due_days=30)
    )
    order_id = scene.order("1001")
    client = scene.client()

    preview = " ".join(client.get(f"/orders/{order_id}/preview").text.split())
    order = " ".join(client.get(f"/orders/{order_id}").text.split())

    of_shop, of_company = "</a> · this shop's own", "</a> · the company's"
    assert f"tax rule for 21% in any country{of_shop}" in preview
    assert f"30 days after the order{of_shop}" in preview
    assert f"ledger account for products{of_company}" in preview
    assert f"rule for payment method ideal{of_company}" in preview
    assert 'href="/settings/shops/demo/rules#taxes"' in preview
    assert "tax rule for 21% in any country · this shop's own" in order
    assert "2 of the shop's own, else the company's" in order


def test_order_does_not_name_a_rule_that_would_choose_another_tax_type_today(
    scene: Scene,
) -> None:
    order_id = scene.order("1001")
    scene.book(order_id)
    company = scene.program.company
    (rate,) = RULES.tax_rules
    other = replace(RULES, tax_rules=(replace(rate, tax_type="OUTPUT"),))
    client = scene.client()
    before = client.get(f"/orders/{order_id}").text

    company.save_rules(other, expected_version=company.rules_version())

    assert "tax rule for" in before
    assert "tax rule for" not in client.get(f"/orders/{order_id}").text


def test_an_order_that_cannot_be_planned_says_why_and_shows_no_request(
    scene: Scene,
) -> None:
    order_id = scene.order("1001", rate="13")

    text = scene.client().get(f"/orders/{order_id}/preview").text

    assert "Nothing can be sent before this is put right." in text
    assert "tax rate 13 % in NL has no tax type" in text
    assert previewed(scene, order_id) == []


def test_an_ignored_order_sends_nothing(scene: Scene) -> None:
    order_id = scene.order("1001")
    scene.program.actions.ignore(order_id, "by hand", "Pat")

    text = scene.client().get(f"/orders/{order_id}/preview").text

    assert "it is ignored" in text
    assert previewed(scene, order_id) == []


def test_looking_at_a_preview_changes_nothing(scene: Scene) -> None:
    order_id = scene.order("1001", paid=False)
    client = scene.client()
    before = scene.contents()

    client.get(f"/orders/{order_id}/preview")

    assert scene.contents() == before


def test_a_customers_address_is_not_shown_to_who_only_watches(scene: Scene) -> None:
    address = {"address": {"line1": "1 Sample Street", "country": "NL"}}
    customer = {"email": "ada@post.example", "first_name": "Ada", **address}
    order_id = scene.order("1001", customer=customer)

    page = f"/orders/{order_id}/preview"

    assert "1 Sample Street" in scene.client(Role.MANAGER).get(page).text
    assert "1 Sample Street" not in scene.client(Role.WATCHER).get(page).text
    assert json.loads(previewed(scene, order_id)[0])["Contacts"]
