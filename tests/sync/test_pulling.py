"""Shops are pulled: every order once, whatever happens in the shop or to us meanwhile.

The shop is the imitation of tests/fixtures, served over HTTP.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from dashboard.domain.alarms import WebhookState
from dashboard.domain.order import Order
from dashboard.domain.plans import Plan
from dashboard.domain.runs import (
    ALL_BY_THEMSELVES,
    NOTHING_TO_PULL,
    Run,
    RunState,
    Task,
    Trigger,
)
from dashboard.domain.sentences import Sentence
from dashboard.scheduling.mirror import give_own_schedule
from dashboard.store.pulls import ApiKeys
from dashboard.store.schedules import ScheduleStore
from dashboard.store.schema import RevisionRow, ShopPullRow
from dashboard.sync.intake import Kept, Noted, Nothing, as_deleted
from dashboard.sync.plan import plan_order
from tests.fixtures.company import Company
from tests.fixtures.databases import ClockedDatabase
from tests.fixtures.pulled_shops import PulledWooCommerce
from tests.fixtures.served_shops import served
from tests.fixtures.woocommerce_shop import (
    KEY,
    SECRET,
    Denied,
    Hook,
    WooCommerceShop,
    firewall,
    maintenance,
)


class Pulled(PulledWooCommerce):
    """Hears what the shop sends, too."""

    def hear(self, order_id: int, *, delivery: str = "") -> Kept | Noted | Nothing:
        """Let the shop send a webhook about an order."""
        body = json.dumps(self.shop._written(self.shop.orders[order_id], decimals=2))
        return self.send(body.encode(), delivery=delivery)

    def send(
        self, body: bytes, *, topic: str = "order.updated", delivery: str = ""
    ) -> Kept | Noted | Nothing:
        told = {"X-WC-Webhook-Topic": topic, "X-WC-Webhook-Delivery-ID": delivery}
        headers = told | signature(body)
        return self.intake.receive(self.here, headers, body)

    def statuses(self) -> dict[int, str]:
        return {int(row.external_id): row.shop_status for row in self.company.rows()}

    def revisions(self) -> int:
        with self.company.database.read() as session:
            return session.scalar(select(func.count()).select_from(RevisionRow)) or 0


def signature(body: bytes) -> dict[str, str]:
    digest = hmac.new(Pulled.hook_secret.encode(), body, hashlib.sha256).digest()
    return {"X-WC-Webhook-Signature": base64.b64encode(digest).decode()}


@pytest.fixture
def pulled(company: Company) -> Iterator[Pulled]:
    with served(WooCommerceShop(company.clock.now())) as shop:
        yield Pulled(company, shop)


def test_orders_of_the_shop_are_taken_in(pulled: Pulled) -> None:
    first, second = pulled.shop.place(), pulled.shop.place("11_")

    run = pulled.run()

    assert pulled.statuses() == {first: "processing", second: "failed"}
    assert run.state is RunState.DONE
    assert (run.counts.orders, run.counts.calls) == (2, 5)
    assert run.message == "Woo: 2 orders read, 2 new or changed."
    assert pulled.woken == [Trigger.ORDER]


def test_pulling_again_changes_nothing(pulled: Pulled) -> None:
    pulled.shop.place()
    pulled.run()

    run = pulled.run()

    assert run.message == "Woo: 1 orders read, 0 new or changed."
    assert pulled.revisions() == 1
    assert run.counts.orders == 0


def test_a_change_is_taken_in_once(pulled: Pulled) -> None:
    order_id = pulled.shop.place()
    pulled.run()
    pulled.later(30)
    pulled.shop.edit(order_id, status="completed")

    pulled.run()

    assert pulled.statuses() == {order_id: "completed"}
    assert pulled.revisions() == 2


def test_an_order_saved_without_a_change_is_not_told_as_changed(pulled: Pulled) -> None:
    order_id = pulled.shop.place()
    pulled.run()
    story = pulled.company.story(str(order_id))
    pulled.shop.edit_unseen(order_id, payment_url="https://shop.example/pay")

    pulled.run()

    assert pulled.company.story(str(order_id)) == story
    assert pulled.revisions() == 1


def test_an_order_saved_as_it_was_is_no_change(pulled: Pulled) -> None:
    order_id = pulled.shop.place()
    pulled.run()
    pulled.later(3600)
    pulled.shop.edit(order_id)

    run = pulled.run()

    assert run.message == "Woo: 1 orders read, 0 new or changed."
    assert pulled.revisions() == 1
    pulled.shop.asked = []
    a_day_later(pulled)
    assert not [
        target for target in pulled.shop.asked if f"orders/{order_id}" in target
    ]


def test_a_total_that_changed_without_a_change_is_flagged(pulled: Pulled) -> None:
    order_id = pulled.shop.place()
    pulled.run()
    pulled.shop.edit_unseen(order_id, total="13.00")

    pulled.run()

    story = pulled.company.story(str(order_id))
    assert any("without saying that the order was changed" in line for line in story)


def test_a_pull_that_breaks_off_goes_on_where_it_was(pulled: Pulled) -> None:
    for _ in range(130):
        pulled.shop.place()
        pulled.later(1)
    asked = iter(range(2))

    def fail_after_two_pages() -> None:
        if next(asked, None) is None:
            raise Denied(maintenance())

    pulled.shop.before_list = fail_after_two_pages
    failed = pulled.run()
    assert failed.state is RunState.FAILED
    reached = len(pulled.statuses())
    assert 0 < reached < 130

    pulled.shop.before_list = lambda: None
    pulled.run(Trigger.PERSON)

    assert set(pulled.statuses()) == set(pulled.shop.orders)


def test_a_page_that_is_not_stored_leaves_the_cursor_where_it_was(
    pulled: Pulled, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulled.shop.place()
    before = pulled.pulls.state(pulled.here).cursor

    def out_of_order(*_: object, **__: object) -> object:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("dashboard.store.pulls.take_in_new", out_of_order)
        assert pulled.run().state is RunState.FAILED

    assert pulled.pulls.state(pulled.here).cursor == before
    pulled.run(Trigger.PERSON)
    assert len(pulled.statuses()) == 1


def test_an_order_that_cannot_be_planned_does_not_hold_up_the_rest(
    pulled: Pulled, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = pulled.shop.place(), pulled.shop.place()

    def plan(order: Order, *rest: Any) -> Plan:
        if order.external_id == str(bad):
            raise ZeroDivisionError
        return plan_order(order, *rest)

    monkeypatch.setattr("dashboard.sync.pull.plan_order", plan)

    assert pulled.run().state is RunState.DONE

    assert pulled.company.row(str(bad)).status == "needs attention"
    assert "ZeroDivisionError" in pulled.company.row(str(bad)).message
    assert pulled.company.row(str(good)).revision_id is not None


def test_a_shop_that_is_away_is_told_and_left_alone_for_a_while(pulled: Pulled) -> None:
    pulled.shop.broken = firewall(429, Retry_After="600")

    run = pulled.run()

    assert run.state is RunState.FAILED
    assert "fewer calls" in run.message
    assert "fewer calls" in pulled.pulls.state(pulled.here).problem
    pulled.shop.broken, pulled.shop.asked = None, []
    pulled.run()
    assert pulled.shop.asked == []
    pulled.later(601)
    pulled.run()
    assert pulled.shop.asked
    assert pulled.pulls.state(pulled.here).problem == ""


def test_what_a_shop_does_wrong_is_told_in_the_language_of_the_reader(
    pulled: Pulled,
) -> None:
    pulled.shop.broken = firewall(429, Retry_After="600")

    pulled.run()

    assert isinstance(pulled.pulls.state(pulled.here).problem, Sentence)


def test_a_shop_that_is_away_for_weeks_is_asked_again_now_and_then(
    pulled: Pulled,
) -> None:
    with pulled.company.database.write() as session:
        session.execute(update(ShopPullRow).values(failures=2000))

    pulled.pulls.note_failure(pulled.here, "It is away.", None)

    not_before = pulled.pulls.state(pulled.here).not_before
    assert not_before == pulled.company.clock.now() + timedelta(minutes=15)


def test_one_shop_that_fails_does_not_keep_the_others_from_being_read(
    pulled: Pulled,
) -> None:
    with served(WooCommerceShop(pulled.shop.now)) as other:
        pulled.add_shop("zoo", other.url, "Z-")
        order_id = other.place()
        pulled.shop.broken = maintenance()

        run = pulled.run()

    assert run.state is RunState.FAILED
    assert pulled.statuses() == {order_id: "processing"}


def test_two_who_pull_at_once_take_every_order_in_once(pulled: Pulled) -> None:
    """On PostgreSQL they would wait for each other in a circle, if they could."""
    for place in range(120):
        order_id = pulled.shop.place()
        pulled.shop.orders[order_id]["billing"] = {"email": f"b{place % 7}@x.example"}
        pulled.shop.tick(1)
        if place % 10 == 0:
            pulled.hear(order_id)

    with ThreadPoolExecutor(3) as pool:
        triggers = (Trigger.PERSON, Trigger.PERSON, Trigger.ORDER)
        runs = list(pool.map(pulled.run, triggers))
    pulled.run(Trigger.PERSON)

    assert {run.state for run in runs} == {RunState.DONE}, [r.message for r in runs]
    assert set(pulled.statuses()) == set(pulled.shop.orders)
    assert pulled.revisions() == 120


def test_no_shop_to_pull_is_said(company: Company) -> None:
    with served(WooCommerceShop(company.clock.now())) as shop:
        pulled = Pulled(company, shop)
        pulled.pulls.forget_access(pulled.here)

        assert pulled.run().message == NOTHING_TO_PULL


def test_a_shop_with_a_schedule_of_its_own_is_pulled_by_that_alone(
    pulled: Pulled,
) -> None:
    order_id = pulled.shop.place()
    give_own_schedule(
        ScheduleStore(pulled.company.database), pulled.here, pulled.company.clock.now()
    )

    shared = pulled.run()
    assert shared.message == ALL_BY_THEMSELVES
    assert pulled.statuses() == {}

    pulled.puller._carry_out(
        pulled.runs.begin(Task.PULL, Trigger.SCHEDULE, pulled.here)
    )
    assert set(pulled.statuses()) == {order_id}


def test_a_run_of_one_shop_leaves_the_others_alone(pulled: Pulled) -> None:
    other = pulled.add_shop("other", pulled.shop.url, "X-")
    pulled.shop.place()

    run = pulled.puller.run_now(other)

    assert run.shop_id == other.id
    assert pulled.pulls.state(other).pulled_at is not None
    assert pulled.pulls.state(pulled.here).pulled_at is None


def test_a_person_pulls_shops_with_a_schedule_of_their_own_too(pulled: Pulled) -> None:
    order_id = pulled.shop.place()
    schedules = ScheduleStore(pulled.company.database)
    give_own_schedule(schedules, pulled.here, pulled.company.clock.now())

    pulled.run(Trigger.PERSON)

    assert set(pulled.statuses()) == {order_id}


# Webhooks are a wake-up ---------------------------------------------------------------


def test_a_webhook_is_a_hint_and_the_order_is_read_from_the_shop(
    pulled: Pulled,
) -> None:
    order_id = pulled.shop.place()

    heard = pulled.hear(order_id)

    assert heard == Noted(external_id=str(order_id))
    assert pulled.statuses() == {}
    pulled.shop.edit(order_id, status="completed")
    pulled.run(Trigger.ORDER)
    assert pulled.statuses() == {order_id: "completed"}
    assert not pulled.pulls.has_hints()


def test_a_deleted_order_changed_on_the_day_we_heard_of_it(pulled: Pulled) -> None:
    order_id = pulled.shop.place()
    pulled.run()
    today = date(2031, 1, 2)

    gone = as_deleted(pulled.company.orders, pulled.here, str(order_id), today)

    assert gone is not None
    assert gone.changed_on == today


def test_an_old_webhook_sent_again_changes_nothing(pulled: Pulled) -> None:
    order_id = pulled.shop.place()
    body = f'{{"id":{order_id}}}'.encode()
    pulled.shop.trash(order_id)
    pulled.send(body, topic="order.deleted")
    pulled.run(Trigger.ORDER)
    pulled.later(60)
    pulled.shop.restore(order_id)
    pulled.run()

    pulled.send(body, topic="order.deleted")
    pulled.run(Trigger.ORDER)

    assert pulled.statuses() == {order_id: "processing"}


def test_created_and_updated_at_once_are_one_order(pulled: Pulled) -> None:
    order_id = pulled.shop.place()
    pulled.hear(order_id)
    pulled.hear(order_id)

    pulled.run(Trigger.ORDER)

    assert pulled.statuses() == {order_id: "processing"}
    assert pulled.revisions() == 1


def test_webhooks_of_one_second_that_share_their_id_both_count(pulled: Pulled) -> None:
    placed = [pulled.shop.place(), pulled.shop.place()]

    for order_id in placed:
        pulled.hear(order_id, delivery="one hook, one second")
    pulled.run(Trigger.ORDER)

    assert sorted(pulled.statuses()) == placed


def test_two_shops_that_use_the_same_ids_have_an_order_each(pulled: Pulled) -> None:
    with served(WooCommerceShop(pulled.company.clock.now())) as other:
        pulled.add_shop("other", other.url, "P-")
        assert pulled.shop.place() == other.place()

        pulled.run()

    first, second = pulled.company.rows()
    assert first.external_id == second.external_id
    assert first.shop_id != second.shop_id


def test_an_order_that_is_gone_when_it_is_read_is_deleted(pulled: Pulled) -> None:
    order_id = pulled.shop.place()
    pulled.run()
    pulled.hear(order_id)
    pulled.shop.delete_for_good(order_id)

    pulled.run(Trigger.ORDER)

    assert pulled.statuses() == {order_id: "deleted"}


def test_a_basket_that_leaks_through_a_webhook_is_not_kept(pulled: Pulled) -> None:
    order_id = pulled.shop.place(status="checkout-draft")
    pulled.hear(order_id)

    pulled.run(Trigger.ORDER)

    assert pulled.statuses() == {}
    assert not pulled.pulls.has_hints()


def test_a_webhook_about_an_order_of_old_is_passed_over(pulled: Pulled) -> None:
    order_id = pulled.shop.place()
    pulled.shop.orders[order_id]["created"] -= timedelta(days=400)
    pulled.hear(order_id)

    pulled.run(Trigger.ORDER)

    assert pulled.statuses() == {}


def test_an_error_signed_in_place_of_an_order_is_passed_over(pulled: Pulled) -> None:
    body = b'{"code":"woocommerce_rest_shop_order_invalid_id","message":"Invalid ID."}'

    assert isinstance(pulled.send(body), Nothing)


def test_a_hint_waits_until_the_shop_answers_again(pulled: Pulled) -> None:
    order_id = pulled.shop.place()
    pulled.hear(order_id)
    pulled.shop.broken = maintenance()
    pulled.run(Trigger.ORDER)
    assert not pulled.pulls.has_hints(), "the shop is left alone for a while"

    pulled.shop.broken = None
    pulled.later(120)
    assert pulled.pulls.has_hints()
    pulled.run(Trigger.ORDER)

    assert pulled.statuses() == {order_id: "processing"}


# The webhooks themselves --------------------------------------------------------------


def a_hook(pulled: Pulled, status: str = "active", slug: str = "woo") -> Hook:
    hook = Hook(
        id=1,
        topic="order.updated",
        delivery_url=f"https://sluice.example/intake/{slug}",
        secret=Pulled.hook_secret,
        status=status,
    )
    pulled.shop.hooks[1] = hook
    return hook


def test_a_webhook_that_the_shop_switched_off_is_told(pulled: Pulled) -> None:
    hook = a_hook(pulled)
    pulled.run()
    assert pulled.webhooks.state(pulled.here.id) is WebhookState.ACTIVE
    hook.status = "disabled"

    run = pulled.run()

    assert pulled.webhooks.state(pulled.here.id) is WebhookState.DISABLED
    assert run.message.endswith("A webhook is switched off in the shop.")


def test_keys_that_may_write_switch_a_webhook_on_again(pulled: Pulled) -> None:
    hook = a_hook(pulled, "disabled")
    pulled.shop.may_write = True

    run = pulled.run()

    assert hook.status == "active"
    assert pulled.webhooks.state(pulled.here.id) is WebhookState.ACTIVE
    assert run.message.endswith("A webhook was off and is on again.")


def test_keys_that_may_only_read_try_it_once(pulled: Pulled) -> None:
    a_hook(pulled, "disabled")

    pulled.run()
    asked = len([target for target in pulled.shop.asked if "webhooks/1" in target])
    pulled.run()

    assert len([t for t in pulled.shop.asked if "webhooks/1" in t]) == asked == 1


def test_a_webhook_that_a_person_paused_stays_paused(pulled: Pulled) -> None:
    hook = a_hook(pulled, "paused")
    pulled.shop.may_write = True

    pulled.run()

    assert hook.status == "paused"
    assert pulled.webhooks.state(pulled.here.id) is WebhookState.ACTIVE


def test_a_webhook_that_vanished_is_told_but_none_is_needed(pulled: Pulled) -> None:
    a_hook(pulled, slug="another")
    pulled.run()
    assert pulled.webhooks.state(pulled.here.id) is None
    a_hook(pulled)
    pulled.run()
    pulled.shop.hooks.clear()

    pulled.run()

    assert pulled.webhooks.state(pulled.here.id) is WebhookState.MISSING


@pytest.mark.parametrize(
    ("front", "delivery_url", "ours"),
    [
        ("https://sluice.example", "https://Sluice.example/intake/woo/", True),
        ("https://sluice.example", "https://sluice.example/at/x/intake/woo", False),
        ("https://sluice.example", "https://trial.example/intake/woo", False),
        ("https://sluice.example", "https://sluice.example:443/intake/woo", True),
        ("https://sluice.example:443", "https://sluice.example/intake/woo", True),
        # From here the server leads on to https.
        ("https://sluice.example", "http://sluice.example/intake/woo", True),
        ("https://sluice.example", "https://sluice.example:8443/intake/woo", False),
        ("https://sluice.example", "https://sluice.example:port/intake/woo", False),
        ("https://bücher.example", "https://xn--bcher-kva.example/intake/woo", True),
        (
            "https://sluice.example/at/x",
            "https://sluice.example/at/x/intake/woo",
            True,
        ),
        ("https://sluice.example/at/x", "https://sluice.example/intake/woo", False),
        # Where the program does not know its address, the path alone tells.
        ("", "https://anywhere.example/intake/woo", True),
        ("", "https://anywhere.example/at/x/intake/woo", False),
        ("/at/x", "https://anywhere.example/at/x/intake/woo", True),
    ],
)
def test_a_webhook_that_leads_elsewhere_is_none_of_ours(
    pulled: Pulled, front: str, delivery_url: str, *, ours: bool
) -> None:
    pulled.puller._front = front
    a_hook(pulled, "disabled").delivery_url = delivery_url

    pulled.run()

    expected = WebhookState.DISABLED if ours else None
    assert pulled.webhooks.state(pulled.here.id) is expected


# Once a day ---------------------------------------------------------------------------


def a_day_later(pulled: Pulled) -> Run:
    pulled.later(25 * 3600)
    return pulled.run()


def test_an_order_deleted_for_good_is_found(pulled: Pulled) -> None:
    kept, gone = pulled.shop.place(), pulled.shop.place()
    pulled.run()
    pulled.shop.delete_for_good(gone)
    pulled.run()
    assert pulled.statuses()[gone] == "processing"

    a_day_later(pulled)

    assert pulled.statuses() == {kept: "processing", gone: "deleted"}
    before = pulled.revisions()
    a_day_later(pulled)
    assert pulled.revisions() == before


def test_a_refund_deleted_is_found(pulled: Pulled) -> None:
    order_id = pulled.shop.place("28_")
    pulled.shop.refund(order_id, "28_")
    pulled.run()
    assert pulled.company.row(str(order_id)).refunded_hundredths == 604
    pulled.shop.delete_refunds(order_id)

    a_day_later(pulled)

    assert pulled.company.row(str(order_id)).refunded_hundredths == 0


def test_an_order_that_slipped_through_is_found(pulled: Pulled) -> None:
    pulled.shop.place()
    late = pulled.shop.place()
    hidden = pulled.shop.orders.pop(late)
    pulled.later(3600)
    pulled.shop.place()
    pulled.run()
    pulled.shop.orders[late] = hidden

    a_day_later(pulled)

    assert late in pulled.statuses()


def test_a_shop_put_back_from_a_backup_deletes_nothing(pulled: Pulled) -> None:
    ids = [pulled.shop.place() for _ in range(30)]
    pulled.run()
    for order_id in ids[:25]:
        pulled.shop.delete_for_good(order_id)

    run = a_day_later(pulled)

    assert run.state is RunState.FAILED
    assert "does not list 25 of 30 orders" in run.message
    assert set(pulled.statuses().values()) == {"processing"}


# The keys -----------------------------------------------------------------------------


def test_keys_are_kept_encrypted(pulled: Pulled, database: ClockedDatabase) -> None:
    with database.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT * FROM shops").mappings().all()

    assert SECRET not in repr(stored)
    assert pulled.pulls.keys(pulled.here) is not None


def test_an_earlier_day_reads_the_shop_from_the_beginning(pulled: Pulled) -> None:
    pulled.shop.place()
    pulled.run()
    keys = pulled.pulls.keys(pulled.here)
    assert keys is not None
    earlier: datetime = keys.orders_since - timedelta(days=30)
    pulled.shop.orders[next(iter(pulled.shop.orders))]["created"] = earlier

    new = ApiKeys(key=KEY, secret=SECRET, orders_since=earlier)
    pulled.pulls.set_access(pulled.here, pulled.shop.url, new)

    assert pulled.pulls.state(pulled.here).cursor == ""
