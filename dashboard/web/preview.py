"""What would be sent next for an order: the very bytes, and the rules behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from dashboard.domain.choices import AccountRule
from dashboard.domain.money import ZERO
from dashboard.domain.rules import PaymentRule, TaxRule, TaxSituation
from dashboard.domain.tax_cases import percent
from dashboard.domain.users import Role
from dashboard.sync.preview import Standing
from dashboard.web.access import requires
from dashboard.web.language import gettext as _
from dashboard.web.language import lazy_gettext
from dashboard.web.order_query import read_query
from dashboard.web.services import services

blueprint = Blueprint("preview", __name__)

_ACCOUNT_RULES: Final[Mapping[AccountRule, str]] = {
    AccountRule.SALES: lazy_gettext("ledger account for products"),
    AccountRule.SHIPPING: lazy_gettext("ledger account for shipping"),
    AccountRule.FEE: lazy_gettext("ledger account for fees"),
    AccountRule.GIFT_CARD: lazy_gettext("ledger account for gift cards"),
    AccountRule.ROUNDING: lazy_gettext("ledger account for rounding"),
}


@blueprint.get("/orders/<row_id:order_id>/preview")
@requires(Role.WATCHER)
def show(order_id: int) -> ResponseReturnValue:
    """Show what would be sent next; nothing is sent."""
    order = services().order.one(order_id)
    if order is None:
        abort(404)
    return render_template(
        "order/preview.html",
        summary=order.summary,
        preview=services().preview.of(order_id, ignored=bool(order.ignored_by)),
        query=read_query(request.args),
        Standing=Standing,
        account_rules=_ACCOUNT_RULES,
        tax_words=tax_words,
        method_words=method_words,
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
