"""Users: who may sign in, as what, and from where they are signed in."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from dashboard.domain.activity import ActivityKind
from dashboard.domain.sentences import say
from dashboard.domain.users import NAMES, Role, User
from dashboard.store.password_links import LINK_LASTS
from dashboard.store.users import LastAdministrator, UserExists
from dashboard.web.access import requires
from dashboard.web.forms import PageForm, labelled
from dashboard.web.language import gettext as _
from dashboard.web.language import lazy_gettext, said_of
from dashboard.web.note import note
from dashboard.web.password_forms import EMAIL
from dashboard.web.services import services
from dashboard.web.words import ROLES

blueprint = Blueprint("users", __name__, url_prefix="/users")


class RoleForm(PageForm):
    """What a user may do."""

    role = SelectField(
        lazy_gettext("Role"),
        choices=labelled(*((role.word, ROLES[role]) for role in Role)),
    )


class InvitationForm(RoleForm):
    """Who is invited, and as what."""

    name = StringField(lazy_gettext("Name"), [InputRequired(), Length(max=120)])
    email = StringField(lazy_gettext("E-mail address"), EMAIL)


@blueprint.get("")
@requires(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """Show everybody who may sign in, and the form to invite others."""
    return _list(InvitationForm())


@blueprint.post("")
@requires(Role.ADMINISTRATOR)
def invite() -> ResponseReturnValue:
    """Add a user and show the link by which they choose a password."""
    entered = InvitationForm()
    if not entered.validate():
        return _list(entered, status=422)
    try:
        user = services().users.invite(
            entered.email.data or "",
            entered.name.data or "",
            Role.of(entered.role.data),
        )
    except UserExists as error:
        entered.email.errors = [said_of(error)]
        return _list(entered, status=422)
    _note("invited", user, detail=NAMES[user.role])
    return _link(user)


@blueprint.get("/<row_id:user_id>")
@requires(Role.ADMINISTRATOR)
def show(user_id: int) -> ResponseReturnValue:
    """Show one user, with what can be done about them."""
    user = _found(user_id)
    return render_template(
        "users/show.html",
        shown=user,
        role_form=RoleForm(formdata=None, role=user.role.word),
        sessions=services().user_sessions.of(user.id, this=current_user.token),
    )


@blueprint.post("/<row_id:user_id>/role")
@requires(Role.ADMINISTRATOR)
def change_role(user_id: int) -> ResponseReturnValue:
    """Give a user another role; they sign in again."""
    user, entered = _found(user_id), RoleForm()
    if not entered.validate():
        abort(400)
    role = Role.of(entered.role.data)
    if role is not user.role:
        try:
            services().users.change_role(user_id, role)
        except LastAdministrator as error:
            return _refused(user, error)
        _note(
            "changed the role of",
            user,
            detail=say("%(old)s to %(new)s", old=NAMES[user.role], new=NAMES[role]),
        )
        flash(_("%(name)s is now: %(role)s.", name=user.name, role=ROLES[role]), "good")
    return redirect(url_for("users.show", user_id=user_id))


@blueprint.post("/<row_id:user_id>/off")
@requires(Role.ADMINISTRATOR)
def switch_off(user_id: int) -> ResponseReturnValue:
    """Let a user sign in no longer, and sign them out everywhere."""
    user = _found(user_id)
    try:
        services().users.switch(user_id, on=False)
    except LastAdministrator as error:
        return _refused(user, error)
    _note("switched off", user)
    flash(_("%(name)s can no longer sign in.", name=user.name), "good")
    return redirect(url_for("users.show", user_id=user_id))


@blueprint.post("/<row_id:user_id>/on")
@requires(Role.ADMINISTRATOR)
def switch_on(user_id: int) -> ResponseReturnValue:
    """Let a user sign in again."""
    user = _found(user_id)
    services().users.switch(user_id, on=True)
    _note("switched on", user)
    flash(_("%(name)s can sign in again.", name=user.name), "good")
    return redirect(url_for("users.show", user_id=user_id))


@blueprint.post("/<row_id:user_id>/reset")
@requires(Role.ADMINISTRATOR)
def reset(user_id: int) -> ResponseReturnValue:
    """Take a user's password away and show the link by which they choose another."""
    user = _found(user_id)
    try:
        services().users.forget_password(user_id)
    except LastAdministrator as error:
        return _refused(user, error)
    _note("reset the password of", user)
    return _link(user)


@blueprint.post("/<row_id:user_id>/sessions/<row_id:session_id>/end")
@requires(Role.ADMINISTRATOR)
def end_session(user_id: int, session_id: int) -> ResponseReturnValue:
    """Sign one of a user's browsers out."""
    user = _found(user_id)
    if not services().user_sessions.revoke(user_id, session_id):
        abort(404)
    _note("ended a session of", user)
    flash(_("That browser is signed out."), "good")
    return redirect(url_for("users.show", user_id=user_id))


@blueprint.post("/<row_id:user_id>/sessions/end")
@requires(Role.ADMINISTRATOR)
def end_sessions(user_id: int) -> ResponseReturnValue:
    """Sign a user out everywhere, but not from the browser that asks."""
    user = _found(user_id)
    services().user_sessions.revoke_all(user_id, but=current_user.token)
    _note("ended all sessions of", user)
    flash(_("%(name)s is signed out everywhere.", name=user.name), "good")
    return redirect(url_for("users.show", user_id=user_id))


def _found(user_id: int) -> User:
    user = services().users.one(user_id)
    if user is None:
        abort(404)
    return user


def _list(entered: InvitationForm, *, status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "users/index.html",
        users=services().users.all(),
        sessions=services().user_sessions.counts(),
        form=entered,
    )
    return page, status


def _link(user: User) -> ResponseReturnValue:
    """Show a new link; it is kept nowhere, so this page is the only one that does."""
    token = services().password_links.make(user.id)
    return render_template(
        "users/link.html",
        shown=user,
        href=url_for("welcome.form", token=token, _external=True),
        expires_at=services().clock.now() + LINK_LASTS,
    )


def _refused(user: User, error: LastAdministrator) -> ResponseReturnValue:
    flash(said_of(error), "bad")
    return redirect(url_for("users.show", user_id=user.id))


def _note(action: str, user: User, detail: str = "") -> None:
    note(ActivityKind.USER, action, user.email, subject_id=user.id, detail=detail)
