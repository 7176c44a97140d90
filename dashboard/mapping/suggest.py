"""Rules a company can begin with, guessed from what its books offer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from dashboard.domain.books import BooksFacts, LedgerAccount
from dashboard.domain.places import EU, EU_COUNTRIES, OUTSIDE_EU, region_of
from dashboard.domain.rules import CompanyRules, PaymentRule, TaxRule, TaxSituation
from dashboard.domain.tax_cases import TaxCase

_TaxKey = tuple[TaxSituation, Decimal | None, str]

_LIABILITY_KINDS = ("CURRLIAB", "LIABILITY", "TERMLIAB")
_SALES_KINDS = ("REVENUE", "SALES")
_SHIPPING_WORDS = ("shipping", "freight", "postage", "delivery", "verzend", "versand")
_GIFT_CARD_WORDS = ("gift", "voucher", "cadeau", "gutschein")
_FEE_WORDS = ("fee", "surcharge", "toeslag", "gebühr")

_NO_TAX = "NONE"
_ZERO_RATED = ("ZERORATEDOUTPUT",)
_REVERSE_CHARGE = ("ECZROUTPUT", "ECZROUTPUTSERVICES", "ZERORATEDOUTPUT")
_EXPORT = ("EXEMPTEXPORT", "ZERORATEDOUTPUT")

# The payment methods of common plugins, with words of the bank account their money
# arrives on. The empty method stands for "the shop did not say".
_BANK_WORDS = ("business", "current", "checking", "zakelijk", "giro", "bank")
_CASH_WORDS = ("cash", "kas")
_MOLLIE_WORDS = ("mollie", "card")
_KLARNA_WORDS = ("klarna",)
_PAYPAL_WORDS = ("paypal",)
_METHODS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("", _BANK_WORDS),
    ("bacs", _BANK_WORDS),
    ("cheque", _BANK_WORDS),
    ("cod", _CASH_WORDS),
    ("Bank Deposit", _BANK_WORDS),
    ("cash", _CASH_WORDS),
    ("Cash on Delivery (COD)", _CASH_WORDS),
    ("gift_card", _GIFT_CARD_WORDS),
    ("shopify_payments", ("shopify", "card")),
    ("stripe", ("stripe", "card")),
    ("woocommerce_payments", ("woo", "card")),
    ("mollie_wc_gateway_creditcard", _MOLLIE_WORDS),
    ("mollie_wc_gateway_ideal", _MOLLIE_WORDS),
    ("mollie_wc_gateway_bancontact", _MOLLIE_WORDS),
    ("ideal", ("ideal", "card")),
    ("klarna", _KLARNA_WORDS),
    ("klarna_payments", _KLARNA_WORDS),
    ("paypal", _PAYPAL_WORDS),
    ("ppcp-gateway", _PAYPAL_WORDS),
)
# Bank accounts that no customer's money arrives on: those the company saves on, and
# the cards it pays with itself.
_OTHER_USES = ("saving", "spaar", "credit card", "creditcard")

# How tax types that are for sales abroad name the country (ISO 3166-1 alpha-2).
_COUNTRY_NAMES = {
    "austria": "AT",
    "belgium": "BE",
    "bulgaria": "BG",
    "canada": "CA",
    "croatia": "HR",
    "cyprus": "CY",
    "czech": "CZ",
    "denmark": "DK",
    "estonia": "EE",
    "finland": "FI",
    "france": "FR",
    "germany": "DE",
    "greece": "GR",
    "hungary": "HU",
    "ireland": "IE",
    "italy": "IT",
    "latvia": "LV",
    "lithuania": "LT",
    "luxembourg": "LU",
    "malta": "MT",
    "netherlands": "NL",
    "norway": "NO",
    "poland": "PL",
    "portugal": "PT",
    "romania": "RO",
    "slovakia": "SK",
    "slovenia": "SI",
    "spain": "ES",
    "sweden": "SE",
    "switzerland": "CH",
    "uk": "GB",
    "united kingdom": "GB",
}


def suggest_rules(rules: CompanyRules, facts: BooksFacts) -> CompanyRules:
    """Return *rules* with what is missing filled in, as far as the books tell.

    A tax rule or payment rule that is there stays, and so does a ledger account that
    the books have. What is not certain is left to a person: an order that needs it
    stops and says so.
    """
    return replace(
        rules,
        sales_account=_sales_account(rules.sales_account, facts, ()),
        shipping_account=_sales_account(rules.shipping_account, facts, _SHIPPING_WORDS),
        fee_account=_sales_account(rules.fee_account, facts, _FEE_WORDS),
        rounding_account=_rounding_account(rules.rounding_account, facts),
        gift_card_account=_gift_card_account(rules.gift_card_account, facts),
        tax_rules=_with_tax_rules(rules.tax_rules, facts),
        payment_rules=_with_payment_rules(rules.payment_rules, facts),
    )


def too_wide(rules: CompanyRules, facts: BooksFacts) -> tuple[TaxRule, ...]:
    """Return the rules for any country whose tax type is for tax of the home country.

    The first suggestions were such. What another country charges at the same rate
    gets that tax type, and lands in the home country's tax return.
    """
    of_home = {
        tax_type
        for (country, _rate), tax_types in _by_rate(facts).items()
        for tax_type in tax_types
        if country and country == facts.country
    }
    return tuple(
        rule
        for rule in rules.tax_rules
        if rule.situation is TaxSituation.RATE
        and rule.rate_percent
        and not rule.country
        and rule.tax_type in of_home
    )


def narrowed(rules: CompanyRules, facts: BooksFacts) -> CompanyRules:
    """Return *rules* with those that are too wide for the home country alone.

    Where there is one for the home country, it stays and the wide one goes.
    """
    wide = too_wide(rules, facts)
    at_home = {r.rate_percent for r in rules.tax_rules if r.country == facts.country}
    kept = (
        replace(rule, country=facts.country) if rule in wide else rule
        for rule in rules.tax_rules
        if rule not in wide or rule.rate_percent not in at_home
    )
    return replace(rules, tax_rules=tuple(kept))


def fitting_tax_type(case: TaxCase, facts: BooksFacts) -> str:
    """Return the only tax type of the books that fits *case*, or nothing."""
    offered = {rate.tax_type for rate in facts.tax_rates}
    if case.rate_percent:
        country = case.country or facts.country
        exact = _by_rate(facts).get((country, case.rate_percent), [])
        return exact[0] if len(exact) == 1 else ""
    if case.situation is TaxSituation.EXEMPT:
        abroad = region_of(case.country, facts.country)
        wanted = {EU: _REVERSE_CHARGE, OUTSIDE_EU: _EXPORT}.get(abroad, ())
    elif case.situation is TaxSituation.UNTAXED:
        wanted = (_NO_TAX,)
    else:
        wanted = _ZERO_RATED
    return _first_offered(wanted, offered)


def fitting_bank_account(method: str, facts: BooksFacts) -> str:
    """Return the bank account that leaves no doubt for a payment method, or nothing."""
    words = dict(_METHODS).get(method, (method,) if method else _BANK_WORDS)
    return _bank_account(_banks(facts), words)


def _sales_account(current: str, facts: BooksFacts, words: Iterable[str]) -> str:
    if _is_there(current, facts):
        return current
    sales = [a for a in facts.ledger_accounts if a.kind.upper() in _SALES_KINDS]
    return _by_name(sales, words) or current


def _rounding_account(current: str, facts: BooksFacts) -> str:
    if _is_there(current, facts):
        return current
    return facts.rounding_account or current


def _gift_card_account(current: str, facts: BooksFacts) -> str:
    """Return the liability that is named after gift cards, if there is just one."""
    if _is_there(current, facts):
        return current
    named = [
        account.code
        for account in facts.ledger_accounts
        if account.kind.upper() in _LIABILITY_KINDS
        and any(word in account.name.lower() for word in _GIFT_CARD_WORDS)
    ]
    return named[0] if len(named) == 1 else ""


def _is_there(code: str, facts: BooksFacts) -> bool:
    return any(account.code == code for account in facts.ledger_accounts)


def _by_name(accounts: list[LedgerAccount], words: Iterable[str]) -> str:
    """Return the code of the first account named by a word, else of the first one."""
    for word in words:
        for account in accounts:
            if word in account.name.lower():
                return account.code
    return accounts[0].code if accounts else ""


def _with_tax_rules(
    rules: tuple[TaxRule, ...], facts: BooksFacts
) -> tuple[TaxRule, ...]:
    covered = {(rule.situation, rule.rate_percent, rule.country) for rule in rules}
    missing = (
        rule
        for rule in _tax_rules(facts)
        if not covered
        & {
            (rule.situation, rule.rate_percent, rule.country),
            *_wider(rule, facts),
        }
    )
    return (*rules, *missing)


def _wider(rule: TaxRule, facts: BooksFacts) -> Iterator[_TaxKey]:
    """Yield the rule for any country, which a person set in place of the home one."""
    if rule.situation is TaxSituation.RATE and rule.country == facts.country:
        yield rule.situation, rule.rate_percent, ""


def _tax_rules(facts: BooksFacts) -> Iterator[TaxRule]:
    offered = {rate.tax_type for rate in facts.tax_rates}
    untaxed = _first_offered((_NO_TAX,), offered)
    if untaxed:
        yield TaxRule(situation=TaxSituation.UNTAXED, tax_type=untaxed)
    yield from _abroad(facts, offered)
    zero_rated = _first_offered(_ZERO_RATED, offered)
    if zero_rated:
        yield _rate_rule(zero_rated, Decimal(0))
    for (country, rate_percent), tax_types in _by_rate(facts).items():
        # Where two tax types have one rate, only a person knows which is meant.
        if len(tax_types) == 1:
            yield _rate_rule(tax_types[0], rate_percent, country)


def _abroad(facts: BooksFacts, offered: set[str]) -> Iterator[TaxRule]:
    """Yield the rules for customers abroad who pay no tax.

    What leaves the European Union untaxed is an export, also where the shop calls it
    not taxable: it knows no rate for that country.
    """
    reverse_charge = _first_offered(_REVERSE_CHARGE, offered)
    if reverse_charge:
        yield TaxRule(
            situation=TaxSituation.EXEMPT, tax_type=reverse_charge, country=EU
        )
    export = _first_offered(_EXPORT, offered)
    if not export:
        return
    yield TaxRule(situation=TaxSituation.EXEMPT, tax_type=export, country=OUTSIDE_EU)
    if facts.country in EU_COUNTRIES:
        yield TaxRule(
            situation=TaxSituation.UNTAXED, tax_type=export, country=OUTSIDE_EU
        )


def _first_offered(wanted: Iterable[str], offered: set[str]) -> str:
    return next((tax_type for tax_type in wanted if tax_type in offered), "")


def _rate_rule(tax_type: str, rate_percent: Decimal, country: str = "") -> TaxRule:
    return TaxRule(
        situation=TaxSituation.RATE,
        tax_type=tax_type,
        rate_percent=rate_percent,
        country=country,
    )


def _by_rate(facts: BooksFacts) -> dict[tuple[str, Decimal], list[str]]:
    """Group the tax types by the country in their name and their rate above 0 %.

    A tax type that names no country is for tax of the company's own: another country
    may have the same rate, and its tax belongs in another return (OSS Belgium 21%).
    """
    groups: defaultdict[tuple[str, Decimal], list[str]] = defaultdict(list)
    for rate in facts.tax_rates:
        if rate.rate_percent:
            country = _country_in(rate.name) or facts.country
            groups[country, rate.rate_percent].append(rate.tax_type)
    return groups


def _country_in(name: str) -> str:
    spaced = f" {' '.join(name.lower().split())} "
    found = (code for word, code in _COUNTRY_NAMES.items() if f" {word} " in spaced)
    return next(found, "")


def _with_payment_rules(
    rules: tuple[PaymentRule, ...], facts: BooksFacts
) -> tuple[PaymentRule, ...]:
    """Add the well-known payment methods whose bank account leaves no doubt.

    An order paid by another one stops: a payment on the wrong bank account would be
    found at the earliest when somebody compares it with the bank's statement.
    """
    banks = _banks(facts)
    covered = {rule.method for rule in rules}
    suggested = (
        PaymentRule(method=method, bank_account=_bank_account(banks, words))
        for method, words in _METHODS
        if method not in covered
    )
    return (*rules, *(rule for rule in suggested if rule.bank_account))


def _banks(facts: BooksFacts) -> list[LedgerAccount]:
    return [account for account in facts.ledger_accounts if account.kind == "BANK"]


def _bank_account(banks: list[LedgerAccount], words: Iterable[str]) -> str:
    """Return the code of the only bank account, or of the one a word names."""
    if len(banks) == 1:
        return banks[0].code
    for word in words:
        named = [account for account in banks if _takes(account, word)]
        if named:
            # Of two in two currencies, say, only a person knows which is meant.
            return named[0].code if len(named) == 1 else ""
    return ""


def _takes(account: LedgerAccount, word: str) -> bool:
    name = account.name.lower()
    return word in name and not any(other in name for other in _OTHER_USES)
