"""A shop's page: how it is asked for its orders, and whether that works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from dashboard.domain.alarms import AlarmRules
from dashboard.domain.rules import Shop
from dashboard.domain.runs import Task, Trigger
from dashboard.domain.users import Role
from dashboard.scheduling.mirror import install_defaults
from dashboard.store.pulls import ApiKeys
from dashboard.store.schedules import ScheduleStore
from tests.e2e.company import signed
from tests.fixtures.served_shops import served
from tests.fixtures.shopify_shop import CLIENT_ID, CLIENT_SECRET, ShopifyShop
from tests.fixtures.woocommerce_shop import KEY, SECRET, WooCommerceShop
from tests.web.scene import Scene

PAGE = "/settings/shops/woo"


@pytest.fixture
def shop(scene: Scene) -> Iterator[WooCommerceShop]:
    new = Shop(id=0, slug="woo", name="Woo", kind="woocommerce", prefix="O-")
    scene.program.company.add_shop(new, "hook-secret", at=scene.clock.now())
    with served(WooCommerceShop(scene.clock.now())) as shop:
        yield shop


def entered(shop: WooCommerceShop, **fields: str) -> dict[str, str]:
    return {
        "base_url": f"{shop.url}/",
        "key": KEY,
        "secret": SECRET,
        "orders_since": "2026-11-01",
        **fields,
    }


def the_shop(scene: Scene) -> Shop:
    shop = scene.program.company.shop("woo")
    assert shop is not None
    return shop


def test_keys_are_saved_and_tried_out_at_once(
    scene: Scene, shop: WooCommerceShop
) -> None:
    shop.place()
    client = scene.client()

    answer = client.post(f"{PAGE}/access", entered(shop))

    assert answer.headers["Location"] == PAGE
    page = client.get(PAGE).text
    assert "It works: 1 orders, in EUR." in page
    assert shop.url in page
    assert SECRET not in page


def test_the_day_from_which_orders_count_is_one_of_the_company(
    scene: Scene, shop: WooCommerceShop
) -> None:
    client = scene.client()
    alarms = scene.program.watch.stores.alarms
    in_utc = datetime(2026, 11, 1, tzinfo=UTC)

    def since_with(**fields: str) -> datetime:
        client.post(f"{PAGE}/access", entered(shop, **fields))
        keys = scene.program.pulls.keys(the_shop(scene))
        assert keys is not None
        return keys.orders_since

    keys = ApiKeys(key=KEY, secret=SECRET, orders_since=in_utc)
    scene.program.pulls.set_access(the_shop(scene), shop.url, keys)
    rules = AlarmRules(timezone="America/New_York")
    alarms.save_rules(rules, expected_version=alarms.rules()[1])

    assert 'value="2026-10-31"' in client.get(PAGE).text
    # Saved as it is shown, it does not move by the hours between the zones.
    assert since_with(orders_since="2026-10-31") == in_utc
    assert since_with(orders_since="") == in_utc
    assert since_with(orders_since="2026-10-30") == datetime(
        2026, 10, 30, 4, tzinfo=UTC
    )
    assert since_with(orders_since="0001-01-01").year == 1970


def test_what_is_wrong_is_said(scene: Scene, shop: WooCommerceShop) -> None:
    client = scene.client()

    client.post(f"{PAGE}/access", entered(shop, secret="cs_wrong"))

    assert "Consumer secret is invalid" in client.get(PAGE).text


def test_the_test_button_asks_the_shop_again(
    scene: Scene, shop: WooCommerceShop
) -> None:
    client = scene.client()
    client.post(f"{PAGE}/access", entered(shop))
    client.get(PAGE)
    shop.permalinks = False

    client.post(f"{PAGE}/test", {})

    assert "plain permalinks" in client.get(PAGE).text


def test_keys_left_empty_stay_as_they_are(scene: Scene, shop: WooCommerceShop) -> None:
    client = scene.client()
    client.post(f"{PAGE}/access", entered(shop))

    client.post(f"{PAGE}/access", entered(shop, key="", secret=""))

    assert "It works" in client.get(PAGE).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"secret": ""}, "Enter both"),
        ({"base_url": "ftp://shop.example"}, "not an http or https address"),
        ({"base_url": "https://not a url"}, "there is a space in it"),
        ({"base_url": "https://me:pass@shop.example"}, "must not carry a password"),
    ],
)
def test_what_cannot_work_is_not_saved(
    scene: Scene, shop: WooCommerceShop, fields: dict[str, str], words: str
) -> None:
    answer = scene.client().post(f"{PAGE}/access", entered(shop, **fields))

    assert answer.status_code == 422
    assert words in answer.text
    assert "Not yet" not in answer.text


def test_forgotten_keys_are_asked_with_no_more(
    scene: Scene, shop: WooCommerceShop
) -> None:
    client = scene.client()
    client.post(f"{PAGE}/access", entered(shop))

    client.post(f"{PAGE}/forget", {})

    woo = scene.program.company.shop("woo")
    assert woo is not None
    assert woo.base_url == ""
    assert scene.program.pulls.keys(woo) is None


def test_only_administrators_change_keys(scene: Scene, shop: WooCommerceShop) -> None:
    client = scene.client(Role.MANAGER)

    assert client.post(f"{PAGE}/access", entered(shop)).status_code == 403
    assert client.post(f"{PAGE}/forget", {}).status_code == 403
    assert "Administrators can change this" in client.get(PAGE).text


def test_a_problem_of_the_last_pull_stands_on_both_pages(
    scene: Scene, shop: WooCommerceShop
) -> None:
    client = scene.client()
    client.post(f"{PAGE}/access", entered(shop))
    shop.decimals = 0
    shop.place()

    scene.program.puller.run_now()

    assert "Number of decimals to 2" in client.get(PAGE).text
    assert "does not work" in client.get("/settings").text


def test_a_webhook_is_answered_and_its_order_read_from_the_shop(
    scene: Scene, shop: WooCommerceShop
) -> None:
    scene.client().post(f"{PAGE}/access", entered(shop))
    order_id = shop.place()
    heard = scene.app.test_client()

    body = f'{{"id":{order_id}}}'.encode()
    answer = heard.post(
        "/intake/woo", data=body, headers=signed(body, "woo", "hook-secret")
    )

    assert answer.status_code == 202
    assert answer.get_json()["status"] == "noted"
    run = scene.program.engine.runs.begin(Task.PULL, Trigger.ORDER)
    done = scene.program.puller._carry_out(run)
    assert done.message == "Woo: 1 orders read, 1 new or changed."


def test_a_new_secret_is_taken_beside_the_one_before(
    scene: Scene, shop: WooCommerceShop
) -> None:
    client = scene.client(Role.ADMINISTRATOR)
    body = json.dumps(shop.written(shop.place())).encode()

    answer = client.post(f"{PAGE}/secret", {"secret": "another-secret"})

    assert answer.headers["Location"] == PAGE
    for secret in ("another-secret", "hook-secret", "neither"):
        headers = signed(body, "woo", secret)
        pushed = client.post_bare("/intake/woo", data=body, headers=headers)
        assert (pushed.status_code == 401) is (secret == "neither")
    assert "another-secret" not in client.get(PAGE).text + client.get("/activity").text


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("secret", ["abc", " " * 8, "   abc   "])
def test_a_secret_that_is_too_short_is_refused_where_it_is_entered(
    scene: Scene, secret: str
) -> None:
    answer = scene.client(Role.ADMINISTRATOR).post(f"{PAGE}/secret", {"secret": secret})

    assert answer.status_code == 422
    assert "is-invalid" in answer.text


def test_a_shop_that_is_not_there_is_not_found(scene: Scene) -> None:
    assert scene.client().get("/settings/shops/nobody").status_code == 404


def test_a_shop_of_our_own_format_has_no_keys(scene: Scene) -> None:
    assert "cannot be asked" in scene.client().get("/settings/shops/demo").text


def test_fields_with_the_vat_number_are_named_on_the_page_of_the_shop(
    scene: Scene,
) -> None:
    scene.program.company.add_shop(
        Shop(id=0, slug="woo", name="Woo", kind="woocommerce", prefix=""),
        "a-secret",
        at=scene.clock.now(),
    )
    client = scene.client(Role.MANAGER)

    client.post("/settings/shops/woo/fields", {"vat_number_keys": "_my_vat, other_vat"})

    shop = scene.program.company.shop("woo")
    assert shop is not None
    assert shop.vat_number_keys == ("_my_vat", "other_vat")
    assert 'value="_my_vat, other_vat"' in client.get("/settings/shops/woo").text


def test_shop_with_a_field_of_its_own_for_vat_numbers_is_asked_for_no_other(
    scene: Scene,
) -> None:
    answer = scene.client(Role.MANAGER).post(
        "/settings/shops/demo/fields",
        {"vat_number_keys": "x"},
        page="/settings/shops/demo",
    )

    assert answer.status_code == 404


@pytest.fixture
def shopify(scene: Scene) -> Iterator[ShopifyShop]:
    new = Shop(id=0, slug="fy", name="Fy", kind="shopify", prefix="F-")
    scene.program.company.add_shop(new, "old-secret", at=scene.clock.now())
    with served(ShopifyShop(scene.clock.now())) as shop:
        yield shop


def test_a_shop_at_shopify_is_connected_in_its_own_words(
    scene: Scene, shopify: ShopifyShop
) -> None:
    client = scene.client()
    page = client.get("/settings/shops/fy").text
    assert "Client ID" in page
    assert "Consumer key" not in page

    keys = {"base_url": shopify.url, "key": CLIENT_ID, "secret": CLIENT_SECRET}
    client.post("/settings/shops/fy/access", keys)

    page = client.get("/settings/shops/fy").text
    assert "It works: 0 orders, in EUR." in page
    assert CLIENT_SECRET not in page


def test_its_client_secret_signs_its_webhooks_and_the_old_one_still_does(
    scene: Scene, shopify: ShopifyShop
) -> None:
    keys = {"base_url": shopify.url, "key": CLIENT_ID, "secret": CLIENT_SECRET}

    scene.client().post("/settings/shops/fy/access", keys)

    company = scene.program.company
    shop = company.shop("fy")
    assert shop is not None
    assert company.shop_secrets(shop) == (CLIENT_SECRET, "old-secret")


def test_a_shop_gets_a_schedule_of_its_own_and_gives_it_back(
    scene: Scene, shop: WooCommerceShop
) -> None:
    install_defaults(ScheduleStore(scene.database), scene.clock.now())
    client = scene.client()
    client.post(f"{PAGE}/access", entered(shop))
    assert "as all shops" in client.get(PAGE).text

    given = client.post(f"{PAGE}/own-schedule", {}, page=PAGE)

    own = ScheduleStore(scene.database).pulling(the_shop(scene))
    assert own is not None
    assert given.headers["Location"] == f"/schedules/{own.id}"
    wanted = {
        "version": str(own.version),
        "kind": "interval",
        "every": "15",
        "unit": "60",
        "timezone": "UTC",
    }
    client.post(f"/schedules/{own.id}", wanted, page=f"/schedules/{own.id}")
    page = client.get(PAGE).text
    assert "Every 15 minutes" in page
    assert "a schedule of its own" in page
    assert "Pull Woo" in client.get(f"/schedules/{own.id}").text
    assert f'href="{PAGE}"' in client.get("/schedules").text

    client.post(f"{PAGE}/shared-schedule", {}, page=PAGE)
    assert "as all shops" in client.get(PAGE).text


def test_one_shop_is_pulled_by_a_button_and_the_run_says_which(
    scene: Scene, shop: WooCommerceShop
) -> None:
    client = scene.client()
    client.post(f"{PAGE}/access", entered(shop))

    answer = client.post(f"{PAGE}/pull", {}, page=PAGE)

    run_id = int(answer.headers["Location"].rsplit("/", 1)[1])
    run = scene.program.engine.runs.take(Task.PULL)
    assert run is not None
    assert (run.id, run.shop_id) == (run_id, the_shop(scene).id)
    assert "Asked for by a person · Woo" in client.get(answer.headers["Location"]).text


def test_a_shop_that_is_not_asked_gets_no_schedule(
    scene: Scene, shop: WooCommerceShop
) -> None:
    del shop

    assert scene.client().post(f"{PAGE}/own-schedule", {}).status_code == 404
