"""The rules of a shop: its own, and those of the company where it has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from dashboard.domain.activity import ActivityKind
from dashboard.domain.places import EU, OUTSIDE_EU, scopes
from dashboard.domain.rules import Shop, ShopRules, TaxRule
from dashboard.domain.sentences import say
from dashboard.domain.users import Role
from dashboard.store.company import ChangedMeanwhile
from dashboard.web.access import requires
from dashboard.web.language import gettext as _
from dashboard.web.note import note
from dashboard.web.outcome import moved_on
from dashboard.web.services import services
from dashboard.web.settings import SECTIONS, places, warn_of_same_numbers
from dashboard.web.settings_forms import (
    SITUATIONS,
    PaymentsForm,
    TaxesForm,
    payments_form,
    taxes_form,
)
from dashboard.web.shop_rules_form import (
    AccountRulesForm,
    InvoiceRulesForm,
    account_rules_form,
    invoice_rules_form,
    layered_rules,
)

blueprint = Blueprint("shop_rules", __name__)

_Form = InvoiceRulesForm | AccountRulesForm | TaxesForm | PaymentsForm
_FORMS: Mapping[str, type[_Form]] = {
    "company": InvoiceRulesForm,
    "accounts": AccountRulesForm,
    "taxes": TaxesForm,
    "payments": PaymentsForm,
}


@dataclass(frozen=True, kw_only=True)
class CompanyTaxRule:
    """A tax rule of the company; *hidden* where one of the shop goes before it."""

    rule: TaxRule
    hidden: bool


@blueprint.get("/settings/shops/<slug>/rules")
@requires(Role.WATCHER)
def show(slug: str) -> ResponseReturnValue:
    """Show the rules of a shop."""
    return _page(_shop(slug))


@blueprint.post("/settings/shops/<slug>/rules/<section>")
@requires(Role.MANAGER)
def save(slug: str, section: str) -> ResponseReturnValue:
    """Save one section, then plan anew what was stopped by the old rules."""
    shop = _shop(slug)
    if section not in _FORMS:
        abort(404)
    entered = _FORMS[section]()
    _offer(entered)
    if not entered.validate():
        return _page(shop, {section: entered}, status=422)
    try:
        services().company.change_shop_rules(
            shop,
            lambda own: _applied(entered, own),
            expected_version=entered.version.number,
        )
    except ChangedMeanwhile:
        flash(
            _("Somebody else saved the rules meanwhile. These are theirs; look again."),
            "bad",
        )
        return _back(shop, section)
    subject = say(
        "rules of the shop %(shop)s: %(section)s",
        shop=slug,
        section=SECTIONS[section],
    )
    return _done(shop, section, subject)


@blueprint.post("/settings/shops/<slug>/rules/<name>/reset")
@requires(Role.MANAGER)
def reset(slug: str, name: str) -> ResponseReturnValue:
    """Let the company's rule hold again, then plan anew what was stopped."""
    shop = _shop(slug)
    if name not in vars(ShopRules()):
        abort(404)
    services().company.change_shop_rules(shop, lambda own: own.without(name))
    section = _section_of(name)
    subject = say(
        "rules of the shop %(shop)s: %(section)s, as for the company",
        shop=slug,
        section=SECTIONS[section],
    )
    return _done(shop, section, subject, name)


def _done(
    shop: Shop, section: str, subject: str, detail: str = ""
) -> ResponseReturnValue:
    moved = services().replan()
    note(ActivityKind.SETTINGS, "changed", subject, detail=detail)
    flash(" ".join([_("Saved."), *moved_on(moved)]), "good")
    warn_of_same_numbers()
    return _back(shop, section)


def _back(shop: Shop, section: str) -> ResponseReturnValue:
    return redirect(url_for("shop_rules.show", slug=shop.slug, _anchor=section))


def _section_of(name: str) -> str:
    if name.endswith("_account"):
        return "accounts"
    return {"tax_rules": "taxes", "payment_rules": "payments"}.get(name, "company")


def _applied(form: _Form, own: ShopRules) -> ShopRules:
    match form:
        case TaxesForm():
            return replace(own, tax_rules=form.rules())
        case PaymentsForm():
            return replace(own, payment_rules=form.rules())
        case _:
            return form.applied_to(own)


def _offer(form: _Form) -> None:
    company = services().company
    if isinstance(form, TaxesForm | PaymentsForm):
        form.offer(company.facts())
    else:
        form.offer(company.rules(), company.facts())


def _page(
    shop: Shop, entered: Mapping[str, _Form] | None = None, *, status: int = 200
) -> ResponseReturnValue:
    """Show the page; forms in *entered* keep what was typed, with their errors."""
    store = services().company
    # Before the rules: what somebody saves in between is not saved over unseen.
    version = store.shop_rules_version(shop)
    facts, company, own = store.facts(), store.rules(), store.shop_rules(shop)
    forms: dict[str, _Form] = {
        "company": invoice_rules_form(own, version),
        "accounts": account_rules_form(own, version),
        "taxes": taxes_form(own.tax_rules, version),
        "payments": payments_form(own.payment_rules, version),
        **(entered or {}),
    }
    for form in forms.values():
        _offer(form)
    methods = {rule.method for rule in own.payment_rules}
    page = render_template(
        "settings/shop_rules.html",
        shop=shop,
        own=own,
        forms=forms,
        layered={
            section: {
                rule.name: rule for rule in layered_rules(form, own, company, facts)
            }
            for section, form in forms.items()
            if isinstance(form, InvoiceRulesForm | AccountRulesForm)
        },
        company_taxes=[
            CompanyTaxRule(rule=rule, hidden=_is_hidden(rule, own, company.home))
            for rule in company.tax_rules
        ],
        company_payments=company.payment_rules,
        own_methods=methods,
        situations=dict(SITUATIONS),
        places=places(),
    )
    return page, status


def _is_hidden(rule: TaxRule, own: ShopRules, home: str) -> bool:
    """Tell whether a rule of the shop always goes before one of the company."""
    country, _dash, region = rule.country.partition("-")
    wide = {country, ""} if country in {EU, OUTSIDE_EU} else ()
    covering = wide or scopes(country, region, home)
    return any(
        (mine.situation, mine.rate_percent) == (rule.situation, rule.rate_percent)
        and mine.country in covering
        for mine in own.tax_rules
    )


def _shop(slug: str) -> Shop:
    found = services().company.shop(slug) if slug.isprintable() else None
    if found is None:
        abort(404)
    return found
