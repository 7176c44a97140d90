"""The rule that orders wait for, proposed where the books leave little doubt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, TypeVar

from wtforms import HiddenField, SelectField
from wtforms.validators import InputRequired, Length

from dashboard.domain.books import BooksFacts
from dashboard.domain.places import EU, OUTSIDE_EU, region_of
from dashboard.domain.problems import Cause
from dashboard.domain.rules import (
    CompanyRules,
    PaymentRule,
    Shop,
    ShopRules,
    TaxRule,
    TaxSituation,
)
from dashboard.domain.tax_cases import TaxCase, read_tax_case
from dashboard.mapping.suggest import fitting_bank_account, fitting_tax_type
from dashboard.store.company import ChangedMeanwhile, CompanyStore
from dashboard.web.forms import CodeField, PageForm, labelled
from dashboard.web.language import country_name, lazy_gettext, percent
from dashboard.web.language import gettext as _
from dashboard.web.services import services
from dashboard.web.settings_forms import bank_account_choices, tax_type_choices

_TRIES: Final = 3
_MAX_ABOUT: Final = 100


class RuleForm(PageForm):
    """The one thing that is missing for a rule; *next* is where its reader came from.

    *scope* is empty for a payment method, which is the same everywhere. *shop* is the
    slug of the only shop it is for, empty for a rule of the company.
    """

    code = CodeField(
        validators=[
            InputRequired(message=lazy_gettext("Choose one.")),
            Length(max=60),
        ]
    )
    scope = SelectField(lazy_gettext("The rule is for"), default="")
    shop = SelectField(lazy_gettext("Whose rule it is"), default="")
    next = HiddenField()


_Rules = TypeVar("_Rules", CompanyRules, ShopRules)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A rule that is missing and how to choose it.

    *suggested* tells that the choice made in advance is the only one that fits.
    """

    cause: Cause
    about: str
    question: str
    form: RuleForm
    suggested: bool
    case: TaxCase | None

    def added_to(self, rules: _Rules) -> _Rules:
        """Return *rules* with what was chosen; a rule for the same stays as it is."""
        code = (self.form.code.data or "").strip()
        if self.case is None:
            known = {rule.method for rule in rules.payment_rules}
            if self.about in known:
                return rules
            paid = PaymentRule(method=self.about, bank_account=code)
            return replace(rules, payment_rules=(*rules.payment_rules, paid))
        tax = TaxRule(
            situation=self.case.situation,
            rate_percent=self.case.rate_percent,
            country=self.form.scope.data or "",
            tax_type=code,
        )
        key = (tax.situation, tax.rate_percent, tax.country)
        for rule in rules.tax_rules:
            if (rule.situation, rule.rate_percent, rule.country) == key:
                return rules
        return replace(rules, tax_rules=(*rules.tax_rules, tax))


def propose(
    cause: str, about: str, shops: Sequence[Shop], *, sent: bool = False
) -> Proposal | None:
    """Return the rule that is missing for a group of problems, if that is what it is.

    It may become the company's or that of one of *shops*. With *sent* its form holds
    what a person chose, else what fits.
    """
    proposal = _proposed(cause, about, sent=sent) if len(about) <= _MAX_ABOUT else None
    if proposal is not None:
        proposal.form.shop.choices = _owners(shops)
    return proposal


def _proposed(cause: str, about: str, *, sent: bool) -> Proposal | None:
    facts = services().company.facts()
    if cause == Cause.UNKNOWN_PAYMENT_METHOD:
        return _propose_bank_account(about, facts, sent=sent)
    case = read_tax_case(about) if cause == Cause.UNKNOWN_TAX_RATE else None
    return None if case is None else _propose_tax_type(case, facts, sent=sent)


def _owners(shops: Sequence[Shop]) -> list[tuple[str, str]]:
    """Return whose the rule may be; with a single shop there is nothing to choose."""
    every = ("", _("the company's"))
    if len(services().company.shops()) <= 1:
        return labelled(every)
    return labelled(
        every, *((s.slug, _("of %(shop)s alone", shop=s.name)) for s in shops)
    )


def add(store: CompanyStore, change: Callable[[CompanyRules], CompanyRules]) -> bool:
    """Save what *change* makes of the company's rules; False if it makes nothing.

    A rule is added beside the others, so those that somebody else saves meanwhile are
    no reason to ask again.

    Raises:
        ChangedMeanwhile: If that happens again and again.
    """
    for _attempt in range(_TRIES):
        version = store.rules_version()
        rules = store.rules()
        changed = change(rules)
        if changed == rules:
            return False
        try:
            store.save_rules(changed, expected_version=version)
        except ChangedMeanwhile:
            continue
        return True
    raise ChangedMeanwhile


def _propose_bank_account(
    method: str, facts: BooksFacts | None, *, sent: bool
) -> Proposal:
    fitting = fitting_bank_account(method, facts) if facts else ""
    form = _form(fitting, sent=sent)
    form.code.label.text = _("Bank account")
    form.code.choices = bank_account_choices(facts)
    form.scope.choices = labelled(("", ""))
    if method:
        question = _(
            "On which bank account does the money of the payment method "
            "“%(method)s” arrive?",
            method=method,
        )
    else:
        question = _(
            "On which bank account does money arrive when the shop does not say how "
            "it was paid?"
        )
    return Proposal(
        cause=Cause.UNKNOWN_PAYMENT_METHOD,
        about=method,
        question=question,
        form=form,
        suggested=bool(fitting),
        case=None,
    )


def _propose_tax_type(
    case: TaxCase, facts: BooksFacts | None, *, sent: bool
) -> Proposal:
    fitting = fitting_tax_type(case, facts) if facts else ""
    form = _form(fitting, _usual_scope(case, facts), sent=sent)
    form.code.label.text = _("Tax type in the books")
    form.code.choices = tax_type_choices(facts, first=case.rate_percent or None)
    form.scope.choices = labelled(*_scopes(case, facts))
    return Proposal(
        cause=Cause.UNKNOWN_TAX_RATE,
        about=case.about,
        question=_question(case),
        form=form,
        suggested=bool(fitting),
        case=case,
    )


def _form(code: str, scope: str = "", *, sent: bool) -> RuleForm:
    if sent:
        return RuleForm()
    return RuleForm(None, data={"code": code, "scope": scope})


def _question(case: TaxCase) -> str:
    country = country_name(case.country) if case.country else ""
    match case.situation:
        case TaxSituation.RATE:
            rate = percent(case.rate_percent or Decimal(0))
            if country:
                return _(
                    "Which tax type of the books is %(rate)s tax in %(country)s?",
                    rate=rate,
                    country=country,
                )
            return _("Which tax type of the books is %(rate)s tax?", rate=rate)
        case TaxSituation.UNTAXED:
            if country:
                return _(
                    "Which tax type of the books is for what is sold to %(country)s "
                    "without any tax?",
                    country=country,
                )
            return _("Which tax type of the books is for what is not taxable?")
        case TaxSituation.EXEMPT:
            if country:
                return _(
                    "Which tax type of the books is for customers in %(country)s who "
                    "pay no tax?",
                    country=country,
                )
            return _("Which tax type of the books is for customers who pay no tax?")


def _scopes(case: TaxCase, facts: BooksFacts | None) -> Sequence[tuple[str, str]]:
    every = ("", _("every country"))
    if not case.country:
        return (every,)
    one = (case.country, _("%(country)s only", country=country_name(case.country)))
    match region_of(case.country, facts.country if facts else ""):
        case "EU":
            return (one, (EU, _("all other countries of the European Union")), every)
        case "WORLD":
            return (
                one,
                (OUTSIDE_EU, _("all countries outside the European Union")),
                every,
            )
        case _:
            return (one, every)


def _usual_scope(case: TaxCase, facts: BooksFacts | None) -> str:
    """Return the scope such a rule usually has: no tax means the same in a region."""
    if case.situation is TaxSituation.RATE:
        return case.country
    return region_of(case.country, facts.country if facts else "") or case.country
