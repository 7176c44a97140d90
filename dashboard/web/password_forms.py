"""Forms in which somebody chooses a password."""

from __future__ import annotations

from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length, Regexp

from dashboard.store.passwords import MAX_LENGTH, MIN_LENGTH
from dashboard.web.forms import PageForm
from dashboard.web.language import lazy_gettext as _

EMAIL = (
    InputRequired(),
    Length(max=254),
    Regexp(r"^\s*[^@\s]+@[^@\s]+\s*$", message=_("This is not an e-mail address.")),
)


class NewPasswordForm(PageForm):
    """A new password, typed twice."""

    password = PasswordField(
        _("New password"),
        [InputRequired(), Length(min=MIN_LENGTH, max=MAX_LENGTH)],
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _("New password again"),
        [
            InputRequired(),
            EqualTo("password", message=_("The two passwords differ.")),
        ],
        render_kw={"autocomplete": "new-password"},
    )


class FirstAdministratorForm(NewPasswordForm):
    """Who administrates first, and their password."""

    name = StringField(_("Name"), [InputRequired(), Length(max=120)])
    email = StringField(
        _("E-mail address"), EMAIL, render_kw={"autocomplete": "username"}
    )


class ChangePasswordForm(NewPasswordForm):
    """A new password, for those who know the old one."""

    current = PasswordField(
        _("Current password"),
        [InputRequired(), Length(max=MAX_LENGTH)],
        render_kw={"autocomplete": "current-password"},
    )
