"""A shop's own rules beside the company's: which of them holds is told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dashboard.domain.rules import (
    Correction,
    InvoiceWhen,
    Layer,
    PaymentRule,
    Shop,
    ShopRules,
    TaxRule,
    TaxSituation,
    VatCheck,
)
from dashboard.domain.users import Role
from tests.web.scene import Browsing, Scene

PAGE = "/settings/shops/second/rules"
NINE = TaxRule(
    situation=TaxSituation.RATE,
    rate_percent=Decimal(9),
    tax_type="OUTPUT",
    country="NL",
)
NINE_ROW = {
    "tax_rows-0-situation": "rate",
    "tax_rows-0-rate_percent": "9",
    "tax_rows-0-country": "NL",
    "tax_rows-0-tax_type": "OUTPUT",
}


@pytest.fixture
def second(scene: Scene) -> Shop:
    scene.shop("second", "Second")
    found = scene.program.company.shop("second")
    assert found is not None
    return found


def own(scene: Scene, shop: Shop, **rules: Any) -> None:
    scene.program.company.change_shop_rules(shop, lambda own: replace(own, **rules))


def save(client: Browsing, section: str, fields: dict[str, str], **version: str) -> int:
    """Save a section as somebody who has just seen the page; return the answer."""
    form = client.get(PAGE).text.split(f'action="{PAGE}/{section}"')[1]
    seen = form.split('name="version" value="')[1].split('"')[0]
    entered = {"version": seen, **fields, **version}
    return client.post(f"{PAGE}/{section}", entered, page=PAGE).status_code


def test_every_rule_can_be_another_one_for_a_shop(scene: Scene, second: Shop) -> None:
    client = scene.client(Role.MANAGER)

    invoices = {
        "invoice_when": "ordered",
        "mark_as_paid": "no",
        "number_pattern": "B{number}",
        "due_days": "0",
        "vat_check": "required",
        "correction": "ask",
    }
    accounts = {
        "sales_account": "200",
        "shipping_account": "201",
        "fee_account": "202",
        "rounding_account": "860",
        "gift_card_account": "203",
    }
    save(client, "company", invoices)
    save(client, "accounts", accounts)
    save(client, "taxes", NINE_ROW)
    save(
        client,
        "payments",
        {"payment_rows-0-method": "card", "payment_rows-0-bank_account": "091"},
    )

    company = scene.program.company
    assert company.shop_rules(second) == ShopRules(
        invoice_when=InvoiceWhen.ORDERED,
        mark_as_paid=False,
        number_pattern="B{number}",
        due_days=0,
        vat_check=VatCheck.REQUIRED,
        correction=Correction.ASK,
        tax_rules=(NINE,),
        payment_rules=(PaymentRule(method="card", bank_account="091"),),
        **accounts,
    )
    first, _second = company.shops()
    assert company.rules(first) == company.rules()


def test_orders_go_by_the_rules_of_their_shop(scene: Scene, second: Shop) -> None:
    waiting = scene.order("1001", slug="second", rate="9")
    other = scene.order("1002", rate="9")
    client = scene.client(Role.MANAGER)

    save(client, "taxes", NINE_ROW)

    later = scene.order("1003", slug=second.slug, rate="9")
    assert [scene.status(order) for order in (waiting, later, other)] == [
        "queued",
        "queued",
        "needs attention",
    ]


def test_page_says_of_each_rule_whose_it_is(scene: Scene, second: Shop) -> None:
    own(scene, second, due_days=7)

    text = scene.client(Role.WATCHER).get(PAGE).text

    due, accounts = text.split("Days until the invoice is due")[1].split("Products")
    assert "This shop's own" in due
    assert "For the company: 14." in due
    assert "As for the company</span> 200 Sales" in accounts
    assert "This shop's own" not in accounts


def test_page_says_which_of_the_company_s_lists_still_hold(
    scene: Scene, second: Shop
) -> None:
    rate = replace(NINE, rate_percent=Decimal(21), country="")
    own(scene, second, tax_rules=(rate,))

    text = scene.client().get(PAGE).text

    taxes, payments = text.split("Taxes of the company")[1].split(
        "Payments of the company"
    )
    assert "replaced" in taxes
    assert "holds" not in taxes
    assert "holds" in payments


@pytest.mark.parametrize(
    ("mine", "company_s", "says"),
    [
        ("EU", "DE", "replaced"),
        ("CA", "CA-QC", "replaced"),
        ("WORLD", "US", "replaced"),
        ("EU", "US", "holds"),
        ("WORLD", "EU", "holds"),
        ("EU", "", "holds"),
    ],
)
def test_a_rule_of_the_shop_replaces_the_company_s_for_all_places_within_its_own(
    scene: Scene, second: Shop, mine: str, company_s: str, says: str
) -> None:
    company = scene.program.company
    wide = replace(company.rules(), tax_rules=(replace(NINE, country=company_s),))
    company.save_rules(wide, expected_version=company.rules_version())
    own(scene, second, tax_rules=(replace(NINE, country=mine),))

    text = scene.client().get(PAGE).text

    taxes = text.split("Taxes of the company")[1].split("Payments of the company")[0]
    assert says in taxes


def test_rules_that_are_saved_while_the_page_is_made_are_not_saved_over(
    scene: Scene, second: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = scene.program.company
    client = scene.client(Role.MANAGER)
    read = company.shop_rules

    def read_before_another_saves(shop: Shop) -> ShopRules:
        monkeypatch.setattr(company, "shop_rules", read)
        found = read(shop)
        own(scene, second, due_days=7)
        return found

    monkeypatch.setattr(company, "shop_rules", read_before_another_saves)

    save(client, "accounts", {"fee_account": "201"})

    assert company.shop_rules(second) == ShopRules(due_days=7)


def test_one_press_makes_a_rule_the_company_s_again(scene: Scene, second: Shop) -> None:
    own(scene, second, due_days=7, fee_account="201", tax_rules=(NINE,))
    client = scene.client(Role.MANAGER)

    client.post(f"{PAGE}/due_days/reset", page=PAGE)
    client.post(f"{PAGE}/tax_rules/reset", page=PAGE)

    company = scene.program.company
    assert company.shop_rules(second) == ShopRules(fee_account="201")
    assert company.rules(second).layer_of("due_days") is Layer.COMPANY


def test_shop_s_page_names_what_is_its_own(scene: Scene, second: Shop) -> None:
    client = scene.client()
    before = client.get("/settings/shops/second").text

    own(scene, second, due_days=7, tax_rules=(NINE,))

    after = client.get("/settings/shops/second").text
    assert "All rules are as for the company." in before
    assert "Days until the invoice is due" in after
    assert "1 rule" in after


def test_activity_says_whether_a_rule_is_the_company_s_or_a_shop_s(
    scene: Scene, second: Shop
) -> None:
    client = scene.client(Role.MANAGER)
    save(client, "taxes", NINE_ROW)
    client.post(f"{PAGE}/tax_rules/reset", page=PAGE)
    version = str(scene.program.company.rules_version())
    client.post("/settings/taxes", {"version": version, **NINE_ROW})

    text = client.get("/activity").text

    assert f"rules of the shop {second.slug}: taxes" in text
    assert f"rules of the shop {second.slug}: taxes, as for the company" in text
    assert "rules of the company: taxes" in text


@pytest.mark.parametrize(
    ("section", "fields"),
    [
        ("company", {"due_days": "1000"}),
        ("company", {"invoice_when": "never"}),
        ("company", {"number_pattern": "{prefix}"}),
        ("taxes", {**NINE_ROW, "tax_rows-0-country": "nowhere"}),
    ],
)
def test_wrong_rule_of_a_shop_is_not_saved(
    scene: Scene, second: Shop, section: str, fields: dict[str, str]
) -> None:
    assert save(scene.client(Role.MANAGER), section, fields) == 422

    assert scene.program.company.shop_rules(second) == ShopRules()


def test_two_people_do_not_undo_each_other(scene: Scene, second: Shop) -> None:
    client = scene.client(Role.MANAGER)

    save(client, "company", {"due_days": "7"})
    save(client, "company", {"due_days": "9"}, version="0")

    assert "Somebody else saved the rules meanwhile." in client.get(PAGE).text
    assert scene.program.company.shop_rules(second) == ShopRules(due_days=7)


@pytest.mark.parametrize(
    "path", [f"{PAGE}/nonsense", f"{PAGE}/nonsense/reset", f"{PAGE}/own/reset"]
)
def test_there_is_nothing_but_rules(scene: Scene, second: Shop, path: str) -> None:
    client = scene.client(Role.MANAGER)

    answer = client.post(path, page=f"/settings/shops/{second.slug}/rules")

    assert answer.status_code == 404


def test_two_shops_that_make_the_same_numbers_are_told(
    scene: Scene, second: Shop
) -> None:
    client = scene.client(Role.MANAGER)

    save(client, "company", {"number_pattern": "B{number}"})
    alone = client.get(PAGE).text
    save(client, "company", {"number_pattern": "W-{number}"})
    alike = client.get(PAGE).text

    warning = f"Orders of Demo shop and {second.name} with one number"
    assert warning not in alone
    assert warning in alike
