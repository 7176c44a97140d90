"""Problems: what stands still, grouped by what puts it right."""

from __future__ import annotations

from typing import Final

from flask import (
    Blueprint,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from dashboard.domain.activity import ActivityKind
from dashboard.domain.problems import TITLES, Cause
from dashboard.domain.rules import Shop
from dashboard.domain.sentences import Sentence, say
from dashboard.domain.users import Role
from dashboard.store.company import ChangedMeanwhile
from dashboard.store.listing_problems import ProblemGroup
from dashboard.store.order_filter import OrderSort
from dashboard.web.access import requires
from dashboard.web.download import csv_download
from dashboard.web.language import gettext as _
from dashboard.web.note import note
from dashboard.web.order_query import OrderQuery, cause_key, cause_of
from dashboard.web.outcome import moved_on
from dashboard.web.proposals import Proposal, add, propose
from dashboard.web.row_ids import row_id
from dashboard.web.services import services
from dashboard.web.sign_in import local_address

blueprint = Blueprint("problems", __name__)

_PAGE_SIZE: Final = 25


@blueprint.get("/problems")
@requires(Role.WATCHER)
def index() -> ResponseReturnValue:
    """Show the groups, the largest first."""
    groups = services().problems.groups()
    return render_template(
        "problems/index.html", groups=groups, count=sum(g.count for g in groups)
    )


@blueprint.get("/problems.csv")
@requires(Role.WATCHER)
def export() -> ResponseReturnValue:
    """Send all groups as a file."""
    header = (
        _("Cause"),
        _("About"),
        _("Orders"),
        _("First"),
        _("Last"),
        _("For example"),
    )
    rows = (
        (
            TITLES[group.cause],
            group.about,
            group.count,
            group.first_at,
            group.last_at,
            group.message,
        )
        for group in services().problems.groups()
    )
    return csv_download("problems", header, rows)


@blueprint.get("/problems/<key>")
@requires(Role.WATCHER)
def group(key: str) -> ResponseReturnValue:
    """Show a group and its orders; gone, it says so: it was put right."""
    cause, about = _named(key)
    shops = services().problems.shops(cause, about)
    return _group_page(cause, about, propose(cause, about, shops))


@blueprint.post("/problems/<key>/rule")
@requires(Role.MANAGER)
def add_rule(key: str) -> ResponseReturnValue:
    """Add the rule that a group waits for, and let the orders go on it is for."""
    cause, about = _named(key)
    store = services().company
    shops = {shop.slug: shop for shop in store.shops() if shop.active}
    proposal = propose(cause, about, tuple(shops.values()), sent=True)
    if proposal is None:
        abort(404)
    if not proposal.form.validate():
        return _group_page(cause, about, proposal), 422
    shop = shops.get(proposal.form.shop.data or "")
    try:
        if shop is None:
            added = add(store, proposal.added_to)
        else:
            added = store.change_shop_rules(shop, proposal.added_to)
    except ChangedMeanwhile:
        flash(_("The rules are being changed by others. Try again."), "bad")
        return redirect(_group_address(cause, about))
    moved = services().replan()
    if added:
        note(
            ActivityKind.SETTINGS,
            "added",
            _subject(cause, shop),
            detail=f"{about}: {proposal.form.code.data}",
        )
        told = _told(shop)
    else:
        told = _("There is a rule for this already. It stays as it is.")
    flash(" ".join([told, *moved_on(moved)]), "good" if added else "quiet")
    wanted = proposal.form.next.data
    if wanted:
        return redirect(local_address(wanted))
    # Those of other shops may wait still.
    rest = services().problems.group(cause, about)
    return redirect(_group_address(cause, about) if rest else url_for("problems.index"))


def _subject(cause: Cause, shop: Shop | None) -> Sentence:
    if shop is None:
        return say("a rule of the company for: %(cause)s", cause=TITLES[cause])
    return say(
        "a rule of the shop %(shop)s for: %(cause)s",
        shop=shop.slug,
        cause=TITLES[cause],
    )


def _told(shop: Shop | None) -> str:
    if shop is None:
        return _("The rule is added.")
    return _("The rule is added for %(shop)s alone.", shop=shop.name)


def _named(key: str) -> tuple[Cause, str]:
    """Return the group that the address names."""
    cause, about = cause_of(key), request.args.get("about", "")
    if cause is None or "\0" in about:
        abort(404)
    return cause, about


def _group_page(cause: Cause, about: str, proposal: Proposal | None) -> str:
    query = OrderQuery(cause=cause, about=about)
    page = services().orders.page(
        query.wanted,
        OrderSort.NEWEST,
        size=_PAGE_SIZE,
        after=request.args.get("after", type=row_id),
        before=request.args.get("before", type=row_id),
    )
    first, last = (page.orders[0].id, page.orders[-1].id) if page.orders else (0, 0)
    here = _group_address(cause, about)
    return render_template(
        "problems/group.html",
        cause=cause,
        about=about,
        group=services().problems.group(cause, about),
        orders=page.orders,
        proposal=proposal,
        query=query,
        here=here,
        previous_url=f"{here}&before={first}" if page.has_previous and first else "",
        next_url=f"{here}&after={last}" if page.has_next and last else "",
    )


def group_href(group: ProblemGroup) -> str:
    """Return the address of a group's page."""
    return _group_address(group.cause, group.about)


def _group_address(cause: Cause, about: str) -> str:
    return url_for("problems.group", key=cause_key(cause), about=about)
