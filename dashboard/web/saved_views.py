"""Saved views: lists of orders under names of one's own, above the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from dashboard.domain.users import Role
from dashboard.store.saved_views import MOST, TooManyViews
from dashboard.web.access import requires, signed_in
from dashboard.web.forms import PageForm, stripped
from dashboard.web.language import gettext as _
from dashboard.web.language import lazy_gettext
from dashboard.web.order_query import OrderQuery, read_query
from dashboard.web.services import services

blueprint = Blueprint("saved_views", __name__, url_prefix="/orders/views")

LONGEST_NAME: Final = 40


class SaveViewForm(PageForm):
    """What a list is to be called."""

    name = StringField(
        lazy_gettext("Name"),
        [DataRequired(), Length(max=LONGEST_NAME)],
        filters=[stripped],
    )


@dataclass(frozen=True, kw_only=True)
class ViewLink:
    """A saved view, and whether it is what the page shows."""

    id: int
    name: str
    href: str
    here: bool


def view_links(query: OrderQuery) -> tuple[ViewLink, ...]:
    """Return the saved views of who looks, *query* being what the page shows."""
    views = services().saved_views.of(signed_in().id)
    queries = [(view, _read(view.query)) for view in views]
    return tuple(
        ViewLink(
            id=view.id,
            name=view.name,
            href=url_for("orders.index", **saved.args()),
            here=saved == query,
        )
        for view, saved in queries
    )


@blueprint.post("")
@requires(Role.WATCHER)
def save() -> ResponseReturnValue:
    """Keep the list that the address asks for under a name."""
    query, entered = read_query(request.args), SaveViewForm()
    here = redirect(url_for("orders.index", **query.args()))
    if not entered.validate():
        flash(
            _("A view needs a name of %(most)s letters at most.", most=LONGEST_NAME),
            "bad",
        )
        return here
    name = entered.name.data or ""
    try:
        services().saved_views.save(signed_in().id, name, urlencode(query.args()))
    except TooManyViews:
        flash(_("You have %(most)s views: remove one first.", most=MOST), "bad")
    else:
        flash(_("This list is saved as “%(name)s”.", name=name), "good")
    return here


@blueprint.post("/<row_id:view_id>/remove")
@requires(Role.WATCHER)
def remove(view_id: int) -> ResponseReturnValue:
    """Forget a view; the orders in it stay as they are."""
    services().saved_views.remove(signed_in().id, view_id)
    query = read_query(request.args)
    return redirect(url_for("orders.index", **query.args()))


def _read(query: str) -> OrderQuery:
    return read_query(dict(parse_qsl(query, keep_blank_values=True)))
