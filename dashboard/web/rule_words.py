"""Names the rule that chose something, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Flask, url_for

from dashboard.domain.choices import AccountRule
from dashboard.domain.money import ZERO
from dashboard.domain.rules import Layer, PaymentRule, Shop, TaxRule, TaxSituation
from dashboard.web.language import gettext as _
from dashboard.web.language import lazy_gettext, percent

LAYERS: Final[Mapping[Layer, str]] = {
    Layer.COMPANY: lazy_gettext("the company's"),
    Layer.SHOP: lazy_gettext("this shop's own"),
}
ACCOUNT_RULES: Final[Mapping[AccountRule, str]] = {
    AccountRule.SALES: lazy_gettext("ledger account for products"),
    AccountRule.SHIPPING: lazy_gettext("ledger account for shipping"),
    AccountRule.FEE: lazy_gettext("ledger account for fees"),
    AccountRule.GIFT_CARD: lazy_gettext("ledger account for gift cards"),
    AccountRule.ROUNDING: lazy_gettext("ledger account for rounding"),
}
# The name of each among the rules.
ACCOUNT_NAMES: Final[Mapping[AccountRule, str]] = {
    AccountRule.SALES: "sales_account",
    AccountRule.SHIPPING: "shipping_account",
    AccountRule.FEE: "fee_account",
    AccountRule.GIFT_CARD: "gift_card_account",
    AccountRule.ROUNDING: "rounding_account",
}


def install_rule_words(app: Flask) -> None:
    """Teach the templates of *app* to name rules."""
    app.jinja_env.globals.update(
        layers=LAYERS,
        account_rules=ACCOUNT_RULES,
        account_names=ACCOUNT_NAMES,
        tax_words=tax_words,
        method_words=method_words,
        rule_place=rule_place,
    )


def tax_words(rule: TaxRule) -> str:
    """Say which tax rule it is."""
    what = _situation(rule)
    if rule.country:
        return _(
            "tax rule for %(what)s in %(country)s", what=what, country=rule.country
        )
    return _("tax rule for %(what)s in any country", what=what)


def _situation(rule: TaxRule) -> str:
    match rule.situation:
        case TaxSituation.UNTAXED:
            return _("what is not taxable")
        case TaxSituation.EXEMPT:
            return _("customers who pay no tax")
        case TaxSituation.RATE:
            return percent(rule.rate_percent or ZERO)


def method_words(rule: PaymentRule) -> str:
    """Say which payment rule it is."""
    if not rule.method:
        return _("rule for payments without a method")
    return _("rule for payment method %(method)s", method=rule.method)


def rule_place(layer: Layer, shop: Shop, section: str) -> str:
    """Return the address where the rules of a layer are changed."""
    match layer:
        case Layer.COMPANY:
            return url_for("settings.show", _anchor=section)
        case Layer.SHOP:
            return url_for("shop_rules.show", slug=shop.slug, _anchor=section)
