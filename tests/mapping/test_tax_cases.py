"""Real orders of WooCommerce and the tax types they get, case by case."""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dashboard.domain.books import BooksFacts, TaxRate
from dashboard.domain.problems import Problem
from dashboard.domain.rules import (
    CompanyRules,
    PaymentRule,
    Shop,
    TaxRule,
    TaxSituation,
)
from dashboard.domain.tax_cases import TaxCase, read_tax_case
from dashboard.mapping.documents import draft_documents
from dashboard.mapping.problems import NotMappable
from dashboard.mapping.suggest import fitting_tax_type
from dashboard.shops.protocol import Received
from dashboard.shops.woocommerce.connector import WooCommerce

SAMPLES = Path(__file__).parents[1] / "data" / "woocommerce"
SHOP = Shop(id=1, slug="shop", name="Shop", kind="woocommerce", prefix="W-")

Payload = dict[str, Any]
Edit = Callable[[Payload], None]


def a_rule(tax_type: str, kind: str, country: str = "") -> TaxRule:
    """Return a rule; *kind* is a rate or the word for no tax."""
    if kind in {"untaxed", "exempt"}:
        situation, rate = TaxSituation(kind), None
    else:
        situation, rate = TaxSituation.RATE, Decimal(kind)
    return TaxRule(
        situation=situation, tax_type=tax_type, rate_percent=rate, country=country
    )


RULES = CompanyRules(
    home="NL",
    tax_rules=(
        a_rule("HIGH", "21"),
        a_rule("LOW", "9"),
        a_rule("ZERO", "0"),
        a_rule("NOTAX", "untaxed"),
        a_rule("EXPORT", "untaxed", "WORLD"),
        a_rule("REVERSE", "exempt", "EU"),
        a_rule("EXPORT", "exempt", "WORLD"),
        a_rule("OSS-DE", "19", "DE"),
        a_rule("OSS-BE", "21", "BE"),
        a_rule("CANADA", "5", "CA"),
        a_rule("QUEBEC", "14.975", "CA-QC"),
        a_rule("MANITOBA", "12.35", "CA"),
    ),
    payment_rules=tuple(
        PaymentRule(method=method, bank_account="090")
        for method in ("", "stripe", "cod", "bacs")
    ),
)


def payload(name: str, *edits: Edit) -> Payload:
    order: Payload = copy.deepcopy(json.loads((SAMPLES / f"{name}.json").read_text()))
    for edit in edits:
        edit(order)
    return order


def to(country: str, *, billed: str = "") -> Edit:
    def edit(order: Payload) -> None:
        order["shipping"]["country"] = country
        order["billing"]["country"] = billed or country

    return edit


def into(state: str) -> Edit:
    return lambda order: order["shipping"].update(state=state)


def without_tax(order: Payload) -> None:
    """What the shop tells of a customer it charges no tax."""
    taxed = [part for key in LINES for part in order[key]]
    order["total"] = str(sum(Decimal(part["total"]) for part in taxed))
    order["tax_lines"] = []
    for part in taxed:
        part.update(taxes=[], total_tax="0.00")


def exempt(order: Payload) -> None:
    """What the shop tells of a business that shifts the tax to itself."""
    without_tax(order)
    order["meta_data"].append({"id": 1, "key": "is_vat_exempt", "value": "yes"})


def compound(order: Payload) -> None:
    """The second of two taxes is charged on the net amount and the first: 7 % here."""
    first, second = order["tax_lines"]
    second.update(rate_percent=7, compound=True, rate_code="CA-MB-PST-2")
    rest = Decimal(0)
    for part in (part for key in LINES for part in order[key]):
        taxes = {tax["id"]: tax for tax in part["taxes"]}
        one, other = taxes[first["rate_id"]], taxes[second["rate_id"]]
        base = Decimal(part["total"]) + Decimal(one["total"])
        amount = (base * Decimal("0.07")).quantize(Decimal("0.01"))
        rest += amount - Decimal(other["total"])
        other["total"] = str(amount)
        part["total_tax"] = str(amount + Decimal(one["total"]))
    order["total"] = str(Decimal(order["total"]) + rest)


def rate_code(code: str) -> Edit:
    return lambda order: order["tax_lines"][0].update(rate_code=code)


LINES = ("line_items", "shipping_lines", "fee_lines")
COMPANY = "14_company_vat_meta"
SIMPLE = "01_guest_paid_simple"
QUEBEC = "17_canada_qc_two_taxes"


def drafted(order: Payload, rules: CompanyRules = RULES) -> dict[str, str]:
    """Return the tax of each tax type on the invoice the order becomes."""
    message = WooCommerce().read({}, json.dumps(order).encode())
    assert isinstance(message, Received), message
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in draft_documents(message.order, SHOP, rules).invoice.lines:
        sums[line.tax_type] += line.tax
    return {tax_type: f"{tax:.2f}" for tax_type, tax in sums.items()}


def stopped(order: Payload, rules: CompanyRules = RULES) -> Problem:
    with pytest.raises(NotMappable) as stop:
        drafted(order, rules)
    return stop.value.problem


@pytest.mark.parametrize(
    ("name", "edits", "taxes"),
    [
        pytest.param(
            "03_mixed_rates_21_9_0_none",
            [],
            {"HIGH": "4.18", "LOW": "2.22", "ZERO": "0.00", "NOTAX": "0.00"},
            id="zero-rated is not the same as not taxable",
        ),
        pytest.param("16_de_consumer_19", [], {"OSS-DE": "19.94"}, id="OSS: Germany"),
        pytest.param(
            SIMPLE,
            [to("BE"), rate_code("BE-BTW 21%-1")],
            {"OSS-BE": "2.10"},
            id="OSS: one rate in two countries",
        ),
        pytest.param(
            SIMPLE,
            [to("BE", billed="NL"), rate_code("")],
            {"OSS-BE": "2.10"},
            id="tax is due where the goods go",
        ),
        pytest.param(
            SIMPLE,
            [to("BE")],
            {"HIGH": "2.10"},
            id="below the threshold the shop's own tax is charged abroad",
        ),
        pytest.param(
            COMPANY, [exempt, to("DE")], {"REVERSE": "0.00"}, id="reverse charge"
        ),
        pytest.param(COMPANY, [exempt, to("US")], {"EXPORT": "0.00"}, id="export"),
        pytest.param(
            SIMPLE,
            [without_tax, to("CH")],
            {"EXPORT": "0.00"},
            id="export of a shop that knows no rate for the country",
        ),
        pytest.param(
            SIMPLE,
            [without_tax, to("DE")],
            {"NOTAX": "0.00"},
            id="not taxable within the Union",
        ),
        pytest.param(QUEBEC, [], {"QUEBEC": "4.02"}, id="two taxes on each line"),
        pytest.param(
            QUEBEC, [compound], {"MANITOBA": "3.32"}, id="a tax on another tax"
        ),
        pytest.param(
            "06_fee_taxed_and_negative_fee",
            [],
            {"HIGH": "6.92", "NOTAX": "0.00"},
            id="a fee above and one below zero",
        ),
        pytest.param(
            "71_incl_negative_fee",
            [],
            {"HIGH": "24.12", "LOW": "3.04"},
            id="a deduction spread over two rates",
        ),
    ],
)
def test_tax_of_each_tax_type_is_what_the_shop_charged(
    name: str, edits: list[Edit], taxes: dict[str, str]
) -> None:
    order = payload(name, *edits)

    found = drafted(order)

    assert found == taxes


@pytest.mark.parametrize(
    ("name", "edits", "about"),
    [
        (COMPANY, [exempt], "a customer who pays no tax in NL"),
        ("16_de_consumer_19", [to("FR"), rate_code("FR-TVA-1")], "19 % in FR"),
        (QUEBEC, [into("ON")], "14.975 % in CA"),
    ],
)
def test_unknown_case_stops_and_tells_which(
    name: str, edits: list[Edit], about: str
) -> None:
    order = payload(name, *edits)
    problem = stopped(order)

    assert problem.about == about
    case = read_tax_case(about)
    assert case is not None
    assert case.about == about


def test_no_region_is_guessed_before_the_books_tell_the_own_country() -> None:
    rules = CompanyRules(tax_rules=RULES.tax_rules, payment_rules=RULES.payment_rules)

    problem = stopped(payload(COMPANY, exempt, to("DE")), rules)

    assert problem.about == "a customer who pays no tax in DE"


@pytest.mark.parametrize("about", ["", "nonsense", "NaN %", "21", "21 % of BE", "% in"])
def test_what_is_no_tax_case_is_not_read_as_one(about: str) -> None:
    assert read_tax_case(about) is None


def a_rate(tax_type: str, rate: str, name: str = "") -> TaxRate:
    return TaxRate(tax_type=tax_type, name=name or tax_type, rate_percent=Decimal(rate))


BOOKS = BooksFacts(
    organisation="Demo",
    country="NL",
    base_currency="EUR",
    currencies=("EUR",),
    tax_rates=(
        a_rate("OUTPUT2", "21", "21% BTW"),
        a_rate("TAX006", "21", "OSS Belgium 21%"),
        a_rate("TAX001", "19", "OSS Germany 19%"),
        a_rate("TAX007", "19", "OSS Romania 19%"),
        a_rate("A", "6"),
        a_rate("B", "6"),
        a_rate("NONE", "0"),
        a_rate("ECZROUTPUT", "0"),
        a_rate("ZERORATEDOUTPUT", "0"),
    ),
    ledger_accounts=(),
)


@pytest.mark.parametrize(
    ("about", "tax_type"),
    [
        ("21 % in BE", "TAX006"),
        ("21 % in NL", "OUTPUT2"),
        ("21 %", "OUTPUT2"),
        ("21 % in LV", ""),
        ("19 % in DE", "TAX001"),
        ("19 % in CY", ""),
        ("6 % in PT", ""),
        ("0 % in NL", "ZERORATEDOUTPUT"),
        ("what is not taxable in NL", "NONE"),
        ("a customer who pays no tax in DE", "ECZROUTPUT"),
        ("a customer who pays no tax in US", "ZERORATEDOUTPUT"),
        ("a customer who pays no tax in NL", ""),
    ],
)
def test_tax_type_is_proposed_where_one_alone_fits(about: str, tax_type: str) -> None:
    case = read_tax_case(about)
    assert isinstance(case, TaxCase)

    assert fitting_tax_type(case, BOOKS) == tax_type
