"""One-time links: the first administrator, and users who choose a password."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from dashboard.domain.activity import ActivityKind
from dashboard.domain.users import User
from dashboard.store.password_links import LinkInvalid, PasswordLink
from dashboard.store.passwords import PasswordTooWeak
from dashboard.web.access import public
from dashboard.web.language import gettext as _
from dashboard.web.language import said_of
from dashboard.web.note import note
from dashboard.web.password_forms import FirstAdministratorForm, NewPasswordForm
from dashboard.web.services import services
from dashboard.web.sign_in import start_session

blueprint = Blueprint("welcome", __name__, url_prefix="/welcome")


@blueprint.get("/<token>")
@public
def form(token: str) -> ResponseReturnValue:
    """Show the form behind a link; looking does not use it up."""
    try:
        link = services().password_links.find(token)
    except LinkInvalid:
        return _no_link()
    return _page(token, link, _form_for(link))


@blueprint.post("/<token>")
@public
def choose(token: str) -> ResponseReturnValue:
    """Set the password, end the link and sign the user in."""
    try:
        link = services().password_links.find(token)
    except LinkInvalid:
        return _no_link()
    entered = _form_for(link)
    if not entered.validate():
        return _page(token, link, entered, status=422)
    try:
        user = _used(token, entered)
    except LinkInvalid:
        return _no_link()
    except PasswordTooWeak as error:
        entered.password.errors = [said_of(error)]
        return _page(token, link, entered, status=422)
    start_session(user)
    flash(_("Welcome. Your password is set."), "good")
    return redirect(url_for("overview.show"))


def _form_for(link: PasswordLink) -> NewPasswordForm:
    return FirstAdministratorForm() if link.user is None else NewPasswordForm()


def _used(token: str, entered: NewPasswordForm) -> User:
    password = entered.password.data or ""
    if isinstance(entered, FirstAdministratorForm):
        user = services().password_links.use_first(
            token, entered.email.data or "", entered.name.data or "", password
        )
        action = "became the first administrator"
    else:
        user = services().password_links.use(token, password)
        action = "chose a password"
    note(ActivityKind.USER, action, user.email, subject_id=user.id, by=user)
    return user


def _page(
    token: str, link: PasswordLink, entered: NewPasswordForm, *, status: int = 200
) -> ResponseReturnValue:
    page = render_template("welcome/form.html", form=entered, link=link, token=token)
    return page, status


def _no_link() -> ResponseReturnValue:
    return render_template("welcome/gone.html"), 410
