"""Who may see a page: every view names a role, and one that names none is closed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast

from flask import (
    Flask,
    abort,
    current_app,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user

from dashboard.domain.users import Role, User
from dashboard.web.own_address import own_address, page_before
from dashboard.web.services import services
from dashboard.web.typed import typed

LIVE_HEADER = "X-Live"
_ROLE = "required_role"
_PUBLIC = "public"
_USER = "known_user"
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_LONGEST_NAME = 100

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """The user of the current request, as Flask-Login wants to know them."""

    user: User
    token: str
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """Return what the cookie holds: the session's token, not the user's id."""
        return self.token


def requires(role: Role) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Open a view to users of *role* and above."""

    def mark(view: Callable[_P, _R]) -> Callable[_P, _R]:
        @functools.wraps(view)
        def checked(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            if signed_in().role < role:
                abort(403)
            return view(*args, **kwargs)

        vars(checked)[_ROLE] = role
        return checked

    return mark


def public(view: Callable[_P, _R]) -> Callable[_P, _R]:
    """Open a view to everybody."""
    vars(view)[_PUBLIC] = True
    return view


def required_role(view: Callable[..., Any]) -> Role | None:
    """Return the role a view names, None if it names none."""
    return cast("Role | None", vars(view).get(_ROLE))


def is_public(view: Callable[..., Any]) -> bool:
    """Tell whether a view is open to everybody."""
    return _PUBLIC in vars(view)


def signed_in() -> User:
    """Return the user of the current request; only behind the guard."""
    return cast("SignedIn", current_user).user


def user_or_none() -> User | None:
    """Return the user of the current request, if anybody is signed in."""
    return signed_in() if current_user.is_authenticated else None


def known_user() -> User | None:
    """Return the user as far as they are known already: nothing is asked for it.

    An error page has to do without the database.
    """
    return cast("User | None", g.get(_USER))


def know_user(user: User) -> None:
    """Let the rest of this request know *user*, as they are now."""
    setattr(g, _USER, user)


def is_live() -> bool:
    """Tell whether the page refreshes itself, rather than a person asking for it."""
    return LIVE_HEADER in request.headers


def install_access(app: Flask, guarded: frozenset[str]) -> None:
    """Guard the blueprints named in *guarded*; others answer for themselves."""
    login = LoginManager()
    # It ties a session to the browser's address, which changes on the road.
    login.session_protection = None
    login.user_loader(_load)
    login.init_app(app)

    @app.before_request
    def guard() -> ResponseReturnValue | None:
        view = current_app.view_functions.get(request.endpoint or "")
        if view is None or request.blueprint not in guarded:
            return None
        if request.method not in _SAFE_METHODS:
            _refuse_foreign_sites()
            _refuse_rubbish()
        if is_public(view):
            return None
        if not current_user.is_authenticated:
            return _ask_to_sign_in()
        if required_role(view) is None:
            abort(403)
        return None


def _load(token: str) -> SignedIn | None:
    user = services().user_sessions.user(token, acting=not is_live())
    if user is None:
        return None
    know_user(user)
    return SignedIn(user=user, token=token)


def _refuse_foreign_sites() -> None:
    """Refuse what another site's page sends; the form's token is the second lock.

    "same-site" is refused too: any program on this machine is the same site as we.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        abort(403)


def _refuse_rubbish() -> None:
    """Refuse what no browser sends of our forms.

    PostgreSQL cannot hold a NUL, and a name with thousands of digits is no row's.
    """
    for name, value in request.form.items(multi=True):
        if len(name) > _LONGEST_NAME or not name.isascii() or "\0" in value:
            abort(400)


def _ask_to_sign_in() -> ResponseReturnValue:
    if is_live():
        return "", 401
    if request.method not in _SAFE_METHODS:
        return _keep_what_was_typed()
    wanted = own_address() if request.path != "/" else None
    return redirect(url_for("sign_in.form", next=wanted))


def _keep_what_was_typed() -> ResponseReturnValue:
    """Answer a form of somebody who is signed out: its words would be lost else."""
    page = render_template(
        "sign_in/signed_out.html",
        typed=typed(request.form),
        wanted=_page_of_form(),
    )
    return page, 401


def _page_of_form() -> str | None:
    """Return the address of the page that held the form, None if it has none."""
    page = page_before()
    if not page.startswith(request.script_root):
        return None
    adapter = current_app.create_url_adapter(request)
    path = page.removeprefix(request.script_root).partition("?")[0]
    if not path or adapter is None or not adapter.test(path, "GET"):
        return None
    return page
