"""VAT numbers are written in full, checked, and needed where the charge is reversed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from dashboard.domain.order import (
    Address,
    Customer,
    LineItem,
    LineKind,
    LineTax,
    Order,
    OrderPhase,
    ShopPayment,
)
from dashboard.domain.problems import Cause
from dashboard.domain.rules import (
    CompanyRules,
    InvoiceWhen,
    PaymentRule,
    Shop,
    TaxRule,
    TaxSituation,
    VatCheck,
)
from dashboard.domain.status import Decision
from dashboard.mapping.documents import draft_documents
from dashboard.mapping.vat_numbers import vat_number
from dashboard.sync.plan import plan_order

SHOP = Shop(id=1, slug="shop", name="Shop", kind="json", prefix="W-")
RULES = CompanyRules(
    home="NL",
    tax_rules=(
        TaxRule(situation=TaxSituation.EXEMPT, tax_type="REVERSE", country="EU"),
        TaxRule(situation=TaxSituation.EXEMPT, tax_type="EXPORT", country="WORLD"),
        TaxRule(situation=TaxSituation.UNTAXED, tax_type="NONE"),
        TaxRule(
            situation=TaxSituation.RATE,
            tax_type="OSS",
            rate_percent=Decimal(19),
            country="DE",
        ),
    ),
    payment_rules=(PaymentRule(method="card", bank_account="091"),),
)
STRICT = replace(RULES, vat_check=VatCheck.REQUIRED, invoice_when=InvoiceWhen.ORDERED)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def a_customer(number: str, country: str = "DE") -> Customer:
    return Customer(
        company="Käufer GmbH", vat_number=number, address=Address(country=country)
    )


def an_order(number: str, country: str = "DE", *, exempt: bool = True) -> Order:
    item = LineItem(kind=LineKind.PRODUCT, description="Mug", net=Decimal("10.00"))
    return Order(
        external_id="1",
        number="1042",
        phase=OrderPhase.PLACED,
        shop_status="placed",
        currency="EUR",
        total=Decimal("20.00"),
        ordered_at=NOW,
        modified_at=None,
        customer=a_customer(number, country),
        lines=(item, item),
        payments=(ShopPayment(amount=Decimal("20.00"), method="card", paid_at=NOW),),
        vat_exempt=exempt,
    )


def with_tax(order: Order, lines: int) -> Order:
    """Return *order* with tax on its first *lines*, unpaid."""
    tax = LineTax(rate_percent=Decimal(19), amount=Decimal("1.90"))
    taxed = [replace(line, taxes=(tax,)) for line in order.lines[:lines]]
    return replace(
        order,
        total=order.total + lines * tax.amount,
        lines=(*taxed, *order.lines[lines:]),
        payments=(),
    )


@pytest.mark.parametrize(
    ("given", "country", "text"),
    [
        ("NL123456782B01", "NL", "NL123456782B01"),
        ("nl 1234.56.782.b01", "NL", "NL123456782B01"),
        ("123456782B01", "NL", "NL123456782B01"),
        ("136695976", "DE", "DE136695976"),
        ("DE 136-695-976", "NL", "DE136695976"),
        ("ATU12345675", "AT", "ATU12345675"),
        ("U12345675", "AT", "ATU12345675"),
        ("EL094259216", "GR", "EL094259216"),
        ("GR094259216", "GR", "EL094259216"),
        ("094259216", "GR", "EL094259216"),
        ("BE0403.019.261", "BE", "BE0403019261"),
        ("XI 980 7806 84", "XI", "XI980780684"),
        ("980 7806 84", "GB", "GB980780684"),
        ("CHE-107.787.577 MWST", "CH", "CHE107787577"),
        ("CHE107787577", "CH", "CHE107787577"),
        ("NO 995 525 828 MVA", "NO", "NO995525828MVA"),
        ("995525828", "NO", "NO995525828MVA"),
    ],
)
def test_valid_number_is_written_in_full(given: str, country: str, text: str) -> None:
    number = vat_number(a_customer(given, country))

    assert number is not None
    assert (number.text, number.is_valid) == (text, True)


@pytest.mark.parametrize(
    ("given", "country", "why"),
    [
        ("NL123456789B01", "NL", "check digits"),
        ("DE136695977", "DE", "check digits"),
        ("DE12345", "DE", "another length"),
        ("DE12345678X", "DE", "written differently"),
        ("GB123456789", "GB", "check digits"),
        ("CHE107787578", "CH", "check digits"),
        ("see e-mail", "DE", "written differently"),
    ],
)
def test_number_that_cannot_be_right_says_why(
    given: str, country: str, why: str
) -> None:
    number = vat_number(a_customer(given, country))

    assert number is not None
    assert number.wrong is not None
    assert why in number.wrong
    assert number.text == given


@pytest.mark.parametrize(
    ("given", "country"), [("US12-3456789", "US"), ("12-3456789", ""), ("X1", "JP")]
)
def test_number_of_a_country_we_do_not_know_is_left_as_it_is(
    given: str, country: str
) -> None:
    number = vat_number(a_customer(given, country))

    assert number is not None
    assert (number.text, number.checked, number.is_valid) == (given, False, False)


@pytest.mark.parametrize("given", ["", "  "])
def test_no_number_is_no_number(given: str) -> None:
    assert vat_number(a_customer(given)) is None


@pytest.mark.parametrize(
    "given", ["DE", "EL", "0", "ß" * 40, "NL\x00", "DE\uff11\uff12"]
)
def test_no_text_breaks_the_check(given: str) -> None:
    assert vat_number(a_customer(given)) is not None


@pytest.mark.parametrize(
    ("number", "check", "about"),
    [
        ("DE136695976", VatCheck.REQUIRED, None),
        ("DE136695977", VatCheck.REQUIRED, "not valid"),
        ("", VatCheck.REQUIRED, "none"),
        ("DE136695976", VatCheck.VALID, None),
        ("DE136695977", VatCheck.VALID, "not valid"),
        ("", VatCheck.VALID, None),
        ("DE136695977", VatCheck.OFF, None),
        # Of the company's own country, of another one than they live in, of none.
        ("NL123456782B01", VatCheck.REQUIRED, "of the own country"),
        ("NL123456782B01", VatCheck.VALID, "of the own country"),
        ("NL123456782B01", VatCheck.OFF, None),
        ("ATU12345675", VatCheck.REQUIRED, None),
        ("US12-3456789", VatCheck.REQUIRED, "not of the EU"),
        ("US12-3456789", VatCheck.VALID, "not of the EU"),
        ("CHE107787577", VatCheck.REQUIRED, "not of the EU"),
        ("GB980780684", VatCheck.REQUIRED, "not of the EU"),
        ("XI980780684", VatCheck.REQUIRED, None),
        ("n/a", VatCheck.VALID, "not of the EU"),
        ("-", VatCheck.VALID, "not valid"),
    ],
)
def test_reverse_charge_wants_the_number_the_rule_asks_for(
    number: str, check: VatCheck, about: str | None
) -> None:
    rules = replace(RULES, vat_check=check)

    plan = plan_order(an_order(number), SHOP, rules, ())

    if about is None:
        assert plan.decision is Decision.BOOK
        return
    assert plan.problem is not None
    assert (plan.problem.cause, plan.problem.about) == (Cause.VAT_NUMBER, about)


@pytest.mark.parametrize(
    ("country", "exempt"), [("DE", False), ("US", True), ("NL", False)]
)
def test_without_reverse_charge_a_wrong_number_stops_nothing(
    country: str, *, exempt: bool
) -> None:
    order = an_order("DE136695977", country, exempt=exempt)

    assert plan_order(order, SHOP, RULES, ()).decision is Decision.BOOK


def test_contact_bears_the_number_in_full() -> None:
    drafted = draft_documents(an_order("136 695 976"), SHOP, RULES)

    assert drafted.contact.vat_number == "DE136695976"


def test_invoice_with_reverse_charge_names_it_and_the_number() -> None:
    first, last = draft_documents(an_order("136 695 976"), SHOP, RULES).invoice.lines

    assert first.description == "Mug"
    assert last.description == "Mug\nReverse charge, VAT number DE136695976"


@pytest.mark.parametrize("lines", [0, 1])
def test_reverse_charge_is_where_anything_bears_no_tax(lines: int) -> None:

    plan = plan_order(with_tax(an_order(""), lines), SHOP, STRICT, ())

    assert plan.problem is not None
    assert plan.problem.cause is Cause.VAT_NUMBER


def test_order_taxed_in_full_has_no_reverse_charge_whatever_its_mark_says() -> None:
    order = with_tax(an_order(""), 2)

    plan = plan_order(order, SHOP, STRICT, ())

    assert plan.decision is Decision.BOOK
    free = replace(order.lines[0], kind=LineKind.SHIPPING, net=Decimal(0), taxes=())
    numbered = with_tax(an_order("DE136695976"), 2)
    numbered = replace(numbered, lines=(free, *numbered.lines))
    *_, last = draft_documents(numbered, SHOP, STRICT).invoice.lines
    assert last.description == "Mug"


def test_invoice_with_tax_does_not_speak_of_reverse_charge() -> None:
    order = an_order("DE136695976", exempt=False)

    *_, last = draft_documents(order, SHOP, RULES).invoice.lines

    assert last.description == "Mug"
