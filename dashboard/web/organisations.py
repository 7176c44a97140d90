"""Settings > Organisations: which there are, whether each works, and new ones."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from dashboard.domain.activity import ActivityKind
from dashboard.domain.organisations import Organisation, slug_of
from dashboard.domain.rules import SLUG_PATTERN
from dashboard.domain.sentences import say
from dashboard.domain.users import Role
from dashboard.store.database import DatabaseUnusable
from dashboard.store.organisations import OrganisationExists
from dashboard.web.access import requires
from dashboard.web.forms import PageForm
from dashboard.web.language import gettext as _
from dashboard.web.language import lazy_gettext, said_of
from dashboard.web.note import note
from dashboard.web.own_address import installation_root
from dashboard.web.services import services

blueprint = Blueprint("organisations", __name__, url_prefix="/settings/organisations")


class OrganisationForm(PageForm):
    """A new organisation."""

    name = StringField(lazy_gettext("Name"), [InputRequired(), Length(max=100)])
    slug = StringField(
        lazy_gettext("Name in the address"),
        [
            Optional(),
            Regexp(
                rf"{SLUG_PATTERN}\Z",
                message=lazy_gettext("Small letters, digits and hyphens."),
            ),
        ],
    )

    @property
    def organisation(self) -> Organisation:
        """The organisation that was entered; without a slug if its name makes none."""
        name = (self.name.data or "").strip()
        return Organisation(slug=self.slug.data or slug_of(name), name=name)


@blueprint.get("")
@requires(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """List the organisations."""
    return _page(OrganisationForm(None))


@blueprint.post("")
@requires(Role.ADMINISTRATOR)
def add() -> ResponseReturnValue:
    """Add an organisation, and show the link of its first administrator once."""
    add_organisation = services().add_organisation
    if add_organisation is None:
        abort(404)
    entered = OrganisationForm()
    if not entered.validate():
        return _page(entered), 422
    organisation = entered.organisation
    if not organisation.slug:
        entered.slug.errors = [_("Small letters, digits and hyphens.")]
        return _page(entered), 422
    try:
        token = add_organisation(organisation)
    except (OrganisationExists, DatabaseUnusable) as error:
        entered.slug.errors = [said_of(error)]
        return _page(entered), 422
    about = say("organisation %(slug)s", slug=organisation.slug)
    note(ActivityKind.SETTINGS, "added", about)
    root = _root() + organisation.path
    return render_template(
        "organisations/added.html",
        added=organisation,
        address=f"{root}/",
        link=f"{root}/welcome/{token}" if token is not None else "",
    )


def _page(form: OrganisationForm) -> str:
    return render_template(
        "organisations/index.html",
        form=form,
        standings=services().standings(),
        root=_root(),
        first=services().add_organisation is not None,
    )


def _root() -> str:
    return request.host_url.rstrip("/") + installation_root()
