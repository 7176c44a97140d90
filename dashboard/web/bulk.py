"""Acts on many orders: asks with the exact number, then does it with those alone."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from dashboard.domain.activity import ActivityKind
from dashboard.domain.sentences import say, say_number
from dashboard.domain.status import OrderStatus
from dashboard.domain.users import Role
from dashboard.sync.actions import Outcome
from dashboard.web.access import requires, signed_in
from dashboard.web.forms import PageForm
from dashboard.web.language import gettext as _
from dashboard.web.language import lazy_gettext, ngettext
from dashboard.web.note import note
from dashboard.web.order_query import ATTENTION, read_query
from dashboard.web.outcome import tell_outcome
from dashboard.web.row_ids import row_id
from dashboard.web.services import services
from dashboard.web.sign_in import local_address

blueprint = Blueprint("bulk", __name__)

# As many as are done while a person waits for the next page.
MOST: Final = 500
_SHOWN: Final = 25


class Act(StrEnum):
    """What can be done with many orders at once."""

    RETRY = "retry"
    IGNORE = "ignore"


class ConfirmForm(PageForm):
    """Why orders are set aside."""

    reason = StringField(
        lazy_gettext("Reason"), [InputRequired(), Length(min=3, max=300)]
    )


@blueprint.post("/orders/bulk")
@requires(Role.WATCHER)
def ask() -> ResponseReturnValue:
    """Say exactly what would be done with which orders; nothing changes yet.

    Meant are the orders ticked, or with `scope=all` those the address asks for, as far
    as they need a person.
    """
    act = _act()
    if request.values.get("scope") == "all":
        wanted = read_query(request.args).on_tab(ATTENTION).wanted
        meant = services().orders.ids(wanted, size=MOST + 1)
        ids, more, left_out = meant[:MOST], len(meant) > MOST, 0
    else:
        ticked = services().orders.some(
            request.form.getlist("order", type=row_id)[:MOST]
        )
        ids = tuple(
            order.id for order in ticked if order.status is OrderStatus.NEEDS_ATTENTION
        )
        more, left_out = False, len(ticked) - len(ids)
    if not ids:
        flash(_("None of these orders needs attention any more."), "quiet")
        return redirect(_back())
    return _confirm(act, ids, ConfirmForm(formdata=None), more=more, left_out=left_out)


@blueprint.post("/orders/bulk/confirmed")
@requires(Role.WATCHER)
def confirmed() -> ResponseReturnValue:
    """Do it with the orders that were confirmed, and no others."""
    act, ids = _act(), _frozen_ids()
    if act is Act.RETRY:
        _retry(ids)
        return redirect(_back())
    entered = ConfirmForm()
    if not entered.validate():
        return _confirm(act, ids, entered), 422
    _ignore(ids, (entered.reason.data or "").strip())
    return redirect(_back())


def _retry(ids: tuple[int, ...]) -> None:
    outcome = services().actions.retry(ids, signed_in().name)
    note(ActivityKind.ORDER, "retried", _orders(ids), detail=_detail(outcome))
    done = ngettext(
        "%(num)s order is tried again.", "%(num)s orders are tried again.", outcome.done
    )
    tell_outcome(outcome, done=done)


def _ignore(ids: tuple[int, ...], reason: str) -> None:
    outcome = services().actions.ignore_stopped(ids, reason, signed_in().name)
    detail = say("%(reason)s: %(outcome)s", reason=reason, outcome=_detail(outcome))
    note(ActivityKind.ORDER, "ignored", _orders(ids), detail=detail)
    done = ngettext(
        "%(num)s order is set aside.", "%(num)s orders are set aside.", outcome.done
    )
    tell_outcome(outcome, done=done)


def _orders(ids: tuple[int, ...]) -> str:
    return say_number("%(num)s order", "%(num)s orders", len(ids))


def _detail(outcome: Outcome) -> str:
    return say(
        "%(done)s changed, %(skipped)s left alone, %(stopped)s stopped "
        "again, %(failed)s failed",
        done=outcome.done,
        skipped=outcome.skipped,
        stopped=outcome.stopped,
        failed=outcome.failed,
    )


def _confirm(
    act: Act,
    ids: tuple[int, ...],
    form: ConfirmForm,
    *,
    more: bool = False,
    left_out: int = 0,
) -> str:
    return render_template(
        "bulk/confirm.html",
        act=act,
        ids=ids,
        form=form,
        orders=services().orders.some(ids[:_SHOWN]),
        unshown=len(ids) - len(ids[:_SHOWN]),
        more=more,
        left_out=left_out,
        back=_back(),
    )


def _act() -> Act:
    try:
        return Act(request.form.get("act", ""))
    except ValueError:
        abort(422)


def _frozen_ids() -> tuple[int, ...]:
    """Read the ids the confirmation was asked for."""
    try:
        ids = tuple(row_id(each) for each in request.form.get("ids", "").split(","))
    except ValueError:
        abort(422)
    if len(ids) > MOST:
        abort(422)
    return ids


def _back() -> str:
    return local_address(request.values.get("next", ""))
