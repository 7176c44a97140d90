"""A shop is connected, tried out and pulled from the command line alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dashboard.app import Program
from dashboard.domain.alarms import AlarmRules
from dashboard.domain.clock import SystemClock
from dashboard.domain.runs import Schedule
from dashboard.scheduling.mirror import install_defaults
from dashboard.store.schedules import ScheduleStore
from tests.cli.conftest import Terminal
from tests.fixtures.served_shops import served
from tests.fixtures.shopify_shop import CLIENT_ID, CLIENT_SECRET, ShopifyShop
from tests.fixtures.woocommerce_shop import KEY, SECRET, WooCommerceShop

ADD = ("shops", "add", "--kind", "woocommerce", "--slug", "woo", "--secret", "hook")


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[WooCommerceShop]:
    monkeypatch.setenv("SLUICE_ALLOW_LOOPBACK_API", "1")
    with served(WooCommerceShop(SystemClock().now())) as shop:
        yield shop


def access(shop: WooCommerceShop, **options: str) -> tuple[str, ...]:
    given = {"url": shop.url, "key": KEY, "key-secret": SECRET} | options
    return tuple(part for name, value in given.items() for part in (f"--{name}", value))


def test_a_shop_is_added_tested_and_pulled(
    company: Terminal, shop: WooCommerceShop
) -> None:
    shop.place()

    added = company.facts(*ADD, *access(shop))
    tested = company.facts("shops", "test", "woo")
    pulled = company.facts("pull")

    assert (added["added"], added["pulled"]) == (True, True)
    assert (tested["orders"], tested["currency"]) == (1, "EUR")
    assert (pulled["pulled"], pulled["state"]) == (1, "done")


def test_what_is_wrong_is_one_line(company: Terminal, shop: WooCommerceShop) -> None:
    company.facts(*ADD, *access(shop, **{"key-secret": "cs_wrong"}))

    assert "Consumer secret is invalid" in company.error("shops", "test", "woo")
    failed = company.facts("pull", exit_code=1)
    assert "Consumer secret is invalid" in failed["message"]


def test_new_keys_take_the_place_of_the_old(
    company: Terminal, shop: WooCommerceShop
) -> None:
    company.facts(*ADD, *access(shop, **{"key-secret": "cs_wrong"}))

    company.facts(*ADD, *access(shop))

    assert company.facts("shops", "test", "woo")["orders"] == 0


def test_orders_from_before_the_chosen_day_are_left_alone(
    company: Terminal, shop: WooCommerceShop
) -> None:
    shop.place()
    shop.tick(3 * 24 * 3600)
    day = shop.now.strftime("%Y-%m-%d")

    company.facts(*ADD, *access(shop, **{"orders-since": day}))

    assert company.facts("pull")["pulled"] == 0


def test_the_chosen_day_is_one_of_the_company(
    company: Terminal, program: Program, shop: WooCommerceShop
) -> None:
    rules = replace(AlarmRules(), timezone="America/New_York")
    alarms = program.watch.stores.alarms
    alarms.save_rules(rules, expected_version=alarms.rules()[1])

    company.facts(*ADD, *access(shop, **{"orders-since": "2026-11-01"}))

    keys = program.pulls.keys(program.company.shops()[0])
    assert keys is not None
    assert keys.orders_since == datetime(2026, 11, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--url", "https://shop.example"), "belong together"),
        (
            ("--url", "https://not a url", "--key", "k", "--key-secret", "s"),
            "there is a space in it",
        ),
        (
            ("--url", "http://shop.example", "--key", "k", "--key-secret", "s"),
            "is not https",
        ),
        (
            ("--url", "https://127.0.0.1", "--key", "k", "--key-secret", "s"),
            "not on the internet",
        ),
    ],
)
def test_an_access_that_cannot_work_is_refused(
    company: Terminal, options: tuple[str, ...], words: str
) -> None:
    assert words in company.error(*ADD, *options)


def test_our_own_format_is_sent_and_not_asked_for(company: Terminal) -> None:
    own = ("shops", "add", "--kind", "json", "--slug", "own", "--secret", "hook")
    keys = ("--url", "https://shop.example", "--key", "k", "--key-secret", "s")

    assert "only sends its orders" in company.error(*own, *keys)


def test_a_shop_without_keys_cannot_be_tested(company: Terminal) -> None:
    company.facts(*ADD)

    assert "no keys" in company.error("shops", "test", "woo")


def test_a_shop_is_asked_at_times_of_its_own(
    company: Terminal, shop: WooCommerceShop
) -> None:
    company.facts(*ADD, *access(shop))
    assert "no schedules yet" in company.error("shops", "schedule", "woo")

    own = company.facts("shops", "schedule", "woo", "--every", "600")
    at_night = ("--cron", "0 3 * * *", "--timezone", "Europe/Amsterdam")
    changed = company.facts("shops", "schedule", "woo", *at_night)

    assert (own["own"], own["spec"]) == (True, "600")
    assert (changed["spec"], changed["timezone"]) == ("0 3 * * *", "Europe/Amsterdam")
    said = company.run("shops", "schedule", "woo").stdout
    assert "every day at 03:00, Amsterdam, by a schedule of its own; next at" in said
    assert "five fields" in company.error("shops", "schedule", "woo", "--cron", "soon")


def test_a_schedule_that_somebody_changes_at_the_same_time_is_told(
    company: Terminal, shop: WooCommerceShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.facts(*ADD, *access(shop))
    company.facts("shops", "schedule", "woo", "--every", "600")
    change = ScheduleStore.change

    def behind_another(
        store: ScheduleStore, schedule: Schedule, *, expected_version: int
    ) -> None:
        another = replace(schedule, spec="1200")
        change(store, another, expected_version=expected_version)
        change(store, schedule, expected_version=expected_version)

    monkeypatch.setattr(ScheduleStore, "change", behind_another)

    told = company.error("shops", "schedule", "woo", "--every", "900")

    assert told.startswith("Somebody else changed this schedule just now")
    assert company.facts("shops", "schedule", "woo")["spec"] == "1200"


def test_a_shop_is_asked_with_the_others_again(
    company: Terminal, program: Program, shop: WooCommerceShop
) -> None:
    install_defaults(ScheduleStore(program.database), program.clock.now())
    company.facts(*ADD, *access(shop))
    company.facts("shops", "schedule", "woo", "--every", "600")

    shared = company.facts("shops", "schedule", "woo", "--shared")

    assert (shared["own"], shared["spec"]) == (False, "300")


def test_one_shop_is_pulled(company: Terminal, shop: WooCommerceShop) -> None:
    company.facts(*ADD, *access(shop))
    shop.place()

    assert company.facts("pull", "--shop", "woo")["pulled"] == 1
    assert "There is no shop fy" in company.error("pull", "--shop", "fy")


@pytest.fixture
def shopify(monkeypatch: pytest.MonkeyPatch) -> Iterator[ShopifyShop]:
    monkeypatch.setenv("SLUICE_ALLOW_LOOPBACK_API", "1")
    with served(ShopifyShop(SystemClock().now())) as shop:
        yield shop


FY = ("shops", "add", "--kind", "shopify", "--slug", "fy")


def test_a_shop_at_shopify_needs_its_client_secret_once(
    company: Terminal, shopify: ShopifyShop
) -> None:
    shopify.place()

    company.facts(
        *FY,
        *("--secret", CLIENT_SECRET, "--domain", shopify.url),
        *("--client-id", CLIENT_ID),
    )

    assert company.facts("shops", "test", "fy")["orders"] == 1
    assert company.facts("pull")["pulled"] == 1


def test_keys_of_shopify_go_to_shopify_alone(
    company: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_ALLOW_LOOPBACK_API", "1")
    other = ("--secret", "s", "--domain", "shop.example", "--client-id", "c")
    company.facts(*FY, *other)

    assert ".myshopify.com" in company.error("shops", "test", "fy")
