"""The rule that orders wait for is chosen where they wait, and they go on."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from dashboard.domain.rules import PaymentRule, TaxRule, TaxSituation
from dashboard.domain.users import Role
from tests.web.scene import Scene

BELGIUM = {"address": {"country": "BE"}}
RATE = "/problems/unknown-tax-rate/rule?about="
METHOD = "/problems/unknown-payment-method/rule?about="


def chosen(text: str, name: str) -> str:
    """Return what is selected in the field *name*."""
    (select,) = re.findall(rf'<select[^>]*name="{name}".*?</select>', text, re.DOTALL)
    found = re.findall(r'<option selected value="([^"]*)"', select)
    return str(found[0]) if found else ""


def test_group_asks_for_the_tax_type_and_suggests_the_one_that_fits(
    scene: Scene,
) -> None:
    scene.order("1001", rate="9")

    text = scene.client().get("/problems/unknown-tax-rate?about=9+%25+in+NL").text

    assert "Which tax type of the books is 9% tax in Netherlands?" in text
    assert chosen(text, "code") == "OUTPUT"
    assert chosen(text, "scope") == "NL"
    assert "Suggested" in text


def test_tax_type_of_the_own_country_is_not_suggested_for_tax_abroad(
    scene: Scene,
) -> None:
    scene.order("1001", rate="9", customer=BELGIUM)

    text = scene.client().get("/problems/unknown-tax-rate?about=9+%25+in+BE").text

    assert "Which tax type of the books is 9% tax in Belgium?" in text
    assert chosen(text, "code") == ""
    assert "Suggested" not in text


def test_nothing_is_chosen_in_advance_where_nothing_fits(scene: Scene) -> None:
    scene.order("1001", rate="13")

    text = scene.client().get("/problems/unknown-tax-rate?about=13+%25+in+NL").text

    assert chosen(text, "code") == ""
    assert "Suggested" not in text


def test_one_press_adds_the_rule_and_all_orders_that_wait_for_it_go_on(
    scene: Scene,
) -> None:
    waiting = [scene.order(n, rate="9", customer=BELGIUM) for n in ("1", "2")]
    other = scene.order("3", rate="13")
    client = scene.client(Role.MANAGER)

    answer = client.post(
        f"{RATE}9+%25+in+BE", {"code": "OUTPUT", "scope": "BE"}, page="/problems"
    )

    assert answer.headers["Location"] == "/problems"
    text = client.get("/problems").text
    assert "The rule is added. 2 orders that were stopped go on." in text
    assert [scene.status(order) for order in (*waiting, other)] == [
        "queued",
        "queued",
        "needs attention",
    ]
    added = TaxRule(
        situation=TaxSituation.RATE,
        tax_type="OUTPUT",
        rate_percent=Decimal(9),
        country="BE",
    )
    assert added in scene.program.company.rules().tax_rules


def test_rule_for_no_tax_is_for_a_region(scene: Scene) -> None:
    order = scene.order("1", rate="0", customer=BELGIUM, vat_exempt=True, lines=[
        {"description": "Mug", "net": "12.10"}
    ])  # fmt: skip
    about = "a+customer+who+pays+no+tax+in+BE"
    client = scene.client(Role.MANAGER)

    text = client.get(f"/problems/unknown-tax-rate?about={about}").text
    client.post(f"{RATE}{about}", {"code": "OUTPUT", "scope": "EU"}, page="/problems")

    assert chosen(text, "scope") == "EU"
    assert scene.status(order) == "queued"


def test_bank_account_of_a_payment_method_is_chosen_on_the_page_of_the_order(
    scene: Scene,
) -> None:
    order = scene.order("1001", method="barter")
    client = scene.client(Role.MANAGER)

    text = client.get(f"/orders/{order}").text
    answer = client.post(
        f"{METHOD}barter",
        {"code": "090", "next": f"/orders/{order}"},
        page=f"/orders/{order}",
    )

    assert "the payment method “barter” arrive" in text
    assert chosen(text, "code") == "090"
    assert answer.headers["Location"] == f"/orders/{order}"
    assert scene.status(order) == "queued"
    rules = scene.program.company.rules().payment_rules
    assert PaymentRule(method="barter", bank_account="090") in rules


def test_who_added_a_rule_stands_in_activity(scene: Scene) -> None:
    scene.order("1001", method="barter")
    client = scene.client(Role.MANAGER)

    client.post(f"{METHOD}barter", {"code": "090"}, page="/problems")

    text = scene.client().get("/activity").text
    assert "a rule of the company for: Unknown payment method" in text
    assert "barter: 090" in text


def test_choosing_nothing_asks_again(scene: Scene) -> None:
    order = scene.order("1001", rate="9")
    client = scene.client(Role.MANAGER)

    answer = client.post(
        f"{RATE}9+%25+in+NL", {"code": "", "scope": ""}, page="/problems"
    )

    assert answer.status_code == 422
    assert "Choose one." in answer.text
    assert scene.status(order) == "needs attention"


def test_rule_that_is_there_already_stays_as_it_is(scene: Scene) -> None:
    client = scene.client(Role.MANAGER)

    client.post(f"{RATE}21+%25", {"code": "OUTPUT", "scope": ""}, page="/problems")

    assert "It stays as it is." in client.get("/problems").text
    (rule,) = scene.program.company.rules().tax_rules
    assert rule.tax_type == "OUTPUT2"


def test_rules_saved_by_others_meanwhile_are_kept(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = scene.program.company
    save = company.save_rules
    others = iter([PaymentRule(method="shells", bank_account="090")])

    def late(rules: Any, *, expected_version: int) -> None:
        for other in others:
            now = company.rules()
            both = (*now.payment_rules, other)
            save(
                type(now)(**{**vars(now), "payment_rules": both}),
                expected_version=expected_version,
            )
        save(rules, expected_version=expected_version)

    monkeypatch.setattr(company, "save_rules", late)
    client = scene.client(Role.MANAGER)

    client.post(f"{METHOD}barter", {"code": "090"}, page="/problems")

    methods = {rule.method for rule in company.rules().payment_rules}
    assert methods == {"ideal", "shells", "barter"}


def test_watcher_sees_the_question_without_the_form(scene: Scene) -> None:
    scene.order("1001", rate="13")

    text = scene.client(Role.WATCHER).get(
        "/problems/unknown-tax-rate?about=13+%25+in+NL"
    )

    assert "Which tax type of the books is 13% tax in Netherlands?" in text.text
    assert "Managers can add the rule." in text.text
    assert 'name="code"' not in text.text


@pytest.mark.parametrize(
    "address",
    [
        f"{RATE}nonsense",
        "/problems/refused/rule?about=",
        "/problems/no-such-cause/rule?about=",
        f"{METHOD}{'x' * 300}",
    ],
)
def test_no_rule_is_added_for_what_no_rule_puts_right(
    scene: Scene, address: str
) -> None:
    answer = scene.client(Role.MANAGER).post(
        address, {"code": "090", "scope": ""}, page="/problems"
    )

    assert answer.status_code == 404


def test_rule_for_one_shop_lets_the_orders_of_that_shop_go_on(scene: Scene) -> None:
    scene.shop("second", "Second")
    here = scene.order("1", method="barter")
    there = [scene.order(n, method="barter", slug="second") for n in ("2", "3")]
    client = scene.client(Role.MANAGER)

    answer = client.post(
        f"{METHOD}barter", {"code": "090", "shop": "second"}, page="/problems"
    )

    group = "/problems/unknown-payment-method?about=barter"
    assert answer.headers["Location"] == group
    text = client.get(group).text
    assert "for Second alone. 2 orders that were stopped go on." in text
    assert {scene.status(order) for order in there} == {"queued"}
    assert scene.status(here) == "needs attention"
    company = scene.program.company
    second = company.shop("second")
    assert second is not None
    (own,) = company.shop_rules(second).payment_rules
    assert (own.method, own.bank_account) == ("barter", "090")
    assert "barter" not in {rule.method for rule in company.rules().payment_rules}


def test_rule_of_the_company_lets_the_orders_of_all_shops_go_on(scene: Scene) -> None:
    scene.shop("second", "Second")
    orders = [
        scene.order(number, rate="9", customer=BELGIUM, slug=slug)
        for number, slug in (("1", "demo"), ("2", "second"))
    ]

    scene.client(Role.MANAGER).post(
        f"{RATE}9+%25+in+BE",
        {"code": "OUTPUT", "scope": "BE", "shop": ""},
        page="/problems",
    )

    assert {scene.status(order) for order in orders} == {"queued"}


def test_group_offers_the_shops_that_wait_and_the_order_its_own(scene: Scene) -> None:
    scene.shop("second", "Second")
    scene.shop("third", "Third")
    order = scene.order("1", method="barter", slug="second")
    client = scene.client(Role.MANAGER)

    for page in (
        "/problems/unknown-payment-method?about=barter",
        f"/orders/{order}",
    ):
        text = client.get(page).text
        assert "of Second alone" in text
        assert "of Third alone" not in text


def test_with_one_shop_nobody_is_asked_whose_rule_it_is(scene: Scene) -> None:
    scene.order("1001", method="barter")

    text = scene.client().get("/problems/unknown-payment-method?about=barter").text

    assert 'name="code"' in text
    assert 'name="shop"' not in text


def test_activity_says_for_whom_a_rule_was_added(scene: Scene) -> None:
    scene.shop("second", "Second")
    scene.order("1001", method="barter", slug="second")
    client = scene.client(Role.MANAGER)

    client.post(f"{METHOD}barter", {"code": "090", "shop": "second"}, page="/problems")
    client.post(f"{METHOD}shells", {"code": "090"}, page="/problems")

    text = client.get("/activity").text
    assert "a rule of the shop second for:" in text
    assert "a rule of the company for:" in text
