"""A shop: how it is asked for its orders, whether that works, and how it went last."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, PasswordField, StringField
from wtforms.validators import (
    InputRequired,
    Length,
    Optional,
    Regexp,
    ValidationError,
)

from dashboard.domain.activity import ActivityKind
from dashboard.domain.known_words import schedule_words
from dashboard.domain.rules import Shop
from dashboard.domain.sentences import say
from dashboard.domain.timespans import start_of
from dashboard.domain.users import Role
from dashboard.outbound.address import AddressRefused, whole_address
from dashboard.scheduling.mirror import give_own_schedule
from dashboard.scheduling.plan import in_words
from dashboard.shops.protocol import FindsVatNumbers, ShopSilent
from dashboard.shops.registry import CONNECTORS, READERS, SIGNED_BY_KEY_SECRET
from dashboard.shops.shopify.connector import Shopify
from dashboard.store.pulls import ApiKeys
from dashboard.store.vault import SecretUnreadable
from dashboard.web.access import requires
from dashboard.web.forms import PageForm, stripped
from dashboard.web.language import gettext, said_of
from dashboard.web.language import lazy_gettext as _
from dashboard.web.note import note
from dashboard.web.outcome import moved_on
from dashboard.web.services import services
from dashboard.web.shop_rules_form import own_rules

blueprint = Blueprint("shops", __name__)


class AccessForm(PageForm):
    """Where a shop is and the keys to it; keys that are known may be left empty."""

    base_url = StringField(_("Address of the shop"), [InputRequired(), Length(max=300)])
    key = StringField(
        _("Consumer key"), [Length(max=200)], render_kw={"autocomplete": "off"}
    )
    secret = PasswordField(
        _("Consumer secret"),
        [Length(max=200)],
        render_kw={"autocomplete": "new-password"},
    )
    orders_since = DateField(_("Orders placed since"), [Optional()])

    def validate_base_url(self, field: StringField) -> None:
        """Refuse an address that the program may not call."""
        try:
            services().check_address(whole_address(field.data or ""))
        except AddressRefused as error:
            raise ValidationError(said_of(error)) from error

    def keys_beside(self, known: ApiKeys | None) -> ApiKeys | None:
        """Return what was entered, completed by what is known; None if keys lack.

        A day that was left as it was shown leaves the time it was shown for.
        """
        key = (self.key.data or "").strip()
        secret = (self.secret.data or "").strip()
        if not key and not secret and known is not None:
            key, secret = known.key, known.secret
        if not key or not secret:
            return None
        shown = _shown_day(known)
        day: date = self.orders_since.data or shown
        since = start_of(services().watch.zone(), day)
        if known is not None and day == shown:
            since = known.orders_since
        return ApiKeys(key=key, secret=secret, orders_since=since)


class ShopifyAccessForm(AccessForm):
    """The same, in the words of Shopify."""

    key = StringField(
        _("Client ID"), [Length(max=200)], render_kw={"autocomplete": "off"}
    )
    secret = PasswordField(
        _("Client secret"),
        [Length(max=200)],
        render_kw={"autocomplete": "new-password"},
    )


def _form_of(shop: Shop) -> type[AccessForm]:
    return ShopifyAccessForm if shop.kind == Shopify.kind else AccessForm


class SecretForm(PageForm):
    """The secret that a shop signs its webhooks with."""

    secret = PasswordField(
        _("New secret"),
        [InputRequired(), Length(min=8, max=200)],
        filters=[stripped],
        render_kw={"autocomplete": "new-password"},
    )


class FieldsForm(PageForm):
    """In which fields of its orders a shop keeps what has no place of its own."""

    vat_number_keys = StringField(
        _("Fields with the VAT number"),
        [
            Length(max=500),
            Regexp(
                r"[^\s,]*([\s,]+[^\s,]+)*[\s,]*\Z",
                message=_("Names of fields, with commas between them."),
            ),
        ],
    )

    @property
    def keys(self) -> tuple[str, ...]:
        """The names that were entered."""
        entered = (self.vat_number_keys.data or "").replace(",", " ")
        return tuple(dict.fromkeys(entered.split()))


@blueprint.get("/settings/shops/<slug>")
@requires(Role.WATCHER)
def show(slug: str) -> ResponseReturnValue:
    """Show a shop."""
    shop = _shop(slug)
    keys = _keys(shop)
    return _page(shop, keys, _access_form(shop, keys))


@blueprint.post("/settings/shops/<slug>/access")
@requires(Role.ADMINISTRATOR)
def save_access(slug: str) -> ResponseReturnValue:
    """Save where the shop is and the keys to it, and try them out."""
    shop = _shop(slug)
    if shop.kind not in READERS:
        abort(404)
    known = _keys(shop)
    entered = _form_of(shop)()
    if not entered.validate():
        return _page(shop, known, entered, status=422)
    keys = entered.keys_beside(known)
    if keys is None:
        entered.secret.errors = [gettext("Enter both, the key and its secret.")]
        return _page(shop, known, entered, status=422)
    services().pulls.set_access(shop, whole_address(entered.base_url.data or ""), keys)
    if shop.kind in SIGNED_BY_KEY_SECRET:
        at = services().clock.now()
        services().company.add_shop(shop, keys.secret, at=at)
    note(ActivityKind.SETTINGS, "changed", say("shop %(slug)s, keys", slug=slug))
    return _tried_out(slug)


@blueprint.post("/settings/shops/<slug>/secret")
@requires(Role.ADMINISTRATOR)
def save_secret(slug: str) -> ResponseReturnValue:
    """Save what the shop will sign with; until then the secret before is taken too."""
    shop = _shop(slug)
    if shop.kind in SIGNED_BY_KEY_SECRET:
        abort(404)
    entered = SecretForm()
    if not entered.validate():
        keys = _keys(shop)
        form = _access_form(shop, keys)
        return _page(shop, keys, form, secret_form=entered, status=422)
    secret = entered.secret.data or ""
    services().company.add_shop(shop, secret, at=services().clock.now())
    note(ActivityKind.SETTINGS, "changed", say("shop %(slug)s, secret", slug=slug))
    flash(gettext("Saved. Set the same secret in the webhooks of the shop."), "good")
    return redirect(url_for("shops.show", slug=slug))


@blueprint.post("/settings/shops/<slug>/fields")
@requires(Role.MANAGER)
def save_fields(slug: str) -> ResponseReturnValue:
    """Save where the shop's orders hold VAT numbers, and look there again."""
    shop = _shop(slug)
    if not isinstance(CONNECTORS[shop.kind], FindsVatNumbers):
        abort(404)
    entered = FieldsForm()
    if not entered.validate():
        flash(gettext("Names of fields, with commas between them."), "bad")
        return redirect(url_for("shops.show", slug=slug))
    services().company.set_vat_number_keys(shop, entered.keys)
    moved = services().replan()
    note(ActivityKind.SETTINGS, "changed", say("shop %(slug)s, fields", slug=slug))
    flash(" ".join([gettext("Saved."), *moved_on(moved)]), "good")
    return redirect(url_for("shops.show", slug=slug))


@blueprint.post("/settings/shops/<slug>/test")
@requires(Role.MANAGER)
def test(slug: str) -> ResponseReturnValue:
    """Try out whether the shop can be asked for its orders."""
    _shop(slug)
    return _tried_out(slug)


@blueprint.post("/settings/shops/<slug>/pull")
@requires(Role.WATCHER)
def pull(slug: str) -> ResponseReturnValue:
    """Ask for a run that reads this shop's orders."""
    shop = _shop(slug)
    run_id = services().pull_shop(shop)
    note(
        ActivityKind.RUN,
        "asked for",
        say("run %(run_id)s", run_id=run_id),
        subject_id=run_id,
    )
    flash(gettext("Asked for: the orders of %(shop)s.", shop=shop.name), "good")
    return redirect(url_for("runs.show", run_id=run_id))


@blueprint.post("/settings/shops/<slug>/own-schedule")
@requires(Role.MANAGER)
def give_schedule(slug: str) -> ResponseReturnValue:
    """Give the shop a schedule of its own, and go on to say when it is due."""
    shop = _shop(slug)
    if not shop.base_url:
        abort(404)
    own = give_own_schedule(services().schedules, shop, services().clock.now())
    note(
        ActivityKind.SCHEDULE,
        "added",
        say("schedule %(name)s", name=own.name),
        subject_id=own.id,
    )
    flash(gettext("The shop has a schedule of its own now. Say when."), "good")
    return redirect(url_for("schedules.edit", schedule_id=own.id))


@blueprint.post("/settings/shops/<slug>/shared-schedule")
@requires(Role.MANAGER)
def share_schedule(slug: str) -> ResponseReturnValue:
    """Let the shop be asked together with all others again."""
    shop = _shop(slug)
    if services().schedules.remove_own(shop):
        note(
            ActivityKind.SCHEDULE,
            "removed",
            say("schedule %(name)s", name=schedule_words("", shop.name)),
        )
        flash(gettext("The shop is asked together with the others again."), "good")
    return redirect(url_for("shops.show", slug=slug))


@blueprint.post("/settings/shops/<slug>/forget")
@requires(Role.ADMINISTRATOR)
def forget_access(slug: str) -> ResponseReturnValue:
    """Forget the keys and ask the shop no more."""
    services().pulls.forget_access(_shop(slug))
    note(ActivityKind.SETTINGS, "removed", say("shop %(slug)s, keys", slug=slug))
    flash(gettext("The keys are forgotten. The shop is asked no more."), "good")
    return redirect(url_for("shops.show", slug=slug))


def _tried_out(slug: str) -> ResponseReturnValue:
    """Ask the shop, and say on its page what came of it."""
    try:
        facts = services().test_shop(_shop(slug))
    except ShopSilent as silent:
        flash(said_of(silent), "bad")
    else:
        text = gettext(
            "It works: %(orders)s orders, in %(currency)s.",
            orders=facts.orders,
            currency=facts.currency,
        )
        flash(text, "good")
    return redirect(url_for("shops.show", slug=slug))


def _access_form(shop: Shop, keys: ApiKeys | None) -> AccessForm:
    """Return the form as it is shown first."""
    form = _form_of(shop)(None, base_url=shop.base_url)
    form.orders_since.data = _shown_day(keys)
    return form


def _shown_day(keys: ApiKeys | None) -> date:
    """Return the day from which orders count, as the company has it; else today's."""
    since = keys.orders_since if keys else services().clock.now()
    return since.astimezone(services().watch.zone()).date()


def _page(
    shop: Shop,
    keys: ApiKeys | None,
    form: AccessForm,
    *,
    secret_form: SecretForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    company = services().company
    schedule = services().schedules.pulling(shop)
    page = render_template(
        "settings/shop.html",
        shop=shop,
        form=form,
        key_hint=keys.hint if keys else "",
        has_keys=keys is not None,
        secret_form=_secret_form(shop, secret_form),
        fields_form=_fields_form(shop),
        own_rules=own_rules(company.shop_rules(shop), company.rules(), company.facts()),
        can_be_asked=shop.kind in READERS,
        state=services().pulls.state(shop),
        schedule=schedule,
        schedule_text=schedule
        and in_words(schedule.kind, schedule.spec, schedule.timezone),
    )
    return page, status


def _secret_form(shop: Shop, entered: SecretForm | None) -> SecretForm | None:
    """Return the form, as it was *entered* if it was; None for a shop without it."""
    if shop.kind in SIGNED_BY_KEY_SECRET:
        return None
    return entered or SecretForm(None)


def _fields_form(shop: Shop) -> FieldsForm | None:
    """Return the form for a shop of a kind that can be told where to look."""
    if not isinstance(CONNECTORS[shop.kind], FindsVatNumbers):
        return None
    return FieldsForm(None, vat_number_keys=", ".join(shop.vat_number_keys))


def _shop(slug: str) -> Shop:
    found = services().company.shop(slug) if slug.isprintable() else None
    if found is None:
        abort(404)
    return found


def _keys(shop: Shop) -> ApiKeys | None:
    with suppress(SecretUnreadable):  # this page is how it is put right
        return services().pulls.keys(shop)
    return None
