"""An order becomes a contact, an invoice and payments, or says why it cannot."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from dashboard.domain import keys
from dashboard.domain.books import InvoiceLine
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
from dashboard.domain.places import OUTSIDE_EU
from dashboard.domain.problems import Cause, Problem
from dashboard.domain.rules import (
    CompanyRules,
    PaymentRule,
    Shop,
    TaxRule,
    TaxSituation,
)
from dashboard.mapping.documents import Documents, draft_documents
from dashboard.mapping.problems import NotMappable

SHOP = Shop(id=1, slug="demo-shop", name="Demo", kind="json", prefix="W-")
ORDERED_AT = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
RULES = CompanyRules(
    sales_account="200",
    shipping_account="210",
    fee_account="220",
    rounding_account="860",
    tax_rules=(
        TaxRule(situation=TaxSituation.UNTAXED, tax_type="NONE"),
        TaxRule(situation=TaxSituation.EXEMPT, tax_type="REVERSE"),
        TaxRule(situation=TaxSituation.RATE, tax_type="HIGH", rate_percent=Decimal(21)),
    ),
    payment_rules=(
        PaymentRule(method="card", bank_account="091"),
        PaymentRule(method="gift", bank_account="092"),
    ),
)


def a_line(net: str, tax: str = "", **fields: Any) -> LineItem:
    taxes = (LineTax(rate_percent=Decimal(21), amount=Decimal(tax)),) if tax else ()
    line: dict[str, Any] = {
        "kind": LineKind.PRODUCT,
        "description": "Pen",
        "net": Decimal(net),
        "taxes": taxes,
        **fields,
    }
    return LineItem(**line)


def a_payment(amount: str, method: str = "card") -> ShopPayment:
    return ShopPayment(amount=Decimal(amount), method=method, paid_at=ORDERED_AT)


def an_order(total: str, *lines: LineItem, **fields: Any) -> Order:
    order: dict[str, Any] = {
        "external_id": "12",
        "number": "1042",
        "phase": OrderPhase.PLACED,
        "shop_status": "placed",
        "currency": "EUR",
        "total": Decimal(total),
        "ordered_at": ORDERED_AT,
        "modified_at": None,
        "customer": Customer(),
        "lines": lines,
        **fields,
    }
    return Order(**order)


def documents(order: Order, rules: CompanyRules = RULES) -> Documents:
    return draft_documents(order, SHOP, rules)


def problem(order: Order, rules: CompanyRules = RULES) -> Problem:
    with pytest.raises(NotMappable) as stopped:
        draft_documents(order, SHOP, rules)
    return stopped.value.problem


def drafted_line(line: LineItem) -> InvoiceLine:
    """Return what *line* becomes beside another that keeps the total above zero."""
    total = line.net + line.tax + 100
    order = an_order(str(total), line, a_line("100.00"))
    drafted, _ = documents(order).invoice.lines
    return drafted


def test_invoice_bears_the_order_number_and_names_the_order() -> None:
    invoice = documents(an_order("10.00", a_line("10.00"))).invoice

    assert invoice.number == "W-1042"
    assert invoice.reference == "demo-shop 1042 (12)"


def test_reference_says_one_number_once() -> None:
    order = an_order("10.00", a_line("10.00"), external_id="1042")

    assert documents(order).invoice.reference == "demo-shop 1042"


def test_invoice_is_dated_the_day_of_the_order_in_utc() -> None:
    invoice = documents(an_order("10.00", a_line("10.00"))).invoice

    assert invoice.issued_on == date(2026, 11, 22)
    assert invoice.due_on == date(2026, 12, 6)


@pytest.mark.parametrize(
    ("kind", "account"),
    [
        (LineKind.PRODUCT, "200"),
        (LineKind.SHIPPING, "210"),
        (LineKind.FEE, "220"),
    ],
)
def test_kind_of_line_decides_the_ledger_account(kind: LineKind, account: str) -> None:
    assert drafted_line(a_line("4.95", kind=kind)).account == account


@pytest.mark.parametrize(
    ("net", "discount", "quantity", "expected"),
    [
        ("9.98", "0", "2", ("2", "4.99", "0.00", "Pen")),
        ("10.00", "0", "3", ("1", "10.00", "0.00", "3 x Pen")),
        ("8.98", "1.00", "2", ("2", "4.99", "1.00", "Pen")),
        ("0.00", "9.98", "2", ("2", "4.99", "9.98", "Pen")),
        ("9.00", "1.00", "3", ("1", "10.00", "1.00", "3 x Pen")),
        ("3.15", "0", "1.5", ("1.5", "2.10", "0.00", "Pen")),
        ("3.15", "0", "1.50001", ("1", "3.15", "0.00", "1.50001 x Pen")),
        ("5.00", "0", "0", ("1", "5.00", "0.00", "Pen")),
        ("17.955", "1.995", "1", ("1", "19.95", "1.99", "Pen")),
        ("-3.00", "1.00", "1", ("1", "-3.00", "0.00", "Pen")),
        ("0.00", "0", "2", ("2", "0.00", "0.00", "Pen")),
    ],
)
def test_quantity_stays_where_it_makes_the_exact_net(
    net: str, discount: str, quantity: str, expected: tuple[str, str, str, str]
) -> None:
    line = a_line(net, discount=Decimal(discount), quantity=Decimal(quantity))

    drafted = drafted_line(line)

    figures = (drafted.quantity, drafted.unit_amount, drafted.discount)
    assert figures == tuple(Decimal(figure) for figure in expected[:3])
    assert drafted.description == expected[3]


def test_tax_is_what_the_shop_charged_even_where_the_rate_says_otherwise() -> None:
    drafted = drafted_line(a_line("33.33", "6.50"))

    assert (drafted.tax_type, drafted.tax) == ("HIGH", Decimal("6.50"))


def test_free_product_stays_and_free_shipping_is_left_out() -> None:
    free = LineItem(kind=LineKind.SHIPPING, description="Pick-up", net=Decimal("0.00"))

    order = an_order("5.00", a_line("5.00"), a_line("0.00"), free)

    assert len(documents(order).invoice.lines) == 2


@pytest.mark.parametrize("total", ["24.01", "23.99", "24.02"])
def test_cents_between_lines_and_total_become_a_rounding_line(total: str) -> None:
    lines = (a_line("9.92", "2.08"), a_line("9.92", "2.08"))

    invoice = documents(an_order(total, *lines)).invoice

    rounding = invoice.lines[-1]
    assert rounding.description == "Rounding"
    assert (rounding.account, rounding.tax_type) == ("860", "NONE")
    assert rounding.tax == 0
    assert sum(line.net + line.tax for line in invoice.lines) == Decimal(total)


def test_rounding_of_an_order_from_abroad_is_no_untaxed_sale_there() -> None:
    export = TaxRule(
        situation=TaxSituation.UNTAXED, tax_type="EXPORT", country=OUTSIDE_EU
    )
    rules = replace(RULES, home="NL", tax_rules=(*RULES.tax_rules, export))
    order = an_order("10.01", a_line("10.00"), delivery=Address(country="US"))

    lines = draft_documents(order, SHOP, rules).invoice.lines

    assert [line.tax_type for line in lines] == ["EXPORT", "NONE"]


def test_no_rounding_line_where_nothing_is_left() -> None:
    invoice = documents(an_order("12.00", a_line("9.92", "2.08"))).invoice

    assert len(invoice.lines) == 1


@pytest.mark.parametrize("total", ["24.03", "23.97", "100.00"])
def test_more_than_a_cent_a_line_stops_the_order(total: str) -> None:
    lines = (a_line("9.92", "2.08"), a_line("9.92", "2.08"))

    stopped = problem(an_order(total, *lines))

    assert stopped.cause is Cause.TOTAL_DIFFERS
    assert "Order 1042: its lines make 24.00 EUR" in stopped.message
    assert total in stopped.message


def test_a_yen_a_line_is_rounding_where_there_is_nothing_smaller() -> None:
    order = an_order("121.00", a_line("99.99", "20.79"), currency="JPY")

    rounding = documents(order).invoice.lines[-1]

    assert (rounding.description, rounding.net) == ("Rounding", Decimal("0.22"))


def test_total_below_zero_stops_the_order() -> None:
    assert problem(an_order("-5.00", a_line("-5.00"))).cause is Cause.NEGATIVE_TOTAL


def test_each_payment_settles_its_part_on_its_bank_account() -> None:
    payments = (a_payment("4.00", "gift"), a_payment("6.00"))

    drafted = documents(an_order("10.00", a_line("10.00"), payments=payments))

    assert [
        (draft.reference, draft.amount, draft.bank_account)
        for draft in drafted.payments
    ] == [("W-1042-P1", Decimal("4.00"), "092"), ("W-1042-P2", Decimal("6.00"), "091")]
    assert {draft.invoice_number for draft in drafted.payments} == {"W-1042"}


def test_payment_of_nothing_is_left_out_and_keeps_its_place_in_the_count() -> None:
    payments = (a_payment("0.00"), a_payment("10.00"))

    drafted = documents(an_order("10.00", a_line("10.00"), payments=payments))

    assert [draft.reference for draft in drafted.payments] == ["W-1042-P2"]


def test_no_payment_where_the_company_books_them_itself() -> None:
    rules = CompanyRules(tax_rules=RULES.tax_rules, mark_as_paid=False)
    order = an_order("10.00", a_line("10.00"), payments=(a_payment("10.00", "coins"),))

    assert documents(order, rules).payments == ()


def test_more_money_than_the_total_stops_the_order() -> None:
    stopped = problem(
        an_order("10.00", a_line("10.00"), payments=(a_payment("10.01"),))
    )

    assert stopped.cause is Cause.TOTAL_DIFFERS
    assert "the shop took 10.01 EUR for a total of 10.00" in stopped.message


@pytest.mark.parametrize(
    ("method", "words"),
    [("coins", 'payment method "coins" (Coins)'), ("", "does not tell the method")],
)
def test_unknown_payment_method_stops_the_order(method: str, words: str) -> None:
    stopped = problem(
        an_order(
            "10.00",
            a_line("10.00"),
            payments=(a_payment("10.00", method),),
            payment_method="coins",
            payment_method_title="Coins",
        )
    )

    assert stopped.cause is Cause.UNKNOWN_PAYMENT_METHOD
    assert stopped.settings_section == "payments"
    assert words in stopped.message


def test_exempt_customer_has_a_tax_type_of_their_own() -> None:
    order = an_order("10.00", a_line("10.00"), vat_exempt=True)

    assert documents(order).invoice.lines[0].tax_type == "REVERSE"


def test_unknown_tax_rate_stops_the_order_and_says_where_to_choose() -> None:
    tax = LineTax(rate_percent=Decimal("9.00"), amount=Decimal("0.90"))

    stopped = problem(an_order("10.90", a_line("10.00", taxes=(tax,))))

    assert stopped == Problem(
        cause=Cause.UNKNOWN_TAX_RATE,
        message="Order 1042: tax rate 9 % has no tax type. "
        "Choose one under Settings > Taxes.",
        settings_section="taxes",
        about="9 %",
    )


def test_line_without_tax_needs_a_tax_type_too() -> None:
    stopped = problem(an_order("10.00", a_line("10.00")), CompanyRules())

    assert stopped.cause is Cause.UNKNOWN_TAX_RATE
    assert "what is not taxable" in stopped.message


def test_article_number_changes_nothing_in_the_books() -> None:
    one, other = (
        documents(an_order("1.00", a_line("1.00", sku=sku))) for sku in ("A", "B")
    )

    assert one == other


@pytest.mark.parametrize(
    ("customer", "name", "fallback_name"),
    [
        (
            Customer(external_id="77", first_name="Jan", last_name="Jansen"),
            "Jan Jansen",
            "Jan Jansen (demo-shop 77)",
        ),
        (
            Customer(email="jan@example.test", first_name="Jan", last_name="Jansen"),
            "Jan Jansen",
            "Jan Jansen (jan@example.test)",
        ),
        (
            Customer(company="Jansen BV", first_name="Jan", email="jan@example.test"),
            "Jansen BV",
            "Jansen BV (jan@example.test)",
        ),
        (Customer(), "Guest 1042", "Guest 1042 (demo-shop 1042)"),
        (
            Customer(external_id="77", company="  A  <b>  "),
            "A b",
            "A b (demo-shop 77)",
        ),
        (
            Customer(external_id="77", company="<>"),
            "Guest 1042",
            "Guest 1042 (demo-shop 77)",
        ),
    ],
)
def test_contact_names(customer: Customer, name: str, fallback_name: str) -> None:
    contact = documents(an_order("1.00", a_line("1.00"), customer=customer)).contact

    assert (contact.name, contact.fallback_name) == (name, fallback_name)


def test_contact_keeps_to_the_lengths_of_the_books() -> None:
    customer = Customer(
        external_id="77",
        company="C" * 300,
        first_name="F" * 300,
        phone="1" * 60,
        address=Address(line1="L" * 600, postcode="P" * 60),
    )

    contact = documents(an_order("1.00", a_line("1.00"), customer=customer)).contact

    assert len(contact.name) == len(contact.fallback_name) == 255
    assert contact.fallback_name.endswith(" (demo-shop 77)")
    assert len(contact.first_name) == 255
    assert len(contact.phone) == len(contact.address.postcode) == 50
    assert len(contact.address.line1) == 500


@pytest.mark.parametrize("email", ["jan", "jan@", "jan@example", "j n@example.test"])
def test_malformed_email_is_left_out(email: str) -> None:
    customer = Customer(email=email, company="Jansen BV")

    contact = documents(an_order("1.00", a_line("1.00"), customer=customer)).contact

    assert contact.email == ""


def contact_number(slug: str, customer_id: str) -> str:
    order = an_order("1.00", customer=Customer(external_id=customer_id))
    return keys.contact_number(order, replace(SHOP, slug=slug))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            ("buitenshop-nederland", "gid://shopify/Customer/6940095564"),
            ("buitenshop-nederland", "gid://shopify/Customer/6940095599"),
        ),
        (
            ("a-shop-with-a-long-name-north", "7"),
            ("a-shop-with-a-long-name-south", "7"),
        ),
        (("a" * 40, "123456789"), ("a" * 40, "123456780")),
    ],
)
def test_two_customers_never_share_a_contact_number(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    numbers = {contact_number(*one), contact_number(*other)}

    assert len(numbers) == 2
    assert all(len(number) <= 50 for number in numbers)


def test_contact_number_that_fits_is_shop_and_customer() -> None:
    assert contact_number("demo-shop", "77") == "demo-shop-c77"


def test_gift_card_that_is_sold_is_owed_and_no_revenue() -> None:
    card = a_line("50.00", kind=LineKind.GIFT_CARD, description="Gift card")
    rules = replace(RULES, gift_card_account="835")

    documents = draft_documents(an_order("50.00", card), SHOP, rules)

    (line,) = documents.invoice.lines
    assert (line.account, line.tax_type) == ("835", "NONE")


def test_gift_card_waits_until_its_ledger_account_is_chosen() -> None:
    card = a_line("50.00", kind=LineKind.GIFT_CARD, description="Gift card")

    with pytest.raises(NotMappable) as stop:
        draft_documents(an_order("50.00", card), SHOP, RULES)

    assert stop.value.problem.cause is Cause.NO_LEDGER_ACCOUNT
    assert stop.value.problem.settings_section == "accounts"
