"""The pages people look at."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Flask
from flask_bootstrap import Bootstrap5
from flask_wtf import CSRFProtect

from dashboard.web import (
    activity,
    alarms,
    assets,
    bulk,
    demo_lab,
    exchanges,
    figures,
    notifications,
    order,
    orders,
    organisations,
    overview,
    preview,
    problems,
    processes,
    reconciliation,
    retention,
    runs,
    saved_views,
    schedules,
    selections,
    settings,
    shop_rules,
    shops,
    sign_in,
    uploads,
    users,
    welcome,
    you,
)
from dashboard.web.access import install_access
from dashboard.web.errors import install_errors
from dashboard.web.freshness import install_freshness
from dashboard.web.headers import install_headers
from dashboard.web.language import install_language
from dashboard.web.page import install_page
from dashboard.web.row_ids import RowIdConverter
from dashboard.web.rule_words import install_rule_words
from dashboard.web.services import Services, keep

_PAGES: Final[tuple[Blueprint, ...]] = (
    sign_in.blueprint,
    overview.blueprint,
    orders.blueprint,
    saved_views.blueprint,
    bulk.blueprint,
    selections.blueprint,
    problems.blueprint,
    order.blueprint,
    preview.blueprint,
    runs.blueprint,
    processes.blueprint,
    reconciliation.blueprint,
    exchanges.blueprint,
    figures.blueprint,
    schedules.blueprint,
    settings.blueprint,
    notifications.blueprint,
    organisations.blueprint,
    alarms.blueprint,
    retention.blueprint,
    shops.blueprint,
    shop_rules.blueprint,
    uploads.blueprint,
    users.blueprint,
    activity.blueprint,
    welcome.blueprint,
    you.blueprint,
)


def register_pages(app: Flask, services: Services) -> None:
    """Put the pages into *app*.

    Forms everywhere in *app* are checked for their token from here on; blueprints
    that people's browsers do not send forms to are to be exempted by the caller
    (``app.extensions["csrf"].exempt(blueprint)``).
    """
    app.config.update(
        SESSION_COOKIE_NAME=_cookie_name(services),
        SESSION_COOKIE_SECURE=services.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        BOOTSTRAP_SERVE_LOCAL=True,
        # Pages stay open all day; the token lives as long as the session.
        WTF_CSRF_TIME_LIMIT=None,
        # Forms come unasked, from people who are not signed in, too.
        MAX_CONTENT_LENGTH=1024 * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
        MAX_FORM_PARTS=2_000,
    )
    app.url_map.converters["row_id"] = RowIdConverter
    keep(app, services)
    install_headers(app, https=services.https)
    install_language(app)
    uploads.allow_files(app)
    Bootstrap5(app)
    # Of a demonstration alone: elsewhere there is nothing that could empty the books.
    pages = _PAGES if services.demo_lab is None else (*_PAGES, demo_lab.blueprint)
    install_access(app, frozenset(blueprint.name for blueprint in pages))
    # After who is there: the words of who is signed out are kept, whatever the token.
    CSRFProtect(app)
    install_freshness(app)
    install_errors(app)
    install_page(app)
    install_rule_words(app)
    for blueprint in (assets.blueprint, *pages):
        app.register_blueprint(blueprint)


def _cookie_name(services: Services) -> str:
    """Return a name for each organisation: signing in at one is nothing at another."""
    slug = services.organisation.slug
    name = f"sluice-{slug}" if slug else "sluice"
    # A cookie with the prefix is only taken over TLS, for this host and every path.
    return f"__Host-{name}" if services.https else name
