"""The forms of the Settings page, to and from the company's rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from typing_extensions import override
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.validators import (
    InputRequired,
    Length,
    NumberRange,
    Optional,
    Regexp,
    ValidationError,
)

from dashboard.domain.books import BooksFacts
from dashboard.domain.number_pattern import PatternWrong, example
from dashboard.domain.rules import (
    PLACE_PATTERN,
    SLUG_PATTERN,
    CompanyRules,
    Correction,
    InvoiceWhen,
    PaymentRule,
    TaxRule,
    TaxSituation,
    VatCheck,
)
from dashboard.outbound.address import AddressRefused
from dashboard.store.company import Connection
from dashboard.web.forms import (
    CodeField,
    NumberField,
    PageForm,
    RowForm,
    VersionField,
    labelled,
    stripped,
)
from dashboard.web.language import gettext, lazy_gettext, said_of
from dashboard.web.language import lazy_gettext as _
from dashboard.web.services import services

_CODE = [InputRequired(), Length(max=40)]
_CODE_OR_NONE = [Optional(), Length(max=40)]

# What can be chosen for a rule, for the company and for a shop: value and words.
INVOICE_WHEN: Final = (
    (InvoiceWhen.PAID.value, _("once the shop has the money")),
    (InvoiceWhen.ORDERED.value, _("as soon as it is ordered")),
)
CORRECTIONS: Final = (
    (Correction.ASK.value, _("ask a person")),
    (Correction.RENEW.value, _("take the invoice back and make it anew")),
    (Correction.ADJUST.value, _("book only the difference")),
)
SITUATIONS: Final = (
    (TaxSituation.RATE.value, _("Taxed at a rate")),
    (TaxSituation.UNTAXED.value, _("Line is not taxable")),
    (TaxSituation.EXEMPT.value, _("Customer pays no tax")),
)
VAT_CHECKS: Final = (
    (VatCheck.REQUIRED.value, _("there and valid")),
    (VatCheck.VALID.value, _("valid, where there is one")),
    (VatCheck.OFF.value, _("not looked at")),
)


class CompanyForm(PageForm):
    """When there is an invoice, what number it bears and when it is due."""

    version = VersionField()
    invoice_when = RadioField(_("Make the invoice"), choices=labelled(*INVOICE_WHEN))
    mark_as_paid = BooleanField(_("Book the shop's payments on the invoice"))
    correction = SelectField(
        _("When an order changes after it was booked"),
        choices=labelled(*CORRECTIONS),
        default=Correction.ASK.value,
    )
    number_pattern = StringField(
        _("Invoice number"), [InputRequired(), Length(max=100)]
    )
    due_days = IntegerField(
        _("Days until the invoice is due"),
        [InputRequired(), NumberRange(min=0, max=365)],
    )

    vat_check = SelectField(
        _("Reverse charge needs a VAT number that is"),
        choices=labelled(*VAT_CHECKS),
        default=VatCheck.VALID.value,
    )

    def validate_number_pattern(self, field: StringField) -> None:
        """Refuse a pattern that would not tell two orders apart."""
        check_pattern(field.data or "")

    def applied_to(self, rules: CompanyRules) -> CompanyRules:
        """Return *rules* with what the form says."""
        return replace(
            rules,
            invoice_when=InvoiceWhen(self.invoice_when.data),
            mark_as_paid=bool(self.mark_as_paid.data),
            correction=Correction(self.correction.data),
            number_pattern=(self.number_pattern.data or "").strip(),
            due_days=self.due_days.data or 0,
            vat_check=VatCheck(self.vat_check.data),
        )


class AccountsForm(PageForm):
    """Which ledger account each kind of line goes to."""

    version = VersionField()
    sales_account = CodeField(_("Products"), _CODE)
    shipping_account = CodeField(_("Shipping"), _CODE)
    fee_account = CodeField(_("Fees"), _CODE)
    rounding_account = CodeField(_("Rounding"), _CODE)
    gift_card_account = CodeField(_("Gift cards that are sold"), _CODE_OR_NONE)

    def offer(self, facts: BooksFacts | None) -> None:
        """Let people choose from the ledger accounts of the books."""
        choices = _accounts(facts, payments=False)
        for field in (
            self.sales_account,
            self.shipping_account,
            self.fee_account,
            self.rounding_account,
            self.gift_card_account,
        ):
            field.choices = choices

    def applied_to(self, rules: CompanyRules) -> CompanyRules:
        """Return *rules* with what the form says."""
        return replace(
            rules,
            sales_account=(self.sales_account.data or "").strip(),
            shipping_account=(self.shipping_account.data or "").strip(),
            fee_account=(self.fee_account.data or "").strip(),
            rounding_account=(self.rounding_account.data or "").strip(),
            gift_card_account=(self.gift_card_account.data or "").strip(),
        )


class TaxRow(RowForm):
    """One tax rule; without a tax type it is no rule."""

    situation = SelectField(
        _("What"),
        choices=labelled(*SITUATIONS),
    )
    rate_percent = NumberField(
        _("Rate, percent"),
        [Optional(), NumberRange(min=0, max=100)],
        render_kw={"inputmode": "decimal"},
    )
    country = StringField(
        _("Country or region"),
        [
            Optional(),
            Regexp(
                rf"{PLACE_PATTERN}\Z",
                message=_("A country (NL), a part of one (CA-QC), EU or WORLD."),
            ),
        ],
        render_kw={"list": "places"},
    )
    tax_type = CodeField(_("Tax type in the books"), [Length(max=60)])
    remove = BooleanField(_("Remove"))

    def validate_rate_percent(self, field: NumberField) -> None:
        """Want a rate where the rule speaks of one."""
        rated = self.situation.data == TaxSituation.RATE.value
        if rated and self.tax_type.data and field.data is None:
            raise ValidationError(gettext("Say which rate."))

    def rule(self) -> TaxRule | None:
        """Return the rule the row says, if any."""
        tax_type = (self.tax_type.data or "").strip()
        if self.remove.data or not tax_type:
            return None
        situation = TaxSituation(self.situation.data)
        rate: Decimal | None = self.rate_percent.data
        return TaxRule(
            situation=situation,
            tax_type=tax_type,
            rate_percent=rate if situation is TaxSituation.RATE else None,
            country=(self.country.data or "").upper(),
        )


class TaxesForm(PageForm):
    """All tax rules, and an empty row for one more."""

    version = VersionField()
    tax_rows = FieldList(FormField(TaxRow), max_entries=100)

    def offer(self, facts: BooksFacts | None) -> None:
        """Let people choose from the tax types of the books."""
        choices = tax_type_choices(facts)
        for row in self.tax_rows:
            row.form.tax_type.choices = choices

    @override
    def validate(self, extra_validators: object = None) -> bool:
        """Check the rows, and that no two speak of the same tax."""
        if not super().validate():
            return False
        seen = set()
        for row in self.tax_rows:
            rule = row.form.rule()
            if rule is None:
                continue
            key = (rule.situation, rule.rate_percent, rule.country)
            if key in seen:
                row.form.tax_type.errors = [
                    gettext("There is another rule for the same tax and country.")
                ]
                return False
            seen.add(key)
        return True

    def rules(self) -> tuple[TaxRule, ...]:
        """Return the tax rules that were entered."""
        found = (row.form.rule() for row in self.tax_rows)
        return tuple(rule for rule in found if rule)

    def applied_to(self, rules: CompanyRules) -> CompanyRules:
        """Return *rules* with the tax rules of the form."""
        return replace(rules, tax_rules=self.rules())


class PaymentRow(RowForm):
    """The bank account of one payment method; without one it is no rule."""

    method = StringField(_("Payment method"), [Length(max=100)])
    bank_account = CodeField(_("Bank account"), [Length(max=40)])
    remove = BooleanField(_("Remove"))

    def rule(self) -> PaymentRule | None:
        """Return the rule the row says, if any."""
        account = (self.bank_account.data or "").strip()
        if self.remove.data or not account:
            return None
        method = (self.method.data or "").strip()
        return PaymentRule(method=method, bank_account=account)


class PaymentsForm(PageForm):
    """All payment methods, and an empty row for one more."""

    version = VersionField()
    payment_rows = FieldList(FormField(PaymentRow), max_entries=100)

    def offer(self, facts: BooksFacts | None) -> None:
        """Let people choose from the bank accounts of the books."""
        choices = bank_account_choices(facts)
        for row in self.payment_rows:
            row.form.bank_account.choices = choices

    @override
    def validate(self, extra_validators: object = None) -> bool:
        """Check the rows, and that every method stands there once."""
        if not super().validate():
            return False
        seen = set()
        for row in self.payment_rows:
            rule = row.form.rule()
            if rule is None:
                continue
            if rule.method in seen:
                row.form.method.errors = [gettext("This method stands here twice.")]
                return False
            seen.add(rule.method)
        return True

    def rules(self) -> tuple[PaymentRule, ...]:
        """Return the payment methods that were entered."""
        found = (row.form.rule() for row in self.payment_rows)
        return tuple(rule for rule in found if rule)

    def applied_to(self, rules: CompanyRules) -> CompanyRules:
        """Return *rules* with the payment methods of the form."""
        return replace(rules, payment_rules=self.rules())


class ShopForm(PageForm):
    """A new shop."""

    name = StringField(_("Name"), [InputRequired(), Length(max=100)])
    slug = StringField(
        _("Name in the address"),
        [
            InputRequired(),
            Regexp(
                rf"{SLUG_PATTERN}\Z",
                message=_("Small letters, digits and hyphens."),
            ),
        ],
    )
    kind = SelectField(_("Kind"))
    prefix = StringField(
        _("Prefix of invoice numbers"),
        [
            Optional(),
            Regexp(
                r"[A-Za-z0-9._-]{1,12}\Z",
                message=_("Up to 12 letters, digits, dots, hyphens and underscores."),
            ),
        ],
    )
    secret = PasswordField(
        lazy_gettext("Secret it signs with"),
        [Optional(), Length(min=8, max=200)],
        filters=[stripped],
        render_kw={"autocomplete": "new-password"},
    )


class ConnectionForm(PageForm):
    """Where the books are and how to sign in."""

    version = VersionField()
    base_url = StringField(_("Address"), [InputRequired(), Length(max=300)])
    client_id = StringField(
        _("Client ID"),
        [InputRequired(), Length(max=200)],
        render_kw={"autocomplete": "off"},
    )
    client_secret = PasswordField(
        _("Client secret"),
        [Length(max=200)],
        render_kw={"autocomplete": "new-password"},
    )
    tenant_id = StringField(
        _("Tenant"), [Length(max=100)], render_kw={"autocomplete": "off"}
    )

    def validate_base_url(self, field: StringField) -> None:
        """Refuse an address that the program may not call."""
        try:
            services().check_address((field.data or "").strip())
        except AddressRefused as error:
            raise ValidationError(said_of(error)) from error

    def entered(self, known: Connection | None) -> Connection | None:
        """Return what was entered; None if the secret lacks.

        A secret that is known goes to the address it was entered for and no other.
        """
        given = Connection(
            kind="xero",
            base_url=(self.base_url.data or "").strip().rstrip("/"),
            client_id=(self.client_id.data or "").strip(),
            client_secret=(self.client_secret.data or "").strip(),
            tenant_id=(self.tenant_id.data or "").strip(),
            version=0,
        )
        if known is not None and known.access != given.access:
            # Another client's organisations are others; what was shown was not chosen.
            kept = "" if given.tenant_id == known.tenant_id else given.tenant_id
            given = replace(given, tenant_id=kept)
        elif known is not None and not given.client_secret:
            given = replace(given, client_secret=known.client_secret)
        return given if given.client_secret else None


def taxes_form(rules: Sequence[TaxRule], version: int) -> TaxesForm:
    """Return the form of *rules* as it is shown first."""
    rows = [
        {
            "situation": rule.situation.value,
            "rate_percent": rule.rate_percent,
            "country": rule.country,
            "tax_type": rule.tax_type,
        }
        for rule in rules
    ]
    return TaxesForm(None, version=version, tax_rows=[*rows, {}])


def payments_form(
    rules: Sequence[PaymentRule], version: int, *, asked_for: str = ""
) -> PaymentsForm:
    """Return the form of *rules* as it is shown first.

    *asked_for* is a method that has none yet, which a problem led here with.
    """
    rows = [
        {"method": rule.method, "bank_account": rule.bank_account} for rule in rules
    ]
    new = {"method": asked_for}
    return PaymentsForm(None, version=version, payment_rows=[*rows, new])


def check_pattern(pattern: str) -> None:
    """Refuse a pattern of invoice numbers that cannot be used.

    Raises:
        ValidationError: With what is wrong.
    """
    try:
        example(pattern, prefix="W-", number="1042")
    except PatternWrong as error:
        raise ValidationError(said_of(error)) from error


def tax_type_choices(
    facts: BooksFacts | None, *, first: Decimal | None = None
) -> Sequence[tuple[str, str]]:
    """Return the tax types of the books by name, those at the rate *first* first."""
    rates = sorted(
        () if facts is None else facts.tax_rates,
        key=lambda rate: first is not None and rate.rate_percent != first,
    )
    return [
        (rate.tax_type, f"{rate.name} ({rate.rate_percent.normalize():f}%)")
        for rate in rates
    ]


def bank_account_choices(facts: BooksFacts | None) -> Sequence[tuple[str, str]]:
    """Return the bank accounts of the books by code and name."""
    return _accounts(facts, payments=True)


def ledger_account_choices(facts: BooksFacts | None) -> Sequence[tuple[str, str]]:
    """Return the ledger accounts that lines may go to, by code and name."""
    return _accounts(facts, payments=False)


def _accounts(facts: BooksFacts | None, *, payments: bool) -> Sequence[tuple[str, str]]:
    if facts is None:
        return ()
    return [
        (account.code, f"{account.code} {account.name}")
        for account in facts.ledger_accounts
        if (account.takes_payments if payments else account.kind != "BANK")
    ]
