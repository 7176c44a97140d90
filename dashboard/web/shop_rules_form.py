"""The form of the rules that are other ones for a shop than for the company."""

from __future__ import annotations

from dataclasses import replace

from wtforms import IntegerField, SelectField
from wtforms.validators import Length, NumberRange, Optional

from dashboard.domain.books import BooksFacts
from dashboard.domain.rules import CompanyRules, InvoiceWhen, ShopRules
from dashboard.web.forms import CodeField, PageForm, labelled
from dashboard.web.language import gettext
from dashboard.web.language import lazy_gettext as _
from dashboard.web.settings_forms import ledger_account_choices

_CODE = [Optional(), Length(max=40)]
_ACCOUNTS = ("sales_account", "shipping_account", "fee_account")


class ShopRulesForm(PageForm):
    """What is left empty is as for the company."""

    invoice_when = SelectField(
        _("Make the invoice"),
        choices=labelled(
            ("", _("as for the company")),
            (InvoiceWhen.PAID.value, _("once the shop has the money")),
            (InvoiceWhen.ORDERED.value, _("as soon as it is ordered")),
        ),
        default="",
    )
    due_days = IntegerField(
        _("Days until the invoice is due"), [Optional(), NumberRange(min=0, max=365)]
    )
    sales_account = CodeField(_("Ledger account for products"), _CODE)
    shipping_account = CodeField(_("Ledger account for shipping"), _CODE)
    fee_account = CodeField(_("Ledger account for fees"), _CODE)

    def offer(self, facts: BooksFacts | None) -> None:
        """Let people choose from the ledger accounts of the books."""
        for name in _ACCOUNTS:
            self[name].choices = ledger_account_choices(facts)

    def applied_to(self, own: ShopRules) -> ShopRules:
        """Return *own* with what was entered."""
        when = self.invoice_when.data
        return replace(
            own,
            invoice_when=InvoiceWhen(when) if when else None,
            due_days=self.due_days.data,
            sales_account=(self.sales_account.data or "").strip() or None,
            shipping_account=(self.shipping_account.data or "").strip() or None,
            fee_account=(self.fee_account.data or "").strip() or None,
        )


def shop_rules_form(own: ShopRules) -> ShopRulesForm:
    """Return the form as it is shown first."""
    when = own.invoice_when.value if own.invoice_when else ""
    return ShopRulesForm(None, data={**vars(own), "invoice_when": when})


def origins(
    own: ShopRules, company: CompanyRules, facts: BooksFacts | None
) -> dict[str, str]:
    """Return for each rule where its value comes from, in words."""
    accounts = dict(ledger_account_choices(facts))
    values = {
        "invoice_when": gettext("once the shop has the money")
        if company.invoice_when is InvoiceWhen.PAID
        else gettext("as soon as it is ordered"),
        "due_days": str(company.due_days),
        **{
            name: accounts.get(getattr(company, name), getattr(company, name))
            for name in _ACCOUNTS
        },
    }
    return {
        name: gettext("This shop's own. For the company: %(value)s.", value=value)
        if getattr(own, name) is not None
        else gettext("As for the company: %(value)s.", value=value)
        for name, value in values.items()
    }
