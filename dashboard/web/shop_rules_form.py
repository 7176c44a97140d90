"""The forms of the rules that are other ones for a shop than for the company."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from wtforms import IntegerField, SelectField, StringField
from wtforms.fields import Field
from wtforms.validators import Length, NumberRange, Optional

from dashboard.domain.books import BooksFacts
from dashboard.domain.rules import (
    CompanyRules,
    Correction,
    InvoiceWhen,
    ShopRules,
    VatCheck,
)
from dashboard.web.forms import CodeField, PageForm, VersionField, labelled
from dashboard.web.language import gettext, ngettext
from dashboard.web.language import lazy_gettext as _
from dashboard.web.settings_forms import (
    CORRECTIONS,
    INVOICE_WHEN,
    VAT_CHECKS,
    check_pattern,
    ledger_account_choices,
)

_CODE = [Optional(), Length(max=40)]
_YES: Final = "yes"
_NO: Final = "no"
_CHOICES: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "invoice_when": INVOICE_WHEN,
    "mark_as_paid": ((_YES, _("yes")), (_NO, _("no"))),
    "correction": CORRECTIONS,
    "vat_check": VAT_CHECKS,
}


class _LayeredForm(PageForm):
    """Rules of a shop; what is left empty is as for the company."""

    version = VersionField()

    def offer(self, company: CompanyRules, facts: BooksFacts | None) -> None:
        """Let people choose, and first of all what the company says."""
        as_company = gettext("as for the company")
        for name, field in self.rule_fields():
            if isinstance(field, SelectField):
                field.choices = labelled(("", as_company), *_CHOICES[name])
            elif isinstance(field, CodeField):
                field.choices = ledger_account_choices(facts)
                field.none = as_company
            else:
                field.render_kw = {"placeholder": str(getattr(company, name))}

    def rule_fields(self) -> Sequence[tuple[str, Field]]:
        """Return the fields by the names of their rules."""
        names = vars(ShopRules())
        return [(field.name, field) for field in self if field.name in names]

    def applied_to(self, own: ShopRules) -> ShopRules:
        """Return *own* with what was entered."""
        entered = {name: _rule(name, field.data) for name, field in self.rule_fields()}
        return replace(own, **entered)


class InvoiceRulesForm(_LayeredForm):
    """When there is an invoice, what number it bears and when it is due."""

    invoice_when = SelectField(_("Make the invoice"), default="")
    mark_as_paid = SelectField(_("Book the shop's payments on the invoice"), default="")
    number_pattern = StringField(_("Invoice number"), [Optional(), Length(max=100)])
    due_days = IntegerField(
        _("Days until the invoice is due"), [Optional(), NumberRange(min=0, max=365)]
    )
    vat_check = SelectField(_("Reverse charge needs a VAT number that is"), default="")
    correction = SelectField(_("When an order changes after it was booked"), default="")

    def validate_number_pattern(self, field: StringField) -> None:
        """Refuse a pattern that would not tell two orders apart."""
        check_pattern(field.data or "")


class AccountRulesForm(_LayeredForm):
    """Which ledger account each kind of line goes to."""

    sales_account = CodeField(_("Products"), _CODE)
    shipping_account = CodeField(_("Shipping"), _CODE)
    fee_account = CodeField(_("Fees"), _CODE)
    rounding_account = CodeField(_("Rounding"), _CODE)
    gift_card_account = CodeField(_("Gift cards that are sold"), _CODE)


@dataclass(frozen=True, kw_only=True)
class LayeredRule:
    """A rule as a shop has it: its own, or else the company's *company* in words."""

    name: str
    label: str
    is_own: bool
    value: str
    company: str


def invoice_rules_form(own: ShopRules, version: int) -> InvoiceRulesForm:
    """Return the form as it is shown first."""
    return InvoiceRulesForm(None, data={**_as_data(own), "version": version})


def account_rules_form(own: ShopRules, version: int) -> AccountRulesForm:
    """Return the form as it is shown first."""
    return AccountRulesForm(None, data={**_as_data(own), "version": version})


def layered_rules(
    form: InvoiceRulesForm | AccountRulesForm,
    own: ShopRules,
    company: CompanyRules,
    facts: BooksFacts | None,
) -> tuple[LayeredRule, ...]:
    """Return the rules of a form with what holds for the shop and for the company."""
    mine = own.own()
    return tuple(
        LayeredRule(
            name=name,
            label=str(field.label.text),
            is_own=name in mine,
            value=in_words(name, mine.get(name, getattr(company, name)), facts),
            company=in_words(name, getattr(company, name), facts),
        )
        for name, field in form.rule_fields()
    )


def own_rules(
    own: ShopRules, company: CompanyRules, facts: BooksFacts | None
) -> tuple[LayeredRule, ...]:
    """Return those of a shop's rules that are its own."""
    forms = (invoice_rules_form(own, 0), account_rules_form(own, 0))
    layered = (layered_rules(form, own, company, facts) for form in forms)
    lists = (
        ("tax_rules", gettext("Taxes"), own.tax_rules, company.tax_rules),
        (
            "payment_rules",
            gettext("Payments"),
            own.payment_rules,
            company.payment_rules,
        ),
    )
    return (
        *(rule for rules in layered for rule in rules if rule.is_own),
        *(
            LayeredRule(
                name=name,
                label=label,
                is_own=True,
                value=_count(len(mine)),
                company=_count(len(theirs)),
            )
            for name, label, mine, theirs in lists
            if mine
        ),
    )


def _count(rules: int) -> str:
    return ngettext("%(num)s rule", "%(num)s rules", rules)


def in_words(name: str, value: object, facts: BooksFacts | None) -> str:
    """Return the value of the rule *name* in words."""
    if name in _CHOICES:
        return str(dict(_CHOICES[name])[_as_text(value)])
    if name.endswith("_account"):
        accounts = dict(ledger_account_choices(facts))
        return accounts.get(str(value), str(value)) or gettext("none")
    return str(value)


def _as_data(own: ShopRules) -> dict[str, Any]:
    return {
        name: _as_text(value) if name in _CHOICES else value
        for name, value in own.own().items()
    }


def _as_text(value: object) -> str:
    match value:
        case True:
            return _YES
        case False:
            return _NO
        case _:
            return str(value)


def _rule(name: str, entered: Any) -> Any:  # noqa: ANN401 - one of the rules
    """Return what was entered as a rule; None for what was left empty."""
    text = entered.strip() if isinstance(entered, str) else entered
    if text in {"", None}:
        return None
    match name:
        case "invoice_when":
            return InvoiceWhen(text)
        case "mark_as_paid":
            return text == _YES
        case "correction":
            return Correction(text)
        case "vat_check":
            return VatCheck(text)
        case _:
            return text
