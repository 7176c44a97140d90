"""A selection: an act on many orders or a backfill, with what became of each order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, ValidationError

from dashboard.domain.activity import ActivityKind
from dashboard.domain.csv_table import Cell
from dashboard.domain.reconciliation import Period
from dashboard.domain.selections import (
    Outlook,
    Result,
    Selection,
    SelectionAct,
    SelectionState,
    Stage,
    Which,
    rate_of,
)
from dashboard.domain.sentences import say_number
from dashboard.domain.users import Role
from dashboard.store.selections import ListedMember
from dashboard.web.access import requires, signed_in
from dashboard.web.chips import Chip
from dashboard.web.download import csv_download
from dashboard.web.forms import PageForm, labelled
from dashboard.web.language import gettext as _
from dashboard.web.language import lazy_gettext
from dashboard.web.note import note
from dashboard.web.paging import beside
from dashboard.web.row_ids import row_id
from dashboard.web.selection_query import TABS, SelectionQuery, read_query
from dashboard.web.selection_words import (
    ACTS,
    OUTLOOKS,
    SELECTION_STATES,
    results_of,
)
from dashboard.web.services import services
from dashboard.web.sign_in import local_address
from dashboard.web.tabs import CountedTab, written_count
from dashboard.web.words import STATUSES, Look

blueprint = Blueprint("selections", __name__)

_PAGE_SIZE: Final = 50
_LISTED: Final = 25


@dataclass(frozen=True, kw_only=True)
class Part:
    """A tab: orders of which the plan says this, or that became of them."""

    key: str
    label: str
    count: int
    here: bool


class BackfillForm(PageForm):
    """Which orders a backfill is about."""

    shop = SelectField(lazy_gettext("Shop"), coerce=str)
    first = DateField(lazy_gettext("First day"), [InputRequired()])
    last = DateField(lazy_gettext("Last day"), [InputRequired()])

    def validate_last(self, field: DateField) -> None:
        """Check that the period has a day."""
        first, last = self.first.data, field.data
        if isinstance(first, date) and isinstance(last, date) and last < first:
            raise ValidationError(_("The period ends before it begins."))

    @property
    def period(self) -> Period:
        """The days that were entered; only once they are valid."""
        first, last = self.first.data, self.last.data
        if first is None or last is None:
            raise ValueError("the form is not valid")
        return Period(first=first, last=last)


@blueprint.get("/selections")
@requires(Role.WATCHER)
def index() -> ResponseReturnValue:
    """Show what was done with many orders at once, and where a backfill begins."""
    return _index(_backfill_form())


@blueprint.get("/selections.csv")
@requires(Role.WATCHER)
def export_list() -> ResponseReturnValue:
    """Send the whole list the address asks for as a file."""
    header = (
        _("Number"),
        _("What"),
        _("State"),
        _("Shop"),
        _("First day"),
        _("Last day"),
        _("Orders"),
        _("Handled"),
        _("Reason"),
        _("By"),
        _("When"),
    )
    shops = {shop.id: shop.name for shop in services().company.shops()}
    every = services().selection_list.all(read_query(request.args).wanted)
    return csv_download("acts", header, (_listed_row(each, shops) for each in every))


@blueprint.post("/selections")
@requires(Role.MANAGER)
def plan() -> ResponseReturnValue:
    """Ask for the plan of a backfill; nothing is booked by that."""
    form = _backfill_form()
    if not form.validate():
        return _index(form), 422
    shop = services().company.shop(form.shop.data)
    if shop is None:
        abort(422)
    asked_by = signed_in().name
    asked = services().selections.ask_backfill(shop.id, form.period, asked_by)
    services().perform.wake()
    return _back_to(asked.id)


@blueprint.get("/selections/<row_id:selection_id>")
@requires(Role.WATCHER)
def show(selection_id: int) -> ResponseReturnValue:
    """Show how far a selection has come, and the orders behind each number."""
    selection = _found(selection_id)
    which = _which(request.args.get("of", ""))
    page = services().selections.page(
        selection_id,
        which,
        size=_PAGE_SIZE,
        after=request.args.get("after", type=row_id),
        before=request.args.get("before", type=row_id),
    )
    args = {"selection_id": selection_id, "of": which.value if which else None}
    previous_url, next_url = beside(
        "selections.show",
        args,
        [each.member.position for each in page.members],
        has_previous=page.has_previous,
        has_next=page.has_next,
    )
    shops = {shop.id: shop.name for shop in services().company.shops()}
    return render_template(
        "selections/show.html",
        selection=selection,
        shop=shops.get(selection.shop_id or 0, ""),
        rate=rate_of(selection, services().clock.now()),
        members=page.members,
        parts=_parts(selection, which),
        here=which.value if which else "",
        minutes=_minutes(selection),
        acts=ACTS,
        states=SELECTION_STATES,
        results=results_of(selection),
        outlooks=OUTLOOKS,
        previous_url=previous_url,
        next_url=next_url,
        back=local_address(request.args.get("next", "")),
        may_act=_may_act(selection),
    )


@blueprint.get("/selections/<row_id:selection_id>.csv")
@requires(Role.WATCHER)
def export(selection_id: int) -> ResponseReturnValue:
    """Send the orders of a selection, with what became of each, as a file."""
    results = results_of(_found(selection_id))
    which = _which(request.args.get("of", ""))
    header = (_("Order"), _("Plan"), _("Result"), _("Why"), _("Order now"))
    listed = services().selections.all(selection_id, which)
    return csv_download("selection", header, (_row(each, results) for each in listed))


@blueprint.post("/selections/<row_id:selection_id>/start")
@requires(Role.MANAGER)
def start(selection_id: int) -> ResponseReturnValue:
    """Start a backfill as it was planned."""
    selection = _found(selection_id)
    if selection.act is not SelectionAct.BACKFILL:
        abort(404)
    if services().selections.start(selection_id):
        _note("started", selection)
        services().perform.wake()
        flash(_("The backfill has started."), "good")
    return _back_to(selection_id)


@blueprint.post("/selections/<row_id:selection_id>/pause")
@requires(Role.WATCHER)
def pause(selection_id: int) -> ResponseReturnValue:
    """Let a selection stand still after the part it is at."""
    selection = _acted_on(selection_id)
    if services().selections.pause(selection_id):
        _note("paused", selection)
        flash(_("It pauses after the orders it is at."), "good")
    return _back_to(selection_id)


@blueprint.post("/selections/<row_id:selection_id>/resume")
@requires(Role.WATCHER)
def resume(selection_id: int) -> ResponseReturnValue:
    """Let a paused selection go on."""
    selection = _acted_on(selection_id)
    if services().selections.resume(selection_id):
        _note("resumed", selection)
        services().perform.wake()
        flash(_("It goes on."), "good")
    return _back_to(selection_id)


@blueprint.post("/selections/<row_id:selection_id>/stop")
@requires(Role.WATCHER)
def stop(selection_id: int) -> ResponseReturnValue:
    """End a selection for good."""
    selection = _acted_on(selection_id)
    if services().selections.stop(selection_id):
        _note("stopped", selection)
        flash(_("It is stopped. What is done stays done."), "good")
    return _back_to(selection_id)


def _index(form: BackfillForm) -> str:
    query = read_query(request.args)
    page = services().selection_list.page(
        query.wanted,
        size=_LISTED,
        after=request.args.get("after", type=row_id),
        before=request.args.get("before", type=row_id),
    )
    previous_url, next_url = beside(
        "selections.index",
        query.args(),
        [each.id for each in page.selections],
        has_previous=page.has_previous,
        has_next=page.has_next,
    )
    return render_template(
        "selections/index.html",
        form=form,
        zone=services().watch.zone().key,
        query=query,
        shops={shop.id: shop.name for shop in services().company.shops()},
        selections=page.selections,
        people=services().selection_list.people(),
        tabs=_tabs(query),
        chips=_chips(query),
        acts=ACTS,
        states=SELECTION_STATES,
        previous_url=previous_url,
        next_url=next_url,
    )


def _listed_row(selection: Selection, shops: Mapping[int, str]) -> Sequence[Cell]:
    period, tally = selection.period, selection.tally
    return (
        selection.id,
        str(ACTS[selection.act]),
        str(SELECTION_STATES[selection.state].label),
        shops.get(selection.shop_id or 0, ""),
        period.first.isoformat() if period else "",
        period.last.isoformat() if period else "",
        tally.total,
        tally.handled,
        selection.reason,
        selection.asked_by,
        selection.started_at or selection.created_at,
    )


def _tabs(query: SelectionQuery) -> tuple[CountedTab, ...]:
    counts = services().selection_list.counts(query.wanted)
    held = {tab.key: [counts[s] for s in tab.states or SelectionState] for tab in TABS}
    return tuple(
        CountedTab(
            label=tab.label,
            count=written_count(*held[tab.key]),
            href=_href(replace(query, tab=tab)),
            here=tab == query.tab,
            bad=tab.bad and sum(held[tab.key]) > 0,
        )
        for tab in TABS
    )


def _chips(query: SelectionQuery) -> tuple[Chip, ...]:
    chips: list[Chip] = []
    if query.act:
        text = str(ACTS[query.act])
        chips.append(Chip(text=text, without=_href(replace(query, act=None))))
    if query.asked_by:
        text = _("Person: %(name)s", name=query.asked_by)
        chips.append(Chip(text=text, without=_href(replace(query, asked_by=""))))
    return tuple(chips)


def _href(query: SelectionQuery) -> str:
    return url_for("selections.index", **query.args())


def _backfill_form() -> BackfillForm:
    form = BackfillForm()
    form.shop.choices = labelled(
        *((shop.slug, shop.name) for shop in services().company.shops())
    )
    return form


def _found(selection_id: int) -> Selection:
    selection = services().selections.one(selection_id)
    if selection is None:
        abort(404)
    return selection


def _acted_on(selection_id: int) -> Selection:
    """Return a selection that the person signed in may pause and stop."""
    selection = _found(selection_id)
    if not _may_act(selection):
        abort(403)
    return selection


def _may_act(selection: Selection) -> bool:
    """Tell who may: a backfill is for managers, other acts are for everybody."""
    backfill = selection.act is SelectionAct.BACKFILL
    return not backfill or signed_in().role >= Role.MANAGER


def _minutes(selection: Selection) -> int:
    """Return how long a backfill takes, 0 when that is less than a minute."""
    if selection.effort is None:
        return 0
    return round(selection.effort.lasts.total_seconds() / 60)


def _row(listed: ListedMember, results: Mapping[Result, Look]) -> Sequence[Cell]:
    member, status = listed.member, listed.status
    acted_on = member.outlook in {None, Outlook.CREATES}
    return (
        member.number,
        str(OUTLOOKS[member.outlook]) if member.outlook else "",
        str(results[member.result].label) if acted_on else "",
        member.why,
        str(STATUSES[status].label) if status else "",
    )


def _which(key: str) -> Which | None:
    for words in (Outlook, Result, Stage):
        if key in {word.value for word in words}:
            return words(key)
    return None


def _parts(selection: Selection, which: Which | None) -> tuple[Part, ...]:
    """Return the tabs: what the plan says, then what became of what it lets be done."""
    tally = selection.tally
    total = sum(tally.outlooks.values()) or tally.total
    outlooks = [
        Part(key=word.value, label=label, count=count, here=which is word)
        for word, label in OUTLOOKS.items()
        if (count := tally.outlooks.get(word, 0)) or tally.outlooks
    ]
    results = [
        Part(key=word.value, label=look.label, count=count, here=which is word)
        for word, look in results_of(selection).items()
        if (count := tally.results.get(word, 0)) and selection.started_at is not None
    ]
    every = Part(key="", label=_("All"), count=total, here=which is None)
    if results:
        handled = Part(
            key=Stage.HANDLED.value,
            label=_("Handled"),
            count=tally.handled,
            here=which is Stage.HANDLED,
        )
        results.insert(0, handled)
    return (every, *outlooks, *results)


def _back_to(selection_id: int) -> ResponseReturnValue:
    return redirect(url_for("selections.show", selection_id=selection_id))


def _note(action: str, selection: Selection) -> None:
    total = selection.tally.total
    subject = say_number("an act on %(num)s order", "an act on %(num)s orders", total)
    note(ActivityKind.SELECTION, action, subject, subject_id=selection.id)
