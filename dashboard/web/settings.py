"""Settings: the company's rules, its shops and its connection to the books."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.accounting.protocol import BooksSilent
from dashboard.domain.activity import ActivityKind
from dashboard.domain.books import BooksFacts
from dashboard.domain.money import ZERO
from dashboard.domain.number_pattern import PatternWrong, example, same_numbers
from dashboard.domain.places import EU, OUTSIDE_EU
from dashboard.domain.rules import CompanyRules, Shop
from dashboard.domain.runs import Task
from dashboard.domain.sentences import Sentence, say
from dashboard.domain.users import Role
from dashboard.mapping.suggest import narrowed, too_wide
from dashboard.shops.registry import CONNECTORS
from dashboard.store.company import ChangedMeanwhile, OtherBooks, ShopExists
from dashboard.web.access import requires
from dashboard.web.forms import PageForm, VersionField, labelled
from dashboard.web.language import (
    country_name,
    country_names,
    percent,
    said,
    said_of,
)
from dashboard.web.language import gettext as _
from dashboard.web.note import note
from dashboard.web.outcome import moved_on
from dashboard.web.proposals import add
from dashboard.web.services import services
from dashboard.web.settings_forms import (
    AccountsForm,
    CompanyForm,
    ConnectionForm,
    PaymentsForm,
    ShopForm,
    TaxesForm,
    payments_form,
    taxes_form,
)
from dashboard.web.sign_in import local_address
from dashboard.web.words import SHOP_KINDS

blueprint = Blueprint("settings", __name__)

_EXAMPLE_NUMBER: Final = "1042"
# Where the books of most companies are; what is known goes before it.
_NEW_BOOKS: Final = {"base_url": "https://api.xero.com"}
# What Activity calls the parts of the rules.
SECTIONS: Final[Mapping[str, Sentence]] = {
    "company": say("invoices"),
    "accounts": say("ledger accounts"),
    "taxes": say("taxes"),
    "payments": say("payments"),
}


@dataclass(frozen=True, kw_only=True)
class WideTaxes:
    """Rates that are booked as the home country's tax wherever they are charged."""

    rates: str
    country: str


class RulesForm(Protocol):
    """A form that changes a part of the company's rules."""

    version: VersionField

    def applied_to(self, rules: CompanyRules) -> CompanyRules:
        """Return *rules* with what the form says."""
        ...

    def validate(self) -> bool:
        """Tell whether what was entered will do."""
        ...


@blueprint.get("/settings")
@requires(Role.WATCHER)
def show() -> ResponseReturnValue:
    """Show all settings."""
    return _page()


@blueprint.post("/settings/company")
@requires(Role.MANAGER)
def company() -> ResponseReturnValue:
    """Save when there is an invoice and what it bears."""
    return _save("company", CompanyForm())


@blueprint.post("/settings/accounts")
@requires(Role.MANAGER)
def accounts() -> ResponseReturnValue:
    """Save the ledger accounts."""
    return _save("accounts", AccountsForm())


@blueprint.post("/settings/taxes")
@requires(Role.MANAGER)
def taxes() -> ResponseReturnValue:
    """Save the tax rules."""
    return _save("taxes", TaxesForm())


@blueprint.post("/settings/taxes/narrow")
@requires(Role.MANAGER)
def narrow_taxes() -> ResponseReturnValue:
    """Let the rules for any country hold at home alone, where that is what is meant."""
    store = services().company
    facts = store.facts()
    if facts is None:
        abort(404)
    try:
        add(store, lambda rules: narrowed(rules, facts))
    except ChangedMeanwhile:
        flash(_("The rules are being changed by others. Try again."), "bad")
        return redirect(url_for("settings.show", _anchor="taxes"))
    note(
        ActivityKind.SETTINGS,
        "changed",
        say(
            "rules of the company: taxes for any country, now for %(country)s",
            country=facts.country,
        ),
    )
    moved = services().replan()
    flash(" ".join([_("Saved."), *moved_on(moved)]), "good")
    return redirect(url_for("settings.show", _anchor="taxes"))


@blueprint.post("/settings/payments")
@requires(Role.MANAGER)
def payments() -> ResponseReturnValue:
    """Save the payment methods."""
    return _save("payments", PaymentsForm())


@blueprint.post("/settings/shops")
@requires(Role.ADMINISTRATOR)
def add_shop() -> ResponseReturnValue:
    """Add a shop."""
    entered = _shop_form()
    if not entered.validate():
        return _page({"shop": entered}, status=422)
    shop = Shop(
        id=0,
        slug=entered.slug.data or "",
        name=(entered.name.data or "").strip(),
        kind=entered.kind.data,
        prefix=(entered.prefix.data or "").strip(),
    )
    if services().company.shop(shop.slug) is not None:
        entered.slug.errors = [_("There is a shop of that name already.")]
        return _page({"shop": entered}, status=422)
    try:
        # With a secret that nobody knows, nothing is taken from a webhook.
        secret = entered.secret.data or secrets.token_urlsafe()
        services().company.add_shop(shop, secret, at=services().clock.now())
    except ShopExists as error:
        entered.prefix.errors = [said_of(error)]
        return _page({"shop": entered}, status=422)
    note(ActivityKind.SETTINGS, "added", say("shop %(slug)s", slug=shop.slug))
    flash(_("The shop is added."), "good")
    return redirect(url_for("shops.show", slug=shop.slug))


@blueprint.post("/settings/connection")
@requires(Role.ADMINISTRATOR)
def connect() -> ResponseReturnValue:
    """Save where the books are and how to sign in, and try it out."""
    store = services().company
    entered = ConnectionForm()
    if not entered.validate():
        return _page({"connection": entered}, status=422)
    given = entered.entered(store.readable_connection())
    if given is None:
        entered.client_secret.errors = [
            _("Enter the secret: it is kept for one address and one client.")
        ]
        return _page({"connection": entered}, status=422)
    given = services().identify_books(store.with_known_tenant(given))
    holder = services().holder_of_books(given)
    if holder is not None:
        entered.tenant_id.errors = [
            _(
                "The organisation at %(path)s has these books already, as far as can "
                "be told. If they are others, say which.",
                path=holder.path or "/",
            )
        ]
        return _page({"connection": entered}, status=422)
    try:
        store.set_connection(given, expected_version=entered.version.number)
    except ChangedMeanwhile:
        flash(
            _("Somebody else saved this meanwhile. These are theirs; look again."),
            "bad",
        )
        return redirect(url_for("settings.show", _anchor="connection"))
    except OtherBooks:
        entered.client_id.errors = [
            _(
                "These are other books than those that orders are booked in. Give them "
                "an organisation of their own, under Organisations."
            )
        ]
        return _page({"connection": entered}, status=422)
    address = say("connection to %(address)s", address=given.base_url)
    note(ActivityKind.SETTINGS, "changed", address)
    return _tried_out()


@blueprint.post("/settings/connection/test")
@requires(Role.MANAGER)
def test_connection() -> ResponseReturnValue:
    """Try out whether the books can be signed in to."""
    return _tried_out()


@blueprint.post("/settings/connection/try")
@requires(Role.MANAGER)
def try_now() -> ResponseReturnValue:
    """Find out before its time whether a pause is over, where that may be."""
    back = local_address(request.args.get("next", ""))
    pulse = services().overview.pulse(services().clock.now())
    if pulse.pause is None or not pulse.pause.pause.may_be_over:
        flash(_("There is no pause any more that a try could end."), "quiet")
        return redirect(back)
    subject = say("the connection to the books, before the pause ends")
    note(ActivityKind.SETTINGS, "tested", subject)
    return _tried_out(back)


def _tried_out(back: str = "") -> ResponseReturnValue:
    """Sign in to the books, and say on the page what came of it."""
    try:
        organisation = services().meet_books()
    except BooksSilent as silent:
        reason = said(silent.failure.reason)
        text = _("The connection does not work: %(reason)s", reason=reason)
        flash(text, "bad")
    else:
        services().start_run(Task.SYNC)
        text = _("It works: these are the books of %(name)s.", name=organisation)
        flash(text, "good")
    return redirect(back or url_for("settings.show", _anchor="connection"))


@blueprint.post("/settings/connection/read")
@requires(Role.MANAGER)
def read_books_again() -> ResponseReturnValue:
    """Have the books asked again for their rates, ledger accounts and currencies."""
    services().company.doubt_facts()
    services().start_run(Task.SYNC)
    note(
        ActivityKind.SETTINGS,
        "asked for",
        say("rates and ledger accounts of the books"),
    )
    flash(_("The books are read again now. Orders that waited for it go on."), "good")
    return redirect(url_for("settings.show", _anchor="connection"))


@blueprint.get("/settings/number-example")
@requires(Role.WATCHER)
def number_example() -> ResponseReturnValue:
    """Return the invoice number a pattern makes, or what is wrong with it."""
    text = _example(request.args.get("pattern", ""))
    return text, 200, {"Content-Type": "text/plain; charset=utf-8"}


def _save(section: str, entered: RulesForm) -> ResponseReturnValue:
    """Save one section, then plan anew what was stopped by the old rules."""
    if not entered.validate():
        return _page({section: entered}, status=422)
    store = services().company
    try:
        store.save_rules(
            entered.applied_to(store.rules()), expected_version=entered.version.number
        )
    except ChangedMeanwhile:
        flash(
            _("Somebody else saved the rules meanwhile. These are theirs; look again."),
            "bad",
        )
        return redirect(url_for("settings.show", _anchor=section))
    moved = services().replan()
    note(
        ActivityKind.SETTINGS,
        "changed",
        say("rules of the company: %(section)s", section=SECTIONS[section]),
    )
    flash(" ".join([_("Saved."), *moved_on(moved)]), "good")
    warn_of_same_numbers()
    return redirect(url_for("settings.show", _anchor=section))


def warn_of_same_numbers() -> None:
    """Tell on the next page if two shops make the same invoice numbers."""
    store = services().company
    shops = (shop for shop in store.shops() if shop.active)
    warning = same_numbers({shop: store.rules(shop).number_pattern for shop in shops})
    if warning:
        flash(said(warning), "waiting")


def _page(
    entered: Mapping[str, PageForm | RulesForm] | None = None, *, status: int = 200
) -> ResponseReturnValue:
    """Show the page; forms in *entered* keep what was typed, with their errors."""
    store = services().company
    # Before the rules: what somebody saves in between is not saved over unseen.
    version, connection_version = store.rules_version(), store.connection_version()
    facts, rules = store.facts(), store.rules()
    connection = store.readable_connection()
    fresh: Mapping[str, Callable[[], PageForm]] = {
        "company": lambda: CompanyForm(None, obj=rules, version=version),
        "accounts": lambda: AccountsForm(None, obj=rules, version=version),
        "taxes": lambda: taxes_form(rules.tax_rules, version),
        "payments": lambda: payments_form(
            rules.payment_rules,
            version,
            asked_for=request.args.get("payment_method", ""),
        ),
        "shop": _shop_form,
        "connection": lambda: ConnectionForm(
            None, obj=connection, version=connection_version, **_NEW_BOOKS
        ),
    }
    given = dict(entered or {})
    forms = {name: given.get(name) or make() for name, make in fresh.items()}
    for form in forms.values():
        if isinstance(form, AccountsForm | TaxesForm | PaymentsForm):
            form.offer(facts)
    page = render_template(
        "settings/show.html",
        forms=forms,
        facts=facts,
        facts_at=store.facts_at(),
        shops=[(shop, services().pulls.state(shop)) for shop in store.shops()],
        connection=connection,
        example=_example(rules.number_pattern),
        places=places(),
        wide=_wide(rules, facts),
    )
    return page, status


def _wide(rules: CompanyRules, facts: BooksFacts | None) -> WideTaxes | None:
    """Return what is to be said of tax rules that hold in more places than meant."""
    wide = () if facts is None else too_wide(rules, facts)
    if facts is None or not wide:
        return None
    rates = (percent(rule.rate_percent or ZERO) for rule in wide)
    return WideTaxes(rates=", ".join(rates), country=country_name(facts.country))


def places() -> Sequence[tuple[str, str]]:
    """Return what a tax rule may be for: the regions, then the countries by name."""
    return (
        (EU, _("another country of the European Union")),
        (OUTSIDE_EU, _("a country outside the European Union")),
        *country_names(),
    )


def _shop_form() -> ShopForm:
    form = ShopForm()
    form.kind.choices = labelled(
        *((kind, SHOP_KINDS.get(kind, kind)) for kind in CONNECTORS)
    )
    return form


def _example(pattern: str) -> str:
    shops = services().company.shops()
    prefix = shops[0].prefix if shops else "W-"
    try:
        made = example(pattern, prefix=prefix, number=_EXAMPLE_NUMBER)
    except PatternWrong as error:
        return said_of(error)
    return _("Order %(number)s gets %(made)s", number=_EXAMPLE_NUMBER, made=made)
