"""A Shopify shop is pulled: what its webhooks hint at, tests, tokens and deletions.

The shop is the imitation of tests/fixtures, served over HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from dashboard.domain.alarms import WebhookState
from dashboard.domain.runs import RunState, Trigger
from dashboard.shops.shopify.queries import TOPICS
from dashboard.store.pulls import ApiKeys
from dashboard.store.schema import ShopRow
from dashboard.sync.intake import Noted, Nothing, WrongSignature
from tests.fixtures.company import Company
from tests.fixtures.pulled_shops import PulledShopify
from tests.fixtures.served_shops import served
from tests.fixtures.shopify_shop import Delivery, ShopifyShop

HOOK = "https://sluice.example/intake/fy"


class Pulled(PulledShopify):
    """Hears what the shop sends, too."""

    def asked(self) -> list[str]:
        return [name for name, _ in self.shop.asked]

    def hear(self, delivery: Delivery) -> object:
        headers = self.shop.headers_of(delivery)
        return self.intake.receive(self.here, headers, delivery.body)


@pytest.fixture
def pulled(company: Company) -> Iterator[Pulled]:
    with served(ShopifyShop(company.clock.now())) as shop:
        yield Pulled(company, shop)


def test_orders_are_taken_in_once(pulled: Pulled) -> None:
    first, second = pulled.shop.place(), pulled.shop.place("12_")

    run = pulled.run()
    pulled.run()

    assert run.state is RunState.DONE
    told = {row.external_id: row.shop_status for row in pulled.company.rows()}
    assert told == {str(first): "paid", str(second): "pending"}


def test_a_test_order_is_ignored_with_its_reason(pulled: Pulled) -> None:
    pulled.shop.place("14_")

    pulled.run()

    (row,) = pulled.company.rows()
    assert row.status == "ignored"
    assert "test order" in row.reason


def test_a_webhook_has_the_order_read_from_the_shop(pulled: Pulled) -> None:
    pulled.shop.subscribe(HOOK, *TOPICS)
    number = pulled.shop.place()
    (delivery,) = pulled.shop.due

    assert pulled.hear(delivery) == Noted(external_id=str(number))
    pulled.run(Trigger.ORDER)

    assert [row.external_id for row in pulled.company.rows()] == [str(number)]


def test_a_message_sent_again_is_heeded_once(pulled: Pulled) -> None:
    pulled.shop.subscribe(HOOK, "ORDERS_CREATE")
    number = pulled.shop.place()
    (delivery,) = pulled.shop.due
    pulled.hear(delivery)
    pulled.run(Trigger.ORDER)
    pulled.shop.asked = []

    assert pulled.hear(delivery) == Noted(external_id=str(number))

    assert pulled.pulls.hints(pulled.here) == {}


def test_an_old_message_does_not_bring_back_an_old_order(pulled: Pulled) -> None:
    pulled.shop.subscribe(HOOK, *TOPICS)
    number = pulled.shop.place()
    pulled.later(60)
    pulled.shop.edit(number, displayFinancialStatus="REFUNDED")
    created, updated = pulled.shop.due

    for delivery in (updated, created):  # neither order nor speed is promised
        pulled.hear(delivery)
        pulled.run(Trigger.ORDER)

    (row,) = pulled.company.rows()
    assert row.shop_status == "refunded"


def test_a_message_that_is_not_signed_is_refused(pulled: Pulled) -> None:
    pulled.shop.subscribe(HOOK, "ORDERS_CREATE")
    pulled.shop.place()
    (delivery,) = pulled.shop.due
    pulled.shop.secret = "somebody else's"

    with pytest.raises(WrongSignature):
        pulled.hear(delivery)


def test_a_message_brings_nothing_where_the_shop_cannot_be_asked(
    pulled: Pulled,
) -> None:
    pulled.shop.subscribe(HOOK, "ORDERS_CREATE")
    pulled.shop.place()
    (delivery,) = pulled.shop.due
    pulled.pulls.forget_access(pulled.here)
    pulled.here = pulled.company.settings.shop("fy") or pulled.here

    answer = pulled.hear(delivery)

    assert isinstance(answer, Nothing)
    assert "Settings > Shops" in answer.reason
    assert pulled.company.rows() == []


def test_a_deleted_order_is_known_from_its_webhook(pulled: Pulled) -> None:
    pulled.shop.subscribe(HOOK, "ORDERS_DELETE")
    number = pulled.shop.place()
    pulled.run()
    pulled.shop.delete(number)
    (delivery,) = pulled.shop.due

    pulled.hear(delivery)
    pulled.run(Trigger.ORDER)

    (row,) = pulled.company.rows()
    assert row.shop_status == "deleted"


def test_orders_the_app_may_not_see_any_more_are_not_taken_for_deleted(
    pulled: Pulled,
) -> None:
    pulled.shop.scopes = "read_orders,read_customers,read_companies"
    number = pulled.shop.place()
    pulled.run()
    pulled.later(timedelta(days=70).total_seconds())
    del pulled.shop.orders[number]  # hidden, as far as we can tell
    pulled.pulls.note_hint(pulled.here, str(number))

    pulled.run()

    (row,) = pulled.company.rows()
    assert row.shop_status == "paid"


def test_orders_that_have_not_changed_are_not_read_again_by_the_comparison(
    pulled: Pulled,
) -> None:
    for _ in range(3):
        pulled.shop.place("07_")
    pulled.run()
    pulled.later(timedelta(days=1).total_seconds() + 60)
    pulled.shop.asked = []

    pulled.run()

    assert "ListedOrders" in pulled.asked()
    assert "OneOrder" not in pulled.asked()


def test_the_token_is_kept_encrypted_and_used_by_the_next_pull(pulled: Pulled) -> None:
    pulled.run()
    pulled.run()

    assert pulled.shop.exchanged == 1
    keys = pulled.pulls.keys(pulled.here)
    assert keys is not None
    assert keys.token is not None
    with pulled.company.database.read() as session:
        kept = session.get_one(ShopRow, pulled.here.id).api_keys
    assert keys.token.text not in kept


def test_a_token_of_other_keys_is_not_kept(pulled: Pulled) -> None:
    pulled.run()
    known = pulled.pulls.keys(pulled.here)
    assert known is not None
    assert known.token is not None
    new = ApiKeys(key="new", secret="new", orders_since=known.orders_since)
    pulled.pulls.set_access(pulled.here, pulled.shop.url, new)

    pulled.pulls.keep_token(pulled.here, known, known.token)

    assert pulled.pulls.keys(pulled.here) == new


def test_a_subscription_that_shopify_dropped_is_made_again(pulled: Pulled) -> None:
    pulled.shop.subscribe(HOOK, *TOPICS[1:])

    run = pulled.run()

    assert "A webhook was off and is on again." in run.message
    assert {each["topic"] for each in pulled.shop.subscriptions} == set(TOPICS)
    assert pulled.webhooks.state(pulled.here.id) is WebhookState.ACTIVE


def test_subscriptions_that_are_all_gone_are_told(pulled: Pulled) -> None:
    pulled.shop.subscribe(HOOK, *TOPICS)
    pulled.run()
    pulled.shop.subscriptions = []

    pulled.run()

    assert pulled.webhooks.state(pulled.here.id) is WebhookState.MISSING
