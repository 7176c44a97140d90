"""One's own account: password, time zone, language and sessions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import available_timezones

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import SelectField

from dashboard.domain.activity import ActivityKind
from dashboard.domain.users import Role
from dashboard.languages.catalogues import LANGUAGES
from dashboard.store.passwords import PasswordTooWeak
from dashboard.web.access import know_user, requires, signed_in
from dashboard.web.forms import PageForm, labelled
from dashboard.web.language import choose_language, lazy_gettext, said_of
from dashboard.web.language import gettext as _
from dashboard.web.note import note
from dashboard.web.password_forms import ChangePasswordForm
from dashboard.web.services import services
from dashboard.web.sign_in import start_session, wait_message

blueprint = Blueprint("you", __name__, url_prefix="/you")


class PreferencesForm(PageForm):
    """How times and texts are shown to one user."""

    time_zone = SelectField(lazy_gettext("Time zone"))
    language = SelectField(lazy_gettext("Language"))

    def offer(self) -> None:
        """Fill in what can be chosen."""
        browsers = ("", _("As in this browser"))
        zones = (
            (zone, zone.replace("_", " ")) for zone in sorted(available_timezones())
        )
        self.time_zone.choices = labelled(browsers, *zones)
        self.language.choices = labelled(browsers, *LANGUAGES.items())


@blueprint.get("")
@requires(Role.WATCHER)
def show() -> ResponseReturnValue:
    """Show one's own account."""
    return _page(ChangePasswordForm(formdata=None), _preferences())


@blueprint.post("/password")
@requires(Role.WATCHER)
def change_password() -> ResponseReturnValue:
    """Set a new password; one stays signed in here and nowhere else."""
    entered, user = ChangePasswordForm(), signed_in()
    address = request.remote_addr or ""
    if not entered.validate():
        return _page(entered, _preferences(), status=422)
    wait = services().throttle.enter(user.email, address)
    if wait > timedelta(0):
        entered.current.errors = [wait_message(wait)]
        return _page(entered, _preferences(), status=429)
    if services().users.verified(user.email, entered.current.data or "") is None:
        entered.current.errors = [_("This is not your current password.")]
        return _page(entered, _preferences(), status=422)
    services().throttle.forgive(user.email, address)
    try:
        services().users.set_password(user.email, entered.password.data or "")
    except PasswordTooWeak as error:
        entered.password.errors = [said_of(error)]
        return _page(entered, _preferences(), status=422)
    note(ActivityKind.USER, "changed the password of", user.email, subject_id=user.id)
    start_session(user)
    flash(_("Your password is changed. Other browsers have to sign in again."), "good")
    return redirect(url_for("you.show"))


@blueprint.post("/preferences")
@requires(Role.WATCHER)
def prefer() -> ResponseReturnValue:
    """Keep how times and texts are to be shown."""
    entered = _preferences()
    if not entered.validate():
        return _page(ChangePasswordForm(formdata=None), entered, status=422)
    time_zone, language = entered.time_zone.data, entered.language.data
    services().users.prefer(signed_in().id, time_zone=time_zone, language=language)
    know_user(replace(signed_in(), time_zone=time_zone, language=language))
    choose_language(language)
    note(ActivityKind.USER, "changed zone and language of", signed_in().email)
    flash(_("Saved."), "good")
    return redirect(url_for("you.show"))


@blueprint.post("/sessions/<row_id:session_id>/end")
@requires(Role.WATCHER)
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign one of one's browsers out."""
    if not services().user_sessions.revoke(signed_in().id, session_id):
        abort(404)
    note(ActivityKind.SIGN_IN, "ended a session of", signed_in().email)
    flash(_("That browser is signed out."), "good")
    return redirect(url_for("you.show"))


@blueprint.post("/sessions/end")
@requires(Role.WATCHER)
def end_others() -> ResponseReturnValue:
    """Sign all one's other browsers out."""
    services().user_sessions.revoke_all(signed_in().id, but=current_user.token)
    note(ActivityKind.SIGN_IN, "ended all other sessions of", signed_in().email)
    flash(_("All other browsers are signed out."), "good")
    return redirect(url_for("you.show"))


def _preferences() -> PreferencesForm:
    user = signed_in()
    form = PreferencesForm(time_zone=user.time_zone, language=user.language)
    form.offer()
    return form


def _page(
    password: ChangePasswordForm, preferences: PreferencesForm, *, status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "you/show.html",
        password_form=password,
        preferences_form=preferences,
        sessions=services().user_sessions.of(signed_in().id, this=current_user.token),
    )
    return page, status
