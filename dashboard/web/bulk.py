"""Acts on many orders: asks with the exact number, then does it with those alone.

Which orders are meant is kept with the question, so that the answer is about them and
no others, however many they are and whatever happens to the list meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from dashboard.domain.activity import ActivityKind
from dashboard.domain.postings import BATCH_SIZE
from dashboard.domain.selections import (
    Result,
    Selection,
    SelectionAct,
    SelectionState,
)
from dashboard.domain.sentences import say_number
from dashboard.domain.status import OrderStatus
from dashboard.domain.users import Role
from dashboard.store.order_summaries import OrderSummary
from dashboard.sync.actions import Outcome
from dashboard.web.access import requires, signed_in
from dashboard.web.forms import PageForm
from dashboard.web.language import gettext as _
from dashboard.web.language import lazy_gettext, ngettext
from dashboard.web.note import note
from dashboard.web.order_query import read_query
from dashboard.web.outcome import tell_outcome
from dashboard.web.row_ids import row_id
from dashboard.web.services import services
from dashboard.web.sign_in import local_address

blueprint = Blueprint("bulk", __name__)

# As many as one question is about; who has more comes back for the rest.
MOST: Final = 50_000
_SHOWN: Final = 25
# Which orders an act makes sense for.
_FOR: Final[Mapping[SelectionAct, OrderStatus]] = {
    SelectionAct.RETRY: OrderStatus.NEEDS_ATTENTION,
    SelectionAct.IGNORE: OrderStatus.NEEDS_ATTENTION,
    SelectionAct.RESTORE: OrderStatus.IGNORED,
}
_DONE: Final[Mapping[SelectionAct, str]] = {
    SelectionAct.RETRY: "retried",
    SelectionAct.IGNORE: "ignored",
    SelectionAct.RESTORE: "restored",
}


class ConfirmForm(PageForm):
    """Why orders are ignored, or restored."""

    reason = StringField(
        lazy_gettext("Reason"), [InputRequired(), Length(min=3, max=300)]
    )


@blueprint.post("/orders/bulk")
@requires(Role.WATCHER)
def ask() -> ResponseReturnValue:
    """Say exactly what would be done with which orders; nothing is done yet.

    Meant are the orders ticked, or with `scope=all` those the address asks for, as far
    as the act makes sense for them.
    """
    act = _act()
    if request.values.get("scope") == "all":
        ids, meant = _matching(act)
    else:
        ticked = services().orders.some(set(request.form.getlist("order", type=row_id)))
        ids = tuple(sorted(o.id for o in ticked if _fits(act, o)))
        meant = len(ticked)
    if not ids:
        flash(_nothing_to_do(act), "quiet")
        return redirect(_back())
    selection = services().selections.freeze(act, ids[:MOST], signed_in().name)
    more = len(ids) > MOST
    left_out = 0 if more else max(0, meant - len(ids))
    return _confirm(selection, ConfirmForm(formdata=None), more=more, left_out=left_out)


@blueprint.post("/orders/bulk/confirmed")
@requires(Role.WATCHER)
def confirmed() -> ResponseReturnValue:
    """Do it with the orders that were confirmed, and no others."""
    selection = _asked_about()
    reason = ""
    if selection.act is not SelectionAct.RETRY:
        entered = ConfirmForm()
        if not entered.validate():
            return _confirm(selection, entered), 422
        reason = (entered.reason.data or "").strip()
    few = selection.tally.total <= BATCH_SIZE
    if not services().selections.start(selection.id, reason, claim=few):
        flash(_("This was confirmed before, and is not done a second time."), "quiet")
        return redirect(url_for("selections.show", selection_id=selection.id))
    _note(selection, reason)
    if not few:
        services().perform.wake()
        return redirect(url_for("selections.show", selection_id=selection.id))
    ended = services().perform.perform(replace(selection, reason=reason), lambda: None)
    return _tell(ended)


def _matching(act: SelectionAct) -> tuple[tuple[int, ...], int]:
    """Return the orders of the list the address asks for that the act makes sense for.

    With them comes how many the list holds in all, 0 if nobody has counted that.
    """
    query = read_query(request.args)
    wanted = query.wanted
    statuses = set(wanted.statuses or OrderStatus)
    counts = services().orders.counts(wanted)
    whole = not any(c.at_least for c in counts)
    held = sum(c.count for c in counts if c.status in statuses) if whole else 0
    if _FOR[act] not in statuses:
        return (), held
    by_person = act is SelectionAct.RESTORE
    fitting = replace(wanted, statuses=(_FOR[act],), ignored_by_person=by_person)
    return services().orders.ids(fitting, size=MOST + 1), held


def _fits(act: SelectionAct, order: OrderSummary) -> bool:
    """Tell whether an act makes sense; what a rule ignores, none would restore."""
    by_rule = order.status is OrderStatus.IGNORED and not order.ignored_by
    return order.status is _FOR[act] and not by_rule


def _nothing_to_do(act: SelectionAct) -> str:
    if act is SelectionAct.RESTORE:
        return _("None of these orders was ignored by a person.")
    return _("None of these orders needs attention any more.")


def _tell(selection: Selection) -> ResponseReturnValue:
    """Say what was done; where that is not all, lead to what became of each."""
    results = selection.tally.results
    outcome = Outcome(
        done=results.get(Result.DONE, 0),
        skipped=results.get(Result.SKIPPED, 0),
        stopped=results.get(Result.STOPPED, 0),
        failed=results.get(Result.FAILED, 0),
    )
    tell_outcome(outcome, done=_done(selection.act, outcome.done))
    if outcome.done == selection.tally.total:
        return redirect(_back())
    here = url_for("selections.show", selection_id=selection.id, next=_back())
    return redirect(here)


def _done(act: SelectionAct, number: int) -> str:
    match act:
        case SelectionAct.RETRY:
            return ngettext(
                "%(num)s order is tried again.",
                "%(num)s orders are tried again.",
                number,
            )
        case SelectionAct.IGNORE:
            return ngettext(
                "%(num)s order is ignored.", "%(num)s orders are ignored.", number
            )
        case SelectionAct.RESTORE | SelectionAct.BACKFILL:
            return ngettext(
                "%(num)s order is restored.",
                "%(num)s orders are restored.",
                number,
            )


def _note(selection: Selection, reason: str) -> None:
    note(
        ActivityKind.SELECTION,
        _DONE[selection.act],
        say_number("%(num)s order", "%(num)s orders", selection.tally.total),
        subject_id=selection.id,
        detail=reason,
    )


def _confirm(
    selection: Selection, form: ConfirmForm, *, more: bool = False, left_out: int = 0
) -> str:
    page = services().selections.page(selection.id, None, size=_SHOWN)
    ids = [m.member.order_id for m in page.members if m.member.order_id is not None]
    return render_template(
        "bulk/confirm.html",
        selection=selection,
        act=selection.act,
        count=selection.tally.total,
        form=form,
        orders=services().orders.some(ids),
        unshown=selection.tally.total - len(ids),
        more=more,
        left_out=left_out,
        back=_back(),
    )


def _act() -> SelectionAct:
    try:
        act = SelectionAct(request.form.get("act", ""))
    except ValueError:
        abort(422)
    if act not in _FOR:
        abort(422)
    return act


def _asked_about() -> Selection:
    """Return the orders that the confirmation was asked for."""
    selection_id = request.form.get("selection", type=row_id)
    selection = None
    if selection_id is not None:
        selection = services().selections.one(selection_id)
    if selection is None or selection.act not in _FOR:
        abort(422)
    if selection.state is not SelectionState.READY and selection.started_at is None:
        abort(422)
    return selection


def _back() -> str:
    return local_address(request.values.get("next", ""))
