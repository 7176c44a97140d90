"""Which tax type a line's taxes become, and how nothing is lost when it is split."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.money import to_cents
from dashboard.domain.order import (
    Address,
    Customer,
    LineItem,
    LineKind,
    LineTax,
    Order,
    OrderPhase,
)
from dashboard.domain.rules import CompanyRules, Layer, TaxRule, TaxSituation
from dashboard.mapping.problems import NotMappable
from dashboard.mapping.taxes import TaxTypes, combined_rate_percent

RATES = ["0", "5", "7", "9", "9.975", "21", "12", "12.35", "14.975", "21.5", "30"]


def a_rule(rate: str, country: str = "", tax_type: str = "") -> TaxRule:
    return TaxRule(
        situation=TaxSituation.RATE,
        tax_type=tax_type or f"T{rate}",
        rate_percent=Decimal(rate),
        country=country,
    )


def a_tax(rate: str, amount: str, *, compound: bool = False) -> LineTax:
    return LineTax(
        rate_percent=Decimal(rate), amount=Decimal(amount), compound=compound
    )


def an_order(country: str = "NL") -> Order:
    return Order(
        external_id="1",
        number="1",
        phase=OrderPhase.PLACED,
        shop_status="placed",
        currency="EUR",
        total=Decimal(0),
        ordered_at=datetime(2026, 11, 22, tzinfo=UTC),
        modified_at=None,
        customer=Customer(address=Address(country=country)),
        lines=(),
    )


def a_line(net: str, *taxes: LineTax) -> LineItem:
    return LineItem(kind=LineKind.FEE, description="Fee", net=Decimal(net), taxes=taxes)


def types_for(order: Order, rules: Iterable[TaxRule]) -> TaxTypes:
    return TaxTypes(order, CompanyRules(tax_rules=tuple(rules)))


def parts(net: str, *taxes: LineTax) -> list[tuple[str, str, str]]:
    types = types_for(an_order(), [a_rule(rate) for rate in RATES])
    return [
        (part.tax_type, str(part.net), str(part.tax))
        for part in types.parts(a_line(net, *taxes))
    ]


@pytest.mark.parametrize(
    ("net", "taxes", "expected"),
    [
        # One tax, whatever its amount.
        ("33.33", [a_tax("21", "6.50")], [("T21", "33.33", "6.50")]),
        ("10.00", [a_tax("0", "0.00")], [("T0", "10.00", "0.00")]),
        ("0.00", [a_tax("21", "0.00")], [("T21", "0.00", "0.00")]),
        # GST and QST on the whole amount.
        (
            "14.97",
            [a_tax("5", "0.75"), a_tax("9.975", "1.49")],
            [("T14.975", "14.97", "2.24")],
        ),
        # ... also where a few cents leave it open.
        (
            "0.05",
            [a_tax("5", "0.00"), a_tax("9.975", "0.01")],
            [("T14.975", "0.05", "0.01")],
        ),
        # 7 % on the amount and the 5 %, in either order.
        (
            "100.00",
            [a_tax("5", "5.00"), a_tax("7", "7.35", compound=True)],
            [("T12.35", "100.00", "12.35")],
        ),
        (
            "100.00",
            [a_tax("7", "7.35", compound=True), a_tax("5", "5.00")],
            [("T12.35", "100.00", "12.35")],
        ),
        # A deduction spread over the rates in the basket.
        (
            "-1.00",
            [a_tax("21", "-0.16"), a_tax("9", "-0.02")],
            [("T21", "-0.77", "-0.16"), ("T9", "-0.23", "-0.02")],
        ),
        # All of it at one rate, the other only listed.
        (
            "10.00",
            [a_tax("21", "2.10"), a_tax("9", "0.00")],
            [("T21", "10.00", "2.10")],
        ),
        # Half of it at 0 %.
        (
            "10.00",
            [a_tax("21", "1.05"), a_tax("0", "0.00")],
            [("T21", "5.00", "1.05"), ("T0", "5.00", "0.00")],
        ),
    ],
)
def test_taxes_become_tax_types(
    net: str, taxes: list[LineTax], expected: list[tuple[str, str, str]]
) -> None:
    assert parts(net, *taxes) == expected


def test_few_cents_are_split_where_no_rule_knows_the_rates_together() -> None:
    types = types_for(an_order(), [a_rule("21"), a_rule("9")])

    (part,) = types.parts(a_line("-0.10", a_tax("21", "-0.02"), a_tax("9", "0.00")))

    assert (part.tax_type, part.net) == ("T21", Decimal("-0.10"))


@pytest.mark.parametrize(
    ("country", "tax_type"), [("DE", "GERMAN"), ("NL", "GENERAL"), ("", "GENERAL")]
)
def test_rule_of_the_country_comes_before_the_general_one(
    country: str, tax_type: str
) -> None:
    rules = [a_rule("19", "", "GENERAL"), a_rule("19", "DE", "GERMAN")]

    (part,) = types_for(an_order(country), rules).parts(
        a_line("10.00", a_tax("19", "1.90"))
    )

    assert part.tax_type == tax_type


def test_rates_are_equal_whatever_their_decimals() -> None:
    types = types_for(an_order(), [a_rule("21.0000")])

    (part,) = types.parts(a_line("10.00", a_tax("21", "2.10")))

    assert part.tax_type == "T21.0000"


def test_compound_taxes_make_more_than_their_sum() -> None:
    taxes = [a_tax("5", "0"), a_tax("7", "0", compound=True)]

    assert combined_rate_percent(taxes) == Decimal("12.35")


amounts = st.decimals(-10_000, 10_000, places=2)
charges = st.lists(
    st.builds(
        LineTax,
        rate_percent=st.sampled_from(["0", "5", "9", "21"]).map(Decimal),
        amount=st.decimals(-2000, 2000, places=3),
        compound=st.booleans(),
    ),
    max_size=4,
)


@given(net=amounts, taxes=charges)
def test_parts_make_the_line_exactly(net: Decimal, taxes: list[LineTax]) -> None:
    rates = {combined_rate_percent(taxes), *(tax.rate_percent for tax in taxes)}
    rules = [a_rule(str(rate)) for rate in rates]
    untaxed = TaxRule(situation=TaxSituation.UNTAXED, tax_type="NONE")
    line = a_line(str(net), *taxes)

    split = types_for(an_order(), [*rules, untaxed]).parts(line)

    assert sum(part.net for part in split) == net
    assert sum(part.tax for part in split) == to_cents(line.tax)


@given(
    high=st.decimals("0.10", 500, places=2),
    low=st.decimals("0.10", 500, places=2),
    sign=st.sampled_from([1, -1]),
)
def test_an_amount_spread_over_two_rates_is_split_near_where_it_was(
    high: Decimal, low: Decimal, sign: int
) -> None:
    rates = [a_rule("21"), a_rule("9")]
    taxes = (
        a_tax("21", str(sign * to_cents(high * 21 / 100))),
        a_tax("9", str(sign * to_cents(low * 9 / 100))),
    )

    split = types_for(an_order(), rates).parts(a_line(str(sign * (high + low)), *taxes))

    nets = {part.tax_type: sign * part.net for part in split}
    # Half a cent of tax is 2.4 cents of net at 21 % and 5.6 cents at 9 %.
    assert abs(nets["T21"] - high) <= Decimal("0.09")
    assert abs(nets["T9"] - low) <= Decimal("0.09")


@pytest.mark.parametrize(
    ("goods_go_to", "tax_of", "tax_type"),
    [
        ("NL", "", "home"),
        ("", "", "home"),
        ("BE", "NL", "home"),
        ("BE", "", None),
        ("NL", "BE", None),
        ("", "BE", None),
    ],
)
def test_rule_for_home_books_the_tax_of_no_other_country(
    goods_go_to: str, tax_of: str, tax_type: str | None
) -> None:
    rules = CompanyRules(tax_rules=(a_rule("21", "NL", "home"),), home="NL")
    tax = LineTax(rate_percent=Decimal(21), amount=Decimal("2.10"), country=tax_of)
    types = TaxTypes(an_order(goods_go_to), rules)

    if tax_type is None:
        with pytest.raises(NotMappable, match="in BE has no tax type"):
            types.parts(a_line("10.00", tax))
    else:
        (part,) = types.parts(a_line("10.00", tax))
        assert part.tax_type == tax_type


def of_shop(rule: TaxRule) -> TaxRule:
    return replace(rule, layer=Layer.SHOP)


def test_rule_of_the_shop_goes_before_a_more_exact_one_of_the_company() -> None:
    rules = [a_rule("21", "NL", "COMPANY"), of_shop(a_rule("21", "", "SHOP"))]

    (part,) = types_for(an_order(), rules).parts(a_line("10.00", a_tax("21", "2.10")))

    assert (part.tax_type, part.rule.layer) == ("SHOP", Layer.SHOP)


def test_company_s_rule_holds_where_the_shop_has_none() -> None:
    rules = [a_rule("21", "", "COMPANY"), of_shop(a_rule("21", "BE", "SHOP"))]

    (part,) = types_for(an_order(), rules).parts(a_line("10.00", a_tax("21", "2.10")))

    assert (part.tax_type, part.rule.layer) == ("COMPANY", Layer.COMPANY)


def test_of_the_shop_s_rules_the_most_exact_counts() -> None:
    rules = [of_shop(a_rule("21", "", "ANY")), of_shop(a_rule("21", "NL", "HERE"))]

    (part,) = types_for(an_order(), rules).parts(a_line("10.00", a_tax("21", "2.10")))

    assert part.tax_type == "HERE"
