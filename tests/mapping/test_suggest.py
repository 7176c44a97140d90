"""Rules are guessed where the books leave no doubt, and never overwritten."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from dashboard.domain.books import BooksFacts, LedgerAccount, TaxRate
from dashboard.domain.rules import CompanyRules, PaymentRule, TaxRule, TaxSituation
from dashboard.mapping.suggest import narrowed, suggest_rules, too_wide


def a_rate(tax_type: str, percent: str, name: str = "") -> TaxRate:
    return TaxRate(
        tax_type=tax_type, name=name or tax_type, rate_percent=Decimal(percent)
    )


def an_account(code: str, name: str, kind: str = "REVENUE") -> LedgerAccount:
    return LedgerAccount(code=code, name=name, kind=kind, takes_payments=False)


BOOKS = BooksFacts(
    organisation="Demo",
    country="NL",
    base_currency="EUR",
    currencies=("EUR",),
    tax_rates=(
        a_rate("OUTPUT2", "21", "21% BTW"),
        a_rate("OUTPUT", "9", "9% BTW"),
        a_rate("ZERORATEDOUTPUT", "0"),
        a_rate("NONE", "0"),
        a_rate("EXEMPTOUTPUT", "0"),
        a_rate("ECZROUTPUT", "0"),
        a_rate("TAX001", "19", "OSS Germany 19%"),
        a_rate("TAX006", "21", "OSS Belgium 21%"),
    ),
    ledger_accounts=(
        an_account("090", "Business bank account", "BANK"),
        an_account("091", "Card payments", "BANK"),
        an_account("092", "PayPal", "BANK"),
        an_account("093", "Cash", "BANK"),
        an_account("200", "Sales"),
        an_account("210", "Shipping income"),
        an_account("220", "Fees and surcharges"),
        an_account("860", "Rounding", "EXPENSE"),
    ),
    rounding_account="860",
)


def tax_type(
    rules: CompanyRules, situation: TaxSituation, rate: str = "", country: str = ""
) -> str:
    wanted = (situation, Decimal(rate) if rate else None, country)
    found = [
        rule.tax_type
        for rule in rules.tax_rules
        if (rule.situation, rule.rate_percent, rule.country) == wanted
    ]
    assert len(found) <= 1
    return found[0] if found else ""


@pytest.mark.parametrize(
    ("situation", "rate", "country", "expected"),
    [
        (TaxSituation.RATE, "21", "NL", "OUTPUT2"),
        (TaxSituation.RATE, "21", "", ""),
        (TaxSituation.RATE, "21", "BE", "TAX006"),
        (TaxSituation.RATE, "19", "DE", "TAX001"),
        (TaxSituation.RATE, "19", "", ""),
        (TaxSituation.RATE, "0", "", "ZERORATEDOUTPUT"),
        (TaxSituation.UNTAXED, "", "", "NONE"),
        (TaxSituation.UNTAXED, "", "WORLD", "ZERORATEDOUTPUT"),
        (TaxSituation.EXEMPT, "", "EU", "ECZROUTPUT"),
        (TaxSituation.EXEMPT, "", "WORLD", "ZERORATEDOUTPUT"),
        (TaxSituation.EXEMPT, "", "", ""),
    ],
)
def test_tax_types_that_leave_no_doubt(
    situation: TaxSituation, rate: str, country: str, expected: str
) -> None:
    suggested = suggest_rules(CompanyRules(), BOOKS)

    assert tax_type(suggested, situation, rate, country) == expected


def test_two_tax_types_of_one_rate_are_left_to_a_person() -> None:
    books = replace(BOOKS, tax_rates=(a_rate("A", "21"), a_rate("B", "21")))

    suggested = suggest_rules(CompanyRules(), books)

    assert suggested.tax_rules == ()


def test_tax_type_that_names_the_own_country_is_for_its_tax() -> None:
    books = replace(BOOKS, tax_rates=(a_rate("A", "21", "Netherlands 21%"),))

    suggested = suggest_rules(CompanyRules(), books)

    assert tax_type(suggested, TaxSituation.RATE, "21", "NL") == "A"


def test_rate_that_a_company_books_for_any_country_stays_as_it_is() -> None:
    own = TaxRule(
        situation=TaxSituation.RATE, rate_percent=Decimal(21), tax_type="OUTPUT2"
    )

    suggested = suggest_rules(CompanyRules(tax_rules=(own,)), BOOKS)

    assert tax_type(suggested, TaxSituation.RATE, "21") == "OUTPUT2"
    assert tax_type(suggested, TaxSituation.RATE, "21", "NL") == ""


def test_reverse_charge_falls_back_to_zero_rated() -> None:
    books = replace(BOOKS, tax_rates=(a_rate("ZERORATEDOUTPUT", "0"),))

    suggested = suggest_rules(CompanyRules(), books)

    found = tax_type(suggested, TaxSituation.EXEMPT, country="EU")
    assert found == "ZERORATEDOUTPUT"


@pytest.mark.parametrize(
    ("method", "bank_account"),
    [
        ("stripe", "091"),
        ("mollie_wc_gateway_ideal", "091"),
        ("ppcp-gateway", "092"),
        ("cod", "093"),
        ("bacs", "090"),
        ("", "090"),
    ],
)
def test_payment_methods_go_to_the_bank_account_named_like_them(
    method: str, bank_account: str
) -> None:
    suggested = suggest_rules(CompanyRules(), BOOKS)

    rule = PaymentRule(method=method, bank_account=bank_account)
    assert rule in suggested.payment_rules


def test_only_bank_account_takes_every_payment_method() -> None:
    books = replace(BOOKS, ledger_accounts=(an_account("1", "Bank", "BANK"),))

    suggested = suggest_rules(CompanyRules(), books)

    assert {rule.bank_account for rule in suggested.payment_rules} == {"1"}


@pytest.mark.parametrize(
    ("names", "method", "bank_account"),
    [
        (("Business Bank Account", "Business Savings Account"), "", "0"),
        (("Business Bank Account", "Business Savings Account"), "cod", None),
        (("Business Bank Account", "Stripe"), "stripe", "1"),
        (("Business Bank Account", "Stripe"), "klarna", None),
        (("Business Bank Account", "Stripe"), "ppcp-gateway", None),
        (("Bank", "Company credit card"), "stripe", None),
        (("PayPal EUR", "PayPal USD"), "ppcp-gateway", None),
        (("PayPal", "Till"), "", None),
    ],
)
def test_several_bank_accounts_take_only_the_payment_methods_they_are_named_like(
    names: tuple[str, ...], method: str, bank_account: str | None
) -> None:
    banks = tuple(an_account(str(i), name, "BANK") for i, name in enumerate(names))

    suggested = suggest_rules(CompanyRules(), replace(BOOKS, ledger_accounts=banks))

    rules = {rule.method: rule.bank_account for rule in suggested.payment_rules}
    assert rules.get(method) == bank_account


def test_nothing_is_suggested_for_books_without_a_bank_account() -> None:
    books = replace(BOOKS, ledger_accounts=())

    assert suggest_rules(CompanyRules(), books).payment_rules == ()


def test_ledger_accounts_that_the_books_have_stay() -> None:
    rules = CompanyRules(shipping_account="200", rounding_account="200")

    suggested = suggest_rules(rules, BOOKS)

    assert (suggested.shipping_account, suggested.rounding_account) == ("200", "200")


def test_ledger_accounts_that_the_books_lack_are_found_by_name() -> None:
    rules = CompanyRules(
        sales_account="8000",
        shipping_account="8000",
        fee_account="8000",
        rounding_account="8000",
    )

    suggested = suggest_rules(rules, BOOKS)

    assert suggested.sales_account == "200"
    assert suggested.shipping_account == "210"
    assert suggested.fee_account == "220"
    assert suggested.rounding_account == "860"


def test_gift_cards_go_to_the_one_liability_that_is_named_after_them() -> None:
    owed = LedgerAccount(
        code="835", name="Gift Cards", kind="CURRLIAB", takes_payments=False
    )
    more = replace(owed, code="836", name="Vouchers")
    one = replace(BOOKS, ledger_accounts=(*BOOKS.ledger_accounts, owed))
    two = replace(BOOKS, ledger_accounts=(*BOOKS.ledger_accounts, owed, more))

    assert suggest_rules(CompanyRules(), BOOKS).gift_card_account == ""
    assert suggest_rules(CompanyRules(), one).gift_card_account == "835"
    assert suggest_rules(CompanyRules(), two).gift_card_account == ""


def test_what_a_person_chose_stays() -> None:
    chosen = TaxRule(
        situation=TaxSituation.RATE, tax_type="MINE", rate_percent=Decimal("21.00")
    )
    paid = PaymentRule(method="stripe", bank_account="093")
    rules = CompanyRules(tax_rules=(chosen,), payment_rules=(paid,))

    suggested = suggest_rules(rules, BOOKS)

    assert tax_type(suggested, TaxSituation.RATE, "21") == "MINE"
    stripe = [rule for rule in suggested.payment_rules if rule.method == "stripe"]
    assert stripe == [paid]


def test_suggesting_twice_adds_nothing() -> None:
    once = suggest_rules(CompanyRules(), BOOKS)

    assert suggest_rules(once, BOOKS) == once


def a_rule(rate: str, tax_type: str, country: str = "") -> TaxRule:
    return TaxRule(
        situation=TaxSituation.RATE,
        rate_percent=Decimal(rate),
        tax_type=tax_type,
        country=country,
    )


@pytest.mark.parametrize(
    ("rule", "wide"),
    [
        (a_rule("21", "OUTPUT2"), True),
        (a_rule("21", "OUTPUT2", "NL"), False),
        (a_rule("21", "OUTPUT2", "EU"), False),
        # Another country's, of the books or of none; and nothing charged.
        (a_rule("21", "TAX006"), False),
        (a_rule("21", "OWN"), False),
        (a_rule("0", "ZERORATEDOUTPUT"), False),
    ],
)
def test_home_tax_for_any_country_is_too_wide(rule: TaxRule, *, wide: bool) -> None:
    found = too_wide(CompanyRules(tax_rules=(rule,)), BOOKS)

    assert found == ((rule,) if wide else ())


def test_nothing_is_too_wide_where_the_home_country_is_not_known() -> None:
    rules = CompanyRules(tax_rules=(a_rule("21", "OUTPUT2"),))

    assert too_wide(rules, replace(BOOKS, country="")) == ()


def test_too_wide_rules_become_the_home_country_s_and_others_stay() -> None:
    belgian = a_rule("21", "TAX006", "BE")
    rules = CompanyRules(
        tax_rules=(
            a_rule("21", "OUTPUT2"),
            belgian,
            a_rule("9", "OUTPUT"),
            a_rule("9", "CHOSEN", "NL"),
        )
    )

    assert narrowed(rules, BOOKS).tax_rules == (
        a_rule("21", "OUTPUT2", "NL"),
        belgian,
        a_rule("9", "CHOSEN", "NL"),
    )
