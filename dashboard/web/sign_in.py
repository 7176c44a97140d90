"""Signing in and out."""

from __future__ import annotations

import logging
from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from dashboard.domain.activity import Act, ActivityKind
from dashboard.domain.sentences import say
from dashboard.domain.users import Role, User
from dashboard.store.users import normal_email
from dashboard.web.access import SignedIn, public, requires, signed_in
from dashboard.web.forms import PageForm
from dashboard.web.language import (
    choose_language,
    chosen_language,
    lazy_gettext,
    ngettext,
)
from dashboard.web.language import gettext as _
from dashboard.web.note import note
from dashboard.web.services import services

blueprint = Blueprint("sign_in", __name__)
_log = logging.getLogger(__name__)


class SignInForm(PageForm):
    """E-mail address and password; *next* is the page that was asked for."""

    email = StringField(
        lazy_gettext("E-mail address"), [InputRequired(), Length(max=254)]
    )
    password = PasswordField(
        lazy_gettext("Password"), [InputRequired(), Length(max=1024)]
    )
    next = HiddenField()


@blueprint.get("/sign-in")
@public
def form() -> ResponseReturnValue:
    """Show the sign-in page."""
    if current_user.is_authenticated:
        return redirect(url_for("overview.show"))
    return _page(SignInForm(next=request.args.get("next", "")))


@blueprint.post("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Sign a user in; a new session every time, so that no old one can be planted."""
    entered = SignInForm()
    if not entered.validate():
        return _page(entered, status=422)
    email, address = entered.email.data or "", request.remote_addr or ""
    wait = services().throttle.enter(email, address)
    if wait > timedelta(0):
        _log.warning("sign-in throttled")
        return _page(entered, error=wait_message(wait), status=429)
    user = services().users.verified(email, entered.password.data or "")
    if user is None:
        _log.warning("sign-in failed")
        _note_failure(email, address)
        message = _("The e-mail address or the password is wrong.")
        return _page(entered, error=message, status=401)
    services().throttle.forgive(email, address)
    start_session(user)
    note(ActivityKind.SIGN_IN, "signed in", by=user)
    return redirect(local_address(entered.next.data or ""))


@blueprint.post("/sign-out")
@requires(Role.WATCHER)
def sign_out() -> ResponseReturnValue:
    """End the session on the server, not only in the browser."""
    user = signed_in()
    services().user_sessions.end(current_user.token)
    note(ActivityKind.SIGN_IN, "signed out", by=user)
    language = chosen_language()
    logout_user()
    session.clear()
    choose_language(language)
    return redirect(url_for("sign_in.form"))


@blueprint.post("/language")
@public
def speak() -> ResponseReturnValue:
    """Speak another language to this browser."""
    choose_language(request.form.get("language", ""))
    return redirect(local_address(request.form.get("next", "")))


def local_address(wanted: str) -> str:
    """Return *wanted* if it is a page of ours, else the overview.

    Browsers read a backslash as a slash and skip control characters: either makes
    another site of what looks like a path.
    """
    ours = wanted.startswith("/") and not wanted.startswith("//")
    plain = wanted.isprintable() and "\\" not in wanted
    return wanted if ours and plain else url_for("overview.show")


def start_session(user: User) -> None:
    """Begin a session of *user*; it replaces the one the browser had, if any."""
    if current_user.is_authenticated:
        services().user_sessions.end(current_user.token)
    language = user.language or chosen_language()
    session.clear()
    choose_language(language)
    token = services().user_sessions.start(
        user, request.remote_addr or "", request.user_agent.string
    )
    login_user(SignedIn(user=user, token=token))


def _note_failure(email: str, address: str) -> None:
    """Write down a wrong password, but never what else was typed for an address.

    People type passwords into the wrong field. The throttle bounds how many these are.
    """
    known = services().users.exists(email)
    services().activity.add(
        Act(
            kind=ActivityKind.SIGN_IN,
            actor=say("Somebody"),
            action="failed to sign in as",
            subject=normal_email(email) if known else say("an unknown user"),
            address=address,
        )
    )


def _page(
    entered: SignInForm, *, error: str = "", status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "sign_in/form.html",
        form=entered,
        error=error,
        no_users=not services().users.any(),
    )
    return page, status


def wait_message(wait: timedelta) -> str:
    """Say how long whoever tries passwords has to wait."""
    seconds = max(1, round(wait.total_seconds()))
    if seconds < 60:  # noqa: PLR2004 - a minute
        return ngettext(
            "Too many tries. Wait %(num)s second, then try again.",
            "Too many tries. Wait %(num)s seconds, then try again.",
            seconds,
        )
    return ngettext(
        "Too many tries. Wait %(num)s minute, then try again.",
        "Too many tries. Wait %(num)s minutes, then try again.",
        -(-seconds // 60),
    )
